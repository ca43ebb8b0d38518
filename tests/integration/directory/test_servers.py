"""Directories that are away, slow, or not who they say: with real servers."""

import asyncio
import os
import socket
import threading
from contextlib import suppress
from datetime import timedelta

import pytest

from gateway.directory.ldap import LdapDirectory
from gateway.directory.servers import LdapServers
from gateway.errors import DirectoryUnavailable
from gateway.model.secret import Secret
from tests.contract.directory.conftest import SAM
from tests.fix_slapd import a_slapd

NOWHERE = "ldaps://127.0.0.1:9"


@pytest.fixture
async def opened():
    """Opens directories, and closes them at the end."""
    directories = []

    def open_directory(section):
        directories.append(LdapDirectory("staff", section))
        return directories[-1]

    yield open_directory
    for directory in directories:
        await directory.close()


class SilentServer:
    """A server that takes connections and says nothing."""

    def __init__(self, listening: socket.socket) -> None:
        self._listening = listening
        self._listening.setblocking(False)
        self.url = f"ldaps://127.0.0.1:{listening.getsockname()[1]}"

    def asked(self) -> int:
        """How often somebody has connected since the last look."""
        count = 0
        with suppress(BlockingIOError):
            while True:
                self._listening.accept()[0].close()
                count += 1
        return count


@pytest.fixture
def a_silent_server():
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield SilentServer(listening)


async def test_starttls_is_as_good_as_ldaps(opened, slapd, samba):
    assert await opened(slapd.section(servers=(slapd.url,))).find(SAM)
    assert await opened(samba.section(servers=(samba.url,))).find(SAM)


async def test_the_next_server_is_asked_when_one_is_away(opened, slapd):
    directory = opened(slapd.section(servers=(NOWHERE, slapd.tls_url)))

    assert (await directory.find(SAM)).name == "Samantha Daryn"
    assert await directory.authenticate("sdaryn", Secret("Passw0rd-of-Sam"))


async def test_a_server_that_says_nothing_costs_its_time_limit_and_no_more(opened, slapd, a_silent_server):
    limit = timedelta(seconds=3)
    directory = opened(slapd.section(servers=(a_silent_server.url, slapd.tls_url), timeout=limit))

    assert await directory.find(SAM)
    assert a_silent_server.asked() == 1
    assert await directory.authenticate("sdaryn", Secret("Passw0rd-of-Sam"))
    assert a_silent_server.asked() == 0, "a server that failed is asked last for a while"


async def test_a_directory_without_servers_is_away_and_knows_that_it_does_not_know(opened, slapd):
    directory = opened(slapd.section(servers=(NOWHERE,)))

    with pytest.raises(DirectoryUnavailable, match=r"ldaps://127.0.0.1:9 says: Connection refused"):
        await directory.find(SAM)
    with pytest.raises(DirectoryUnavailable):
        await directory.authenticate("sdaryn", Secret("Passw0rd-of-Sam"))


ELSEWHERE = """\
dn: ou=Elsewhere,o=Renovations
objectClass: organizationalUnit
ou: Elsewhere

dn: ou=East,ou=Elsewhere,o=Renovations
objectClass: referral
objectClass: extensibleObject
ou: East
ref: ldap://127.0.0.1/ou=East,o=Renovations
"""


@pytest.fixture(scope="module")
def referring(slapd, tmp_path_factory):
    """A server that holds nobody, and refers to the other one; and the authorities of both."""
    with a_slapd(ELSEWHERE) as server:
        both = tmp_path_factory.mktemp("authorities") / "both.pem"
        both.write_bytes(server.ca_file.read_bytes() + slapd.ca_file.read_bytes())
        yield server, both


@pytest.mark.parametrize("below", ["", "ou=East,"], ids=["on-the-way", "at-the-base"])
async def test_a_referral_to_a_listed_server_is_followed_for_persons_and_passwords(
    opened, slapd, referring, below
):
    server, authorities = referring
    base = f"{below}ou=Elsewhere,o=Renovations"
    section = server.section(base=base, ca_file=authorities, referrals=(slapd.tls_url,))
    directory = opened(section)

    assert (await directory.find(SAM)).name == "Samantha Daryn"
    assert await directory.authenticate("sdaryn", Secret("Passw0rd-of-Sam"))
    assert not await directory.authenticate("sdaryn", Secret("wrong"))


async def test_a_referral_to_a_server_that_is_not_listed_is_not_followed(opened, referring):
    server, authorities = referring
    directory = opened(server.section(base="ou=Elsewhere,o=Renovations", ca_file=authorities))

    assert await directory.find(SAM) is None


async def test_a_person_behind_a_referral_that_cannot_be_reached_is_not_nobody(opened, referring):
    server, authorities = referring
    base = "ou=Elsewhere,o=Renovations"
    directory = opened(server.section(base=base, ca_file=authorities, referrals=(NOWHERE,)))

    with pytest.raises(DirectoryUnavailable):
        await directory.find(SAM)


async def test_a_server_that_comes_back_is_used_again(opened, own_slapd):
    directory = opened(own_slapd.section())
    assert await directory.find(SAM)

    own_slapd.stop()
    with pytest.raises(DirectoryUnavailable):
        await directory.find(SAM)
    own_slapd.start()

    assert await directory.find(SAM)


async def test_a_certificate_of_a_stranger_is_refused(opened, slapd, samba):
    with pytest.raises(DirectoryUnavailable, match="its certificate is not accepted"):
        await opened(slapd.section(ca_file=samba.ca_file)).find(SAM)
    with pytest.raises(DirectoryUnavailable):
        await opened(slapd.section(ca_file=None)).find(SAM)
    with pytest.raises(DirectoryUnavailable):
        await opened(slapd.section(ca_file=samba.ca_file, servers=(slapd.url,))).find(SAM)


async def test_a_certificate_for_another_name_is_refused(opened, slapd):
    elsewhere = slapd.tls_url.replace("127.0.0.1", "localhost")

    with pytest.raises(DirectoryUnavailable):
        await opened(slapd.section(servers=(elsewhere,))).find(SAM)


async def test_an_account_that_is_not_let_in_does_not_make_senders_unknown(opened, slapd, samba):
    for server in (slapd, samba):
        with pytest.raises(DirectoryUnavailable, match="Invalid credentials"):
            await opened(server.section(password=Secret("wrong"))).find(SAM)


async def test_a_password_is_never_sent_in_clear_text_unless_it_is_asked_for(opened, slapd):
    with pytest.raises(DirectoryUnavailable, match="Confidentiality required"):
        await opened(slapd.section(servers=(slapd.url,), starttls=False)).find(SAM)


async def test_a_base_that_does_not_exist_does_not_make_senders_unknown(opened, slapd):
    with pytest.raises(DirectoryUnavailable, match="No such object"):
        await opened(slapd.section(base="o=Elsewhere")).find(SAM)


def test_more_entries_than_a_page_all_come():
    more = "".join(
        f"dn: CN=Clerk {n},O=Renovations\nobjectClass: dominoPerson\ncn: Clerk {n}\nsn: {n}\nuid: c{n}\n\n"
        for n in range(1200)
    )
    with a_slapd(more) as server:
        servers = LdapServers("staff", server.section())

        found = servers.search("(uid=c*)", ["uid"])

        servers.close()
    assert len({entry.dn for entry in found}) == 1200


async def test_many_questions_at_once_share_a_few_connections(opened, slapd):
    directory = opened(slapd.section())

    people = await asyncio.gather(*[directory.find(SAM) for _ in range(100)])

    assert all(person == people[0] for person in people)
    assert len(directory._servers._idle) <= 4
    assert len([t for t in threading.enumerate() if t.name.startswith("directory-staff")]) <= 4


async def test_active_directory_knows_a_person_by_every_address_and_login(opened, samba):
    directory = opened(samba.section())
    sam = await directory.find(SAM)

    assert await directory.find("sales@renovations.example") == sam
    assert await directory.find("sdaryn@faxtest.example") == sam
    for user in ("sdaryn", "SDaryn@faxtest.example", SAM):
        assert await directory.authenticate(user, Secret("Passw0rd-of-Sam")) == sam


async def test_a_disabled_account_is_found_as_disabled_and_cannot_log_in(opened, samba):
    directory = opened(samba.section())

    assert (await directory.find("gone@renovations.example")).is_disabled
    assert await directory.authenticate("gone", Secret("Gone-0-secret")) is None


@pytest.mark.parametrize("way", ["ldaps", "sealed"])
async def test_kerberos_instead_of_a_password(opened, samba, monkeypatch, way):
    for name, value in samba.ticket("faxgw").items():
        monkeypatch.setitem(os.environ, name, value)
    sealed = {"servers": (samba.url,), "starttls": False} if way == "sealed" else {}

    assert await opened(samba.section(bind="gssapi", bind_dn="", password=None, **sealed)).find(SAM)


async def test_domino_knows_the_people_of_its_domains_by_short_name_and_by_name(opened, slapd):
    directory = opened(slapd.section(kind="domino", mail_domains=("renovations.example",)))

    for mail in ("sdaryn@renovations.example", "Samantha.Daryn@RENOVATIONS.example", SAM):
        assert (await directory.find(mail)).name == "Samantha Daryn"
    assert await directory.find("sdaryn@elsewhere.example") is None
