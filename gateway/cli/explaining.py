"""What would become of a mail: the same parts as in the roles, put together without a queue."""

from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gateway.cli.explaining_pages import Body, Drawing, opened_drawing, shown_time
from gateway.config.schema import Config
from gateway.daemon.clock import SystemClock
from gateway.directory import open_directories
from gateway.errors import GatewayError, InvalidNumber
from gateway.intake import replies
from gateway.intake.accept import Gatekeeper, parse_path
from gateway.model.allowance import Demand, settle
from gateway.model.header_addresses import addresses_in, fields_in
from gateway.model.ids import BlobRef, JobId, SubmissionId
from gateway.model.mail_header import HEADER_SIZE
from gateway.model.number import IN_THE_MAIL
from gateway.model.options import JobOptions
from gateway.model.permission import Used, Verdict
from gateway.model.submission import Recipient, Submission
from gateway.model.tariff import call_time
from gateway.ports.directory import Directory
from gateway.rendering.contents import attachments_in, texts_in
from gateway.resolving.addressee import name_beside
from gateway.resolving.options import MailWishes
from gateway.resolving.recipients import Named, recipients_in
from gateway.resolving.resolver import Facts, Resolver
from gateway.resolving.splitting import named_recipients

if TYPE_CHECKING:
    from gateway.ports.job_store import JobStore

_BEGINNING = 1024 * 1024  # bytes of a message in which fields and commands are looked for


_OURS = ("listed", "summary", "without")  # options that nobody asks for
_Read = Sequence[tuple[str, Recipient | str]]


@dataclass(slots=True)
class ForOne:
    """One recipient."""

    address: str
    dialect: str = ""
    number: str = ""
    dialled: str = ""  #: what the first trunk gets
    name: str = ""
    company: str = ""
    route: list[str] = field(default_factory=list)  #: trunks in the order in which they are tried
    cost: str = ""
    cover: str = ""  #: the template, and who chose it
    pages: int = 0  #: with the cover page
    call: str = ""  #: how long it takes, by estimate
    options: dict[str, Any] = field(default_factory=dict)
    not_done: list[str] = field(default_factory=list)
    reasons: list[str] = field(default_factory=list)
    refused: str = ""


@dataclass(slots=True)
class Explained:
    """A mail."""

    sender: str
    client: str
    person: str = ""
    permission: str = ""
    options: dict[str, Any] = field(default_factory=dict)
    not_done: list[str] = field(default_factory=list)
    reasons: list[str] = field(default_factory=list)
    refused: str = ""
    documents: list[str] = field(default_factory=list)
    pages: int = 0  #: without cover pages
    call: str = ""  #: how long it takes without a cover page, by estimate
    notes: list[str] = field(default_factory=list)
    rendering_failed: str = ""
    recipients: list[ForOne] = field(default_factory=list)

    @property
    def is_faxed(self) -> bool:
        """Whether at least one fax would go out."""
        stopped = self.refused or self.rendering_failed
        return not stopped and any(not recipient.refused for recipient in self.recipients)


async def explained(
    config: Config, file: Path, *, recipients: Sequence[str], mail_from: str | None, client: str, login: str
) -> Explained:
    """What would become of the message in `file`."""
    beginning = _beginning(file)
    header = beginning[:HEADER_SIZE]
    sender = mail_from if mail_from is not None else _sender(header)
    said = f"smtp {client}" + (f" login {login}" if login else "")
    found = Explained(sender, said)
    gatekeeper = Gatekeeper(config.smtp, config.addresses, config.dialling.plan)
    if not login and not gatekeeper.may_relay(client):
        found.refused = f"{client} is in none of [smtp] relay_networks and has not logged in."
        return found
    if not sender and mail_from is None and not fields_in(header, "Return-Path"):
        found.refused = "No field From names a sender. Is it a mail? Say who sends it with --sender."
        return found
    addresses = list(recipients) or _recipients(header, gatekeeper)
    read = [(address, _recipient(gatekeeper, address, header)) for address in addresses]
    submission = Submission(SubmissionId("explain"), sender, BlobRef(""), said, datetime.now(UTC))
    async with (
        open_directories(config.directory, config.node, config.queue, SystemClock()) as directory,
        opened_drawing(config, directory) as drawing,
    ):
        resolver = _resolver(config, directory)
        named = _named(config, file, beginning, read)
        of_mail = await resolver.facts(submission, beginning, JobOptions(listed=named is not None))
        _add_facts(found, of_mail)
        body, without = Body(), named.list_name if named else ""
        if of_mail.options.poll:
            found.notes = ["what lies ready at the number is fetched; nothing of this mail is faxed"]
        elif not found.refused:
            body = await drawing.body(file, of_mail.options.resolution, without)
            _add_body(found, body)
        used = await _used(config, resolver, of_mail)
        for address, recipient in _with_listed(config, read, of_mail, named):
            one = _for_one(config, gatekeeper, address, recipient)
            found.recipients.append(one)
            if isinstance(recipient, Recipient) and not found.refused:
                facts = await resolver.facts(submission, beginning, recipient.options)
                verdict = resolver.verdict(facts, recipient.number, used)
                found.permission = verdict.permission.name if verdict.permission else ""
                one.reasons, one.refused = list(verdict.reasons), _refusal(verdict.refusal)
                one.options, one.not_done = _options(facts.options)
                wanted = facts.options.trunk
                one.route = sorted(config.trunk, key=lambda name: name != wanted)
                if not of_mail.options.poll:
                    body = await drawing.body(file, facts.options.resolution, without)
                _settle(config, one, recipient, verdict, body)
                if not one.refused:
                    await _add_cover(drawing, body, one, facts, recipient)
    if not addresses:
        found.refused = found.refused or "No recipient is in one of [smtp] domains."
    return found


def _resolver(config: Config, directory: Directory | None) -> Resolver:
    return Resolver(
        clock=SystemClock(),
        sending=config.sending,
        directory=directory,
        rules=config.rules,
        section=config.resolving,
        options=config.options,
        wishes_in=MailWishes(config.options.dialects, texts_in),
        trunks=config.trunk,
    )


def _add_facts(found: Explained, facts: Facts) -> None:
    found.person = facts.person.entry or facts.person.name
    found.options, found.not_done = _options(facts.options)
    found.reasons = list(facts.reasons)
    if facts.automatic:
        found.refused = f"A program wrote it ({facts.automatic}); nobody is told."
    elif facts.refusal is not None:
        found.refused = _refusal(facts.refusal)


def _add_body(found: Explained, body: Body) -> None:
    found.documents, found.notes, found.rendering_failed = body.documents, body.notes, body.failed
    found.pages, found.call = body.pages, shown_time(body.size, body.pages)


async def _add_cover(drawing: Drawing, body: Body, one: ForOne, facts: Facts, recipient: Recipient) -> None:
    whole = await drawing.whole(body, facts.sender, recipient, facts.options)
    one.cover, one.pages, one.call = whole.cover, whole.pages, whole.call
    one.not_done += whole.not_done
    one.refused = whole.failed


def _for_one(config: Config, gatekeeper: Gatekeeper, address: str, recipient: Recipient | str) -> ForOne:
    if isinstance(recipient, str):
        return ForOne(address, refused=recipient)
    return ForOne(
        address,
        dialect=gatekeeper.dialect_of(address),
        number=recipient.number.digits,
        dialled=config.dialling.plan.dialled(recipient.number),
        name=recipient.name,
        company=recipient.company,
    )


def _named(config: Config, file: Path, beginning: bytes, read: _Read) -> Named | None:
    """The recipients that the mail names, if an address says that it does."""
    if not any(isinstance(found, Recipient) and found.number == IN_THE_MAIL for _, found in read):
        return None
    wishes = MailWishes(config.options.dialects, texts_in)(beginning)
    ours = {name.casefold() for name in (*config.smtp.domains, *config.addresses.mailboxes)}
    raw = file.read_bytes()
    return recipients_in(raw, attachments_in(raw), wishes, ours)


def _with_listed(
    config: Config, read: _Read, facts: Facts, named: Named | None
) -> Iterator[tuple[str, Recipient | str]]:
    """The recipients, and in place of an address whose numbers are in the mail those."""
    for address, recipient in read:
        if named is None or not isinstance(recipient, Recipient) or recipient.number != IN_THE_MAIL:
            yield address, recipient
            continue
        plan, section = config.dialling.plan, config.broadcast
        try:
            listed, problems = named_recipients(named, address, facts.options, plan, section)
        except InvalidNumber as error:
            yield address, str(error)
            continue
        yield from ((address, one) for one in listed)
        yield from ((address, problem) for problem in problems)


def _settle(config: Config, one: ForOne, recipient: Recipient, verdict: Verdict, body: Body) -> None:
    """What can be said when the pages are known: the cost, limits, and whether somebody has to approve."""
    pages = body.pages
    tariff, cost = config.tariffs.of(recipient.number), 0.0
    if tariff is not None and pages:
        cost = tariff.cost(pages, call_time(body.size, pages))
        one.cost = f"{config.tariffs.shown(cost)} by [tariff.{tariff.name}]"
    if verdict.permission is None or one.refused:
        return
    stops = settle(verdict.permission, recipient.number, pages=pages, cost=cost, tariffs=config.tariffs)
    if isinstance(stops, Demand):
        one.reasons.append(f"It waits for {stops.approver}: {stops.why}")
    else:
        one.refused = _refusal(stops)


async def _used(config: Config, resolver: Resolver, facts: Facts) -> Used:
    """What the sender has sent; the queue is asked only when that counts."""
    permission = resolver.rules.of(facts.person)
    if permission is None or not (permission.faxes_per_day or permission.faxes_per_month):
        return Used()
    async with _jobs(config) as jobs:
        mails = {facts.person.mail, *facts.person.addresses}
        return await jobs.used(mails, today=datetime.now(UTC).date(), other_than=JobId(""))


@asynccontextmanager
async def _jobs(config: Config) -> "AsyncIterator[JobStore]":
    from gateway.cli.options import opened_store

    async with opened_store(config) as store:
        yield store.jobs


def _recipient(gatekeeper: Gatekeeper, address: str, header: bytes) -> Recipient | str:
    path = parse_path(f"<{address}>")
    found = gatekeeper.recipient(path[0]) if path else b"501 5.5.4 This is not a mail address"
    if not isinstance(found, Recipient):
        return found.decode()
    return found if found.name else replace(found, name=name_beside(header, address))


def _recipients(header: bytes, gatekeeper: Gatekeeper) -> list[str]:
    """Addresses of To, Cc and Bcc that are ours, each once."""
    fields = fields_in(header, "To", "Cc", "Bcc")
    addresses = [found.address for text in fields for found in addresses_in(text)]
    return list(dict.fromkeys(a for a in addresses if gatekeeper.recipient(a) is not replies.OTHER_DOMAIN))


def _sender(header: bytes) -> str:
    fields = fields_in(header, "Return-Path", "From")
    return next((found.address for text in fields for found in addresses_in(text)), "")


def _options(options: JobOptions) -> tuple[dict[str, Any], list[str]]:
    said = {name: value for name, value in asdict(options).items() if value and name not in _OURS}
    return said, list(said.pop("not_done", ()))


def _refusal(error: GatewayError | None) -> str:
    return f"{error} {error.remedy}" if error is not None else ""


def _beginning(file: Path) -> bytes:
    with file.open("rb") as message:
        return message.read(_BEGINNING)
