"""Where a job is and what may happen to it. The table below is the only place that decides it.

The grammar tells who owns the row: `-ing` is owned by one node under a lease, a participle is at rest and
anyone may claim it, and three states are terminal. A state never encodes a reason: the reason is the last
attempt's disposition, or the job's failure.

docs/lifecycle.md is drawn from this table.
"""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from gateway.errors import IllegalTransition


class JobState(StrEnum):
    """Where a job is."""

    RECEIVED = "received"  #: stored; the mail client has its 250
    RESOLVING = "resolving"  #: a node asks who the sender is and what he may
    RESOLVED = "resolved"  #: sender known and allowed
    RENDERING = "rendering"  #: a node turns the documents into pages
    RENDERED = "rendered"  #: pages are ready
    SENDING = "sending"  #: a node is in a call, or about to dial
    DEFERRED = "deferred"  #: waits for its next attempt
    HELD = "held"  #: waits for a person
    DELIVERED = "delivered"  #: every page was confirmed
    FAILED = "failed"  #: given up; the sender is told why
    CANCELLED = "cancelled"  #: by hand; or others took its place


class JobEvent(StrEnum):
    """What happened to a job, in the past tense."""

    CLAIMED = "claimed"
    SENDER_RESOLVED = "sender_resolved"
    PAGES_RENDERED = "pages_rendered"
    PAGES_CONFIRMED = "pages_confirmed"  #: all of them
    ATTEMPT_FAILED = "attempt_failed"  #: and another one will be made
    WAS_POSTPONED = "was_postponed"  #: our own side cannot do it now; costs no attempt
    REFUSED = "refused"  #: it never will work
    GAVE_UP = "gave_up"  #: no attempts left
    LEASE_EXPIRED = "lease_expired"  #: the node that owned it died
    WAS_SPLIT = "was_split"  #: the recipients that its mail names have jobs of their own
    WAS_HELD = "was_held"
    WAS_RELEASED = "was_released"
    WAS_CANCELLED = "was_cancelled"
    WAS_RETRIED = "was_retried"  #: by hand, after a failure


_S, _E = JobState, JobEvent
_BY_HAND = {_E.WAS_HELD: _S.HELD, _E.WAS_CANCELLED: _S.CANCELLED}

TRANSITIONS: Mapping[JobState, Mapping[JobEvent, JobState]] = MappingProxyType(
    {
        _S.RECEIVED: {_E.CLAIMED: _S.RESOLVING, **_BY_HAND},
        _S.RESOLVING: {
            _E.SENDER_RESOLVED: _S.RESOLVED,
            _E.WAS_SPLIT: _S.CANCELLED,
            _E.WAS_POSTPONED: _S.RECEIVED,
            _E.REFUSED: _S.FAILED,
            _E.WAS_HELD: _S.HELD,
            _E.LEASE_EXPIRED: _S.RECEIVED,
        },
        _S.RESOLVED: {_E.CLAIMED: _S.RENDERING, **_BY_HAND},
        _S.RENDERING: {
            _E.PAGES_RENDERED: _S.RENDERED,
            _E.WAS_POSTPONED: _S.RESOLVED,
            _E.REFUSED: _S.FAILED,
            _E.WAS_HELD: _S.HELD,
            _E.LEASE_EXPIRED: _S.RESOLVED,
        },
        _S.RENDERED: {_E.CLAIMED: _S.SENDING, **_BY_HAND},
        _S.SENDING: {
            _E.PAGES_CONFIRMED: _S.DELIVERED,
            _E.ATTEMPT_FAILED: _S.DEFERRED,
            _E.WAS_POSTPONED: _S.DEFERRED,
            _E.GAVE_UP: _S.FAILED,
            _E.REFUSED: _S.FAILED,
            _E.WAS_HELD: _S.HELD,
            # The node died in a call: its page journal is read before anyone dials again.
            _E.LEASE_EXPIRED: _S.DEFERRED,
        },
        _S.DEFERRED: {_E.CLAIMED: _S.SENDING, _E.GAVE_UP: _S.FAILED, **_BY_HAND},
        # A held job starts over where its facts allow: unresolved ones must be resolved again.
        _S.HELD: {_E.WAS_RELEASED: _S.RECEIVED, _E.WAS_CANCELLED: _S.CANCELLED},
        _S.DELIVERED: {},
        _S.FAILED: {_E.WAS_RETRIED: _S.RECEIVED},
        _S.CANCELLED: {},
    }
)

OWNED = frozenset(state for state in JobState if state.value.endswith("ing"))
CLAIMABLE = frozenset(state for state, ways in TRANSITIONS.items() if JobEvent.CLAIMED in ways)
TERMINAL = frozenset({JobState.DELIVERED, JobState.FAILED, JobState.CANCELLED})


def next_state(state: JobState, event: JobEvent) -> JobState:
    """Where a job in `state` is after `event`.

    Raises:
        IllegalTransition: this cannot happen in that state.
    """
    try:
        return TRANSITIONS[state][event]
    except KeyError:
        raise IllegalTransition(f'A job that is {state} cannot have the event "{event}".') from None
