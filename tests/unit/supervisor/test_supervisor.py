"""The supervisor with roles that are small programs: what it does does not depend on what they do."""

import asyncio
import os
import signal
import sys
from pathlib import Path

import pytest

from gateway import supervisor
from gateway.exit_code import ExitCode
from gateway.supervisor import notify_systemd, role_commands, supervise

READY = "import os, sys, signal, time; os.write(int(os.environ['FAXGW_READY_FD']), b'READY');"
WAITS = READY + "signal.pause()"


def a_role(script: str) -> list[str]:
    return [sys.executable, "-S", "-c", script]


async def until(condition) -> None:
    while not condition():
        await asyncio.sleep(0.005)


@pytest.fixture(autouse=True)
def log(caplog):
    caplog.set_level("INFO", logger="faxgw.supervisor")
    return caplog


async def supervised(*scripts: str) -> asyncio.Future[ExitCode]:
    commands = {f"role{number}": a_role(script) for number, script in enumerate(scripts)}
    return asyncio.ensure_future(supervise(commands))


async def test_it_is_ready_when_every_role_is(log):
    running = await supervised(WAITS, WAITS)

    await until(lambda: "ready: role0, role1" in log.text)

    os.kill(os.getpid(), signal.SIGTERM)
    assert await running is ExitCode.OK


async def test_a_role_that_dies_is_started_again(tmp_path):
    starts = tmp_path / "starts"
    running = await supervised(f"open({str(starts)!r}, 'a').write('x'); import os; os.kill(os.getpid(), 9)")

    await until(lambda: starts.exists() and len(starts.read_text()) == 2)

    os.kill(os.getpid(), signal.SIGTERM)
    assert await running is ExitCode.OK


async def test_a_role_that_dies_leaves_the_others_alone(log, tmp_path):
    running = await supervised(WAITS, "raise SystemExit(1)")

    await until(lambda: log.text.count("role1 started") == 2)

    assert log.text.count("role0 started") == 1
    os.kill(os.getpid(), signal.SIGTERM)
    await running


@pytest.mark.parametrize("code", [ExitCode.CONFIG, ExitCode.UNAVAILABLE])
async def test_a_role_that_can_never_start_stops_the_gateway(code):
    running = await supervised(WAITS, f"raise SystemExit({int(code)})")

    assert await running is code


async def test_a_role_that_once_was_ready_is_started_again_whatever_it_says(log):
    running = await supervised(READY + "sys.exit(78)")

    await until(lambda: log.text.count("role0 started") == 2)

    os.kill(os.getpid(), signal.SIGTERM)
    assert await running is ExitCode.OK


#: An intake: says how it found the doors, and when they are open.
KNOCKS = (
    "import os, select; doors = int(os.environ['FAXGW_DOORS_FD']); says = open({says!r}, 'a', 1);"
    "print('open' if select.select([doors], [], [], 0)[0] else 'closed', file=says);"
    "select.select([doors], [], []); print('opened', file=says); import time; time.sleep(60)"
)


async def test_the_intake_opens_its_doors_when_work_is_ready(tmp_path):
    says, pipe = tmp_path / "says", tmp_path / "pipe"
    os.mkfifo(pipe)
    commands = {
        "work": a_role(f"open({str(pipe)!r}).read();" + WAITS),
        "intake": a_role(KNOCKS.format(says=str(says))),
    }
    running = asyncio.ensure_future(supervise(commands))
    await until(lambda: says.exists() and says.read_text())

    assert says.read_text() == "closed\n"
    await asyncio.to_thread(pipe.write_text, "be ready")
    await until(lambda: "opened" in says.read_text())

    os.kill(os.getpid(), signal.SIGTERM)
    await running


@pytest.mark.parametrize("others", [{}, {"work": "import time; time.sleep(60)"}])
async def test_the_intake_does_not_wait_for_work_that_is_elsewhere_or_late(tmp_path, monkeypatch, others):
    monkeypatch.setattr(supervisor, "_DOORS_WITHIN", 0.01)
    says = tmp_path / "says"
    roles = {**others, "intake": KNOCKS.format(says=str(says))}
    running = asyncio.ensure_future(supervise({name: a_role(script) for name, script in roles.items()}))

    await until(lambda: says.exists() and "opened" in says.read_text())

    os.kill(os.getpid(), signal.SIGTERM)
    await running


async def test_a_database_that_is_away_is_waited_for(log):
    running = await supervised(f"raise SystemExit({int(ExitCode.TEMPORARY)})")

    await until(lambda: log.text.count("role0 started") == 2)

    os.kill(os.getpid(), signal.SIGTERM)
    assert await running is ExitCode.OK


async def test_asked_twice_it_ends_roles_that_do_not_listen(log, tmp_path):
    deaf = "import signal; signal.signal(15, signal.SIG_IGN);" + READY + "time.sleep(60)"
    running = await supervised(deaf)
    await until(lambda: "role0 is ready" in log.text)

    os.kill(os.getpid(), signal.SIGTERM)
    await asyncio.sleep(0)
    os.kill(os.getpid(), signal.SIGTERM)

    assert await running is ExitCode.OK


def test_several_intakes_have_names_of_their_own():
    commands = role_commands(["intake", "line"], ["-c", "faxgw.toml"], intakes=3)

    assert list(commands) == ["line", "intake", "intake-2", "intake-3"]
    assert commands["intake-3"] == commands["intake"]


def test_every_role_gets_the_configuration():
    commands = role_commands(["line", "intake"], ["-c", "faxgw.toml"])

    assert {name: command[1:] for name, command in commands.items()} == {
        "line": ["-m", "gateway", "role", "line", "-c", "faxgw.toml"],
        "intake": ["-m", "gateway", "role", "intake", "-c", "faxgw.toml"],
    }


def test_systemd_hears_of_it(tmp_path: Path, monkeypatch):
    import socket

    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(str(tmp_path / "notify"))
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))

        notify_systemd("READY=1")

        assert systemd.recv(100) == b"READY=1"
