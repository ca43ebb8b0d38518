"""The servers of one LDAP directory: connections that are reused, limited in time, and fail over.

Everything here blocks and runs in the directory's own threads. Any answer that is not a result means
"unavailable", never "there is none": a mail waits rather than being refused by a server's bad day.

Referrals are followed to listed servers, one step (referrals.py).
Spec: RFC 4511; paging RFC 2696. TLS is verified against `ca_file`, or the authorities of the system.
"""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from threading import Lock
from time import monotonic
from typing import Any, TypeVar

import ldap
import ldap.sasl
from ldap.controls import SimplePagedResultsControl

from gateway.config.people import DirectorySection
from gateway.directory.entry import Entry
from gateway.directory.preflight import problem
from gateway.directory.referrals import followed
from gateway.errors import DirectoryUnavailable

T = TypeVar("T")
_log = logging.getLogger("faxgw.directory")

_SYSTEM_AUTHORITIES = "/etc/ssl/certs/ca-certificates.crt"  # Debian's ca-certificates
_PAGE = 500  # entries a page; Active Directory allows 1000
_MOST = 20_000  # entries of one search; more is a filter that was not meant
_REUSED_FOR = 300.0  # seconds; Active Directory closes idle connections after 15 minutes
_ASKED_LAST_FOR = 30.0  # seconds in which a server that failed is the last one to be asked
_NOBODYS_PASSWORD = (
    ldap.INVALID_CREDENTIALS,
    ldap.INAPPROPRIATE_AUTH,  # the entry has no password
    ldap.CONSTRAINT_VIOLATION,  # locked after too many wrong ones
)


@dataclass(frozen=True, slots=True)
class _Open:
    connection: Any
    until: float  # monotonic seconds


class LdapServers:
    """Searches and checks passwords at whichever server answers. May be used by several threads."""

    def __init__(self, name: str, section: DirectorySection) -> None:
        self._name = name
        self._section = section
        self._timeout = section.timeout.total_seconds()
        self._lock = Lock()
        self._idle: list[_Open] = []
        self._failed_at: dict[str, float] = {}

    def search(
        self, filter_: str, attributes: Sequence[str], *, base: str | None = None, whole: bool = True
    ) -> list[Entry]:
        """The entries below `base` that match; or `base` itself, when it is not `whole` trees.

        Raises:
            DirectoryUnavailable: no server gave an answer.
        """
        scope = ldap.SCOPE_SUBTREE if whole else ldap.SCOPE_BASE
        where, names = self._section.base if base is None else base, list(attributes)
        found, referred = self._with_connection(lambda c: self._pages(c, where, scope, filter_, names))
        for server, below in followed(referred, self._section.referrals):
            there = self._at_server(server, below or where, scope, filter_, names)
            found += [replace(entry, server=server) for entry in there]
        return found

    def accepts(self, entry: Entry, password: str) -> bool:
        """This password is that entry's. Never with an empty one, which binds as nobody (RFC 4513 5.1.2).

        Raises:
            DirectoryUnavailable: no server gave an answer.
        """
        if not entry.dn or not password:
            return False

        def bind(url: str) -> bool:
            connection = self._connect(url)
            try:
                connection.simple_bind_s(entry.dn, password)
            except _NOBODYS_PASSWORD:
                return False
            finally:
                connection.unbind_s()
            return True

        return self._at_some_server(bind, [entry.server] if entry.server else self._section.servers)

    def close(self) -> None:
        """Every connection is closed."""
        with self._lock:
            idle, self._idle = self._idle, []
        for opened in idle:
            _discard(opened.connection)

    def _with_connection(self, work: Callable[[Any], T]) -> T:
        """The result of `work` with a connection that is bound: an idle one if it still works."""
        while opened := self._take_idle():
            try:
                result = work(opened.connection)
            except ldap.LDAPError as error:
                _log.debug("directory %s: a reused connection failed: %s", self._name, said(error))
                _discard(opened.connection)
            else:
                self._put_idle(opened)
                return result

        def fresh(url: str) -> T:
            connection = self._connect(url)
            try:
                self._bind(connection)
                result = work(connection)
            except BaseException:
                _discard(connection)
                raise
            self._put_idle(_Open(connection, monotonic() + _REUSED_FOR))
            return result

        return self._at_some_server(fresh, self._section.servers)

    def _at_server(self, server: str, base: str, scope: int, filter_: str, names: list[str]) -> list[Entry]:
        """What a server answers that a referral leads to; its own referrals end there."""

        def search(url: str) -> list[Entry]:
            connection = self._connect(url)
            try:
                self._bind(connection)
                return self._pages(connection, base, scope, filter_, names)[0]
            finally:
                _discard(connection)

        return self._at_some_server(search, [server])

    def _at_some_server(self, work: Callable[[str], T], servers: Sequence[str]) -> T:
        problems = []
        for url in sorted(servers, key=self._is_suspect):
            try:
                if reason := problem(url, self._section):
                    raise ldap.SERVER_DOWN({"desc": reason})
                result = work(url)
            except ldap.LDAPError as error:
                self._failed_at[url] = monotonic()
                problems.append(f"{url} says: {said(error)}")
                _log.warning("directory %s: %s", self._name, problems[-1])
            else:
                self._failed_at.pop(url, None)
                return result
        raise DirectoryUnavailable(
            f"The directory {self._name} cannot be reached: {'; '.join(problems)}. "
            f"Check [directory.{self._name}] and its servers."
        )

    def _is_suspect(self, url: str) -> bool:
        return monotonic() - self._failed_at.get(url, -_ASKED_LAST_FOR) < _ASKED_LAST_FOR

    def _connect(self, url: str) -> Any:
        section = self._section
        connection = ldap.initialize(url)
        options = {
            ldap.OPT_PROTOCOL_VERSION: ldap.VERSION3,
            ldap.OPT_REFERRALS: 0,
            ldap.OPT_NETWORK_TIMEOUT: self._timeout,
            ldap.OPT_TIMEOUT: self._timeout,
            ldap.OPT_X_SASL_NOCANON: 1,  # the name in `servers` counts, not what reverse DNS makes of it
            ldap.OPT_X_TLS_CACERTFILE: str(section.ca_file or _SYSTEM_AUTHORITIES),
            ldap.OPT_X_TLS_REQUIRE_CERT: ldap.OPT_X_TLS_DEMAND,
            ldap.OPT_X_TLS_NEWCTX: 0,  # must come last: it makes the TLS settings count
        }
        for option, value in options.items():
            connection.set_option(option, value)
        if url.startswith("ldap://") and section.starttls:
            connection.start_tls_s()
        return connection

    def _bind(self, connection: Any) -> None:
        section = self._section
        if section.bind == "gssapi":
            is_tls = section.starttls or connection.get_option(ldap.OPT_URI).startswith("ldaps://")
            # Active Directory takes no second layer of encryption inside TLS, and none at all is too little.
            layer = "maxssf=0" if is_tls else "minssf=56"
            connection.set_option(ldap.OPT_X_SASL_SECPROPS, layer)
            connection.sasl_interactive_bind_s("", ldap.sasl.gssapi())
        elif section.bind == "simple":
            connection.simple_bind_s(section.bind_dn, section.password.reveal() if section.password else "")

    def _pages(
        self, connection: Any, base: str, scope: int, filter_: str, names: list[str]
    ) -> tuple[list[Entry], list[str]]:
        """The entries, and the referrals to what this server does not hold."""
        found: list[Entry] = []
        referred: list[str] = []
        control = SimplePagedResultsControl(criticality=False, size=_PAGE, cookie="")
        while True:
            sent = connection.search_ext(
                base, scope, filter_, names, serverctrls=[control], timeout=self._timeout
            )
            try:
                _, rows, _, controls = connection.result3(sent, timeout=self._timeout)
            except ldap.REFERRAL as error:
                return found, [*referred, *said(error).split()]
            found += [_entry(dn, values) for dn, values in rows if dn is not None]
            referred += [url for dn, urls in rows if dn is None for url in urls]
            cookies = [c.cookie for c in controls if c.controlType == SimplePagedResultsControl.controlType]
            if not cookies or not cookies[0]:
                return found, referred
            if len(found) > _MOST:
                raise ldap.SIZELIMIT_EXCEEDED({"desc": f"more than {_MOST} entries match {filter_}"})
            control.cookie = cookies[0]

    def _take_idle(self) -> _Open | None:
        with self._lock:
            while self._idle:
                opened = self._idle.pop()
                if opened.until > monotonic():
                    return opened
                _discard(opened.connection)
        return None

    def _put_idle(self, opened: _Open) -> None:
        with self._lock:
            self._idle.append(opened)


def said(error: ldap.LDAPError) -> str:
    """What a server, or the library, said about a failure, in one line."""
    facts = error.args[0] if error.args and isinstance(error.args[0], dict) else {}
    text = ": ".join(str(facts[key]) for key in ("desc", "info") if facts.get(key))
    return " ".join((text or str(error) or type(error).__name__).split())


def _entry(dn: str, values: dict[str, list[bytes]]) -> Entry:
    return Entry(
        dn,
        {name.lower(): tuple(v.decode("utf-8", "replace") for v in found) for name, found in values.items()},
    )


def _discard(connection: Any) -> None:
    try:
        connection.unbind_s()
    except ldap.LDAPError:
        pass  # it is broken, which is why it goes
