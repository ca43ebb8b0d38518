"""Texts of one mail that stand apart become one document, and none of another mail gets into it."""

from email.message import EmailMessage
from email.mime.image import MIMEImage
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText

import pytest

from gateway.rendering.attachments import documents_in

PNG = b"\x89PNG\r\n\x1a\n picture"


def a_mail(*parts):
    mail = MIMEMultipart("mixed")
    mail["From"] = "Ann Smith <ann@example.com>"
    for part in parts:
        mail.attach(part)
    return mail.as_bytes()


def plain(text):
    return MIMEText(text, "plain", "utf-8")


def html(text):
    return MIMEText(text, "html", "utf-8")


def a_picture(name, content_id=""):
    part = MIMEImage(PNG, "png")
    part.add_header("Content-Disposition", "inline", filename=name)
    if content_id:
        part.add_header("Content-ID", f"<{content_id}>")
    return part


def faxed(raw):
    return [(part.name, part.content.decode()) for part in documents_in(raw).parts if part.content != PNG]


def test_texts_around_pictures_are_one_page_as_on_the_telephone_they_were_written_on():
    raw = a_mail(plain("Hello,\n"), a_picture("IMG_0001.png"), plain("\n\nAnn Smith\nPumps Ltd\n"))

    assert faxed(raw) == [("mail.txt", "Hello,\n\n\n\nAnn Smith\nPumps Ltd\n")]
    assert documents_in(raw).parts[1].name == "IMG_0001.png"


def test_html_around_a_document_is_one_page_with_all_its_pictures():
    raw = a_mail(
        html('<html><body>One<img src="cid:a"></body></html>'),
        a_picture("a.png", "a"),
        html('<html><body>Two<img src="cid:b"></body></html>'),
        a_picture("b.png", "b"),
    )

    (text,) = documents_in(raw).parts
    assert text.content.decode() == (
        '<html><body>One<img src="cid:a"></body></html>\n<html><body>Two<img src="cid:b"></body></html>'
    )
    assert set(text.related) == {"a", "b"}


def test_what_a_mailing_list_writes_below_html_stands_below_it():
    raw = a_mail(html("<p>Dear all</p>"), plain("_____\nlist@example.com <unsubscribe>\n"))

    ((name, content),) = faxed(raw)
    assert name == "mail.html"
    assert content.startswith("<p>Dear all</p>\n<pre ")
    assert "_____\nlist@example.com &lt;unsubscribe&gt;\n</pre>" in content


def test_html_below_a_plain_text_is_one_page_too():
    ((name, content),) = faxed(a_mail(plain("External mail!\n"), html("<p>Dear all</p>")))

    assert name == "mail.html"
    assert content.endswith("External mail!\n</pre>\n<p>Dear all</p>")


@pytest.mark.parametrize(
    "first",
    ["<p>One<!-- two", "<style>p { }<p>One", "<p>One</p><textarea>", "<p>One</p><a href='", "<title>One"],
)
def test_html_that_would_take_what_follows_for_its_own_stays_alone(first):
    found = faxed(a_mail(html(f"<p>Begin</p>{first}"), html("<p>Two</p>")))

    assert [content for _, content in found] == [f"<p>Begin</p>{first}", "<p>Two</p>"]


def test_the_text_of_an_attached_mail_stays_its_own():
    inner = EmailMessage()
    inner["Subject"] = "Prices"
    inner.set_content("inner\n")
    mail = EmailMessage()
    mail.set_content("outer\n")
    mail.add_attachment(inner)
    second = EmailMessage()
    second.set_content("second\n")
    mail.add_attachment(second)

    found = [content for _, content in faxed(mail.as_bytes())]

    assert found == ["outer\n", "Subject: Prices\n\ninner\n", "second\n"]


def test_an_attached_text_stays_a_document():
    attached = plain("terms\n")
    attached.add_header("Content-Disposition", "attachment", filename="terms.txt")

    assert [name for name, _ in faxed(a_mail(plain("one\n"), attached, plain("two\n")))] == [
        "mail.txt",
        "terms.txt",
    ]
