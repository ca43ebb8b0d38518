"""SIP over UDP, TCP and TLS, with Kamailio at the other end."""

import asyncio
from dataclasses import replace

import pytest

from telephony import Disposition, Medium, Transmission
from telephony.errors import TlsMissing
from telephony.sip_engine import SipEngine
from telephony.tls import BadCertificate, TlsSettings
from telephony.trunk import Srtp, Trunk
from tests.fax_pages import Sheet, draw_fax, pictures
from tests.fix_certificates import make_certificates
from tests.fix_kamailio import PASSWORD, USER, Provider, a_provider
from tests.fix_sip import MEDIA_PORTS, a_station, busy_when_it_rings, free_address

pytestmark = pytest.mark.slow
ACCOUNT = {"username": USER, "password": PASSWORD}


async def rings_through(
    tmp_path, far, calls: str, tls: TlsSettings | None = None, **settings: str
) -> Transmission:
    """The facts of a call to the busy fax behind the provider."""
    arriving = far.listens()
    await asyncio.sleep(0)
    async with a_station(calls=calls, tls=tls, **ACCOUNT | settings) as near:
        sending = asyncio.ensure_future(near.sends(draw_fax(tmp_path / "fax.tif")))
        return await busy_when_it_rings(arriving, sending)


@pytest.fixture
def ours(certificates):
    return TlsSettings(free_address(), certificate=certificates.client, authority=certificates.authority)


@pytest.mark.parametrize("transport", ["udp", "tcp"])
async def test_a_trunk_is_reached_by(tmp_path, transport):
    async with a_station() as far:
        with a_provider(calls=far.address) as provider:
            facts = await rings_through(tmp_path, far, f"{provider.address};transport={transport}")

    assert facts.disposition is Disposition.BUSY


async def test_a_trunk_behind_an_outbound_proxy_needs_no_address_of_its_own(tmp_path):
    async with a_station() as far:
        with a_provider(calls=far.address) as provider:
            facts = await rings_through(
                tmp_path, far, "provider.invalid", outbound_proxy=f"sip:{provider.address}"
            )

    assert facts.disposition is Disposition.BUSY


def by_tls(provider: Provider) -> str:
    return f"{provider.tls_address};transport=tls"


@pytest.mark.parametrize("which", ["sip", "server"], ids=["common name", "IP Address"])
async def test_a_trunk_by_tls_sees_our_certificate_and_we_see_its(tmp_path, certificates, ours, which):
    theirs = getattr(certificates, which)
    async with a_station() as far:
        with a_provider(far.address, tls=theirs, asks_for=certificates.authority) as provider:
            facts = await rings_through(tmp_path, far, by_tls(provider), ours)

    assert facts.disposition is Disposition.BUSY


async def test_a_fax_is_encrypted_from_end_to_end_where_keys_and_audio_may(tmp_path, certificates, ours):
    fax = draw_fax(tmp_path / "fax.tif", [Sheet(rows=60)])
    async with a_station(srtp=Srtp.REQUIRE) as far:
        with a_provider(far.address, tls=certificates.sip) as provider:
            receiving = asyncio.ensure_future(far.receives(tmp_path / "in.tif"))
            await asyncio.sleep(0)
            settings = ACCOUNT | {"srtp": Srtp.REQUIRE}
            async with a_station(calls=by_tls(provider), tls=ours, **settings) as near:
                sent = await near.sends(fax)
            await receiving

    assert (sent.disposition, sent.medium) == (Disposition.DELIVERED, Medium.AUDIO)
    assert pictures(tmp_path / "in.tif") == pictures(fax)


async def test_a_trunk_with_the_certificate_of_another_is_not_talked_to(tmp_path, certificates, ours):
    async with a_station() as far:
        with a_provider(far.address, tls=certificates.client) as provider:
            facts = await rings_through(tmp_path, far, by_tls(provider), ours)

    assert (facts.disposition, facts.sip_status) == (Disposition.TRUNK_UNAVAILABLE, None)


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
@pytest.mark.parametrize(
    ("which", "status"), [("server", 486), ("elsewhere", None)], ids=["its address", "another address"]
)
async def test_a_trunk_that_is_an_address_is_known_by_the_addresses_in_its_certificate(
    tmp_path, certificates, ours, host, which, status
):
    theirs = TlsSettings(free_address(host), certificate=getattr(certificates, which))
    ours = replace(ours, listen=free_address(host))
    async with a_station(host=host, tls=theirs, sources=(host,)) as far:
        arriving = far.listens()
        await asyncio.sleep(0)
        async with a_station(calls=f"{theirs.listen};transport=tls", host=host, tls=ours) as near:
            sending = asyncio.ensure_future(near.sends(draw_fax(tmp_path / "fax.tif")))
            facts = await busy_when_it_rings(arriving, sending)

    assert facts.sip_status == status
    assert facts.disposition is (Disposition.BUSY if status else Disposition.TRUNK_UNAVAILABLE)


async def test_a_certificate_that_nobody_we_know_signed_is_believed_only_without_verification(tmp_path, ours):
    stranger = make_certificates(tmp_path)
    async with a_station() as far:
        with a_provider(far.address, tls=stranger.sip) as provider:
            refused = await rings_through(tmp_path, far, by_tls(provider), ours)
            unasked = replace(ours, listen=free_address(), verify=False)
            taken = await rings_through(tmp_path, far, by_tls(provider), unasked)

    assert (refused.disposition, refused.sip_status) == (Disposition.TRUNK_UNAVAILABLE, None)
    assert taken.disposition is Disposition.BUSY


async def test_a_trunk_by_tls_without_tls_settings_is_said_at_the_start():
    with pytest.raises(TlsMissing, match="main"):
        async with SipEngine(free_address(), MEDIA_PORTS, trunks=[Trunk("main", "sips:pbx.example.com")]):
            pass


async def test_a_certificate_that_cannot_be_read_is_named(tmp_path):
    settings = TlsSettings(free_address(), certificate=tmp_path / "none.pem")

    with pytest.raises(BadCertificate, match=r"none\.pem"):
        async with SipEngine(free_address(), MEDIA_PORTS, tls=settings):
            pass
