"""What calls have taught us about a number, and what the next call does about it.

A lesson holds for a while and is then tried anew, for machines and lines change. Two kinds: what the machine
said it cannot take (its resolution), however it was called; and a step down after calls that failed (T.38,
speed, ECM), which may be the fault of the trunk and holds for calls over that one.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from gateway.model.attempt import Attempt
from gateway.model.number import FaxNumber
from telephony import Disposition, Medium, T38Policy, Transmission, Trunk
from telephony.causes import T30Result


class Limit(StrEnum):
    """What calls to a number do without."""

    NO_T38 = "no_t38"  #: they stay on G.711
    BIT_RATE = "bit_rate"  #: they are no faster than the lesson's value, in bit/s
    NO_ECM = "no_ecm"
    FINE = "fine"  #: pages go at 196 lines per inch and not finer
    STANDARD = "standard"  #: pages go at 98 lines per inch


@dataclass(frozen=True, slots=True)
class NewLesson:
    """What one call has taught."""

    limit: Limit
    reason: str  #: one sentence for the operator
    value: int = 0  #: bit/s of BIT_RATE
    trunk: str = ""  #: that it is about; "" is about every one


@dataclass(frozen=True, slots=True)
class Lesson:
    """A lesson as it is kept."""

    number: FaxNumber
    limit: Limit
    value: int
    reason: str
    learned_at: datetime
    expires_at: datetime
    trunk: str = ""  #: that it is about; "" is about every one


#: What helps against bad lines, and is worth nothing when it did not.
STEPS_DOWN = frozenset({Limit.NO_T38, Limit.BIT_RATE, Limit.NO_ECM})

_FINEST = {Limit.STANDARD: 98, Limit.FINE: 196}  # lines per inch (T.30 table 2, bits 15 and 41)
_FINER_THAN_FINE = 294  # lines per inch: nearer to superfine, 391
_SPEEDS = (9600, 4800)  # V.29 and V.27ter: each begins where the modem before it was at its worst
_BROKE = frozenset({Disposition.LINE_FAILED, Disposition.INTERRUPTED})


def adapted(trunk: Trunk, lessons: Collection[Lesson]) -> Trunk:
    """The trunk as calls to the number of these lessons use it."""
    for lesson in (lesson for lesson in lessons if lesson.trunk in ("", trunk.name)):
        match lesson.limit:
            case Limit.NO_T38:
                trunk = replace(trunk, t38=T38Policy.NEVER)
            case Limit.BIT_RATE:
                trunk = replace(trunk, max_bit_rate=min(trunk.max_bit_rate, lesson.value))
            case Limit.NO_ECM:
                trunk = replace(trunk, ecm=False)
            case Limit.FINE | Limit.STANDARD:
                pass  # the pages change, not the call
    return trunk


def finest(lessons: Collection[Lesson]) -> int | None:
    """How many lines per inch pages may have; None when nobody has refused them yet."""
    return min((_FINEST[lesson.limit] for lesson in lessons if lesson.limit in _FINEST), default=None)


def is_told(transmission: Transmission, lessons: Collection[Lesson]) -> bool:
    """Whether the machine said in this call what it cannot take, and we had asked it for that."""
    unsupported = transmission.t30_result == T30Result.RESOLUTION_UNSUPPORTED
    return unsupported and finest(lessons) != _FINEST[Limit.STANDARD]


def lesson_of(
    transmission: Transmission, used: Trunk, earlier: Sequence[Attempt], *, lines: int = 0
) -> NewLesson | None:
    """What this call over `used`, the trunk as it was adapted, teaches after the `earlier` ones of its job.

    `lines` per inch had the page that was to be sent; 0 when that is unknown.

    A line that fails before the first page steps down at once. A call that breaks between pages may have had
    any cause: paper, a person, the line. It steps down when the call before it broke as well. A far end that
    goes to T.38 and is not heard there may be a gateway that says it can, and cannot.
    """
    if transmission.t30_result == T30Result.RESOLUTION_UNSUPPORTED:
        if lines > _FINER_THAN_FINE:
            return NewLesson(Limit.FINE, "The machine does not take superfine resolution.")
        return NewLesson(Limit.STANDARD, "The machine takes standard resolution only.")
    ended = transmission.disposition
    broke_before = bool(earlier) and earlier[-1].disposition in _BROKE
    if ended is Disposition.DELIVERED:
        return _slower_at_once(transmission, used)
    if ended is Disposition.NO_FAX_ANSWERED:
        return _without_t38(transmission, used)
    if ended is Disposition.LINE_FAILED or (ended is Disposition.INTERRUPTED and broke_before):
        return _step_down(transmission, used)
    return None


def _slower_at_once(transmission: Transmission, used: Trunk) -> NewLesson | None:
    """A call that ended slower than V.29 begins: training down from V.17 takes half a minute each time."""
    if not 0 < transmission.bit_rate < _SPEEDS[0] < used.max_bit_rate:
        return None
    reason = f"The fax machines trained down to {transmission.bit_rate} bit/s."
    return NewLesson(Limit.BIT_RATE, reason, _SPEEDS[0], used.name)


def _without_t38(transmission: Transmission, used: Trunk) -> NewLesson | None:
    if transmission.medium is not Medium.T38 or used.t38 is T38Policy.NEVER:
        return None
    return NewLesson(Limit.NO_T38, f"A call in T.38 failed: {_said(transmission)}.", trunk=used.name)


def _said(transmission: Transmission) -> str:
    return transmission.detail or str(transmission.disposition)


def _step_down(transmission: Transmission, used: Trunk) -> NewLesson | None:
    said = _said(transmission)
    if without_t38 := _without_t38(transmission, used):
        return without_t38
    for speed in _SPEEDS:
        if used.max_bit_rate > speed:
            reason = f"A call at {used.max_bit_rate} bit/s failed: {said}."
            return NewLesson(Limit.BIT_RATE, reason, speed, used.name)
    if used.ecm:
        return NewLesson(Limit.NO_ECM, f"A call with error correction failed: {said}.", trunk=used.name)
    return None
