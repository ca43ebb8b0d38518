from dataclasses import replace
from datetime import timedelta

import pytest

from gateway.model.lifecycle import JobEvent, JobState, next_state
from gateway.model.retry import RULES, FollowUp, OwnRule, RetryLimits, Verdict, judge
from telephony import Disposition

LIMITS = RetryLimits(
    attempts=3,
    delay=timedelta(minutes=5),
    busy_delay=timedelta(minutes=3),
    no_answer_delay=timedelta(minutes=15),
)


def verdict(
    disposition: Disposition,
    *earlier: Disposition,
    confirmed: int = 0,
    page_count: int = 2,
    age: timedelta = timedelta(),
    limits: RetryLimits = LIMITS,
    left: timedelta = timedelta.max,
    retry_after: timedelta = timedelta(),
    otherwise: bool = False,
) -> Verdict:
    return judge(
        disposition,
        age=age,
        attempts=len(earlier),
        earlier=earlier,
        limits=limits,
        pages_confirmed=confirmed,
        page_count=page_count,
        left=left,
        retry_after=retry_after,
        otherwise=otherwise,
    )


@pytest.mark.parametrize("disposition", Disposition)
def test_every_disposition_has_a_rule_and_leads_out_of_the_call(disposition):
    outcome = verdict(disposition)

    assert next_state(JobState.SENDING, outcome.event) is not JobState.SENDING


@pytest.mark.parametrize("disposition", Disposition)
def test_a_sender_who_is_told_of_a_failure_reads_why_and_what_to_do(disposition):
    rule = RULES[disposition]

    if rule.follow_up in {FollowUp.REDIAL, FollowUp.REFUSE}:
        assert rule.reason.endswith(".")
        assert rule.remedy.endswith(".")


@pytest.mark.parametrize(
    ("disposition", "delay"),
    [
        (Disposition.BUSY, LIMITS.busy_delay),
        (Disposition.NO_ANSWER, LIMITS.no_answer_delay),
        (Disposition.NO_FAX_ANSWERED, LIMITS.no_answer_delay),
        (Disposition.LINE_FAILED, LIMITS.delay),
        (Disposition.INTERRUPTED, LIMITS.delay),
    ],
)
def test_a_call_that_may_succeed_later_is_made_later(disposition, delay):
    outcome = verdict(disposition)

    assert outcome == Verdict(JobEvent.ATTEMPT_FAILED, due_in=delay)


@pytest.mark.parametrize(
    "disposition",
    [
        Disposition.INVALID_NUMBER,
        Disposition.REJECTED,
        Disposition.INCOMPATIBLE,
        Disposition.BAD_DOCUMENT,
    ],
)
def test_a_call_that_cannot_succeed_is_not_made_again(disposition):
    outcome = verdict(disposition)

    assert outcome.event is JobEvent.REFUSED
    assert outcome.failure is not None
    assert outcome.failure.code == disposition


@pytest.mark.parametrize("disposition", [Disposition.CONGESTED, Disposition.TRUNK_UNAVAILABLE])
def test_trouble_on_our_side_costs_no_attempt(disposition):
    outcome = verdict(disposition, Disposition.BUSY, Disposition.BUSY)

    assert not LIMITS.costs_an_attempt(disposition)
    assert outcome == Verdict(JobEvent.WAS_POSTPONED, due_in=timedelta(minutes=1))


@pytest.mark.parametrize("disposition", [Disposition.CONGESTED, Disposition.TRUNK_UNAVAILABLE])
def test_a_line_that_is_away_for_a_day_fails_the_job(disposition):
    outcome = verdict(disposition, age=timedelta(days=1))

    assert outcome.event is JobEvent.GAVE_UP


def test_a_call_we_ended_ourselves_is_made_again_at_once_however_old_the_job_is():
    outcome = verdict(Disposition.CANCELLED, age=timedelta(days=30))

    assert outcome == Verdict(JobEvent.WAS_POSTPONED, due_in=timedelta())


def test_the_last_attempt_gives_up():
    outcome = verdict(Disposition.BUSY, Disposition.BUSY, Disposition.NO_ANSWER)

    assert outcome.event is JobEvent.GAVE_UP
    assert outcome.failure is not None
    assert outcome.failure.reason == "The line was busy at every attempt."


def test_a_person_who_answers_is_called_twice_at_most():
    first = verdict(Disposition.NO_FAX_ANSWERED)
    second = verdict(Disposition.NO_FAX_ANSWERED, Disposition.NO_FAX_ANSWERED)

    assert first.event is JobEvent.ATTEMPT_FAILED
    assert second.event is JobEvent.GAVE_UP


def test_a_busy_line_does_not_use_up_the_calls_to_a_person():
    outcome = verdict(Disposition.NO_FAX_ANSWERED, Disposition.BUSY)

    assert outcome.event is JobEvent.ATTEMPT_FAILED


@pytest.mark.parametrize("disposition", Disposition)
def test_a_fax_whose_every_page_was_confirmed_is_delivered_however_the_call_ended(disposition):
    outcome = verdict(disposition, confirmed=2, page_count=2)

    assert outcome == Verdict(JobEvent.PAGES_CONFIRMED)


def test_a_delivered_call_with_pages_missing_is_followed_by_another_one():
    outcome = verdict(Disposition.DELIVERED, confirmed=1, page_count=2)

    assert outcome == Verdict(JobEvent.ATTEMPT_FAILED, due_in=LIMITS.delay)


def test_a_failure_says_how_many_pages_arrived():
    outcome = verdict(Disposition.INTERRUPTED, Disposition.BUSY, Disposition.BUSY, confirmed=1)

    assert outcome.failure is not None
    assert outcome.failure.reason == "The call broke off before the last page. 1 of 2 pages arrived."


def own(disposition: Disposition, rule: OwnRule) -> RetryLimits:
    return replace(LIMITS, own={disposition: rule})


def test_a_site_says_how_long_to_wait_after_a_cause():
    limits = own(Disposition.LINE_FAILED, OwnRule(delay=timedelta(hours=1)))

    assert verdict(Disposition.LINE_FAILED, limits=limits).due_in == timedelta(hours=1)
    assert verdict(Disposition.INTERRUPTED, limits=limits).due_in == LIMITS.delay


def test_a_site_may_call_again_where_we_would_not():
    limits = own(Disposition.REJECTED, OwnRule(attempts=2, delay=timedelta(minutes=30)))

    again = verdict(Disposition.REJECTED, limits=limits)
    last = verdict(Disposition.REJECTED, Disposition.REJECTED, limits=limits)

    assert again == Verdict(JobEvent.ATTEMPT_FAILED, due_in=timedelta(minutes=30))
    assert last.event is JobEvent.GAVE_UP


def test_a_site_may_forbid_a_second_call():
    limits = own(Disposition.NO_FAX_ANSWERED, OwnRule(attempts=1))

    assert verdict(Disposition.NO_FAX_ANSWERED, limits=limits).event is JobEvent.GAVE_UP


def test_a_site_may_give_up_a_trunk_earlier_and_let_it_cost_attempts():
    impatient = replace(LIMITS, give_up_after=timedelta(hours=1))
    counting = own(Disposition.CONGESTED, OwnRule(attempts=9))

    assert verdict(Disposition.CONGESTED, age=timedelta(hours=1), limits=impatient).event is JobEvent.GAVE_UP
    assert counting.costs_an_attempt(Disposition.CONGESTED)
    assert verdict(Disposition.CONGESTED, limits=counting).event is JobEvent.ATTEMPT_FAILED


@pytest.mark.parametrize("disposition", [Disposition.BUSY, Disposition.CONGESTED])
def test_no_call_is_planned_for_after_the_deadline(disposition):
    in_time = verdict(disposition, left=timedelta(hours=1))
    too_late = verdict(disposition, left=timedelta(seconds=30))

    assert in_time.failure is None
    assert too_late.event is JobEvent.GAVE_UP
    assert too_late.failure is not None
    assert too_late.failure.code == "deadline-passed"
    assert too_late.failure.reason.endswith(RULES[disposition].reason)


def test_a_fax_without_attempts_left_fails_by_its_cause_also_at_its_deadline():
    outcome = verdict(Disposition.BUSY, Disposition.BUSY, Disposition.BUSY, left=timedelta())

    assert outcome.failure is not None
    assert outcome.failure.code == Disposition.BUSY


def test_what_the_far_end_cannot_take_is_sent_otherwise_at_once():
    outcome = verdict(Disposition.INCOMPATIBLE, otherwise=True)

    assert outcome == Verdict(JobEvent.WAS_POSTPONED, due_in=timedelta())


@pytest.mark.parametrize(
    ("asked", "waits"),
    [
        (timedelta(minutes=1), LIMITS.busy_delay),
        (timedelta(minutes=20), timedelta(minutes=20)),
        (timedelta(days=3), timedelta(hours=1)),
    ],
)
def test_a_far_end_may_ask_for_a_longer_wait_but_not_for_a_day(asked, waits):
    assert verdict(Disposition.BUSY, retry_after=asked).due_in == waits


def test_a_far_end_cannot_make_a_fax_miss_its_deadline():
    last_chance = verdict(Disposition.BUSY, left=timedelta(minutes=10), retry_after=timedelta(minutes=10))

    assert last_chance == Verdict(JobEvent.ATTEMPT_FAILED, due_in=LIMITS.busy_delay)


def test_a_far_end_that_asks_for_a_wait_gets_no_more_calls_than_others():
    refused = verdict(Disposition.REJECTED, retry_after=timedelta(minutes=1))

    assert refused.event is JobEvent.REFUSED
