"""A program drops files while the processes that collect them are killed: each becomes one fax."""

from collections import Counter

import pytest

from tests.e2e.harness import World

pytestmark = pytest.mark.slow

MAIL = "From: sap@example.com\r\nTo: {number}@fax.example.com\r\nSubject: Invoice\r\n\r\nHello\r\n"
AT_ONCE = 30


async def test_files_dropped_while_the_intake_is_killed_are_each_faxed_once(world: World):
    drop = world.folder / "drop"
    drop.mkdir()
    with world.config.open("a") as config:
        config.write(f'[folder.sap]\npath = "{drop}"\nsender = "sap@example.com"\n')
    await world.start_gateway("-o", "smtp.processes=2", roles=["intake"])
    dropped: set[str] = set()

    for role in ("intake", "intake-2"):
        await world.until_ready("intake", "intake-2")
        answered = len(list(drop.glob("*.ok")))
        for _ in range(AT_ONCE):
            number = f"+4930{len(dropped):05}"
            (drop / f"{number}.tmp").write_text(MAIL.format(number=number), newline="")
            (drop / f"{number}.tmp").rename(drop / f"{number}.eml")
            dropped.add(number)
        await world.until(lambda enough=answered + 5: len(list(drop.glob("*.ok"))) >= enough)
        world.kill_now(role)
    await world.until(lambda: len(list(drop.glob("*.ok"))) == len(dropped))

    assert Counter(world.numbers()) == Counter(dropped)
    assert {file.stem for file in drop.glob("*.ok")} == dropped
    assert list(drop.glob("*.eml")) == list(drop.glob("*.err")) == []
    await world.until(lambda: list((drop / ".faxgw").iterdir()) == [])
