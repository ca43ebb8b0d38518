from datetime import timedelta

import pytest

from gateway.errors import ConfigError, TemporaryError
from gateway.sending.channels import Channels
from telephony import Trunk

MAIN = Trunk("main", "sip:main.example", channels=1)
SPARE = Trunk("spare", "sip:spare.example", channels=1)


def test_the_first_trunk_is_taken_while_it_has_a_free_channel():
    channels = Channels([MAIN, SPARE])

    with channels.taken() as first, channels.taken() as second:
        assert (first, second) == (MAIN, SPARE)

    with channels.taken() as third:
        assert third == MAIN


def test_no_trunk_carries_more_calls_than_it_has_channels():
    channels = Channels([MAIN])

    with channels.taken(), pytest.raises(TemporaryError), channels.taken():
        pass


def test_a_line_without_a_trunk_is_a_mistake_in_the_configuration():
    with pytest.raises(ConfigError, match="trunk"):
        Channels([])


def test_a_trunk_that_is_down_is_passed_over():
    channels = Channels([MAIN, SPARE], is_up=lambda trunk: trunk is SPARE)

    with channels.taken() as taken:
        assert taken is SPARE


def test_when_every_trunk_is_down_the_first_is_tried_all_the_same():
    channels = Channels([MAIN, SPARE], is_up=lambda _: False)

    with channels.taken() as taken:
        assert taken is MAIN
    assert channels.next_trunk(tried=["main"]) is None


def test_a_trunk_that_has_asked_for_a_rest_is_left_alone_also_when_there_is_no_other():
    rests = {"main": timedelta(minutes=4), "spare": timedelta(minutes=3)}
    channels = Channels([MAIN, SPARE], is_up=lambda _: False, rest_of=lambda trunk: rests[trunk.name])

    with pytest.raises(TemporaryError, match="rest") as caught, channels.taken():
        pass

    assert caught.value.due_in == timedelta(minutes=3)


def test_a_trunk_that_is_only_deaf_is_tried_before_one_that_rests():
    rests = {"main": timedelta(minutes=4), "spare": timedelta()}
    channels = Channels([MAIN, SPARE], is_up=lambda _: False, rest_of=lambda trunk: rests[trunk.name])

    with channels.taken() as taken:
        assert taken is SPARE
        assert channels.next_trunk() is None


def test_the_trunk_that_is_asked_for_comes_first_as_long_as_it_works():
    channels = Channels([MAIN, SPARE])

    with channels.taken(preferred="spare") as first:
        assert first is SPARE
        assert channels.next_trunk(preferred="spare") is MAIN


def test_a_trunk_that_was_tried_is_not_taken_again():
    channels = Channels([MAIN, SPARE])

    assert channels.next_trunk(tried=["main"]) is SPARE
    assert channels.next_trunk(tried=["main", "spare"]) is None
