"""SIP neighbours for this folder."""

from tests.fix_sip import line  # noqa: F401 - a fixture
