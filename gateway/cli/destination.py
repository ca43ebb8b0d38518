"""faxgw destination: what calls have taught about a number, and how to make the gateway forget it."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from gateway.cli.options import (
    config_options,
    json_option,
    load_config,
    opened_store,
    run_async,
    show_json,
    show_table,
)
from gateway.errors import GatewayError

if TYPE_CHECKING:
    from gateway.config.schema import Config
    from gateway.model.destination import Lesson


@click.group()
def destination() -> None:
    """What is known about the numbers that were called."""


@destination.command("list")
@config_options
@json_option
@click.option("--limit", default=1000, show_default=True, help="How many, the newest first.")
def list_destinations(config_file: Path, overrides: tuple[str, ...], as_json: bool, limit: int) -> None:
    """List everything that is known, newest first."""
    _show(run_async(_list(load_config(config_file, overrides), limit)), as_json=as_json)


@destination.command("show")
@config_options
@json_option
@click.argument("number")
def show_destination(config_file: Path, overrides: tuple[str, ...], as_json: bool, number: str) -> None:
    """Show what the next call to NUMBER does otherwise, why, and until when."""
    _show(run_async(_lessons(load_config(config_file, overrides), number)), as_json=as_json)


@destination.command("forget")
@config_options
@click.argument("number")
def forget(config_file: Path, overrides: tuple[str, ...], number: str) -> None:
    """Forget it: the next call to NUMBER is made as its trunk says."""
    if not run_async(_forget(load_config(config_file, overrides), number)):
        raise GatewayError(f"Nothing is known about {number}. See faxgw destination list.")
    click.echo(f"{number}: forgotten")


async def _list(config: "Config", limit: int) -> "list[Lesson]":
    async with opened_store(config) as store:
        return await store.destinations.list(limit)


async def _lessons(config: "Config", number: str) -> "list[Lesson]":
    from gateway.model.number import FaxNumber

    async with opened_store(config) as store:
        return await store.destinations.lessons(FaxNumber.parse(number))


async def _forget(config: "Config", number: str) -> int:
    from gateway.model.number import FaxNumber

    async with opened_store(config) as store:
        return await store.destinations.forget(FaxNumber.parse(number))


def _show(lessons: "list[Lesson]", *, as_json: bool) -> None:
    if as_json:
        show_json([_facts(lesson) for lesson in lessons])
        return
    show_table(
        ("NUMBER", "LIMIT", "TRUNK", "UNTIL", "WHY"),
        [
            (
                lesson.number,
                f"{lesson.limit} {lesson.value}" if lesson.value else lesson.limit,
                lesson.trunk,
                f"{lesson.expires_at:%Y-%m-%d %H:%M}",
                lesson.reason,
            )
            for lesson in lessons
        ],
    )


def _facts(lesson: "Lesson") -> dict[str, object]:
    return {
        "number": str(lesson.number),
        "limit": lesson.limit.value,
        "value": lesson.value or None,
        "trunk": lesson.trunk or None,
        "reason": lesson.reason,
        "learned_at": lesson.learned_at.isoformat(),
        "expires_at": lesson.expires_at.isoformat(),
    }
