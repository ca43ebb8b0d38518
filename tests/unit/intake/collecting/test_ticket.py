"""Tickets and text files of drop folders ask for a fax in plain words."""

from contextlib import suppress
from email import message_from_bytes, policy
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.intake.collecting.ticket import BadTicket, Ticket, is_text_api, read_text_api, read_ticket

TOML = """
to = ["+4930100", "+4930200@fax.example.com"]
from = "sap@example.com"
subject = "Invoice"
text = "Dear Sirs"
documents = ["a.pdf"]
[options]
resolution = "fine"
send_at = 2026-12-01 08:30:00
attempts = 3
"""


def written(folder: Path, name: str, text: str | bytes) -> Path:
    file = folder / name
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return file


def test_a_ticket_says_who_gets_which_documents_and_how(tmp_path: Path):
    ticket = read_ticket(written(tmp_path, "a.toml", TOML))

    assert ticket == Ticket(
        to=("+4930100", "+4930200@fax.example.com"),
        sender="sap@example.com",
        subject="Invoice",
        text="Dear Sirs",
        documents=("a.pdf",),
        options={"resolution": "fine", "send_at": "2026-12-01 08:30:00", "attempts": "3"},
    )


def test_a_ticket_may_be_json_and_name_one_number(tmp_path: Path):
    assert read_ticket(written(tmp_path, "a.json", '\ufeff{"to": "+4930100"}')) == Ticket(to=("+4930100",))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-be"])
def test_a_ticket_may_be_written_by_any_windows_program(tmp_path: Path, encoding: str):
    mark = "\ufeff" if encoding == "utf-16-be" else ""

    ticket = read_ticket(
        written(tmp_path, "a.json", (mark + '{"to": "1", "text": "\u00e4"}').encode(encoding))
    )
    fax = written(tmp_path, "a.txt", f"{mark}::+4930100\n\u00e4".encode(encoding))

    assert ticket.text == "\u00e4"
    assert is_text_api(fax)
    assert read_ticket(fax) == Ticket(("+4930100",), text="\u00e4", documents=())


def test_options_are_written_as_the_language_of_the_ticket_has_it(tmp_path: Path):
    text = "to = '1'\n[options]\npoll = true\ncover = false\nattempts = 1\nbilling-code = 4711\n"

    ticket = read_ticket(written(tmp_path, "a.toml", text))
    mail = message_from_bytes(ticket.message("sap@example.com", []), policy=policy.default)

    assert {name: value for name, value in mail.items() if name.startswith("X-Faxgw")} == {
        "X-Faxgw-Poll": "on",
        "X-Faxgw-Cover": "off",
        "X-Faxgw-Attempts": "1",
        "X-Faxgw-Billing-Code": "4711",
    }


def test_a_ticket_becomes_the_mail_that_would_have_sent_it(tmp_path: Path):
    document = written(tmp_path, "a.pdf", b"%PDF-1.4")
    ticket = read_ticket(written(tmp_path, "a.toml", TOML))

    mail = message_from_bytes(ticket.message("sap@example.com", [document]), policy=policy.default)

    assert (mail["From"], mail["Subject"]) == ("sap@example.com", "Invoice")
    assert (mail["X-Faxgw-Resolution"], mail["X-Faxgw-Send-At"]) == ("fine", "2026-12-01 08:30:00")
    text, pdf = mail.iter_parts()
    assert text.get_content() == "Dear Sirs\n"
    assert (pdf.get_content_type(), pdf.get_filename()) == ("application/pdf", "a.pdf")
    assert pdf.get_content() == b"%PDF-1.4"


def test_no_value_of_a_ticket_adds_a_field():
    ticket = Ticket(("1",), subject="a\r\nX-Fax-Code: b", options={"header": "a\nBcc: b"}, text="t")

    mail = message_from_bytes(ticket.message("sap@example.com", []), policy=policy.default)

    assert "X-Fax-Code" not in mail
    assert "Bcc" not in mail


@pytest.mark.parametrize(
    ("name", "text", "reason"),
    [
        ("a.toml", "to = ", "not TOML"),
        ("a.json", "{", "not JSON"),
        ("a.json", "[" * 100_000, "not JSON"),
        ("a.json", "[1]", "names and values"),
        ("a.json", '{"too": "1"}', 'unknown name "too"; known are to, from'),
        ("a.json", '{"to": 49}', "to must be text or a list"),
        ("a.json", '{"to": "1", "subject": 1}', "subject must be text"),
        ("a.json", '{"to": "1", "documents": ["../x"]}', "not the name of a file in this folder"),
        ("a.json", '{"to": "1", "documents": [".hidden"]}', "not the name of a file"),
        ("a.json", '{"to": "1", "options": {"Bad Name": 1}}', "options must be"),
        ("a.toml", b"to = '\xff'", "not UTF-8"),
        ("a.toml", "#" * 1_100_000, "larger than 1 MB"),
    ],
)
def test_a_bad_ticket_says_what_is_wrong(tmp_path: Path, name: str, text: str | bytes, reason: str):
    with pytest.raises(BadTicket, match=reason):
        read_ticket(written(tmp_path, name, text))


def test_a_text_file_has_a_line_a_recipient_and_options_before_its_text():
    ticket = read_text_api(
        "::+49 30 100\n::Carl,Doe Ltd,Orff,Sales,carl@example.com,+4930200\n"
        "::c=none,h,2026-12-01-08:30:00,B=5\n::S=Offer\n::A=a.pdf,a=b.tif\nDear Sirs\n::not a command\n"
    )

    assert ticket.to == ("+49 30 100", "+4930200")
    assert ticket.people == {"+4930200": ("Carl Orff", "Doe Ltd")}
    assert ticket.subject == "Offer [::c=none] [::h] [::2026-12-01-08:30:00] [::B=5]"
    assert ticket.documents == ("a.pdf", "b.tif")
    assert ticket.text == "Dear Sirs\n::not a command"


@pytest.mark.parametrize(
    ("line", "person"),
    [
        ("Joe, GFI, Johnson, Sales, sales@example.com, 382419", ("Joe Johnson", "GFI")),
        ("Joe, GFI, 382419", ("Joe", "GFI")),
        (",,,,,382419", ("", "")),
        ("382419, GFI", ("", "GFI")),
    ],
)
def test_a_recipient_of_a_text_file_may_leave_out_what_he_has_not(line: str, person: tuple[str, str]):
    ticket = read_text_api(f"::{line}\nHello")

    assert (ticket.to, ticket.people) == (("382419",), {"382419": person})


def test_a_text_file_of_an_old_program_is_read_as_windows_wrote_it(tmp_path: Path):
    ticket = read_ticket(written(tmp_path, "a.txt", b"::+4930100\r\nGr\xfc\xdfe\r\n"))

    assert ticket.text == "Grüße"


@given(st.text())
def test_any_text_is_a_ticket_or_a_bad_one(text: str):
    with suppress(BadTicket):
        ticket = read_text_api("::" + text)
        assert "\n" not in ticket.subject
