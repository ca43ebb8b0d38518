"""The role line: calls go out and come in. The C core lives here and only here."""

import asyncio
from collections.abc import Callable
from dataclasses import replace

from gateway.cluster.wakeups import open_wakeups
from gateway.config.schema import Config, SipSection
from gateway.config.trunks import TrunkSection
from gateway.daemon.clock import SystemClock
from gateway.daemon.process import GRACE, Ready, check_open_files
from gateway.daemon.scratch import scratch_folder
from gateway.model.lifecycle import JobState
from gateway.model.number import FaxNumber
from gateway.ports.wakeups import Topic
from gateway.receiving.worker import ReceivingWorker
from gateway.rendering.covers.continuation import ContinuationMaker
from gateway.rendering.page_views import RenderedViews
from gateway.rendering.profiles import profile_of
from gateway.sending.worker import SendingWorker
from gateway.stage import Stage
from gateway.store import open_store
from renderers import RenderPool
from telephony import Offer, T38Policy, Trunk
from telephony.sip_engine import SipEngine
from telephony.tls import TlsSettings
from telephony.trunk import CalledForm, CallerForm, EarlyMedia, ErrorCorrection, Extension, Srtp

_FILES_A_CALL = 4  # RTP, UDPTL, the pages, and what is being written of them
_FILES = 200  # database, log, SIP, rendering


async def run(config: Config, stopping: asyncio.Event, ready: Ready) -> None:
    """Makes and takes calls until `stopping` is set, and then ends those under way."""
    trunks = [_trunk(name, section) for name, section in config.trunk.items()]
    calls = sum(trunk.channels for trunk in trunks) + config.receiving.channels
    check_open_files(_FILES + calls * _FILES_A_CALL, f"{calls} calls at once")
    spool = config.node.data_dir / "spool"
    with scratch_folder(config.node.data_dir, "line") as scratch:
        async with (
            open_wakeups(config.queue, config.node) as wakeups,
            open_store(config.queue, config.node, wakeups) as store,
            RenderPool(workers=1, office=False) as pool,
            _engine(config.sip, trunks) as engine,
        ):
            calls_in = ReceivingWorker(
                engine=engine,
                received=store.received,
                spool=spool,
                section=config.receiving,
                did=config.did,
                offers=_offers(config),
                lease=config.queue.lease,
                grace=GRACE,
            )
            sending = SendingWorker(
                engine=engine,
                jobs=store.jobs,
                blobs=store.blobs,
                views=RenderedViews(pool),
                destinations=store.destinations,
                trunks=trunks,
                section=config.sending,
                retry=config.retry,
                clock=SystemClock(),
                scratch=scratch,
                continuation=ContinuationMaker(
                    section=config.cover,
                    renderer=pool,
                    blobs=store.blobs,
                    clock=SystemClock(),
                    scratch=scratch,
                    timezone=config.sending.timezone,
                    profile=profile_of(config.rendering),
                ),
                dialled=_dialled(config),
                inbox=calls_in.inbox,
            )
            calls_out = Stage(
                topic=Topic.SENDING,
                claims=(JobState.RENDERED, JobState.DEFERRED),
                work=sending.work,
                jobs=store.jobs,
                wakeups=wakeups,
                lease=config.queue.lease,
                at_once=sending.channels,
                grace=GRACE,
            )
            ready()
            async with asyncio.TaskGroup() as group:
                group.create_task(calls_out.run(stopping))
                group.create_task(calls_in.run(stopping))


def _engine(sip: SipSection, trunks: list[Trunk]) -> SipEngine:
    tls = TlsSettings(sip.tls_listen, sip.tls_certificate, sip.tls_key, sip.tls_ca, sip.tls_verify)
    return SipEngine(
        sip.listen,
        sip.media_ports,
        sip.media_address,
        trunks,
        tls=tls if sip.tls_listen else None,
        resolv_conf=sip.resolv_conf,
    )


def _trunk(name: str, section: TrunkSection) -> Trunk:
    return Trunk(
        name=name,
        proxy=section.proxy,
        channels=section.channels,
        t38=T38Policy(section.t38),
        ecm=section.ecm,
        max_bit_rate=section.max_bit_rate,
        codecs=section.codecs,
        answer_timeout_s=section.answer_timeout.total_seconds(),
        no_fax_timeout_s=section.no_fax_timeout.total_seconds(),
        username=section.username,
        password=section.password.reveal() if section.password else "",
        register=section.register,
        register_every_s=section.register_every.total_seconds(),
        outbound_proxy=section.outbound_proxy,
        keep_alive_s=section.keep_alive.total_seconds() if section.keep_alive_misses else 0.0,
        keep_alive_misses=section.keep_alive_misses or 1,
        sources=section.sources,
        session_timer=Extension(section.session_timer),
        session_expires_s=section.session_expires.total_seconds(),
        reliable=Extension(section.reliable),
        early_media=EarlyMedia(section.early_media),
        caller_form=CallerForm(section.caller_form),
        caller_host=section.caller_host,
        called_from=CalledForm(section.called_from),
        caller_from=CallerForm(section.caller_from),
        dtmf_digits=section.dtmf_digits,
        dtmf_wait_s=section.dtmf_wait.total_seconds(),
        error_correction=ErrorCorrection(section.error_correction),
        udptl_depth=section.udptl_depth,
        max_datagram=section.max_datagram,
        srtp=Srtp(section.srtp),
        t38_in_clear=section.t38_in_clear,
    )


def _offers(config: Config) -> dict[str, list[Offer]]:
    """What callers may fetch, by the number they call."""
    found: dict[str, list[Offer]] = {}
    for name, section in config.polling.items():
        number, _, sub_address = name.partition("#")
        password = section.password.reveal() if section.password else ""
        if section.document is not None:
            found.setdefault(number, []).append(Offer(section.document, sub_address, password))
    return found


def _dialled(config: Config) -> Callable[[FaxNumber, str], str]:
    """The digits for a number on the trunk of that name."""
    plan = config.dialling.plan
    plans = {
        name: replace(
            plan, dial_as=section.dial_as or plan.dial_as, outside_line=section.prefix or plan.outside_line
        )
        for name, section in config.trunk.items()
    }
    return lambda number, trunk: plans[trunk].dialled(number)
