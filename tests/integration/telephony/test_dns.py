"""A trunk that is a domain: its servers are found in DNS, the preferred one first (RFC 3263)."""

import asyncio
from pathlib import Path

from telephony import Disposition, SendOrder, Trunk
from tests.fakes.dns_server import DnsServer
from tests.fax_pages import draw_fax
from tests.fix_sip import Heard, Station, a_station, free_address

DOMAIN = "provider.test"


def port_of(address: str) -> str:
    return address.rpartition(":")[2]


def records(first: str, second: str) -> list[str]:
    return [
        f"_sip._udp.{DOMAIN}. SRV 10 0 {port_of(first)} a.{DOMAIN}.",
        f"_sip._udp.{DOMAIN}. SRV 20 0 {port_of(second)} b.{DOMAIN}.",
        f"a.{DOMAIN}. A 127.0.0.1",
        f"b.{DOMAIN}. A 127.0.0.1",
    ]


def resolv_conf(server: DnsServer, folder: Path) -> Path:
    """The file that names this name server alone."""
    (folder / "resolv.conf").write_text(f"nameserver 127.0.0.1\nport {server.port}\n")
    return folder / "resolv.conf"


async def refuses(station: Station) -> None:
    await (await station.next_call()).reject(486)


async def test_the_server_of_a_domain_that_dns_prefers_is_called(tmp_path):
    async with (
        a_station() as first,
        a_station() as second,
        DnsServer(*records(first.address, second.address)) as names,
        a_station(calls=DOMAIN, resolv_conf=resolv_conf(names, tmp_path)) as caller,
    ):
        busy = asyncio.ensure_future(refuses(first))
        await asyncio.sleep(0)

        sent = await caller.sends(draw_fax(tmp_path / "fax.tif"))

        await busy
    assert sent.disposition is Disposition.BUSY
    assert f"_sip._udp.{DOMAIN}. SRV" in names.asked


async def test_the_next_server_of_a_domain_is_called_when_the_first_is_dead(tmp_path):
    async with (
        a_station() as second,
        DnsServer(*records(free_address(), second.address)) as names,
        a_station(calls=DOMAIN, resolv_conf=resolv_conf(names, tmp_path)) as caller,
    ):
        busy = asyncio.ensure_future(refuses(second))
        await asyncio.sleep(0)

        sent = await caller.sends(draw_fax(tmp_path / "fax.tif"))

        busy.cancel()
    assert sent.disposition is Disposition.BUSY


async def test_a_call_to_a_name_ends_when_no_name_server_can_be_addressed_and_others_go_on(tmp_path):
    nowhere, fax = tmp_path / "resolv.conf", draw_fax(tmp_path / "fax.tif")
    nowhere.write_text(
        "nameserver 255.255.255.255\n"
    )  # connect(2) refuses it, as all addresses without a network
    async with (
        a_station() as far,
        a_station(calls=DOMAIN, resolv_conf=nowhere, answer_timeout_s=60.0) as caller,
    ):
        asked = asyncio.ensure_future(caller.sends(fax))
        busy = asyncio.ensure_future(refuses(far))
        await asyncio.sleep(0)

        other = Trunk("near", proxy=f"sip:{far.address}")
        near = await caller.engine.send(SendOrder("1", fax, other), Heard())

        await busy
        sent = await asked
    assert near.disposition is Disposition.BUSY
    assert sent.disposition is Disposition.TRUNK_UNAVAILABLE


async def test_name_servers_that_come_later_are_asked(tmp_path):
    changing = tmp_path / "resolv.conf"
    changing.write_text("nameserver 255.255.255.255\n")
    async with (
        a_station() as far,
        DnsServer(*records(far.address, far.address)) as names,
        a_station(calls=DOMAIN, resolv_conf=changing) as caller,
    ):
        resolv_conf(names, tmp_path)
        busy = asyncio.ensure_future(refuses(far))
        await asyncio.sleep(0)

        sent = await caller.sends(draw_fax(tmp_path / "fax.tif"))

        await busy
    assert sent.disposition is Disposition.BUSY
