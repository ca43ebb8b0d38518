"""What strangers write before the @ is read or refused: nothing raises, and nothing takes long."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.config.rules import RULES
from gateway.config.schema import AddressesSection, SmtpSection
from gateway.intake import replies
from gateway.intake.accept import Gatekeeper
from gateway.intake.addresses import DIALECTS, AddressBook
from gateway.model.number import IN_THE_MAIL
from gateway.model.submission import Recipient
from tests.processor import processor_seconds

ALL = AddressesSection(tuple(DIALECTS))
GATEKEEPER = Gatekeeper(SmtpSection(domains=("fax.example.com",)), ALL)
WORDS = (
    '+ 49 (0) IMCEAFAX- +40 [FAX: ] | FAX= / T33S= % ^ # @ = name _ . , p x ext " \\ \u00e9 \u0661 /to= cp=on'
)
PIECES = st.sampled_from([" ", *WORDS.split()])


@given(st.one_of(st.text(max_size=80), st.lists(PIECES, max_size=20).map("".join)))
def test_whatever_comes_has_a_number_or_a_reason(local_part):
    found = GATEKEEPER.recipient(f"{local_part}@fax.example.com")

    if isinstance(found, Recipient):
        assert found.number == IN_THE_MAIL or set(found.number.digits) <= set("+0123456789")
    else:
        assert found[:4] == b"550 "
        assert b"\r" not in found


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize(
    "piece", ["1", "+", "1/", "a/", "1^", "%1", "[FAX:", "+40", "(", " ", "1-", "FAX=1/", "|"]
)
def test_a_hostile_address_costs_no_time(dialect, piece):
    book = AddressBook((dialect,), ("fax.example.com",))

    def parse() -> None:
        for front in ("", "1", "FAX=1", "IMCEAFAX-", "[FAX:"):
            book.parse(front + piece * (300 // len(piece)), "fax.example.com")

    assert processor_seconds(parse) < 0.1


def test_the_setting_knows_every_dialect():
    assert RULES["addresses.dialects"](list(DIALECTS)) == tuple(DIALECTS)


def test_a_dialect_that_is_not_named_is_not_spoken():
    book = AddressBook(("plain",), ("fax.example.com",))

    assert book.parse("FAX=+49301234567", "fax.example.com") is None
    assert book.parse("sam", "5551212.fax.example.com") is None


@pytest.mark.parametrize(
    ("address", "is_read"),
    [
        ("faxes@fax.example.com", True),
        ("FaxMailbox@company.example", True),
        ("list@fax.example.com", False),
        ("faxes@company.example", False),
        ("faxmailbox@fax.example.com", False),
    ],
)
def test_mails_that_name_their_numbers_inside_go_to_the_mailboxes_of_the_setting(address, is_read):
    section = AddressesSection(("plain", "mailbox"), mailboxes=("Faxes", "faxmailbox@company.example"))

    found = Gatekeeper(SmtpSection(domains=("fax.example.com",)), section).recipient(address)

    assert (isinstance(found, Recipient) and found.number == IN_THE_MAIL) is is_read


def test_a_mailbox_is_none_without_its_dialect():
    section = AddressesSection(("plain",), mailboxes=("fax", "fax@company.example"))
    gatekeeper = Gatekeeper(SmtpSection(domains=("fax.example.com",)), section)

    assert gatekeeper.recipient("fax@fax.example.com") is replies.NO_FAX_NUMBER
    assert gatekeeper.recipient("fax@company.example") is replies.OTHER_DOMAIN
