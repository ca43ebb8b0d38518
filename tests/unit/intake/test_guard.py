"""What one client may ask of us."""

import subprocess
import sys
from pathlib import Path

import pytest

from gateway.errors import ConfigError
from gateway.intake.counts import Counts
from gateway.intake.guard import Guard, Limits

ANN, BOB = "192.0.2.1", "192.0.2.2"
SENDER, OTHER = "ann@example.com", "bob@example.com"


class Clock:
    def __init__(self) -> None:
        self.time = 1000.0

    def __call__(self) -> float:
        return self.time


def test_a_client_has_so_many_connections_and_others_have_their_own():
    guard = Guard(Limits(connections=2))

    assert [guard.enter(ANN) for _ in range(3)] == [True, True, False]
    assert guard.enter(BOB)

    guard.leave(ANN)
    assert guard.enter(ANN)


def test_mails_are_counted_by_the_hour():
    clock = Clock()
    guard = Guard(Limits(messages_per_hour=2), Counts(now=clock))
    guard.sent(ANN, SENDER, 1)
    clock.time += 1800
    guard.sent(ANN, SENDER, 1)

    assert not guard.may_send(ANN, SENDER)
    assert guard.may_send(BOB, SENDER)

    clock.time += 1800
    assert guard.may_send(ANN, SENDER)


def test_faxes_are_counted_by_the_hour_whatever_the_number_of_mails():
    clock = Clock()
    guard = Guard(Limits(recipients_per_hour=10), Counts(now=clock))
    guard.sent(ANN, SENDER, 7)

    assert guard.recipients_left(ANN, SENDER) == 3
    assert guard.recipients_left(BOB, SENDER) == 10

    clock.time += 3600
    assert guard.recipients_left(ANN, SENDER) == 10


def test_a_sender_has_a_limit_of_his_own_behind_whichever_server():
    guard = Guard(Limits(sender_messages_per_hour=2, sender_recipients_per_hour=5))
    guard.sent(ANN, SENDER, 2)
    guard.sent(BOB, SENDER.upper(), 1)

    assert not guard.may_send(ANN, SENDER)
    assert guard.may_send(ANN, OTHER)
    assert guard.recipients_left(BOB, SENDER) == 2
    assert guard.recipients_left(ANN, OTHER) == 5


def test_who_guesses_waits_longer_each_time_and_is_banned_for_a_while():
    clock = Clock()
    guard = Guard(Limits(guesses=3, ban=900), Counts(now=clock))

    assert [guard.guessed(ANN) for _ in range(3)] == [0.0, 1.0, 2.0]
    assert guard.is_banned(ANN)
    assert not guard.is_banned(BOB)

    clock.time += 900
    assert not guard.is_banned(ANN)
    assert guard.guessed(ANN) == 0.0


def test_what_is_remembered_is_bounded():
    clock = Clock()
    counts = Counts(now=clock)
    guard = Guard(Limits(messages_per_hour=1, guesses=1), counts)

    for number in range(12_000):
        clock.time += 0.01
        guard.guessed(f"c{number}")
    guard.sent(ANN, SENDER, 1)
    clock.time += 3600
    guard.sent(BOB, SENDER, 1)

    assert [rows for (rows,) in counts._file.execute("SELECT count(*) FROM guess")] == [10_000]
    assert counts._file.execute("SELECT who FROM had").fetchall() == [(BOB,)]


def test_processes_of_a_machine_count_together_and_a_restart_forgets_nothing(tmp_path: Path):
    limits = Limits(messages_per_hour=2, recipients_per_hour=5, guesses=2)
    first, second = (Guard(limits, Counts(tmp_path / "limits.db")) for _ in range(2))
    first.sent(ANN, SENDER, 2)
    second.sent(ANN, SENDER, 1)
    assert (first.guessed(BOB), second.guessed(BOB)) == (0.0, 1.0)
    first.close()

    third = Guard(limits, Counts(tmp_path / "limits.db"))

    for guard in (second, third):
        assert not guard.may_send(ANN, SENDER)
        assert guard.recipients_left(ANN, SENDER) == 2
        assert guard.is_banned(BOB)


def test_processes_that_start_together_share_a_new_file(tmp_path: Path):
    path = tmp_path / "limits.db"
    program = (
        "import sys; from pathlib import Path; from gateway.intake.counts import Counts; sys.stdin.read(); "
    )
    program += f"Counts(Path({str(path)!r})).add('a', 'b', 1)"
    command = [sys.executable, "-c", program]
    processes = [subprocess.Popen(command, stdin=subprocess.PIPE) for _ in range(4)]

    for process in processes:
        process.stdin.close()

    assert [process.wait() for process in processes] == [0] * 4
    assert Counts(path).had("a", "b") == 4


def test_while_counts_cannot_be_kept_nobody_is_refused_and_the_log_says_so(tmp_path: Path, caplog):
    counts = Counts(tmp_path / "limits.db")
    guard = Guard(Limits(messages_per_hour=1, guesses=1), counts)
    counts._file.execute("DROP TABLE had")
    counts._file.execute("DROP TABLE guess")

    guard.sent(ANN, SENDER, 1)

    assert guard.guessed(ANN) == 0.0
    assert guard.may_send(ANN, SENDER)
    assert not guard.is_banned(ANN)
    assert "limits are not kept" in caplog.text


def test_a_file_that_is_none_says_what_to_do(tmp_path: Path):
    (tmp_path / "limits.db").write_bytes(b"nonsense" * 1000)

    with pytest.raises(ConfigError, match="Delete it and start again"):
        Counts(tmp_path / "limits.db")
