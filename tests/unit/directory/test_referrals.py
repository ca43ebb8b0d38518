"""Which referrals are followed, and where to."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.directory.referrals import followed

LISTED = ("ldaps://dc1.sales.example.com:3269", "ldaps://dc2.example.com")


@pytest.mark.parametrize(
    ("url", "wanted"),
    [
        ("ldap://DC1.sales.example.com/DC=sales,DC=example", [(LISTED[0], "DC=sales,DC=example")]),
        ("ldap://dc2.example.com:389/DC=a%20b??sub", [(LISTED[1], "DC=a b")]),
        ("ldaps://dc2.example.com", [(LISTED[1], "")]),
        ("ldap://evil.example.com/DC=sales", []),
        ("ldap://dc2.example.com@evil.example.com/DC=sales", []),
        ("http://dc2.example.com/", []),
        ("Referral:", []),
    ],
)
def test_a_referral_leads_to_the_listed_address_of_its_host(url, wanted):
    assert followed([url, url], LISTED) == wanted


@given(st.text(max_size=60))
def test_no_referral_leads_elsewhere(text):
    assert {server for server, _ in followed([f"ldap://{text}", text], LISTED)} <= set(LISTED)
