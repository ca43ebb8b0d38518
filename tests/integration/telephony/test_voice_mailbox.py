"""A call that a voice mailbox answers: baresip, with speech and a beep, in clear and encrypted."""

from pathlib import Path

import pytest

from telephony import Disposition, Medium
from telephony.trunk import Srtp
from tests.fax_pages import draw_fax
from tests.fix_baresip import NUMBER, a_voice_mailbox
from tests.fix_sip import Heard, a_station

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(
    ("mailbox", "srtp"),
    [
        ("", Srtp.OFF),
        (";mediaenc=srtp", Srtp.OFFER),
        (";mediaenc=srtp-mand", Srtp.REQUIRE),  # neither side talks in clear
    ],
)
async def test_a_mailbox_that_speaks_and_beeps_is_no_fax_and_is_let_go(tmp_path, mailbox, srtp):
    heard = Heard()
    async with (
        a_voice_mailbox(tmp_path, mailbox) as address,
        a_station(calls=address, no_fax_timeout_s=10.0, srtp=srtp) as station,
    ):
        facts = await station.sends(draw_fax(tmp_path / "fax.tif"), NUMBER, heard)
        statistics = station.engine.statistics()
    log = Path(tmp_path, "log").read_text(errors="replace")

    assert (facts.disposition, facts.medium) == (Disposition.NO_FAX_ANSWERED, Medium.AUDIO)
    assert heard.kinds() == ["Dialled", "Ringing", "CallAnswered", "CallReleased"]
    assert "re-INVITE" not in log  # its voice is no fax tone, for which T.38 would be asked
    assert statistics["rtp_in"] > 50  # 50 a second, for ten seconds, or less where the machine stood still
    assert statistics["srtp_bad"] == 0
    assert "Call with sip:anonymous@127.0.0.1 terminated" in log
