"""The table of states is whole: nothing is forgotten in it, and it says what its grammar says."""

import pytest

from gateway.errors import IllegalTransition
from gateway.model.lifecycle import CLAIMABLE, OWNED, TERMINAL, TRANSITIONS, JobEvent, JobState, next_state

AT_REST = set(JobState) - OWNED - TERMINAL


def test_every_state_is_in_the_table():
    assert set(TRANSITIONS) == set(JobState)


def test_every_event_happens_somewhere():
    assert {event for ways in TRANSITIONS.values() for event in ways} == set(JobEvent)


def test_every_state_can_be_reached():
    reached, new = set(), {JobState.RECEIVED}
    while new:
        reached |= new
        new = {state for known in reached for state in TRANSITIONS[known].values()} - reached

    assert reached == set(JobState)


def test_only_jobs_at_rest_can_be_claimed():
    assert CLAIMABLE <= AT_REST


def test_a_claimed_job_is_owned():
    assert {next_state(state, JobEvent.CLAIMED) for state in CLAIMABLE} == OWNED


@pytest.mark.parametrize("state", sorted(OWNED))
def test_a_dead_node_leaves_no_job_behind(state: JobState):
    assert next_state(state, JobEvent.LEASE_EXPIRED) in CLAIMABLE


@pytest.mark.parametrize("state", sorted(OWNED))
def test_a_job_that_met_our_own_mistake_can_be_held_for_a_person(state: JobState):
    assert next_state(state, JobEvent.WAS_HELD) is JobState.HELD


@pytest.mark.parametrize("state", sorted(AT_REST - {JobState.HELD}))
def test_a_person_can_hold_and_cancel_what_nobody_owns(state: JobState):
    assert next_state(state, JobEvent.WAS_HELD) is JobState.HELD
    assert next_state(state, JobEvent.WAS_CANCELLED) is JobState.CANCELLED


@pytest.mark.parametrize("state", sorted(OWNED))
def test_nobody_but_its_owner_changes_an_owned_job(state: JobState):
    by_hand = {JobEvent.WAS_CANCELLED, JobEvent.WAS_RELEASED, JobEvent.WAS_RETRIED, JobEvent.CLAIMED}

    assert not by_hand & set(TRANSITIONS[state])


def test_nothing_leaves_a_terminal_state_but_a_failure_that_is_retried_by_hand():
    ways = {state: dict(TRANSITIONS[state]) for state in TERMINAL}

    assert ways == {
        JobState.DELIVERED: {},
        JobState.CANCELLED: {},
        JobState.FAILED: {JobEvent.WAS_RETRIED: JobState.RECEIVED},
    }


def test_a_state_names_its_owner_by_its_ending():
    assert {state for state in JobState if state.endswith("ing")} == OWNED
    assert {JobState.RESOLVING, JobState.RENDERING, JobState.SENDING} == OWNED


def test_only_a_job_in_sending_is_delivered():
    assert [s for s in JobState if JobState.DELIVERED in TRANSITIONS[s].values()] == [JobState.SENDING]


@pytest.mark.parametrize("state", sorted(JobState))
def test_an_event_that_is_not_in_the_table_is_refused(state: JobState):
    for event in set(JobEvent) - set(TRANSITIONS[state]):
        with pytest.raises(IllegalTransition, match=f"is {state} .*{event}"):
            next_state(state, event)


def test_the_table_cannot_be_changed_by_accident():
    with pytest.raises(TypeError):
        TRANSITIONS[JobState.DELIVERED] = {}  # type: ignore[index]
