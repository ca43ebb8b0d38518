"""What the end of a call means for its job: one table, a row per disposition.

Whether a disposition deserves a second call is decided here and nowhere else; a site changes a row by its
[retry.DISPOSITION]. `docs/errors.md` shows the table. Calls that our own side could not make cost no attempt.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from enum import StrEnum
from types import MappingProxyType

from gateway.errors import DeadlinePassed
from gateway.model.job import Failure
from gateway.model.lifecycle import JobEvent
from telephony import Disposition


class FollowUp(StrEnum):
    """What is done after a call."""

    FINISH = "finish"  #: the fax arrived
    REDIAL = "redial"  #: call again later; costs an attempt
    POSTPONE = "postpone"  #: call again later; costs no attempt, for it was no fault of the far end
    REFUSE = "refuse"  #: never call again


class Wait(StrEnum):
    """Which setting of [sending] says how long to wait; the values are the names of `RetryLimits`."""

    DELAY = "delay"
    BUSY = "busy_delay"
    NO_ANSWER = "no_answer_delay"
    TRUNK = "trunk_delay"
    NONE = "no_delay"


@dataclass(frozen=True, slots=True)
class Rule:
    """A row of the table."""

    follow_up: FollowUp
    wait: Wait = Wait.NONE
    at_most: int | None = None  #: calls that may end so, where that is fewer than [sending] attempts
    reason: str = ""  #: for the sender, when the job is given up
    remedy: str = ""  #: what the sender should do next


@dataclass(frozen=True, slots=True)
class OwnRule:
    """What a site says about one disposition, in place of the table."""

    attempts: int = 0  #: calls that may end so; 1 is never called again; 0 is as in the table
    delay: timedelta | None = None  #: until the next call; None is as in the table


@dataclass(frozen=True, slots=True)
class RetryLimits:
    """How often and when a job is called again."""

    attempts: int
    delay: timedelta
    busy_delay: timedelta
    no_answer_delay: timedelta
    give_up_after: timedelta = timedelta(days=1)  #: a job that no trunk would take for so long fails
    own: Mapping[Disposition, OwnRule] = field(default_factory=dict)

    @property
    def trunk_delay(self) -> timedelta:
        """Until a trunk that could not take a call is asked again: a minute at most."""
        return min(self.delay, timedelta(minutes=1))

    @property
    def no_delay(self) -> timedelta:
        """At once."""
        return timedelta()

    def rule(self, disposition: Disposition) -> Rule:
        """The row of the table, as this site wants it."""
        rule, own = RULES[disposition], self.own.get(disposition)
        if own is None or not own.attempts:
            return rule
        return replace(rule, follow_up=FollowUp.REDIAL, at_most=own.attempts)

    def wait(self, disposition: Disposition) -> timedelta:
        """How long after a call that ended so the next one is made."""
        own = self.own.get(disposition)
        if own is not None and own.delay is not None:
            return own.delay
        delay: timedelta = getattr(self, RULES[disposition].wait)
        return delay

    def costs_an_attempt(self, disposition: Disposition) -> bool:
        """Whether a call that ended so counts against `attempts`."""
        return self.rule(disposition).follow_up is not FollowUp.POSTPONE


@dataclass(frozen=True, slots=True)
class Verdict:
    """What happens to the job now."""

    event: JobEvent
    due_in: timedelta | None = None
    failure: Failure | None = None


_D, _F = Disposition, FollowUp

RULES: Mapping[Disposition, Rule] = MappingProxyType(
    {
        _D.DELIVERED: Rule(_F.FINISH),
        _D.BUSY: Rule(
            _F.REDIAL,
            Wait.BUSY,
            reason="The line was busy at every attempt.",
            remedy="Send it again later, or ask the recipient for a second fax number.",
        ),
        _D.NO_ANSWER: Rule(
            _F.REDIAL,
            Wait.NO_ANSWER,
            reason="Nobody answered the call.",
            remedy="Ask the recipient whether the fax machine is switched on, then send it again.",
        ),
        # A person who lifts the receiver and hears a fax tone must not be called five times.
        _D.NO_FAX_ANSWERED: Rule(
            _F.REDIAL,
            Wait.NO_ANSWER,
            at_most=2,
            reason="The call was answered, but not by a fax machine.",
            remedy="Check that the number is a fax number, then send it again.",
        ),
        _D.INVALID_NUMBER: Rule(
            _F.REFUSE,
            reason="There is no such fax number.",
            remedy="Check the number and send it again.",
        ),
        _D.REJECTED: Rule(
            _F.REFUSE,
            reason="The recipient's side, or the telephone network, refuses the call.",
            remedy="Ask the recipient whether faxes from your number are blocked.",
        ),
        _D.INCOMPATIBLE: Rule(
            _F.REFUSE,
            reason="The receiving fax machine cannot take this fax.",
            remedy="Send it to another fax number of the recipient, or by another way.",
        ),
        _D.NOTHING_TO_POLL: Rule(
            _F.REFUSE,
            reason="No fax lies ready for us at this number.",
            remedy="Ask its owner whether it is ready to be polled, and whether it needs a password.",
        ),
        _D.LINE_FAILED: Rule(
            _F.REDIAL,
            Wait.DELAY,
            reason="The fax machines met but could not understand each other; the line was too bad.",
            remedy="Send it again later. If that fails too, tell your administrator.",
        ),
        _D.INTERRUPTED: Rule(
            _F.REDIAL,
            Wait.DELAY,
            reason="The call broke off before the last page.",
            remedy="Send the missing pages again, or ask the recipient to check paper and memory.",
        ),
        _D.CONGESTED: Rule(
            _F.POSTPONE,
            Wait.TRUNK,
            reason="No telephone line to this number became free in time.",
            remedy="Send it again later, or tell your administrator.",
        ),
        _D.TRUNK_UNAVAILABLE: Rule(
            _F.POSTPONE,
            Wait.TRUNK,
            reason="The telephone connection of the fax server did not work for too long.",
            remedy="Tell your administrator, then send it again.",
        ),
        _D.CANCELLED: Rule(_F.POSTPONE),
        _D.BAD_DOCUMENT: Rule(
            _F.REFUSE,
            reason="The pages made from your documents cannot be transmitted.",
            remedy="Send the documents again as PDF. If that fails too, tell your administrator.",
        ),
    }
)


MOST_ASKED = timedelta(hours=1)  # that a far end may make us wait (Retry-After)

#: Nothing is said about these: the one needs no call, the other we did ourselves.
FIXED = frozenset({_D.DELIVERED, _D.CANCELLED})


def judge(
    disposition: Disposition,
    *,
    age: timedelta,
    attempts: int,
    earlier: Sequence[Disposition],
    limits: RetryLimits,
    pages_confirmed: int,
    page_count: int,
    left: timedelta = timedelta.max,
    retry_after: timedelta = timedelta(),
    otherwise: bool = False,
) -> Verdict:
    """What happens to a job after a call that ended with `disposition`.

    `attempts` and `earlier` are the calls before this one that cost an attempt: how many, and how they
    ended. `age` is the time since the job was accepted, `left` until its deadline. The page counts are over
    all calls, this one included. A job whose every page was confirmed is delivered, however the line was put
    down. `retry_after` is what the far end asks for until the next call: it is given that, an hour at most,
    but no fax misses its deadline for it. `otherwise`: the far end has said what it cannot take, and the next
    call will not ask it for that.
    """
    if pages_confirmed >= page_count:
        return Verdict(JobEvent.PAGES_CONFIRMED)
    if otherwise:
        return Verdict(JobEvent.WAS_POSTPONED, due_in=timedelta())
    # "Delivered" with pages missing is a contradiction: the rest is sent as after a broken call.
    ended = _D.INTERRUPTED if disposition is _D.DELIVERED else disposition
    rule, delay = limits.rule(ended), limits.wait(ended)
    if (asked := min(retry_after, MOST_ASKED)) < left:
        delay = max(delay, asked)
    failure = _failure(ended, rule, pages_confirmed, page_count)
    if rule.follow_up is FollowUp.REFUSE:
        return Verdict(JobEvent.REFUSED, failure=failure)
    if rule.follow_up is FollowUp.POSTPONE:
        # What we did ourselves, as to stop, has no reason to tell and never fails a job.
        event, may_go_on = JobEvent.WAS_POSTPONED, age < limits.give_up_after or not rule.reason
    else:
        event = JobEvent.ATTEMPT_FAILED
        may_go_on = _may_redial(rule, attempts, earlier.count(ended), limits)
    if may_go_on and (delay < left or not rule.reason):
        return Verdict(event, due_in=delay)
    if may_go_on:
        failure = Failure(DeadlinePassed.code, f"{DeadlinePassed()} {failure.reason}", failure.remedy)
    return Verdict(JobEvent.GAVE_UP, failure=failure)


def _may_redial(rule: Rule, attempts: int, ended_so: int, limits: RetryLimits) -> bool:
    return attempts + 1 < limits.attempts and (rule.at_most is None or ended_so + 1 < rule.at_most)


def _failure(disposition: Disposition, rule: Rule, confirmed: int, page_count: int) -> Failure:
    arrived = f" {confirmed} of {page_count} pages arrived." if confirmed else ""
    return Failure(disposition.value, rule.reason + arrived, rule.remedy)
