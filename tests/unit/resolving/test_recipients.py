"""The numbers in a mail: in a list, its text, its subject or its names."""

from base64 import encodebytes
from email.message import EmailMessage
from io import BytesIO
from zipfile import ZipFile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.model.options import JobOptions, Wish
from gateway.rendering.attachments import documents_in
from gateway.rendering.contents import attachments_in, texts_in
from gateway.resolving.options import MailWishes
from gateway.resolving.recipients import Named, Row, recipients_in
from tests.unit.rendering import outlook_files as outlook
from tests.unit.rendering import smime_files as smime
from tests.workbook import a_workbook

OURS = {"fax.example.com", "faxmailbox@company.example"}


def named_in(mail: bytes, wishes: list[Wish], ours: set[str]) -> Named:
    return recipients_in(mail, attachments_in(mail), wishes, ours)


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
        (b"sep=;\r\nnumber;name\r\n+49301;Smith, Ann", [Row("+49301", "Smith, Ann")]),
        (b'+49301,"Ann\r\nSmith",ACME\r\n+49302', [Row("+49301", "Ann\nSmith", "ACME"), Row("+49302")]),
        (
            b'number;note\n+49301;"Street 5\n10115 Berlin"\n',
            [Row("+49301", columns={"note": "Street 5\n10115 Berlin"})],
        ),
        (
            b'+49301,Bob "Bobby" Smith\n+49302,"Bob "Bobby" Smith"',
            [Row("+49301", 'Bob "Bobby" Smith'), Row("+49302", 'Bob Bobby" Smith"')],
        ),
        (b'+49301,Ann\n+49302,"Bob', [Row("+49301", "Ann"), Row("+49302", "Bob")]),
        (b"number,name\n,Ann\n,\n", [Row("", "Ann", columns={"number": ""})]),
        (
            "Name;Fax-Nummer;Firma\nM\u00fcller;0301;ACME".encode("cp1252"),
            [Row("0301", "M\u00fcller", "ACME")],
        ),
        (b"Last Name,Company,Business Fax\nSmith,ACME,+49301", [Row("+49301", "Smith", "ACME")]),
        (
            b'"First Name","Last Name","Business Fax"\n"Ann","Smith","+49301"\n"Bob","","+49302"\n',
            [
                Row("+49301", "Ann Smith", columns={"first_name": "Ann"}),
                Row("+49302", "Bob", columns={"first_name": "Bob", "last_name": ""}),
            ],
        ),
        (
            "Vorname;Name;Telefaxnummer\nAnn;M\u00fcller;0301\nBob;Bob Orff;0302".encode("cp1252"),
            [
                Row("0301", "Ann M\u00fcller", columns={"vorname": "Ann"}),
                Row("0302", "Bob Orff", columns={"vorname": "Bob"}),
            ],
        ),
    ],
)
def test_a_list_has_a_recipient_a_row(content: bytes, rows: list[Row]):
    assert named_in(a_mail(list_csv=content), [], OURS) == Named(tuple(rows), "list.csv")


@pytest.mark.parametrize(
    "content",
    [
        b'+4930100,"Ann\n+4930200,Bob\n+4930300,Eve\n',
        b'+4930100,"Ann\n+4930200,"Bob"\n+4930300,Eve\n',
        b'+4930100,"Ann\n+4930200,Bob"\n+4930300,Eve\n',
        b'name;fax\nAnn;"030 100 100\nBob;030 200 200\nEve;"030 300 300"\n',
        b'+4930100,"' + b"Ann\n" * 100_000,
    ],
)
def test_a_quotation_mark_that_is_not_closed_hides_no_row(content: bytes):
    named = named_in(a_mail("[FAX]0301", list_csv=content), [], OURS)

    assert named.rows == ()
    assert named.fault.startswith(
        "The list has a quotation mark without its partner in the line that begins with: "
    )
    assert named.fault.endswith(content.replace(b"name;fax\n", b"").decode().split("\n")[0])


@given(
    st.lists(
        st.tuples(
            st.from_regex(r"\+4930[0-9]{6}", fullmatch=True), st.text('",;\n ab', max_size=8), st.booleans()
        ),
        max_size=8,
    )
)
def test_no_number_of_a_list_is_lost_however_it_is_quoted(written: list[tuple[str, str, bool]]):
    lines = [f'{number},"{name}"' if quoted else f"{number},{name}" for number, name, quoted in written]

    named = named_in(a_mail(list_csv="\n".join(lines).encode()), [], OURS)

    read = [row.number for row in named.rows]
    assert named.fault or all(any(number in cell for cell in read) for number, *_ in written)


@pytest.mark.parametrize(
    ("lists", "fault"),
    [
        (
            {"a_csv": b"+49301", "b_csv": b"+49302"},
            "The mail has several lists of recipients: a.csv, b.csv. Put all of them into one",
        ),
        (
            {"a_csv": b"+49301", "b_xlsx": a_workbook(("fax",), ("+49302",))},
            "The mail has several lists of recipients: a.csv, b.xlsx. Put all of them into one",
        ),
        (
            {"distribution__list_xls": b"\xd0\xcf\x11\xe0"},
            "distribution-list.xls is empty, or no list that can be read. Save it as .xlsx or .csv",
        ),
        (
            {"distribution__list_xlsx": b"PK\x03\x04"},
            "distribution-list.xlsx is empty, or no list that can be read. Save it as .xlsx or .csv",
        ),
        (
            {"list_csv": b"\r\n"},
            "list.csv is empty, or no list that can be read. Save it as .xlsx or .csv",
        ),
    ],
)
def test_lists_that_leave_it_open_who_gets_the_fax_are_refused(lists: dict[str, bytes], fault: str):
    assert named_in(a_mail("[FAX]0301", **lists), [], OURS) == Named((), fault=fault)


def test_the_list_called_distribution_list_counts_and_other_tables_are_documents():
    found = named_in(a_mail(prices_csv=b'"open,1', distribution__list_txt=b"+49301"), [], OURS)

    assert found == Named((Row("+49301"),), "distribution-list.txt")


def test_a_workbook_is_a_list_when_its_first_row_names_the_numbers():
    book = a_workbook(("Name", "Fax", "Note"), ("Ann", "+49301", "Hi"), ("Bob", 49302.0, None))
    rows = (Row("+49301", "Ann", "", {"note": "Hi"}), Row("49302", "Bob"))

    assert named_in(a_mail(list_xlsx=book), [], OURS) == Named(rows, "list.xlsx")


@pytest.mark.parametrize("content", [a_workbook(("Item", "Price"), ("Pump", 100)), b"PK damaged"])
def test_another_workbook_is_a_document_to_fax(content: bytes):
    assert named_in(a_mail("[FAX]0301", list_xlsx=content), [], OURS) == Named((Row("0301"),))


def test_a_workbook_called_a_list_is_one_without_names():
    book = a_workbook(("+49301", "Ann"))

    found = named_in(a_mail(distribution__list_xlsx=book), [], OURS)

    assert found == Named((Row("+49301", "Ann"),), "distribution-list.xlsx")


def test_a_list_goes_before_everything_else():
    mail = a_mail("[FAX]0301", distribution__list_txt=b"0302\n")

    assert named_in(mail, [Wish.of("to_number", "0303")], OURS) == Named(
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

    found = named_in(a_mail(), [Wish.of(*pair) for pair in said], OURS)

    assert found.rows == (Row("0301", "Ann"), Row("0302", "", "B"))


@pytest.mark.parametrize(
    "subject",
    [
        "[FAX]+49 30 1,0302;0303",
        "SEND +49 30 1, 0302, 0303",
        "=?utf-8?B?W0ZBWF0rNDkgMzAgMSwwMzAyOw==?= =?utf-8?Q?0303?=",
    ],
)
def test_a_subject_is_a_list(subject: str):
    found = named_in(a_mail(subject), [], OURS)

    assert found.rows == (Row("+49 30 1"), Row("0302"), Row("0303"))


@pytest.mark.parametrize("subject", ["Offer 0301", "[Offer] for you", "Send me this"])
def test_other_subjects_are_none(subject: str):
    assert named_in(a_mail(subject), [], OURS) == Named(())


@pytest.mark.parametrize(
    ("to", "rows"),
    [
        ('"Anne Anderson 5035550123" <fax@fax.example.com>', [Row("5035550123", "Anne Anderson")]),
        ('"/fax=847 680-4777/" <fax@FAX.example.com>', [Row("847 680-4777")]),
        ('"/fax=847 680-4777/name=Carl Orff/" <fax@fax.example.com>', [Row("847 680-4777", "Carl Orff")]),
        ('"Bob 5035550123" <bob@example.com>, Ann <fax@fax.example.com>', []),
        ('"ACME (089) 55 66 77" <fax@fax.example.com>', [Row("(089) 55 66 77", "ACME")]),
        ('"ACME 089/556677" <fax@fax.example.com>', [Row("089/556677", "ACME")]),
        (
            "=?utf-8?Q?J=C3=BCrgen_+49_89_556677?= <fax@fax.example.com>",
            [Row("+49 89 556677", "J\u00fcrgen")],
        ),
    ],
)
def test_names_beside_our_addresses_have_numbers(to: str, rows: list[Row]):
    assert named_in(a_mail(to=to), [], OURS).rows == tuple(rows)


def test_what_a_row_says_goes_before_the_mail_and_fills_its_fields():
    row = Row("0301", "Ann", columns={"salutation": "Dear Ann", "billing_code": "4711", "priority": ""})
    options = JobOptions(note="{salutation}, {name}: {unknown}", billing_code="1", cover="letter")

    assert row.merged(options) == JobOptions(
        note="Dear Ann, Ann: {unknown}", billing_code="4711", cover="letter"
    )


def a_wrapped_list(wrapped: str, content: bytes) -> bytes:
    """A mail with a list, as Outlook or S/MIME packs it."""
    inner = a_mail(list_csv=content)
    match wrapped:
        case "winmail.dat":
            name = {0x3707: outlook.text16("list.csv")}
            return a_mail(winmail_dat=outlook.winmail(outlook.attachment(content, name)))
        case "winmail.dat alone":
            name = {0x3707: outlook.text16("list.csv")}
            packed = outlook.winmail(outlook.attachment(content, name))
            above = b"Content-Type: application/ms-tnef\nContent-Transfer-Encoding: base64\n\n"
            return above + encodebytes(packed)
        case "signed beside":
            return b"Content-Type: multipart/signed; boundary=s\n\n--s\n" + inner + b"\n--s--\n"
        case "signed in one piece":
            return smime.mail(smime.signed(inner))
        case "signed in pieces":
            return smime.mail(smime.signed_in_pieces(inner))
        case "forwarded":
            return b"Content-Type: message/rfc822\n\n" + inner
    raise AssertionError(wrapped)


@pytest.mark.parametrize(
    "wrapped",
    [
        "winmail.dat",
        "winmail.dat alone",
        "signed beside",
        "signed in one piece",
        "signed in pieces",
        "forwarded",
    ],
)
def test_a_list_is_found_however_the_mail_is_wrapped(wrapped: str):
    mail = a_wrapped_list(wrapped, b"fax;name\n0301;Ann\n")

    named = named_in(mail, [], OURS)

    assert named == Named((Row("0301", "Ann"),), "list.csv")
    assert "list.csv" not in [part.name for part in documents_in(mail, without=named.list_name).parts]


@pytest.mark.parametrize(
    "written",
    [
        'filename="=?utf-8?B?RW1wZsOkbmdlci5jc3Y=?="',
        "filename*=utf-8''Empf%C3%A4nger.csv",
        "filename*0*=utf-8''Empf%C3; filename*1*=%A4nger.csv",
    ],
)
def test_the_name_of_a_list_may_have_letters_of_any_alphabet(written: str):
    mail = a_mail(list_csv=b"0301;Ann\n").replace(b'filename="list.csv"', written.encode())

    named = named_in(mail, [], OURS)

    assert named == Named((Row("0301", "Ann"),), "Empf\u00e4nger.csv")
    assert [part.name for part in documents_in(mail, without=named.list_name).parts] == ["mail.txt"]


def test_a_list_in_an_archive_is_what_is_to_be_faxed():
    buffer = BytesIO()
    with ZipFile(buffer, "w") as archive:
        archive.writestr("prices.csv", "0301;Ann\n")

    assert named_in(a_mail("[FAX]0302", all_zip=buffer.getvalue()), [], OURS) == Named((Row("0302"),))


def test_an_encrypted_mail_names_those_in_its_subject_or_nobody():
    above = "Subject: {}\r\nTo: list@fax.example.com\r\n"
    cms = smime.encrypted(a_mail(list_csv=b"0301;Ann\n"))
    mail, secret = (smime.mail(cms, "enveloped-data", above=above.format(s)) for s in ("[FAX]0302", "Offer"))

    assert named_in(mail, [], OURS) == Named((Row("0302"),))
    assert named_in(secret, [], OURS) == Named((), is_encrypted=True)


def test_commands_in_the_text_of_a_signed_mail_are_read():
    mail = smime.mail(smime.signed(b"Content-Type: text/plain\n\n<TOFAXNUM:0301><TONAME:Ann>Hello\n"))
    wishes = MailWishes(["rightfax"], texts_in)(mail)

    assert named_in(mail, wishes, OURS) == Named((Row("0301", "Ann"),))


@given(st.binary(max_size=300))
def test_no_list_of_a_stranger_raises(content: bytes):
    named_in(a_mail(list_csv=content), [], OURS)
    named_in(content, [], OURS)


@pytest.mark.parametrize(
    ("mail", "rows"),
    [
        (
            b"X-FAX-Dialstring: 0301\r\nX-FAX-Cover-Company: ACME\r\nSubject: x\r\n\r\nHello\r\n",
            [Row("0301", company="ACME")],
        ),
        (
            b"Subject: x\r\n\r\n%%[Fax: 020 7203 4005]%%[To: Ann]%%[Fax: 0302]Hello\r\n",
            [Row("020 7203 4005", "Ann"), Row("0302")],
        ),
        (b"Subject: x\r\n\r\n<TOFAXNUM:0301><TONAME:Ann>Hello\r\n", [Row("0301", "Ann")]),
        (b'To: "Anne 5035550123" <FaxMailbox@company.example>\r\n\r\nHello\r\n', [Row("5035550123", "Anne")]),
    ],
    ids=["hylafax", "zetafax", "rightfax", "faxback"],
)
def test_numbers_are_found_in_the_words_of_other_programs(mail: bytes, rows: list[Row]):
    wishes = MailWishes(["hylafax", "zetafax", "rightfax"], texts_in)(mail)

    assert named_in(mail, wishes, OURS) == Named(tuple(rows))
