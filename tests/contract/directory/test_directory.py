"""What a directory promises, whatever it is made of (gateway.ports.directory)."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.errors import AmbiguousSender
from gateway.model.secret import Secret
from tests.contract.directory.conftest import SAM, TOM, TWIN

WITH_PASSWORDS = pytest.mark.parametrize(
    "directory", ["fake", "ldap", "domino", "active_directory"], indirect=True
)


async def test_a_person_is_found_with_what_a_fax_needs(directory):
    sam = await directory.find(SAM)

    assert (sam.mail, sam.name, sam.user) == (SAM, "Samantha Daryn", "sdaryn")
    assert (sam.fax_number, sam.company, sam.department) == ("+1 555 019 9000", "Renovations Ltd", "Sales")
    assert sam.language == "de"
    assert not sam.is_disabled


async def test_groups_come_with_those_they_are_nested_in(directory):
    sam = await directory.find(SAM)

    assert {"FaxUsers", "AllStaff"} <= sam.groups
    assert "Others" not in sam.groups


async def test_case_does_not_count_in_an_address(directory):
    assert await directory.find(SAM.upper()) == await directory.find(SAM.lower()) != None  # noqa: E711


async def test_a_name_full_of_signs_has_its_groups_all_the_same(directory):
    tom = await directory.find(TOM)

    assert {"FaxUsers", "AllStaff"} <= tom.groups


@pytest.mark.parametrize(
    "mail", ["nobody@renovations.example", "", "@", "sdaryn", "samantha_daryn", "@renovations.example"]
)
async def test_who_is_not_there_is_nobody(directory, mail):
    assert await directory.find(mail) is None


async def test_an_address_of_two_persons_is_nobodys(directory):
    with pytest.raises(AmbiguousSender):
        await directory.find(TWIN)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(alphabet="*()\\|&!=~<>'\"%_;,:#/ \x00\x7f\n@.{}aSs0\u00e9\ud800", max_size=40))
async def test_nothing_in_an_address_changes_the_question(directory, text):
    for mail in (
        text,
        f"{text}@renovations.example",
        f"Samantha_Daryn@renovations.example{text}x",
        f"{text}{SAM}",
    ):
        found = await directory.find(mail)

        assert found is None or mail.casefold().strip() == SAM.casefold()


@WITH_PASSWORDS
async def test_a_password_is_the_persons_or_it_is_not(directory):
    assert (await directory.authenticate("sdaryn", Secret("Passw0rd-of-Sam"))).mail == SAM
    assert await directory.authenticate("sdaryn", Secret("Passw0rd-of-Tom")) is None
    assert await directory.authenticate("nobody", Secret("Passw0rd-of-Sam")) is None


@pytest.mark.parametrize("user", ["sdaryn", "", "*", "sdar*", "*)(uid=*", "sdaryn)(|(uid=*"])
async def test_no_password_is_no_password(directory, user):
    assert await directory.authenticate(user, Secret("")) is None


@WITH_PASSWORDS
@pytest.mark.parametrize("user", ["*", "sdary*", "sdaryn)(uid=*", "sdaryn)(|(objectClass=*", "s\\64aryn"])
async def test_nothing_in_a_user_name_changes_the_question(directory, user):
    assert await directory.authenticate(user, Secret("Passw0rd-of-Sam")) is None
