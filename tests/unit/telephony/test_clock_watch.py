import logging

from telephony.native.clock_watch import ClockWatch, complaint

AT_FIRST = {
    "ticks": 0,
    "late_ticks": 0,
    "lateness_p50_us": 0,
    "lateness_p99_us": 0,
    "lateness_p999_us": 0,
    "worst_lateness_us": 0,
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
    watch = ClockWatch(lambda: dict(now))
    now |= {"ticks": 3000, "late_ticks": 31}

    with caplog.at_level(logging.INFO, "faxgw.telephony"):
        watch.look()
        watch.look()
        watch.stop()

    levels = [record.levelno for record in caplog.records]
    assert levels == [logging.WARNING, logging.INFO]
