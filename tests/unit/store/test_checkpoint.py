import os
import threading
import time

import pytest
import sqlalchemy as sa

from gateway.store.checkpoint import Checkpointer
from gateway.store.database import open_engine
from tests.patience import PATIENCE


@pytest.fixture
def engine(tmp_path):
    return open_engine(sa.make_url(f"sqlite:///{tmp_path}/queue.db"), "here")


def test_what_was_committed_moves_from_the_log_into_the_database_file(engine, tmp_path):
    content = os.urandom(300_000)
    checkpointer = Checkpointer(engine, gather=0.0)
    with engine.connect() as connection:  # as long as it is open, SQLite itself does not do it
        connection.exec_driver_sql("CREATE TABLE blob (content BLOB)")
        connection.exec_driver_sql("INSERT INTO blob VALUES (?)", (content,))
        assert content[:1000] not in (tmp_path / "queue.db").read_bytes()

        checkpointer.committed()

        deadline = time.monotonic() + PATIENCE
        while content[:1000] not in (tmp_path / "queue.db").read_bytes():
            assert time.monotonic() < deadline
    checkpointer.close()


def test_a_checkpoint_that_fails_does_not_end_the_thread(engine, tmp_path, caplog):
    (tmp_path / "queue.db").mkdir()
    checkpointer = Checkpointer(engine, gather=0.0)

    deadline = time.monotonic() + PATIENCE
    for times in (1, 2):
        checkpointer.committed()
        while len(caplog.records) < times:
            assert time.monotonic() < deadline

    checkpointer.close()
    assert "could not be emptied" in caplog.text


class ClosedMeanwhile(threading.Event):
    """Work for a checkpointer that is closed just when it begins."""

    def __init__(self, checkpointer: Checkpointer) -> None:
        super().__init__()
        self.checkpointer = checkpointer
        self.closing = threading.Thread(target=checkpointer.close, daemon=True)

    def clear(self) -> None:
        if not self.closing.ident:
            self.closing.start()
            self.checkpointer._closing.wait()
            super().wait()
        super().clear()


def test_a_close_while_work_begins_ends_the_thread(engine):
    checkpointer = Checkpointer(engine, gather=0.0)
    meanwhile = ClosedMeanwhile(checkpointer)
    waking, checkpointer._work = checkpointer._work, meanwhile

    meanwhile.set()
    waking.set()

    checkpointer._thread.join(PATIENCE)
    assert not checkpointer._thread.is_alive()
    meanwhile.closing.join()
