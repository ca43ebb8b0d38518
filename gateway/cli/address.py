"""faxgw address: what would become of an address, decided by the code that decides for mails."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from gateway.cli.options import config_options, json_option, load_config, run_async, show_json
from gateway.exit_code import ExitCode
from gateway.model.number import IN_THE_MAIL
from gateway.model.submission import Recipient

if TYPE_CHECKING:
    from gateway.config.schema import Config

_WHERE = "a list in the mail, its text, its subject, or the name beside the address"
_OURS = ("listed", "summary", "without")  # options that nobody asks for


@click.command()
@config_options
@json_option
@click.option("--sender", metavar="MAIL", help="Also whether this sender may fax there.")
@click.argument("text", metavar="ADDRESS")
def address(
    config_file: Path, overrides: tuple[str, ...], as_json: bool, sender: str | None, text: str
) -> ExitCode:
    """Say what would become of an ADDRESS, or of a number alone.

    A name may stand beside the address. Nothing is sent.
    """
    config = load_config(config_file, overrides)
    name, text = _without_name(text.strip())
    facts = _facts(config, _complete(config, text), name)
    if sender and not facts["refused"]:
        facts |= _permission(
            config, sender, None if facts["number"] == IN_THE_MAIL.digits else facts["number"]
        )
    if as_json:
        show_json(facts)
    else:
        for name, fact in facts.items():
            if fact:
                shown = ", ".join(fact) if isinstance(fact, list) else fact
                click.echo(f"{name.replace('_', ' ') + ':':<17} {shown}")
    return ExitCode.FAILED if facts["refused"] else ExitCode.OK


def _permission(config: "Config", sender: str, number: str | None) -> dict[str, Any]:
    """Whether the sender may fax to the number, in the words of his answer."""
    from gateway.cli.directory import look_up

    found = run_async(look_up(config, sender, number))
    refused = "" if found["may_fax"] else f"{found['reasons'][-1]} {found['remedy'] or ''}".strip()
    return {
        "sender": sender,
        "permission": found["permission"] or "",
        "because": found["reasons"],
        "refused": refused,
    }


def _without_name(text: str) -> tuple[str, str]:
    """The name and the address of `"Carl Orff" <+49301234567@fax.example.com>`."""
    from gateway.model.header_addresses import addresses_in

    found = addresses_in(text) if "<" in text[1:] and text.endswith(">") else []
    return (found[0].name, found[0].address) if len(found) == 1 else ("", text)


def _complete(config: "Config", text: str) -> str:
    """A number alone is in the first of our domains."""
    if text.startswith("<") and text.endswith(">"):
        text = text[1:-1]
    is_quoted = text.startswith('"') and text.endswith('"')
    return f"{text}@{config.smtp.domains[0]}" if "@" not in text or is_quoted else text


def _named(config: "Config", address: str, name: str) -> "Recipient | bytes | None":
    """Whom the name beside a mailbox of lists names; None when the numbers stand elsewhere in the mail."""
    from gateway.errors import InvalidNumber
    from gateway.intake import replies
    from gateway.model.options import JobOptions
    from gateway.resolving.recipients import recipients_in
    from gateway.resolving.splitting import named_recipients

    header = f'To: "{name}" <{address}>\r\n\r\n'.encode("utf-8", "replace")
    named = recipients_in(header, (), (), {address.casefold()})
    if not named.rows:
        return None
    try:
        return named_recipients(named, address, JobOptions(), config.dialling.plan, config.broadcast)[0][0]
    except InvalidNumber as error:
        return replies.bad_number(str(error).rstrip("."))


def _facts(config: "Config", text: str, name: str) -> dict[str, Any]:
    from gateway.intake.accept import Gatekeeper, parse_path

    plan = config.dialling.plan
    gatekeeper = Gatekeeper(config.smtp, config.addresses, plan)
    # As a mail client would have to write it: spaces need quotes.
    local_part, _, domain = text.rpartition("@")
    path = parse_path(f"<{text}>") or parse_path(f'<"{local_part}"@{domain}>')
    facts: dict[str, Any] = {"address": path[0] if path else text}
    if path is None:
        return facts | {"refused": "501 5.5.4 This is not a mail address"}
    facts["dialect"] = gatekeeper.dialect_of(path[0])
    found = gatekeeper.recipient(path[0])
    if isinstance(found, Recipient) and found.number == IN_THE_MAIL:
        if (inside := _named(config, path[0], name)) is None:
            return facts | {"number": IN_THE_MAIL.digits, "where": _WHERE, "refused": ""}
        found, name = inside, ""
    if isinstance(found, bytes):
        return facts | {"refused": found.decode()}
    options = {key: value for key, value in asdict(found.options).items() if value and key not in _OURS}
    not_done = list(options.pop("not_done", ()))
    return facts | {
        "number": found.number.digits,
        "kind": "internal" if plan.is_internal(found.number.digits) else "",
        "dialled": plan.dialled(found.number),
        "recipient": found.name or name,
        "company": found.company,
        **options,
        "not_done": not_done,
        "refused": "",
    }
