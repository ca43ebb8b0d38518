"""Commands in the text of a mail, and lists of recipients, are not on the fax."""

from email.message import EmailMessage

from gateway.rendering.attachments import documents_in

CODES = ("rightfax", "efax")


def a_mail(text: str, html: str = "") -> bytes:
    mail = EmailMessage()
    mail.set_content(text)
    if html:
        mail.add_alternative(html, subtype="html")
    return mail.as_bytes()


def test_the_text_is_faxed_without_its_commands():
    (text,) = documents_in(a_mail("{nocoverpage}\n<NOTE:hello>\nDear Ann\n"), codes=CODES).parts

    assert text.content.decode().split() == ["Dear", "Ann"]


def test_of_html_too():
    (html,) = documents_in(a_mail("x", "<p>&lt;PRIORITY:HIGH&gt;Dear Ann</p>"), codes=CODES).parts

    assert html.content.decode().strip() == "<p>Dear Ann</p>"


def test_a_text_of_commands_alone_gets_no_page():
    assert documents_in(a_mail("<NOCOVER>\n<SENDAT:2026-12-01 08:30>\n"), codes=CODES).parts == ()


def test_where_no_dialect_reads_them_they_are_text():
    (text,) = documents_in(a_mail("Set <NOCOVER> for no cover page\n")).parts

    assert b"<NOCOVER>" in text.content


def test_a_list_of_recipients_is_not_faxed():
    mail = EmailMessage()
    mail.set_content("Dear Ann")
    for name in ("list.csv", "prices.csv"):
        mail.add_attachment(b"0301,Ann", maintype="text", subtype="csv", filename=name)

    parts = documents_in(mail.as_bytes(), without="list.csv").parts

    assert [part.name for part in parts] == ["mail.txt", "prices.csv"]
