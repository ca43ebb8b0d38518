"""What every stage asks again and again is found by an index, however many finished jobs there are."""

from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from gateway.config.schema import NodeSection, QueueSection
from gateway.model.lifecycle import JobState
from gateway.store import claims, migrate, outbox, reaping, received

ASKED = {
    "claim to resolve": claims._claim(frozenset({JobState.RECEIVED}), "sqlite"),
    "claim to render": claims._claim(frozenset({JobState.RESOLVED}), "sqlite"),
    "claim to send": claims._claim(frozenset({JobState.RENDERED, JobState.DEFERRED}), "sqlite"),
    "claim deferred": claims._claim(frozenset({JobState.DEFERRED}), "sqlite"),
    "next to send": claims._next_due(frozenset({JobState.RENDERED, JobState.DEFERRED})),
    "next to render": claims._next_due(frozenset({JobState.RESOLVED})),
    "claim to notify": outbox._claim("sqlite"),
    "next to notify": outbox._NEXT,
    "expired leases": reaping._EXPIRED,
    "abandoned calls": received._ABANDONED,
}


@pytest.fixture(scope="module")
def connection(tmp_path_factory: pytest.TempPathFactory) -> Any:
    folder: Path = tmp_path_factory.mktemp("plans")
    migrate(QueueSection(), NodeSection(data_dir=folder))
    engine = sa.create_engine(f"sqlite:///{folder / 'queue.db'}")
    with engine.connect() as opened:
        yield opened
    engine.dispose()


@pytest.mark.parametrize("question", ASKED)
def test_nothing_is_searched_from_end_to_end_or_sorted(connection: Any, question: str):
    compiled = ASKED[question].compile(dialect=connection.dialect)
    sql = f"EXPLAIN QUERY PLAN {compiled}"
    parameters = tuple("x" for _ in compiled.positiontup or ())

    plan = [row[-1] for row in connection.exec_driver_sql(sql, parameters)]

    assert plan
    scans = [step for step in plan if step.startswith("SCAN") and step != "SCAN CONSTANT ROW"]
    assert not [step for step in scans if "USING INDEX" not in step]
    assert not [step for step in plan if "TEMP B-TREE" in step]
