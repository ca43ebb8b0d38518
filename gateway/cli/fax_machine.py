"""faxgw fax-machine."""

import asyncio
import contextlib
import json
import signal
from dataclasses import asdict
from pathlib import Path

import click

from gateway.errors import CannotStart, PermanentError
from telephony import (
    CallEvent,
    Disposition,
    IncomingCall,
    Offer,
    PageConfirmed,
    PollOrder,
    SendOrder,
    T38Policy,
    TelephonyError,
    Transmission,
    Trunk,
)

_CHANNELS = 1000  # a fax machine of ours answers whatever comes


@click.command("fax-machine")
@click.option("--listen", required=True, metavar="ADDR:PORT", help="The SIP address it has.")
@click.option(
    "--spool",
    type=click.Path(file_okay=False, path_type=Path),
    help="Where received faxes go, as TIFF with the facts beside it (JSON).",
)
@click.option("--no-t38", is_flag=True, help="Stay on G.711.")
@click.option("--no-ecm", is_flag=True, help="Without error correction (ITU-T T.30 annex A).")
@click.option("--id", "station", default="fax-machine", show_default=True, help="What it shows as its id.")
@click.option("--busy", multiple=True, metavar="NUMBER", help="A number that is always engaged.")
@click.option("--ports", default="30000-39999", show_default=True, help="For RTP and UDPTL.")
@click.option(
    "--offer",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="FILE",
    help="A TIFF that callers may fetch (polling).",
)
@click.option("--password", default="", help="Digits that who polls must say, or that we say when we poll.")
@click.option(
    "--sub-address",
    default="",
    metavar="DIGITS",
    help="Whom a fax is for behind the number (SUB), or which document is offered or polled (SEP).",
)
@click.option("--dial", metavar="URI", help="Send FILE to this SIP address, then end.")
@click.option("--poll", metavar="URI", help="Fetch what lies ready at this SIP address, then end.")
@click.argument("file", required=False, type=click.Path(exists=True, dir_okay=False, path_type=Path))
def fax_machine(
    *,
    listen: str,
    spool: Path | None,
    no_t38: bool,
    no_ecm: bool,
    station: str,
    busy: tuple[str, ...],
    ports: str,
    offer: Path | None,
    password: str,
    sub_address: str,
    dial: str | None,
    poll: str | None,
    file: Path | None,
) -> None:
    """A plain SIP fax machine for trying things out: it answers every call, or sends or fetches one fax.

    Prints one line of JSON for each thing that happens.
    """
    if bool(dial) != bool(file) or (dial and poll) or (not dial and not spool):
        raise click.UsageError(
            "Give --spool DIR to receive, --dial URI FILE to send, or --poll URI --spool DIR to fetch."
        )
    t38 = T38Policy.NEVER if no_t38 else T38Policy.PREFER
    trunk = Trunk("line", proxy=dial or poll or "", channels=_CHANNELS, t38=t38, ecm=not no_ecm)
    first, _, last = ports.partition("-")
    machine = _FaxMachine(listen, (int(first), int(last)), trunk, station, frozenset(busy))
    try:
        if dial and file:
            asyncio.run(machine.send(dial, file, sub_address))
        elif spool:
            spool.mkdir(parents=True, exist_ok=True)
            if poll:
                asyncio.run(machine.poll(poll, spool, sub_address, password))
            else:
                offers = (Offer(offer, sub_address, password),) if offer else ()
                asyncio.run(machine.receive(spool, offers))
    except TelephonyError as error:
        raise CannotStart(str(error)) from error
    except KeyboardInterrupt:
        return


def _say(**facts: object) -> None:
    click.echo(json.dumps(facts, default=str))


def _say_page(event: CallEvent) -> None:
    if isinstance(event, PageConfirmed):
        _say(event="page", **asdict(event.page))


class _FaxMachine:
    """One SIP address with a pile of paper."""

    def __init__(
        self, listen: str, ports: tuple[int, int], trunk: Trunk, station: str, busy: frozenset[str]
    ) -> None:
        self._listen, self._ports, self._trunk = listen, ports, trunk
        self._station, self._busy = station, busy
        self._received = 0

    async def send(self, uri: str, file: Path, sub_address: str) -> None:
        from telephony.sip_engine import SipEngine

        number, trunk = self._dialled(uri)
        order = SendOrder(
            number,
            file,
            trunk,
            local_id=self._station,
            caller_number=self._station,
            sub_address=sub_address,
        )
        async with SipEngine(self._listen, self._ports, trunks=[trunk]) as engine:
            transmission = await engine.send(order, _say_page)
        _say(event="sent", **_facts(transmission))
        if transmission.disposition is not Disposition.DELIVERED:
            raise PermanentError(f"The fax was not delivered: {transmission.disposition}.")

    async def poll(self, uri: str, spool: Path, sub_address: str, password: str) -> None:
        from telephony.sip_engine import SipEngine

        number, trunk = self._dialled(uri)
        pages = spool / "polled.tif"
        order = PollOrder(
            number,
            pages,
            trunk,
            self._station,
            self._station,
            sub_address=sub_address,
            password=password,
        )
        async with SipEngine(self._listen, self._ports, trunks=[trunk]) as engine:
            transmission = await engine.poll(order, _say_page)
        _say(event="polled", file=pages.name, **_facts(transmission))
        if transmission.disposition is not Disposition.DELIVERED:
            raise PermanentError(f"Nothing was fetched: {transmission.disposition}.")

    def _dialled(self, uri: str) -> tuple[str, Trunk]:
        """The number in the address, and the trunk to it."""
        from telephony.uri import SipUri

        number = uri.partition(":")[2].partition("@")[0]
        trunk = Trunk(**{**asdict(self._trunk), "proxy": uri.replace(f"{number}@", "", 1)})
        SipUri.parse(trunk.proxy)
        return number, trunk

    async def receive(self, spool: Path, offers: tuple[Offer, ...]) -> None:
        """Takes calls until SIGTERM or SIGINT, and hangs up those under way then."""
        from telephony.sip_engine import SipEngine

        me = asyncio.current_task()
        assert me
        for signum in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(signum, me.cancel)
        with contextlib.suppress(asyncio.CancelledError):
            async with (
                SipEngine(self._listen, self._ports, trunks=[self._trunk]) as engine,
                asyncio.TaskGroup() as calls,
            ):
                _say(event="listening", address=self._listen)
                async for call in engine.incoming():
                    calls.create_task(self._take(call, spool, offers))

    async def _take(self, call: IncomingCall, spool: Path, offers: tuple[Offer, ...]) -> None:
        if call.called in self._busy:
            await call.reject(486)
            _say(event="busy", called=call.called)
            return
        self._received += 1
        pages = spool / f"fax-{self._received:04d}.tif"
        transmission = await call.receive(pages, local_id=self._station, on_event=_say_page, offers=offers)
        facts = {"called": call.called, "caller": call.caller, **_facts(transmission)}
        part = pages.with_suffix(".part")  # who looks for the facts finds all of them
        part.write_text(json.dumps(facts, indent=2, default=str))
        part.rename(pages.with_suffix(".json"))
        _say(event="received", file=pages.name, **facts)


def _facts(transmission: Transmission) -> dict[str, object]:
    return asdict(transmission) | {"duration_s": transmission.duration.total_seconds()}
