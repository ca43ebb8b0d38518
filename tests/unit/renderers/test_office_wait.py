"""Waiting for LibreOffice is no time of a job's own."""

import os
from time import monotonic

import pytest

from renderers import office_wait


def noted(folder, text: str) -> None:
    (folder / "office-wait").write_text(text)


def test_a_job_that_never_waited_has_waited_no_time(tmp_path):
    assert office_wait.seconds_waited(tmp_path, 1000.0) == 0


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("5 990", 15.0), ("12.5", 12.5), ("0 1000", 0), ("-5", 0), ("nan", 0), ("1e9", 0), ("no", 0), ("", 0)],
)
def test_what_is_noted_counts_as_far_as_it_can_be_true(tmp_path, text, seconds):
    noted(tmp_path, text)

    assert office_wait.seconds_waited(tmp_path, 1000.0) == seconds


def test_several_waits_add_up_and_what_lies_between_does_not(tmp_path):
    with office_wait.waiting(tmp_path):
        now = monotonic()
        assert office_wait.seconds_waited(tmp_path, now + 100) >= 100
    first = office_wait.seconds_waited(tmp_path, now + 100)
    assert 0 < first < 100

    with office_wait.waiting(tmp_path):
        assert office_wait.seconds_waited(tmp_path, monotonic() + 50) >= first + 50

    assert office_wait.seconds_waited(tmp_path, monotonic()) > first


def test_a_wait_that_ends_in_an_error_has_ended(tmp_path):
    with pytest.raises(OSError, match="no"), office_wait.waiting(tmp_path):
        raise OSError("no")

    noted_then = (tmp_path / "office-wait").read_text()
    assert len(noted_then.split()) == 1


def test_nothing_is_followed_or_waited_for(tmp_path):
    os.mkfifo(tmp_path / "office-wait")
    assert office_wait.seconds_waited(tmp_path, 1000.0) == 0

    (tmp_path / "office-wait").unlink()
    (tmp_path / "elsewhere").write_text("500")
    (tmp_path / "office-wait").symlink_to(tmp_path / "elsewhere")
    assert office_wait.seconds_waited(tmp_path, 1000.0) == 0
