"""What mail programs add to a mail is left off the fax, and the trace says so."""

import io
import time
from email.message import EmailMessage
from email.mime.text import MIMEText

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from gateway.config.schema import RenderingSection
from gateway.rendering import hygiene
from gateway.rendering.attachments import documents_in
from gateway.rendering.mail_documents import MailDocuments

CUT = RenderingSection(quoted_mail="cut")
PDF = b"%PDF-1.7 document"


def a_picture(width: int, height: int, kind: str = "PNG") -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (width, height)).save(buffer, kind)
    return buffer.getvalue()


def a_mail(
    text: str, html: str = "", *pictures: tuple[str, bytes, str], subject: str = "Re: Offer"
) -> EmailMessage:
    mail = EmailMessage()
    mail["Subject"] = subject
    mail.set_content(text)
    if html:
        mail.add_alternative(html, subtype="html")
    for name, content, content_id in pictures:
        more = {"cid": f"<{content_id}>", "disposition": "inline"} if content_id else {}
        mail.add_attachment(content, maintype="image", subtype="png", filename=name, **more)
    return mail


def faxed(mail: EmailMessage, section: RenderingSection | None = None) -> MailDocuments:
    return documents_in(mail.as_bytes(), section or RenderingSection())


def names(found: MailDocuments) -> list[str]:
    return [part.name for part in found.parts]


@pytest.mark.parametrize(
    ("name", "picture", "content_id", "why"),
    [
        ("image001.png", a_picture(160, 60), "a@b", "a small picture that a mail program attached"),
        ("image001.png", a_picture(160, 60), "", "a small picture that a mail program attached"),
        ("photo.png", a_picture(1, 1), "", "too small to be seen"),
    ],
)
def test_a_logo_or_a_tracking_pixel_gets_no_page_and_the_trace_says_why(name, picture, content_id, why):
    found = faxed(a_mail("text", "", (name, picture, content_id)))

    assert names(found) == ["mail.txt"]
    assert found.notes[0].startswith(f"left out {name} (")
    assert found.notes[0].endswith(why)


@pytest.mark.parametrize(
    ("name", "picture", "content_id"),
    [
        ("plan.png", a_picture(160, 60), ""),
        ("image001.png", a_picture(1200, 900), "a@b"),
        ("image001.png", a_picture(1200, 900, "JPEG"), ""),
    ],
)
def test_a_picture_that_a_person_attached_gets_its_page(name, picture, content_id):
    assert names(faxed(a_mail("text", "", (name, picture, content_id)))) == ["mail.txt", name]


def test_the_same_picture_gets_one_page():
    picture = a_picture(900, 900)

    found = faxed(a_mail("text", "", ("a.png", picture, ""), ("b.png", picture, "")))

    assert names(found) == ["mail.txt", "a.png"]


def test_small_pictures_are_kept_when_the_operator_wants_them():
    mail = a_mail("text", "", ("image001.png", a_picture(160, 60), "a@b"))

    assert names(faxed(mail, RenderingSection(signature_pictures=True))) == ["mail.txt", "image001.png"]


@pytest.mark.parametrize(
    "history",
    [
        "On Mon, 2 Mar 2026, Anna Example <anna@example.com> wrote:\n> Dear all,\n> please send it.\n",
        "On Mon, 2 Mar 2026 at 10:30 AM Anna Example\n<anna@example.com> wrote:\n\n> Dear all,\n",
        "Am 02.03.2026 um 10:30 schrieb Anna Example:\n\n> Bitte senden.\n",
        "-----Original Message-----\nFrom: Anna\nPlease send it.\n",
        "-----Ursprüngliche Nachricht-----\nVon: Anna\nBitte senden.\n",
        "____________\nFrom: Anna <a@example.com>\nSent: Monday\nTo: Bob\n\nPlease send it.\n",
        "Von: Anna\nGesendet: Montag\nAn: Bob\n\nBitte senden.\n",
        "De : Anna\nEnvoyé : lundi\nÀ : Bob\n\nMerci.\n",
        "Da: Anna\nInviato: lunedì\nA: Bob\n\nGrazie.\n",
        "Van: Anna\nVerzonden: maandag\nAan: Bob\n\nGraag.\n",
        "Od: Anna\nWysłano: poniedziałek\nDo: Bob\n\nProszę.\n",
        "De: Anna\nEnviado el: lunes\nPara: Bob\n\nGracias.\n",
        "Från: Anna\nSkickat: måndag\nTill: Bob\n\nTack.\n",
        "Von:\tAnna/ACME\nAn:\tBob/ACME\nDatum:\t02.03.2026 10:30\nBetreff:\tAngebot\n\nBitte.\n",
        "Anna Example <anna@example.com> wrote on 03/02/2026 10:30:00 AM:\n\nPlease send it.\n",
        "Anna Example/ACME schrieb am 02.03.2026 10:30:00:\n\nBitte senden.\n",
        "Am Mo., 2. März 2026 um 10:30 Uhr schrieb Anna <anna@example.com>:\n\n> Bitte senden.\n",
        "Le lun. 2 mars 2026 à 10:30, Anna <anna@example.com> a écrit :\n\n> Merci.\n",
        "Op ma 2 mrt 2026 om 10:30 schreef Anna <anna@example.com>:\n\n> Graag.\n",
        "pon., 2 mar 2026 o 10:30 Anna <anna@example.com> napisał(a):\n\n> Proszę.\n",
        "Em seg., 2 de mar. de 2026 às 10:30, Anna <anna@example.com> escreveu:\n\n> Obrigado.\n",
        "Den mån 2 mars 2026 kl 10:30 skrev Anna <anna@example.com>:\n\n> Tack.\n",
        "> On 2 Mar 2026, at 10:30, Anna Example <anna@example.com> wrote:\n> \n> Dear all,\n",
    ],
)
def test_quoted_mails_below_an_answer_are_cut(history):
    found = faxed(a_mail(f"Here it is.\n\n{history}"), CUT)

    assert found.parts[0].content == b"Here it is.\n"
    assert found.notes == ("cut the mails that are quoted below the text",)


@pytest.mark.parametrize(
    ("text", "subject"),
    [
        ("See below.\n\n-----Original Message-----\nFrom: Anna\n", "Fwd: Offer"),
        ("Siehe unten.\n\nVon: Anna\nGesendet: Montag\n", "WG: Angebot"),
        ("On Monday, Anna wrote:\n> Is it red?\nYes.\n> Is it large?\nNo.\n", "Re: Offer"),
        ("-----Original Message-----\nFrom: Anna\n", "Re: Offer"),
        ("From: the beginning\nit was clear.\n", "Offer"),
        ("It is new.\nDe: Berlin\nA: Hamburg\nPrix: 20\n", "Offer"),
        ("He wrote on 02.03.2026 that it is red:\nfine.\n", "Offer"),
    ],
    ids=[
        *("forwarded", "weitergeleitet", "answers between the lines", "nothing else", "a sentence"),
        *("a journey", "another sentence"),
    ],
)
def test_what_the_mail_is_about_is_not_cut(text, subject):
    assert faxed(a_mail(text, subject=subject), CUT).parts[0].content == text.encode()


@pytest.mark.parametrize(
    "history",
    [
        '<div class="gmail_quote">On Monday Anna wrote:<blockquote>Please</blockquote></div>',
        '<div id="divRplyFwdMsg"><b>From:</b> Anna</div><p>Please',
        '<div style="border:none;border-top:solid #E1E1E1 1.0pt"><p>From: Anna',
        '<blockquote type="cite"><p>Please</blockquote>',
        '<div class="protonmail_quote">On Monday Anna wrote:<blockquote>Please</blockquote></div>',
        '<div id="mail-editor-reference-message-container"><b>From:</b> Anna</div><p>Please',
        '<span id="OLK_SRC_BODY_SECTION"><div>From: Anna</div></span>',
    ],
)
def test_quoted_mails_in_html_are_cut(history):
    page = f"<html><body><p>Here it is.</p>{history}</body></html>"

    assert faxed(a_mail("x", page), CUT).parts[0].content.strip() == b"<html><body><p>Here it is.</p>"


@pytest.mark.parametrize(
    "page",
    [
        '<p>See:</p><blockquote type="cite">Is it red?</blockquote><p>Yes.</p>',
        '<div class="gmail_quote">Please</div>',
    ],
)
def test_html_that_answers_between_the_lines_is_not_cut(page):
    assert faxed(a_mail("x", page), CUT).parts[0].content.strip() == page.encode()


def test_the_line_above_the_history_stays():
    text = "Thanks\nOn Monday Anna wrote:\n> Please\n"

    assert faxed(a_mail(text), CUT).parts[0].content == b"Thanks\n"


def test_history_stays_unless_the_setting_says_otherwise():
    text = "Here.\n\n-----Original Message-----\nFrom: Anna\n"

    assert faxed(a_mail(text)).parts[0].content == text.encode()


@pytest.mark.parametrize(
    "html", ["", "<p>Here it is.</p><p style='x'>This e-mail is&nbsp;confidential. <b>Go away</b></p>"]
)
def test_a_disclaimer_is_cut(html):
    mail = a_mail("Here it is.\n\n*This E-Mail is confidential.* Go away.\nOr else.\n", html)

    found = faxed(mail, RenderingSection(disclaimers=("This e-mail is confidential",)))

    assert b"confidential" not in found.parts[0].content
    assert b"Here it is." in found.parts[0].content
    assert found.notes == ("cut the disclaimer below the text",)


@pytest.mark.parametrize(
    "text",
    [
        "Sent from my iPhone",
        "Von meinem iPhone gesendet\n",
        "Get Outlook for iOS<https://aka.ms/o0ukef>",
        "-- \nSent from my Galaxy",
    ],
)
def test_a_text_that_only_names_the_device_is_left_out_beside_a_document(text):
    mail = a_mail(text)
    mail.add_attachment(PDF, maintype="application", subtype="pdf", filename="offer.pdf")

    found = faxed(mail)

    assert names(found) == ["offer.pdf"]
    assert found.notes == ("left out a text that only names the device it was written on",)
    assert names(faxed(a_mail(text))) == ["mail.txt"]


@pytest.mark.parametrize(
    ("setting", "with_document", "without"),
    [
        ("first", ["mail.txt", "offer.pdf"], ["mail.txt"]),
        ("alone", ["offer.pdf"], ["mail.txt"]),
        ("never", ["offer.pdf"], []),
    ],
)
def test_the_text_of_a_mail_is_faxed_as_the_setting_says(setting, with_document, without):
    section = RenderingSection(mail_text=setting)
    mail = a_mail("text")
    mail.add_attachment(PDF, maintype="application", subtype="pdf", filename="offer.pdf")

    assert names(faxed(mail, section)) == with_document
    assert names(faxed(a_mail("text"), section)) == without
    told = faxed(mail, section).notes
    assert told == (() if setting == "first" else ("left out the text of the mail, as mail_text says",))


def test_an_empty_text_is_left_out_and_the_trace_says_so():
    mail = a_mail(" \n")
    mail.add_attachment(PDF, maintype="application", subtype="pdf", filename="offer.pdf")

    found = faxed(mail)

    assert names(found) == ["offer.pdf"]
    assert found.notes == ("left out an empty text",)


def test_signatures_reports_and_invitations_beside_a_text_are_left_out_and_the_trace_says_so():
    mail = a_mail("text")
    mail.add_attachment(b"x", maintype="application", subtype="pkcs7-signature", filename="smime.p7s")
    mail.add_attachment(b"x", maintype="text", subtype="rfc822-headers", filename="header.txt")
    invitation = MIMEText("BEGIN:VCALENDAR", "calendar")
    mail.attach(invitation)

    found = faxed(mail)

    assert names(found) == ["mail.txt"]
    assert found.notes == (
        "left out smime.p7s: it is about the mail, not in it",
        "left out header.txt: it is about the mail, not in it",
        "left out text/calendar: it says what the text says",
    )


@pytest.mark.parametrize("kind", ["PNG", "GIF", "JPEG", "BMP"])
def test_the_size_of_a_picture_is_known(kind):
    assert hygiene.picture_size(a_picture(321, 123, kind)) == (321, 123)


@given(st.sampled_from([b"\x89PNG\r\n\x1a\n", b"GIF89a", b"\xff\xd8\xff", b"BM"]), st.binary(max_size=60))
def test_any_bytes_have_a_size_or_not(start, rest):
    hygiene.picture_size(start + rest)


@pytest.mark.parametrize(
    "text",
    [
        "a\n" * 200_000,
        "> " * 200_000,
        "x wrote " * 50_000,
        "<div " * 80_000,
        "From: " * 80_000,
        "_" * 400_000,
        "<blockquote type=cite>" * 20_000,
    ],
)
def test_tidying_costs_bounded_time(text):
    began = time.process_time()

    hygiene.without_history(f"x\n{text}", "")
    hygiene.html_without_history(f"x{text}", "")
    hygiene.html_without_disclaimer(text, ("wrote x wrote y",))
    hygiene.words_of(text)

    assert time.process_time() - began < 4


@pytest.mark.parametrize(
    "text",
    [
        "Verstuurd vanaf mijn iPhone",
        "Enviado do meu iPhone",
        "Wysłane z iPhone'a",
        "Skickat från min iPhone",
        "Sendt fra min iPhone",
        "Lähetetty iPhonesta",
        "Odesláno z iPhonu",
        "Отправлено с iPhone",
        "iPhoneから送信",
        "发自我的iPhone",
        "Von Outlook für iOS beziehen",
        "Holen Sie sich Outlook für Android",
        "Télécharger Outlook pour iOS",
        "Von meinem/meiner Galaxy gesendet",
        "Sent with Spark",
        "Sent from Proton Mail for iOS",
    ],
)
def test_a_telephone_says_where_it_was_written_in_many_languages(text):
    assert hygiene.is_small_talk(text)


@pytest.mark.parametrize(
    "text",
    [
        "Gesendet mit der Bitte um Rückruf",
        "Sent via courier: please call me back",
        "Inviato da Mario Rossi, ufficio acquisti",
        "Enviado de nuestra oficina",
        "Lähetetty eilen",
        "Sent from my iPhone\nPlease call back",
    ],
)
def test_what_somebody_says_of_sending_is_no_small_talk(text):
    assert not hygiene.is_small_talk(text)


def test_a_journey_is_no_quoted_mail():
    text = "Please book:\n\nVon: Hamburg\nAn: Ulm\nDatum: 12.5.2026\nPersonen: 2\n"

    assert hygiene.without_history(text, "Reise") == text


def test_a_signature_below_what_thunderbird_quotes_is_no_answer():
    page = (
        '<p>Here it is.</p><div class="moz-cite-prefix">On Monday Bob wrote:</div><blockquote type="cite">'
        'Please send it.</blockquote><div class="moz-signature">-- <br>Anna</div>'
    )

    assert hygiene.html_without_history(page, "Re: Offer") == "<p>Here it is.</p>"


@pytest.mark.parametrize("text", ["", "Sent from my iPhone\n"])
def test_a_small_picture_that_is_all_there_is_gets_its_page(text):
    found = faxed(
        a_mail(text, "", ("image001.png", a_picture(160, 60), "a@b"), ("a.png", a_picture(1, 1), ""))
    )

    assert names(found) == ["image001.png"]
