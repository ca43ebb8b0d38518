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
