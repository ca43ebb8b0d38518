from datetime import date
from pathlib import Path

import pytest

from gateway.config.load import load
from gateway.errors import ConfigError
from gateway.model.permission import Ban, Permission

MINIMAL = (Path(__file__).parents[3] / "samples" / "minimal.toml").read_text()


@pytest.fixture
def loaded(tmp_path):
    def read(text):
        (tmp_path / "password").write_text("secret\n")
        (tmp_path / "faxgw.toml").write_text(MINIMAL + text)
        return load(tmp_path / "faxgw.toml").config

    return read


LDAP = """
[directory.staff]
servers = ["ldaps://dc1.example.com", "ldap://[::1]:3389"]
base = "dc=example,dc=com"
bind_dn = "cn=faxgw,dc=example,dc=com"
password_file = "password"
"""


def test_permissions_stay_in_the_order_of_the_file(loaded):
    config = loaded(LDAP + '[permission.b]\ngroups = ["B"]\n[permission.a]\nfaxes_per_day = 3\n')

    assert config.rules.permissions == (Permission("b", ("B",)), Permission("a", faxes_per_day=3))
    assert config.directory["staff"].password.reveal() == "secret"


@pytest.mark.parametrize("until", ["2027-01-31", '"2027-01-31"'])
def test_an_entry_of_the_deny_list_has_owner_reason_and_end(loaded, until):
    config = loaded(
        f'[deny.premium]\nnumbers = ["+49900"]\nowner = "ops"\nreason = "cost"\nuntil = {until}\n'
    )

    assert config.rules.bans == (Ban("premium", ("+49900",), (), "ops", "cost", date(2027, 1, 31)),)


@pytest.mark.parametrize(
    ("text", "mistake"),
    [
        ("[directory.x]\n", 'directory.x.servers: is required, for example servers = ["ldaps://'),
        ('[directory.x]\nkind = "sql"\n', "directory.x.query: is required"),
        ('[directory.x]\nkind = "exchange"\n', 'directory.x.kind: must be "ldap" or "active_directory"'),
        (LDAP + 'filter = "(mail=*)"\n', "directory.staff.filter: must hold {mail} or {local}"),
        (LDAP + 'filter = "(mail={mail}"\n', "its parentheses do not match"),
        (LDAP + 'attributes = ["fax=x"]\n', '"fax=x" is not FIELD=ATTRIBUTE'),
        (LDAP.replace("ldaps://", "https://"), "is not an LDAP server"),
        ("[deny.x]\n", "deny.x.owner: is required"),
        ('[deny.x]\nowner = "o"\nreason = "r"\n', "deny.x.numbers: is required"),
        ('[deny.x]\nuntil = "soon"\n', "deny.x.until: must be a day, for example 2027-01-31"),
        ("[permission]\nmay_fax = true\n", "write [permission.main]"),
        ("[permission.x]\nfaxes = 3\n", 'did you mean "faxes_per_day"?'),
    ],
)
def test_each_mistake_says_what_to_write(loaded, text, mistake):
    with pytest.raises(ConfigError) as refused:
        loaded(text)

    assert mistake in str(refused.value)
