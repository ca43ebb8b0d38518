"""`faxgw fax-machine` as a process: real calls between two processes."""

import asyncio
import json
import signal
import sys
from pathlib import Path
from typing import Any

import pytest

from telephony import CallEvent, Disposition, Medium, PageConfirmed
from telephony.page_file import whole_pages
from tests.fax_pages import Sheet, draw_fax, pictures
from tests.fix_sip import FaxMachine, Heard, a_fax_machine, a_station, free_address
from tests.patience import PATIENCE

pytestmark = pytest.mark.slow


async def dial(
    machine: FaxMachine, fax: Path, number: str = "+49301", *options: str
) -> tuple[int, dict[str, Any]]:
    """Exit code and last words of a fax machine that sends."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "gateway", "fax-machine", "--listen", free_address(), *options,
        "--dial", f"sip:{number}@{machine.address}", str(fax),
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    out, _ = await process.communicate()
    assert process.returncode is not None
    return process.returncode, json.loads(out.splitlines()[-1]) if out else {}


@pytest.mark.parametrize(("options", "medium"), [((), "t38"), (("--no-t38",), "audio")])
async def test_a_fax_crosses_from_process_to_process(tmp_path, options, medium):
    fax = draw_fax(tmp_path / "fax.tif", [Sheet(rows=150), Sheet(rows=200, y_dpi=196)])
    with a_fax_machine(tmp_path / "spool", *options) as machine:
        code, sent = await dial(machine, fax)
        received = await machine.says("received")

    assert code == 0
    assert sent["disposition"] == received["disposition"] == "delivered"
    assert sent["medium"] == received["medium"] == medium
    assert received["called"] == "+49301"
    assert pictures(tmp_path / "spool" / received["file"]) == pictures(fax)


async def poll(machine: FaxMachine, spool: Path, *options: str) -> tuple[int, dict[str, Any]]:
    """Exit code and last words of a fax machine that fetches what lies ready, into `spool`."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "gateway", "fax-machine", "--listen", free_address(), *options,
        "--poll", f"sip:+49301@{machine.address}", "--spool", str(spool),
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    out, _ = await process.communicate()
    assert process.returncode is not None
    return process.returncode, json.loads(out.splitlines()[-1]) if out else {}


@pytest.mark.parametrize(("options", "medium"), [((), "t38"), (("--no-t38",), "audio")])
async def test_what_lies_ready_is_fetched_from_process_to_process(tmp_path, options, medium):
    ready = draw_fax(tmp_path / "ready.tif", [Sheet(rows=150), Sheet(rows=200, y_dpi=196)])
    with a_fax_machine(tmp_path / "spool", *options, "--offer", str(ready), "--password", "4711") as machine:
        code, fetched = await poll(machine, tmp_path / "fetched", "--password", "4711")
        given = await machine.says("received")

    assert code == 0
    assert fetched["disposition"] == given["disposition"] == "delivered"
    assert fetched["medium"] == given["medium"] == medium
    assert (fetched["polled"], given["polled"]) == (False, True)
    assert fetched["remote_id"] == "fax-machine"
    assert pictures(tmp_path / "fetched" / fetched["file"]) == pictures(ready)
    assert not (machine.spool / given["file"]).exists()


async def test_a_document_that_has_a_name_is_fetched_by_who_says_it_and_by_nobody_else(tmp_path):
    ready = draw_fax(tmp_path / "ready.tif", [Sheet(rows=150)])
    with a_fax_machine(tmp_path / "spool", "--offer", str(ready), "--sub-address", "12") as machine:
        codes = {}
        for name in ("12", "13", ""):
            codes[name], fetched = await poll(machine, tmp_path / f"fetched{name}", "--sub-address", name)
            given = await machine.says("received")
            assert (fetched["disposition"] == "delivered", given["polled"]) == (name == "12", name == "12")

    assert [name for name, code in codes.items() if code == 0] == ["12"]
    assert given["sub_address"] == ""
    assert pictures(tmp_path / "fetched12" / "polled.tif") == pictures(ready)


async def test_without_its_password_nothing_is_fetched(tmp_path):
    ready = draw_fax(tmp_path / "ready.tif")
    with a_fax_machine(tmp_path / "spool", "--offer", str(ready), "--password", "4711") as machine:
        code, fetched = await poll(machine, tmp_path / "fetched", "--password", "4712")

    assert (code == 0, fetched["disposition"], fetched["pages"]) == (False, "nothing_to_poll", [])


async def test_a_machine_with_something_ready_receives_as_before(tmp_path):
    fax = draw_fax(tmp_path / "fax.tif")
    with a_fax_machine(tmp_path / "spool", "--offer", str(draw_fax(tmp_path / "ready.tif"))) as machine:
        code, _ = await dial(machine, fax)
        received = await machine.says("received")

    assert (code, received["polled"]) == (0, False)
    assert pictures(machine.spool / received["file"]) == pictures(fax)


async def test_a_number_that_is_always_busy_is_busy_and_the_others_are_not(tmp_path):
    fax = draw_fax(tmp_path / "fax.tif", [Sheet(rows=100)])
    with a_fax_machine(tmp_path / "spool", "--busy", "+49309") as machine:
        busy, free = await asyncio.gather(dial(machine, fax, "+49309"), dial(machine, fax, "+49301"))

    assert (busy[0], busy[1]["disposition"]) != (0, "delivered")
    assert busy[1]["disposition"] == "busy"
    assert free[1]["disposition"] == "delivered"


async def test_a_machine_without_error_correction_still_receives(tmp_path):
    fax = draw_fax(tmp_path / "fax.tif", [Sheet(rows=100)])
    with a_fax_machine(tmp_path / "spool", "--no-ecm") as machine:
        async with a_station(calls=machine.address) as station:
            facts = await station.sends(fax)

    assert (facts.disposition, facts.ecm, facts.medium) == (Disposition.DELIVERED, False, Medium.T38)


async def test_a_machine_that_is_terminated_in_a_call_has_stored_what_it_confirmed(tmp_path):
    fax = draw_fax(tmp_path / "fax.tif", [Sheet(rows=60), Sheet(rows=2000, speckles=4000)])
    with a_fax_machine(tmp_path / "spool") as machine:
        async with a_station(calls=machine.address) as station:

            def end(event: CallEvent) -> None:
                if isinstance(event, PageConfirmed):
                    machine.process.send_signal(signal.SIGTERM)

            facts = await asyncio.wait_for(station.sends(fax, heard=Heard(look=end)), 2 * PATIENCE)
            await asyncio.to_thread(machine.process.wait, PATIENCE)

    assert facts.disposition is Disposition.INTERRUPTED
    assert facts.pages_confirmed == len(whole_pages(machine.spool / "fax-0001.tif")) == 1


async def test_an_address_in_use_is_said_in_one_line_with_exit_code(tmp_path):
    with a_fax_machine(tmp_path / "spool") as machine:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "gateway", "fax-machine",
            "--listen", machine.address, "--spool", str(tmp_path),
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        _, error = await process.communicate()

    assert process.returncode not in (0, None)
    assert b"another program has the port" in error
    assert b"Traceback" not in error
