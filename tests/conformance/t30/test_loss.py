"""Whole faxes over lines that lose and delay packets, in memory and on a clock of their own.

The packets are real, and pass the code that puts those of a call in order; the same are lost at every run.
"""

import pytest

from tests.fax_pages import Sheet, draw_fax, pictures
from tests.fax_pair import Machine, fax_pair

SEEDS = range(1, 9)
REDUNDANCY = {"redundancy": 3}
FEC = {"redundancy": 0, "fec_span": 3, "fec_entries": 3}
NOTHING = {"redundancy": 0}
IN_THREES = 3  # packets in a row


@pytest.fixture(scope="module")
def fax(tmp_path_factory):
    return draw_fax(tmp_path_factory.mktemp("sent") / "fax.tif", [Sheet(rows=300, speckles=80)] * 2)


def pages_after(fax, folder, seed, *, ecm=True, **line):
    """What arrived whole: the pages that both ends agree on and that are equal pixel for pixel."""
    got = folder / f"{seed}.tif"
    result = fax_pair(Machine(fax, ecm=ecm), Machine(got, ecm=ecm), seed=seed, **line)
    arrived = pictures(got) if got.exists() else []
    equal = sum(sent == received for sent, received in zip(pictures(fax), arrived, strict=False))
    return min(result.pages_sent, result.pages_received, equal)


@pytest.mark.parametrize("correction", [REDUNDANCY, FEC], ids=["redundancy", "FEC"])
@pytest.mark.parametrize("burst", [1, IN_THREES])
def test_t38_loses_no_page_where_one_packet_in_twenty_is_lost(fax, tmp_path, correction, burst):
    whole = [
        pages_after(fax, tmp_path, seed, t38=True, loss_per_mille=50, burst=burst, **correction)
        for seed in SEEDS
    ]

    assert whole == [2] * len(SEEDS)


def test_without_correction_such_a_line_is_too_bad(fax, tmp_path):
    whole = [pages_after(fax, tmp_path, seed, t38=True, loss_per_mille=50, **NOTHING) for seed in SEEDS]

    assert sum(whole) < len(SEEDS)


def test_more_pages_are_whole_with_ecm_where_t38_corrects_nothing(fax, tmp_path):
    with_ecm = [pages_after(fax, tmp_path, seed, t38=True, loss_per_mille=5, **NOTHING) for seed in SEEDS]
    without = [
        pages_after(fax, tmp_path, seed, ecm=False, t38=True, loss_per_mille=5, **NOTHING) for seed in SEEDS
    ]

    assert sum(without) < sum(with_ecm)


@pytest.mark.parametrize("ecm", [True, False], ids=["ecm", "no ecm"])
@pytest.mark.parametrize("t38", [True, False], ids=["t38", "audio"])
def test_packets_that_are_late_and_overtake_each_other_lose_no_page(fax, tmp_path, t38, ecm):
    whole = [pages_after(fax, tmp_path, seed, ecm=ecm, t38=t38, jitter_ms=60) for seed in SEEDS]

    assert whole == [2] * len(SEEDS)


def test_a_packet_that_is_late_by_a_second_is_as_good_as_lost(fax, tmp_path):
    whole = [pages_after(fax, tmp_path, seed, t38=False, jitter_ms=1000) for seed in SEEDS]

    assert sum(whole) < len(SEEDS)


def test_ecm_gives_back_what_g711_lost(fax, tmp_path):
    whole = [pages_after(fax, tmp_path, seed, t38=False, loss_per_mille=10) for seed in SEEDS]

    assert whole == [2] * len(SEEDS)


def test_a_lost_packet_of_g711_does_not_throw_the_modem_out_of_step(fax, tmp_path):
    results = [
        fax_pair(
            Machine(fax, ecm=False),
            Machine(tmp_path / "in.tif", ecm=False),
            t38=False,
            loss_per_mille=5,
            seed=seed,
        )
        for seed in SEEDS
    ]

    assert [result.pages_sent for result in results] == [2] * len(SEEDS)
