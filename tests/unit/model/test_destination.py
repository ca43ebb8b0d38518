from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from gateway.model.attempt import Attempt
from gateway.model.destination import Lesson, Limit, NewLesson, adapted, finest, is_told, lesson_of
from gateway.model.ids import AttemptId, JobId
from gateway.model.number import FaxNumber
from telephony import Disposition, Medium, T38Policy, Transmission, Trunk
from telephony.causes import T30Result

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
TRUNK = Trunk("main", "sip:main.example")
IN_AUDIO = replace(TRUNK, t38=T38Policy.NEVER)


def a_call(disposition: Disposition, medium: Medium | None = None, **facts: int) -> Transmission:
    return Transmission(disposition, "call", "main", NOON, NOON, medium=medium, detail="no carrier", **facts)


def an_attempt(disposition: Disposition) -> Attempt:
    return Attempt(AttemptId("1"), JobId("1"), 1, "main", "here", 1, NOON, NOON, disposition)


def a_lesson(limit: Limit, value: int = 0) -> Lesson:
    return Lesson(FaxNumber("+4930100"), limit, value, "Why.", NOON, NOON + timedelta(days=1))


def steps_down(trunk: Trunk, medium: Medium) -> list[tuple[Limit, int]]:
    """Everything that is tried, one failed call after another."""
    steps, known = [], []
    while lesson := lesson_of(a_call(Disposition.LINE_FAILED, medium), adapted(trunk, known), ()):
        steps.append((lesson.limit, lesson.value))
        known.append(a_lesson(lesson.limit, lesson.value))
        medium = Medium.AUDIO
    return steps


def test_bad_lines_step_down_until_nothing_is_left():
    assert steps_down(TRUNK, Medium.T38) == [
        (Limit.NO_T38, 0),
        (Limit.BIT_RATE, 9600),
        (Limit.BIT_RATE, 4800),
        (Limit.NO_ECM, 0),
    ]


def test_what_the_trunk_does_not_do_anyway_is_no_step():
    slow = replace(TRUNK, t38=T38Policy.NEVER, max_bit_rate=4800, ecm=False)

    assert steps_down(slow, Medium.AUDIO) == []


def test_a_lesson_says_what_failed():
    lesson = lesson_of(a_call(Disposition.LINE_FAILED, Medium.T38), TRUNK, ())

    assert lesson == NewLesson(Limit.NO_T38, "A call in T.38 failed: no carrier.", trunk="main")


def test_a_call_that_broke_between_pages_steps_down_when_it_happens_again():
    broken = a_call(Disposition.INTERRUPTED, Medium.AUDIO)

    assert lesson_of(broken, IN_AUDIO, ()) is None
    assert lesson_of(broken, IN_AUDIO, [an_attempt(Disposition.BUSY)]) is None
    again = lesson_of(broken, IN_AUDIO, [an_attempt(Disposition.INTERRUPTED)])
    assert again is not None
    assert (again.limit, again.value) == (Limit.BIT_RATE, 9600)


@pytest.mark.parametrize(
    ("bit_rate", "learned"), [(14400, False), (9600, False), (7200, True), (2400, True), (0, False)]
)
def test_a_delivered_call_that_had_to_train_down_begins_slower_next_time(bit_rate, learned):
    lesson = lesson_of(a_call(Disposition.DELIVERED, Medium.AUDIO, bit_rate=bit_rate), TRUNK, ())

    assert (lesson is not None) is learned
    if lesson:
        assert (lesson.limit, lesson.value) == (Limit.BIT_RATE, 9600)


@pytest.mark.parametrize(
    "disposition",
    sorted(set(Disposition) - {Disposition.DELIVERED, Disposition.LINE_FAILED, Disposition.INTERRUPTED}),
)
def test_calls_that_never_got_so_far_teach_nothing(disposition):
    assert lesson_of(a_call(disposition, Medium.AUDIO), TRUNK, [an_attempt(Disposition.INTERRUPTED)]) is None


def test_a_machine_is_told_once_what_it_cannot_take():
    call = a_call(Disposition.INCOMPATIBLE, t30_result=T30Result.RESOLUTION_UNSUPPORTED)
    lesson = lesson_of(call, TRUNK, ())

    assert lesson is not None
    assert lesson.limit is Limit.STANDARD
    assert is_told(call, [])
    assert not is_told(call, [a_lesson(Limit.STANDARD)])
    assert not is_told(a_call(Disposition.INCOMPATIBLE, t30_result=T30Result.RX_INCAPABLE), [])


def test_lessons_change_what_the_trunk_says_and_never_speed_it_up():
    slow = replace(TRUNK, max_bit_rate=4800)

    changed = adapted(slow, [a_lesson(Limit.NO_ECM), a_lesson(Limit.BIT_RATE, 9600), a_lesson(Limit.NO_T38)])

    assert changed == replace(slow, ecm=False, t38=T38Policy.NEVER)
    assert adapted(TRUNK, [a_lesson(Limit.STANDARD)]) == TRUNK
    assert adapted(TRUNK, [a_lesson(Limit.FINE)]) == TRUNK


@pytest.mark.parametrize(
    ("limits", "lines"),
    [
        ([], None),
        ([Limit.NO_ECM], None),
        ([Limit.FINE], 196),
        ([Limit.NO_ECM, Limit.STANDARD], 98),
        ([Limit.FINE, Limit.STANDARD], 98),
    ],
)
def test_pages_have_no_more_lines_than_a_machine_has_refused(limits, lines):
    assert finest([a_lesson(limit) for limit in limits]) == lines


@pytest.mark.parametrize(
    ("lines", "limit"),
    [(391, Limit.FINE), (196, Limit.STANDARD), (98, Limit.STANDARD), (0, Limit.STANDARD)],
)
def test_a_machine_that_refuses_a_resolution_is_offered_the_next_one(lines, limit):
    call = a_call(Disposition.INCOMPATIBLE, t30_result=T30Result.RESOLUTION_UNSUPPORTED)

    lesson = lesson_of(call, TRUNK, (), lines=lines)

    assert lesson is not None
    assert lesson.limit is limit
    assert is_told(call, [a_lesson(Limit.FINE)])


def test_what_a_line_taught_holds_for_its_trunk_and_what_a_machine_said_for_all():
    known = [replace(a_lesson(Limit.NO_T38), trunk="main"), a_lesson(Limit.STANDARD)]
    backup = replace(TRUNK, name="backup")

    assert adapted(TRUNK, known) == IN_AUDIO
    assert adapted(backup, known) == backup
    assert finest(known) == 98


def test_a_far_end_that_is_not_heard_in_t38_is_called_without_it_and_no_slower():
    unheard = lesson_of(a_call(Disposition.NO_FAX_ANSWERED, Medium.T38), TRUNK, ())

    assert unheard == NewLesson(Limit.NO_T38, "A call in T.38 failed: no carrier.", trunk="main")
    assert lesson_of(a_call(Disposition.NO_FAX_ANSWERED, Medium.AUDIO), TRUNK, ()) is None
