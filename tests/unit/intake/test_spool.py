"""Messages on their way in: small ones in memory, others in files that are never left behind."""

import os

from gateway.intake.spool import IncomingFolder, Spool


def test_a_small_message_stays_in_memory(tmp_path):
    spool = Spool(tmp_path, small=10)
    spool.write(b"12345")
    spool.write(b"67890")

    assert spool.take() == b"1234567890"
    assert list(tmp_path.iterdir()) == []


def test_a_large_message_is_a_file_that_its_taker_moves(tmp_path):
    spool = Spool(tmp_path, small=10)
    spool.write(b"12345")
    spool.write(b"678901")
    path = spool.take()

    path.rename(tmp_path / "moved")
    spool.discard()

    assert (tmp_path / "moved").read_bytes() == b"12345678901"
    assert os.listdir(tmp_path) == ["moved"]


def test_what_is_discarded_is_gone(tmp_path):
    spool = Spool(tmp_path, small=1)
    spool.write(b"12345")

    spool.discard()

    assert list(tmp_path.iterdir()) == []


def test_what_a_dead_process_left_is_removed_and_what_a_living_one_has_is_not(tmp_path):
    (tmp_path / "incoming" / "dead").mkdir(parents=True)
    (tmp_path / "incoming" / "dead" / "half.eml").write_bytes(b"half")

    with IncomingFolder(tmp_path) as living:
        (living.path / "mail.eml").write_bytes(b"half")
        with IncomingFolder(tmp_path) as other:
            assert (living.path / "mail.eml").exists()
            assert other.path != living.path

    assert os.listdir(tmp_path / "incoming") == ["lock"]
