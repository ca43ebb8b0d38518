"""Every kind of directory, with the same people in it."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from gateway.config.people import DirectorySection
from gateway.directory.ldap import LdapDirectory
from gateway.directory.sql import SqlDirectory
from gateway.model.sender import Person
from gateway.ports.directory import Directory
from tests.fakes.directory import FakeDirectory

SAM = "Samantha_Daryn@renovations.example"
TOM = "tom+fax@renovations.example"
TWIN = "twin@renovations.example"

_QUERY = """
    SELECT p.mail, p.name, p.login AS "user", p.fax AS fax_number, p.company, p.department, p.language,
           m.name AS groups
    FROM person p LEFT JOIN membership m ON m.login = p.login
    WHERE lower(p.mail) = lower(:mail) OR lower(p.alias) = lower(:mail)
"""


def _fake() -> FakeDirectory:
    groups = frozenset({"FaxUsers", "AllStaff"})
    fake = FakeDirectory()
    sam = Person(
        SAM,
        name="Samantha Daryn",
        user="sdaryn",
        groups=groups,
        fax_number="+1 555 019 9000",
        company="Renovations Ltd",
        department="Sales",
        language="de",
    )
    fake.knows(sam, password="Passw0rd-of-Sam")
    fake.knows(Person(TOM, user="tom", groups=groups), password="Passw0rd-of-Tom")
    fake.knows(Person(TWIN, user="twin1"))
    fake.knows(Person(TWIN, user="twin2"))
    return fake


def a_database_of_people(path: Path) -> DirectorySection:
    """A SQLite file with the same people; and the [directory] section for it."""
    engine = sa.create_engine(f"sqlite:///{path}")
    with engine.begin() as connection:
        for statement in (
            "CREATE TABLE person (login, mail, alias, name, fax, company, department, language)",
            "CREATE TABLE membership (login, name)",
            f"INSERT INTO person VALUES ('sdaryn', '{SAM}', NULL, 'Samantha Daryn', '+1 555 019 9000',"
            " 'Renovations Ltd', 'Sales', 'de')",
            f"INSERT INTO person (login, mail) VALUES ('tom', '{TOM}')",
            f"INSERT INTO person (login, mail) VALUES ('twin1', '{TWIN}')",
            f"INSERT INTO person (login, mail, alias) VALUES ('twin2', 'other@example.com', '{TWIN}')",
            "INSERT INTO membership VALUES ('sdaryn', 'FaxUsers'), ('sdaryn', 'AllStaff')",
            "INSERT INTO membership VALUES ('tom', 'FaxUsers'), ('tom', 'AllStaff')",
        ):
            connection.execute(sa.text(statement))
    engine.dispose()
    return DirectorySection(kind="sql", url=f"sqlite:///{path}", query=_QUERY)


@pytest.fixture(params=["fake", "ldap", "domino", "active_directory", "sql"])
async def directory(request, tmp_path) -> AsyncIterator[Directory]:
    """A directory of each kind."""
    kind = request.param
    if kind == "fake":
        yield _fake()
        return
    opened: LdapDirectory | SqlDirectory
    if kind == "sql":
        section = a_database_of_people(tmp_path / "people.db")
        opened = SqlDirectory("staff", section, section.url)
    elif kind == "active_directory":
        opened = LdapDirectory("staff", request.getfixturevalue("samba").section())
    else:
        section = request.getfixturevalue("slapd").section(kind=kind, attributes=("company=CompanyName",))
        opened = LdapDirectory("staff", section)
    yield opened
    await opened.close()
