from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.errors import DestinationNotAllowed, QuotaExceeded, SenderNotAllowed
from gateway.model.number import FaxNumber
from gateway.model.permission import Ban, Permission, Rules, Used, longest
from gateway.model.sender import Person

TODAY = date(2026, 11, 22)
ANN = Person("ann@example.com", groups=frozenset({"CN=Fax Users,DC=example,DC=com", "Fax Users"}))
BERLIN, PREMIUM = FaxNumber("+4930123456"), FaxNumber("+49900123456")


def judged(*permissions: Permission, number=BERLIN, used=Used(), bans=(), person=ANN):  # noqa: B008
    return Rules(permissions, tuple(bans)).judge(person, number, used, TODAY)


def test_without_any_permission_everybody_the_gateway_knows_may_fax():
    assert judged().is_allowed


@pytest.mark.parametrize("group", ["Fax Users", "fax users", "cn=fax users,dc=EXAMPLE,dc=com"])
def test_a_group_is_named_by_its_common_or_its_distinguished_name(group):
    assert judged(Permission("staff", groups=(group,))).is_allowed


@pytest.mark.parametrize("address", ["ann@example.com", "Ann@Example.com", "a.smith@example.com"])
def test_a_single_person_is_named_by_an_address(address):
    person = Person("ann@example.com", frozenset({"A.Smith@example.com"}))
    own = Permission("ann", groups=(address,), resolution="standard", cover="letter")
    rules = Rules((own, Permission("all")))

    assert rules.of(person) is own
    assert rules.of(Person("bob@example.com")) is not own


def test_who_is_in_no_group_with_a_permission_may_nothing():
    verdict = judged(Permission("bosses", groups=("Bosses",)))

    assert isinstance(verdict.refusal, SenderNotAllowed)
    assert str(verdict.refusal) == "You are in no group that may send faxes."


def test_the_first_permission_that_fits_decides():
    no, yes = Permission("no", ("Fax Users",), may_fax=False), Permission("yes", ("Fax Users",))

    assert not judged(no, yes).is_allowed
    assert judged(yes, no).is_allowed


def test_a_disabled_account_may_nothing():
    assert not judged(person=Person("ann@example.com", is_disabled=True)).is_allowed


@pytest.mark.parametrize(
    ("allow", "deny", "number", "allowed"),
    [
        ((), ("+49900",), PREMIUM, False),
        ((), ("+49900",), BERLIN, True),
        (("+49",), ("+49900",), PREMIUM, False),
        (("+49900123",), ("+49900",), PREMIUM, True),
        (("+49900",), ("+49900",), PREMIUM, False),
        (("+43",), (), BERLIN, False),
        (("0049",), (), BERLIN, True),
        ((), ("+49900",), FaxNumber("0049900123456"), False),
    ],
)
def test_the_longest_beginning_decides_where_faxes_may_go(allow, deny, number, allowed):
    verdict = judged(Permission("staff", allow=allow, deny=deny), number=number)

    assert verdict.is_allowed is allowed
    assert allowed or isinstance(verdict.refusal, DestinationNotAllowed)


@given(
    st.lists(st.from_regex(r"\+?[0-9]{1,6}", fullmatch=True)),
    st.from_regex(r"\+[1-9][0-9]{5,12}", fullmatch=True),
)
def test_what_is_denied_to_all_lengths_is_never_allowed(allow, digits):
    deny = tuple(digits[:length] for length in range(1, len(digits) + 1))

    verdict = judged(Permission("staff", allow=tuple(allow), deny=deny), number=FaxNumber(digits))

    assert isinstance(verdict.refusal, DestinationNotAllowed)


@pytest.mark.parametrize(("today", "month", "allowed"), [(4, 40, True), (5, 40, False), (4, 50, False)])
def test_a_quota_is_used_up(today, month, allowed):
    staff = Permission("staff", faxes_per_day=5, faxes_per_month=50)

    verdict = judged(staff, used=Used(today, month))

    assert verdict.is_allowed is allowed
    assert allowed or isinstance(verdict.refusal, QuotaExceeded)


def test_the_deny_list_binds_those_who_may_fax_and_says_why_and_who_can_lift_it():
    ban = Ban("premium", numbers=("+49900",), owner="telecom@example.com", reason="Costs 2 EUR a minute")

    refusal = judged(Permission("staff"), number=PREMIUM, bans=[ban]).refusal

    assert str(refusal) == "Faxes to +49900123456 are not allowed. Reason: Costs 2 EUR a minute."
    assert refusal.remedy == "Ask telecom@example.com."
    assert DestinationNotAllowed.remedy != refusal.remedy


@pytest.mark.parametrize(("until", "allowed"), [(date(2026, 11, 21), True), (TODAY, False), (None, False)])
def test_an_entry_of_the_deny_list_ends_after_its_last_day(until, allowed):
    assert judged(bans=[Ban("x", senders=("ANN@example.com",), until=until)]).is_allowed is allowed


@pytest.mark.parametrize(
    ("entry", "banned"), [("@example.com", True), ("@ample.com", False), ("@x.example.com", False)]
)
def test_a_whole_domain_can_be_denied(entry, banned):
    assert judged(bans=[Ban("x", senders=(entry,))]).is_allowed is not banned


def test_the_deny_list_knows_every_address_of_a_person():
    ann = Person("ann@example.com", addresses=frozenset({"a.smith@example.org"}))

    assert not judged(person=ann, bans=[Ban("x", senders=("@example.org",))]).is_allowed


def test_each_verdict_tells_its_reasons():
    verdict = judged(Permission("staff", faxes_per_day=5), used=Used(today=2))

    assert verdict.reasons == (
        "[permission.staff] allows faxes.",
        "[permission.staff] allows +4930123456.",
        "[permission.staff] allows 5 faxes a day; sent or on their way: 2.",
    )


def test_the_longest_of_several_beginnings():
    assert longest(["+4", "+4930", "+493", "+44"], BERLIN) == "+4930"


def test_limits_of_pages_and_cost_and_approvals_are_told():
    permission = Permission(
        "staff", cost_per_job=5, approver="boss@example.com", approve_pages=9, approve_numbers=("+43",)
    )

    assert judged(permission).reasons[-3:] == (
        "[permission.staff] allows 5.00 to be spent on one fax.",
        "[permission.staff] asks boss@example.com about faxes to +43.",
        "[permission.staff] asks boss@example.com about faxes of more than 9 pages.",
    )
