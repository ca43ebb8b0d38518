import pytest

from gateway.receiving.routing import Routes

ROUTES = Routes({"+4930111": ("sales@example.com", "boss@example.com")}, "ops@example.com")


@pytest.mark.parametrize("called", ["+4930111", "4930111"])
def test_a_fax_goes_to_the_mailboxes_of_the_called_number(called):
    assert ROUTES.mailboxes(called) == ("sales@example.com", "boss@example.com")


def test_a_table_without_plus_signs_knows_numbers_with_one():
    assert Routes({"4930111": ("sales@example.com",)}, "").mailboxes("+4930111") == ("sales@example.com",)


def test_a_fax_nobody_is_named_for_goes_to_the_operators():
    assert ROUTES.mailboxes("+49309999") == ("ops@example.com",)


@pytest.mark.parametrize(
    ("sub_address", "mailbox"),
    [("4711", "ann@example.com"), ("4712", "sales@example.com"), ("", "sales@example.com")],
)
def test_a_sub_address_has_a_mailbox_of_its_own_or_that_of_the_number(sub_address, mailbox):
    routes = Routes({"+4930111": ("sales@example.com",), "+4930111#4711": ("ann@example.com",)}, "")

    assert routes.mailboxes("4930111", sub_address) == (mailbox,)


def test_without_operators_nobody_gets_it():
    assert Routes({}, "").mailboxes("+49309999") == ()
