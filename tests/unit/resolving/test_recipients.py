"""The numbers in a mail: in a list, its text, its subject or its names."""

from email.message import EmailMessage

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.model.options import JobOptions, Wish
from gateway.resolving.recipients import Named, Row, recipients_in

OURS = {"fax.example.com"}


def a_mail(subject: str = "Offer", to: str = "list@fax.example.com", **attached: bytes) -> bytes:
    mail = EmailMessage()
    mail["Subject"], mail["To"] = subject, to
    mail.set_content("Hello")
    for name, content in attached.items():
        file = name.replace("__", "-").replace("_", ".")
        mail.add_attachment(content, maintype="text", subtype="csv", filename=file)
    return mail.as_bytes()


@pytest.mark.parametrize(
    ("content", "rows"),
    [
        (b"+49301,Ann,ACME\r\n+49302\r\n\r\n", [Row("+49301", "Ann", "ACME"), Row("+49302")]),
        (
            b"\xef\xbb\xbfName;Fax;Note\nM\xc3\xbcller;0301;Hi",
            [Row("0301", "M\u00fcller", "", {"note": "Hi"})],
        ),
        ("Name\tFax number\nAnn\t0301".encode("utf-16"), [Row("0301", "Ann")]),
        (b"M\xfcller,x\n", [Row("M\u00fcller", "x")]),
        (b"", []),
    ],
)
def test_a_list_has_a_recipient_a_row(content: bytes, rows: list[Row]):
    assert recipients_in(a_mail(list_csv=content), [], OURS) == Named(tuple(rows), "list.csv")


def test_a_list_goes_before_everything_else():
    mail = a_mail("[FAX]0301", distribution__list_txt=b"0302\n")

    assert recipients_in(mail, [Wish.of("to_number", "0303")], OURS) == Named(
        (Row("0302"),), "distribution-list.txt"
    )


def test_codes_in_the_text_name_recipients_one_after_the_other():
    said = [
        ("to_number", "0301"),
        ("to_name", "Ann"),
        ("cover", "none"),
        ("to_number", "0302"),
        ("to_company", "B"),
    ]

    found = recipients_in(a_mail(), [Wish.of(*pair) for pair in said], OURS)

    assert found.rows == (Row("0301", "Ann"), Row("0302", "", "B"))


@pytest.mark.parametrize("subject", ["[FAX]+49 30 1,0302;0303", "SEND +49 30 1, 0302, 0303"])
def test_a_subject_is_a_list(subject: str):
    found = recipients_in(a_mail(subject), [], OURS)

    assert found.rows == (Row("+49 30 1"), Row("0302"), Row("0303"))


@pytest.mark.parametrize("subject", ["Offer 0301", "[Offer] for you", "Send me this"])
def test_other_subjects_are_none(subject: str):
    assert recipients_in(a_mail(subject), [], OURS) == Named(())


@pytest.mark.parametrize(
    ("to", "rows"),
    [
        ('"Anne Anderson 5035550123" <fax@fax.example.com>', [Row("5035550123", "Anne Anderson")]),
        ('"/fax=847 680-4777/" <fax@FAX.example.com>', [Row("847 680-4777")]),
        ('"/fax=847 680-4777/name=Carl Orff/" <fax@fax.example.com>', [Row("847 680-4777", "Carl Orff")]),
        ('"Bob 5035550123" <bob@example.com>, Ann <fax@fax.example.com>', []),
    ],
)
def test_names_beside_our_addresses_have_numbers(to: str, rows: list[Row]):
    assert recipients_in(a_mail(to=to), [], OURS).rows == tuple(rows)


def test_what_a_row_says_goes_before_the_mail_and_fills_its_fields():
    row = Row("0301", "Ann", columns={"salutation": "Dear Ann", "billing_code": "4711", "priority": ""})
    options = JobOptions(note="{salutation}, {name}: {unknown}", billing_code="1", cover="letter")

    assert row.merged(options) == JobOptions(
        note="Dear Ann, Ann: {unknown}", billing_code="4711", cover="letter"
    )


@given(st.binary(max_size=300))
def test_no_list_of_a_stranger_raises(content: bytes):
    recipients_in(a_mail(list_csv=content), [], OURS)
    recipients_in(content, [], OURS)
