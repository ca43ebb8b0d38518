"""The promises of gateway.ports.destinations.Destinations."""

from datetime import timedelta

from gateway.model.destination import Limit, NewLesson
from gateway.model.number import FaxNumber

BERLIN, PARIS = FaxNumber("+4930100"), FaxNumber("+331100")
DAY = timedelta(days=1)
SLOWER = NewLesson(Limit.BIT_RATE, "A call at 14400 bit/s failed.", 9600)
AUDIO = NewLesson(Limit.NO_T38, "A call in T.38 failed.")


async def test_a_lesson_is_known_to_every_node_until_it_expires(store, other):
    await store.destinations.learn(BERLIN, SLOWER, DAY)
    await store.destinations.learn(PARIS, AUDIO, timedelta())

    (lesson,) = await other.destinations.lessons(BERLIN)
    assert (lesson.number, lesson.limit, lesson.value, lesson.reason) == (
        BERLIN,
        Limit.BIT_RATE,
        9600,
        "A call at 14400 bit/s failed.",
    )
    assert lesson.expires_at - lesson.learned_at == DAY
    assert await other.destinations.lessons(PARIS) == []
    assert await other.destinations.list() == [lesson]


async def test_a_new_lesson_takes_the_place_of_the_old_one(store):
    await store.destinations.learn(BERLIN, AUDIO, DAY)
    await store.destinations.learn(BERLIN, SLOWER, DAY)
    await store.destinations.learn(BERLIN, NewLesson(Limit.BIT_RATE, "Slower still.", 4800), DAY)

    known = {lesson.limit: lesson.value for lesson in await store.destinations.lessons(BERLIN)}
    assert known == {Limit.NO_T38: 0, Limit.BIT_RATE: 4800}


async def test_each_trunk_has_its_own_lesson(store):
    for trunk, speed in (("main", 9600), ("backup", 4800), ("main", 4800)):
        await store.destinations.learn(BERLIN, NewLesson(Limit.BIT_RATE, "It failed.", speed, trunk), DAY)

    known = await store.destinations.lessons(BERLIN)
    assert [(lesson.trunk, lesson.value) for lesson in known] == [("backup", 4800), ("main", 4800)]
    assert await store.destinations.forget(BERLIN, Limit.BIT_RATE) == 2


async def test_what_is_forgotten_is_gone_for_one_number_only(store):
    for number in (BERLIN, PARIS):
        await store.destinations.learn(number, AUDIO, DAY)
        await store.destinations.learn(number, SLOWER, DAY)

    assert await store.destinations.forget(BERLIN, Limit.NO_T38, Limit.NO_ECM) == 1
    assert await store.destinations.forget(PARIS) == 2
    assert await store.destinations.forget(PARIS) == 0
    assert [(lesson.number, lesson.limit) for lesson in await store.destinations.list()] == [
        (BERLIN, Limit.BIT_RATE)
    ]


async def test_a_lesson_may_hold_any_words(store):
    await store.destinations.learn(BERLIN, NewLesson(Limit.NO_T38, "NUL \0 and \ud800"), DAY)

    (lesson,) = await store.destinations.lessons(BERLIN)
    assert lesson.reason == "NUL \ufffd and \ufffd"
