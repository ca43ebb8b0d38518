"""faxgw directory."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from gateway.cli.options import (
    config_options,
    json_option,
    load_config,
    opened_store,
    run_async,
    show_json,
)
from gateway.errors import AmbiguousSender, InvalidNumber, SenderNotAllowed
from gateway.exit_code import ExitCode
from gateway.model.ids import JobId
from gateway.model.number import IN_THE_MAIL, FaxNumber
from gateway.model.permission import Verdict
from gateway.model.sender import Person

if TYPE_CHECKING:
    from gateway.config.schema import Config
    from gateway.directory import Answer

_SHOWN = ("mail", "name", "user", "fax_number", "phone", "company", "department", "cost_centre", "language")


@click.group()
def directory() -> None:
    """Who senders are."""


@directory.command("lookup")
@config_options
@json_option
@click.option("--to", "number", metavar="NUMBER", help="Also whether he may fax to this number or address.")
@click.argument("mail")
def lookup(
    config_file: Path, overrides: tuple[str, ...], as_json: bool, number: str | None, mail: str
) -> int:
    """Show who MAIL is, where that was found, and what he may.

    The exit code is 1 when he may not fax.
    """
    found = run_async(look_up(load_config(config_file, overrides), mail, number))
    if as_json:
        show_json(found)
    else:
        _show(found)
    return ExitCode.OK if found["may_fax"] else ExitCode.FAILED


async def look_up(config: "Config", mail: str, number: str | None) -> dict[str, Any]:
    """Who somebody is, which directory said so, and whether he may fax (to this number), with the reasons."""
    from gateway.daemon.clock import SystemClock
    from gateway.directory import open_directories

    answers: list[Answer] = []
    wanted = _number(config, number) if number else None
    async with open_directories(config.directory, config.node, config.queue, SystemClock()) as directories:
        try:
            answers = await directories.look_up(mail) if directories else []
        except AmbiguousSender as error:
            return _result(mail, [], None, Verdict((str(error),), None, error))
    person = answers[-1].person if answers else None
    if person is None and config.directory and config.resolving.unknown == "refuse":
        refusal = SenderNotAllowed(f"No directory knows {mail}.")
        return _result(mail, answers, None, Verdict((str(refusal),), None, refusal))
    judged = person or Person(mail)
    judged = replace(judged, addresses=judged.addresses | {mail})
    return _result(mail, answers, person, await _judge(config, judged, wanted))


def _number(config: "Config", written: str) -> FaxNumber | None:
    """The number as the queue knows it; `written` may be an address, which may leave it to the mail.

    Raises:
        InvalidNumber: it cannot be dialled, whoever asks.
    """
    from gateway.intake.accept import Gatekeeper

    if "@" in written:
        found = Gatekeeper(config.smtp, config.addresses, config.dialling.plan).recipient(written)
        if isinstance(found, bytes):
            raise InvalidNumber(found.decode() + ".")
        return found.number if found.number != IN_THE_MAIL else None
    return config.dialling.plan.number(written)


async def _judge(config: "Config", person: Person, number: FaxNumber | None) -> Verdict:
    today = datetime.now(UTC).date()
    async with opened_store(config) as store:
        mails = {person.mail, *person.addresses}
        used = await store.jobs.used(mails, today=today, other_than=JobId(""))
    return config.rules.judge(person, number, used, today)


def _result(mail: str, answers: "list[Answer]", person: Person | None, verdict: Verdict) -> dict[str, Any]:
    return {
        "mail": mail,
        "asked": [
            {
                "directory": answer.directory,
                "found": answer.person is not None,
                "age_seconds": round((datetime.now(UTC) - answer.asked_at).total_seconds()),
                "from_cache": answer.from_cache,
                "directory_is_away": answer.is_stale,
            }
            for answer in answers
        ],
        "person": _facts(person) if person else None,
        "permission": verdict.permission.name if verdict.permission else None,
        "may_fax": verdict.is_allowed,
        "reasons": list(verdict.reasons),
        "remedy": verdict.refusal.remedy if verdict.refusal else None,
    }


def _facts(person: Person) -> dict[str, Any]:
    facts: dict[str, Any] = {name: getattr(person, name) for name in _SHOWN}
    facts |= {"entry": person.entry, "directory": person.directory, "is_disabled": person.is_disabled}
    facts |= {"addresses": sorted(person.addresses), "groups": sorted(person.groups, key=str.casefold)}
    return facts


def _show(found: dict[str, Any]) -> None:
    if not found["asked"] and found["person"] is None:
        _line("directory", "none was asked")
    for asked in found["asked"]:
        age = str(timedelta(seconds=asked["age_seconds"]))
        when = f"from the cache, {age} old" if asked["from_cache"] else "asked now"
        away = "; the directory is away" if asked["directory_is_away"] else ""
        _line(
            f"[directory.{asked['directory']}]",
            f"{'found' if asked['found'] else 'not there'} ({when}{away})",
        )
    for name, fact in (found["person"] or {}).items():
        for value in fact if isinstance(fact, list) else [fact]:
            if value not in ("", False):
                _line(name.replace("_", " "), "yes" if value is True else value)
    _line("may fax", "yes" if found["may_fax"] else "no")
    for reason in found["reasons"]:
        _line("because", reason)
    if found["remedy"]:
        _line("remedy", found["remedy"])


def _line(name: str, value: str) -> None:
    click.echo(f"{name:<20} {value}")
