"""Persons in a table: a query of the site's own, with the address as its one parameter.

The columns it gives are named like the fields of a person; others are ignored. A person may be several rows,
one a group. The connection can only read. Passwords are not looked up here.
"""

import asyncio
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import make_url
from sqlalchemy.pool import QueuePool

from gateway.config.people import DirectorySection
from gateway.errors import AmbiguousSender, DirectoryUnavailable
from gateway.model.secret import Secret
from gateway.model.sender import Person

_TEXTS = ("name", "user", "fax_number", "phone", "company", "department", "cost_centre", "language")
_AT_ONCE = 2


class SqlDirectory:
    """The Directory port on a SQL query."""

    def __init__(self, name: str, section: DirectorySection, url: str) -> None:
        self._name = name
        self._query = sa.text(section.query)
        self._engine = _open(url, section)
        self._threads = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix=f"directory-{name}")

    async def find(self, mail: str) -> Person | None:
        """What the query says about the address."""
        if "@" not in mail or not mail.isprintable():
            return None
        rows = await asyncio.get_running_loop().run_in_executor(self._threads, self._rows, mail)
        return self._person(mail, rows) if rows else None

    async def authenticate(self, user: str, password: Secret) -> Person | None:
        """Nobody: the query knows no passwords."""
        del user, password
        return None

    async def close(self) -> None:
        """Connections and threads are gone."""
        await asyncio.to_thread(self._threads.shutdown)
        self._engine.dispose()

    def _rows(self, mail: str) -> Sequence[Mapping[str, Any]]:
        try:
            with self._engine.connect() as connection:
                return [dict(row) for row in connection.execute(self._query, {"mail": mail}).mappings()]
        except sa.exc.SQLAlchemyError as error:
            reason = " ".join(str(getattr(error, "orig", None) or error).split())
            raise DirectoryUnavailable(
                f"The directory {self._name} gives no answer: {reason[:300]}. Check [directory.{self._name}]."
            ) from error

    def _person(self, mail: str, rows: Sequence[Mapping[str, Any]]) -> Person:
        mails = {str(row["mail"]) for row in rows if row.get("mail")} or {mail}
        if len(mails) > 1:
            names = "; ".join(sorted(mails)[:5])
            raise AmbiguousSender(f"The directory {self._name} has several persons for {mail}: {names}.")
        first = {name: str(rows[0][name]) for name in _TEXTS if rows[0].get(name) is not None}
        groups = (name for row in rows for name in str(row.get("groups") or "").split(","))
        return Person(
            mail=next(iter(mails)),
            addresses=frozenset(mails),
            groups=frozenset(name.strip() for name in groups if name.strip()),
            directory=self._name,
            **first,  # type: ignore[arg-type]
        )


def _open(url: str, section: DirectorySection) -> sa.Engine:
    """An engine that can only read, and gives up in time."""
    target = make_url(url)
    seconds = section.timeout.total_seconds()
    if target.get_backend_name() == "sqlite":
        engine = sa.create_engine(
            target,
            poolclass=QueuePool,
            pool_size=_AT_ONCE,
            connect_args={"check_same_thread": False, "timeout": seconds},
        )
        sa.event.listen(engine, "connect", lambda raw, _: raw.execute("PRAGMA query_only = ON"))
        return engine
    if section.password is not None:
        target = target.set(password=section.password.reveal())
    limits = f"-c statement_timeout={int(seconds * 1000)} -c default_transaction_read_only=on"
    return sa.create_engine(
        target.set(drivername="postgresql+psycopg"),
        pool_size=_AT_ONCE,
        pool_pre_ping=True,
        connect_args={"connect_timeout": max(2, int(seconds)), "options": limits},
    )
