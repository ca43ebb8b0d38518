"""What an answer takes from the mail it answers."""

from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.notifying.letter import Original
from gateway.notifying.original import read_original


def test_message_id_and_subject_are_read(tmp_path):
    mail = tmp_path / "mail.eml"
    mail.write_bytes(
        b"Message-ID: <a@b.example>\r\nSubject: =?utf-8?Q?Gr=C3=BC=C3=9Fe?=\r\n\r\nSubject: no\r\n"
    )

    assert read_original(mail) == Original("<a@b.example>", "Grüße")


def test_a_mail_without_them_has_none(tmp_path):
    mail = tmp_path / "mail.eml"
    mail.write_bytes(b"just text")

    assert read_original(mail) == Original()


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=80), st.binary(max_size=80))
def test_no_mail_raises(tmp_path_factory, message_id, subject):
    mail = tmp_path_factory.getbasetemp() / "original.eml"
    mail.write_bytes(b"Message-ID: " + message_id + b"\r\nSubject: " + subject + b"\r\n\r\n")

    read_original(mail)
