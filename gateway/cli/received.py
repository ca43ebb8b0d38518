"""faxgw received."""

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

if TYPE_CHECKING:
    from gateway.config.schema import Config
    from gateway.model.received import ReceivedFax


@click.group()
def received() -> None:
    """Faxes that came in."""


@received.command("list")
@config_options
@json_option
@click.option("--limit", default=100, show_default=True, help="How many, the newest first.")
def list_received(config_file: Path, overrides: tuple[str, ...], as_json: bool, limit: int) -> None:
    """List received faxes, newest first."""
    faxes = run_async(_list(load_config(config_file, overrides), limit))
    if as_json:
        show_json([_facts(fax) for fax in faxes])
        return
    show_table(
        ("ID", "STATE", "STARTED", "CALLED", "CALLER", "REMOTE ID", "PAGES"),
        [
            (
                fax.id,
                fax.state,
                f"{fax.started_at:%Y-%m-%d %H:%M:%S}",
                fax.called,
                fax.caller,
                fax.remote_id,
                fax.page_count,
            )
            for fax in faxes
        ],
    )


async def _list(config: "Config", limit: int) -> "list[ReceivedFax]":
    async with opened_store(config) as store:
        return await store.received.list(limit)


def _facts(fax: "ReceivedFax") -> dict[str, object]:
    return {
        "id": fax.id,
        "state": fax.state.value,
        "called": fax.called,
        "caller": fax.caller,
        "remote_id": fax.remote_id,
        "job": fax.job_id,
        "sub_address": fax.sub_address,
        "pages": fax.page_count,
        "started_at": fax.started_at.isoformat(),
        "ended_at": fax.ended_at.isoformat() if fax.ended_at else None,
        "node": fax.node,
        "detail": fax.detail,
    }
