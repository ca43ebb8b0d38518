import logging

from telephony.native.media_watch import MediaWatch, complaint, dropped

AT_FIRST = {
    "ticks": 0,
    "late_ticks": 0,
    "lateness_p50_us": 0,
    "lateness_p99_us": 0,
    "lateness_p999_us": 0,
    "worst_lateness_us": 0,
    "rtp_bad": 0,
    "srtp_bad": 0,
    "udptl_bad": 0,
}


def test_a_clock_that_is_kept_is_no_reason_to_complain():
    assert complaint(AT_FIRST, AT_FIRST | {"ticks": 3000, "worst_lateness_us": 19000}) == ""


def test_a_machine_may_be_late_now_and_then():
    assert complaint(AT_FIRST, AT_FIRST | {"ticks": 3000, "late_ticks": 30}) == ""


def test_late_ticks_are_told_with_what_to_do_about_them():
    now = AT_FIRST | {"ticks": 3000, "late_ticks": 31, "worst_lateness_us": 64000}

    said = complaint(AT_FIRST, now)

    assert "late 31 times in 3000 ticks" in said
    assert "worst 64 ms" in said
    assert "lower the channels" in said


async def test_each_late_tick_is_told_once(caplog):
    now = dict(AT_FIRST)
    watch = MediaWatch(lambda: dict(now))
    now |= {"ticks": 3000, "late_ticks": 31}

    with caplog.at_level(logging.INFO, "faxgw.telephony"):
        watch.look()
        watch.look()
        watch.stop()

    levels = [record.levelno for record in caplog.records]
    assert levels == [logging.WARNING, logging.INFO]


async def test_packets_that_were_dropped_are_told_once_with_their_kinds(caplog):
    now = dict(AT_FIRST)
    watch = MediaWatch(lambda: dict(now))
    now |= {"rtp_bad": 7000, "srtp_bad": 5, "udptl_bad": 20}

    with caplog.at_level(logging.INFO, "faxgw.telephony"):
        watch.look()
        watch.look()
        watch.stop()

    assert [record.message for record in caplog.records] == [dropped(AT_FIRST, now)]
    assert "7020 packets" in caplog.records[0].message
    assert "7000 RTP (5 of them encrypted with another key), 20 UDPTL" in caplog.records[0].message


def test_where_nothing_was_dropped_there_is_nothing_to_tell():
    assert dropped(AT_FIRST, AT_FIRST | {"ticks": 3000}) == ""
