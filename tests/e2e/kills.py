"""Any role is killed (SIGKILL) while a job is in each of its states: nothing is lost, nothing comes twice.

States that last a millisecond are made to last by a trigger in the queue's database: every change of state
takes some tenths of a second before it is committed. One file a role, so that they run side by side.
"""

from collections import Counter

from tests.e2e.harness import BUSY, World

BEFORE_THE_CALL = ("received", "resolving", "resolved", "rendering", "rendered")
LONG = "+49300"
TWO_PAGES = "".join(f"Line {line}\n" for line in range(1, 91))
_TRIES = 10


async def nothing_is_lost_and_nothing_comes_twice(world: World, role: str) -> None:
    """Whatever `role` was doing when it was killed."""
    await world.start_gateway()
    await world.pause("line")  # no call yet: calls that are killed too often are held
    with world.in_slow_motion():
        for number, state in enumerate(BEFORE_THE_CALL, start=1):
            await kill_before_the_call(world, role, state, f"+4930{number}")
    await world.mail(LONG, TWO_PAGES)
    await world.mail(BUSY)
    await world.until(lambda: world.states().get(BUSY) == world.states().get(LONG) == "rendered")
    world.resume("line")

    await world.until(lambda: world.states()[BUSY] == "deferred" and in_a_call(world) == expected(world))
    await world.kill(role)
    await world.until(lambda: world.journal()[LONG] >= 1)
    await world.kill(role)
    await world.until_finished()

    assert world.states() == {
        number: "failed" if number == BUSY else "delivered" for number in world.states()
    }
    pages = Counter({number: 2 if number == LONG else 1 for number in world.states() if number != BUSY})
    pages[LONG] += world.calls_with_pages()[LONG] - 1  # a page explains the rest of a call that was killed
    assert world.journal() == pages
    await world.until(lambda: world.received() >= pages)
    assert world.received() == pages
    answers = {answer["Message-ID"]: answer["X-Fax-State"] for answer in world.answers()}
    assert len(answers) == len(world.states())
    # One that a kill kept from being recorded as sent is sent again, and is the same mail.
    assert Counter(answer["Message-ID"] for answer in world.answers()) <= world.tries()
    assert Counter(answers.values()) == {
        "delivered": len(pages),
        "failed": 1,
    }


async def kill_before_the_call(world: World, role: str, state: str, number: str) -> None:
    """The role was killed while a job was in this state, and runs again; the line is still paused."""
    for attempt in range(_TRIES):
        job = f"{number}{attempt}"
        await world.pause("work")
        await world.mail(job)
        if state != "received":
            world.resume("work")
        caught = await world.is_caught(job, state)
        if caught:
            world.kill_now(role)
        if state == "received":
            world.resume("work")
        if caught:
            await world.revive(role, pausing="line")
            return
    raise AssertionError(f"No job was ever seen {state}.")


def expected(world: World) -> set[str]:
    return set(world.states()) - {BUSY}


def in_a_call(world: World) -> set[str]:
    return {number for number, state in world.states().items() if state == "sending"}
