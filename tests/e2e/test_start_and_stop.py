"""How the gateway starts, fails to start, and stops."""

import signal
import smtplib
import socket

import pytest

from gateway.exit_code import ExitCode
from tests.e2e.harness import is_alive
from tests.integration.renderers.office_life import LOADED_WHEN_WARM, libraries_of, libreoffices_below

pytestmark = pytest.mark.slow

NUMBER = "+49301234567"


async def test_a_smtp_port_in_use_is_one_clear_line(world):
    with socket.socket() as other:
        other.bind(("127.0.0.1", world.smtp))
        other.listen()

        gateway = await world.run("serve", "-c", str(world.config))
        code = await gateway.wait()

    errors = [line for line in world.log.splitlines() if line.startswith("faxgw: ")]
    assert code == ExitCode.CONFIG
    assert errors == [
        f"faxgw: smtp.listen: 127.0.0.1:{world.smtp} is in use by another program. "
        "Stop it or choose another port."
    ]
    assert "Traceback" not in world.log


async def test_a_sip_port_in_use_is_one_clear_line(world):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind(("127.0.0.1", world.sip))

        gateway = await world.run("serve", "-c", str(world.config), "--roles", "line")
        code = await gateway.wait()

    errors = [line for line in world.log.splitlines() if line.startswith("faxgw: ")]
    assert code == ExitCode.UNAVAILABLE
    assert len(errors) == 1
    assert "another program has the port" in errors[0]
    assert "Traceback" not in world.log


@pytest.mark.needs("libreoffice")
async def test_the_first_mail_does_not_wait_for_libreoffice_to_start(world):
    def answers() -> bool:
        with socket.socket() as client:
            return client.connect_ex(("127.0.0.1", world.smtp)) == 0

    world.gateway = await world.run("serve", "-c", str(world.config), "-o", "rendering.office=true")
    await world.until(answers)

    (office,) = libreoffices_below(world.pid("work"))
    assert libraries_of(office) >= LOADED_WHEN_WARM


@pytest.mark.needs("libreoffice")
async def test_no_libreoffice_runs_where_none_is_wanted(world):
    await world.start_gateway("-o", "rendering.office=false", roles=["work"])

    assert libreoffices_below(world.pid("work")) == []


async def test_no_role_outlives_its_supervisor(world):
    await world.start_gateway()
    roles = [world.pid(role) for role in ("work", "line", "intake")]

    world.signal("supervisor", signal.SIGKILL)

    await world.until(lambda: not any(is_alive(pid) for pid in roles))


async def test_every_mail_that_got_its_250_is_in_the_queue_when_the_intake_is_killed(world):
    await world.start_gateway(roles=["intake"])
    accepted = []
    for round_ in range(3):
        killed = world.pid("intake")
        for number in range(1, 21):
            if number == 15:
                world.signal("intake", signal.SIGKILL)
            try:
                await world.mail(f"+49{round_}{number:03}")
            except (OSError, smtplib.SMTPException):
                break
            accepted.append(f"+49{round_}{number:03}")
        await world.until(lambda killed=killed: world.pid("intake") not in (None, killed))
        await world.until_ready("intake")

    assert len(accepted) >= 3 * 14
    assert set(accepted) <= set(world.states())


async def test_a_stop_lets_a_call_end(world):
    await world.start_gateway()
    await world.mail(NUMBER)
    await world.until(lambda: world.state(NUMBER) == "sending")

    code = await world.stop_gateway()

    assert code == 0
    assert world.state(NUMBER) == "delivered"
    assert world.received() == {NUMBER: 1}
