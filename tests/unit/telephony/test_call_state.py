import pytest

from telephony.call.state import ESTABLISHED, WAYS, CallState

S = CallState


def _reachable(start: CallState) -> set[CallState]:
    found, ahead = set(), [start]
    while ahead:
        state = ahead.pop()
        if state not in found:
            found.add(state)
            ahead += WAYS[state]
    return found


def test_every_state_is_in_the_table_and_can_be_reached():
    assert set(WAYS) == set(S) == _reachable(S.IDLE)


def test_nothing_leaves_a_released_call():
    assert WAYS[S.RELEASED] == frozenset()


@pytest.mark.parametrize("state", sorted(set(S) - {S.IDLE, S.RELEASED}))
def test_every_call_that_began_can_be_released(state):
    assert S.RELEASED in WAYS[state]


@pytest.mark.parametrize("state", sorted(set(S) - {S.IDLE, S.RELEASING, S.RELEASED}))
def test_every_call_that_goes_on_can_be_hung_up(state):
    assert S.RELEASING in WAYS[state]


def test_only_an_established_call_carries_a_fax():
    assert frozenset({S.AUDIO, S.SWITCHING, S.IMAGE}) == ESTABLISHED
