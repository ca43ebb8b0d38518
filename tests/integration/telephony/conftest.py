"""SIP neighbours for this folder."""

from tests.fix_sip import line as line
