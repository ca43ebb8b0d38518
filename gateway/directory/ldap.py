"""Persons of an LDAP directory. The kinds differ in their `Layout`; the search is the same."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import fields
from typing import TypeVar

from gateway.config.people import DirectorySection
from gateway.directory.active_directory import ACTIVE_DIRECTORY, is_disabled
from gateway.directory.domino import DOMINO
from gateway.directory.entry import Entry, filled
from gateway.directory.layout import LDAP, Layout
from gateway.directory.servers import LdapServers
from gateway.errors import AmbiguousSender
from gateway.model.secret import Secret
from gateway.model.sender import Person

T = TypeVar("T")
LAYOUTS = {"ldap": LDAP, "active_directory": ACTIVE_DIRECTORY, "domino": DOMINO}

_AT_ONCE = 4  # connections to a directory, each with its thread
_LONGEST_ADDRESS = 320  # RFC 5321 4.5.3.1: 64 before the @, 255 behind it
_GROUPS_AT_ONCE = 50  # distinguished names in one filter
_MOST_GROUPS = 2000  # of one person
_FIELDS = frozenset(item.name for item in fields(Person))


class LdapDirectory:
    """The Directory port on LDAP servers."""

    def __init__(self, name: str, section: DirectorySection) -> None:
        self._name = name
        self._section = section
        self._layout: Layout = LAYOUTS[section.kind]
        self._attributes = dict(self._layout.attributes)
        self._attributes |= {field: (own,) for field, own in section.own_attributes.items()}
        self._read = [
            *{a for names in self._attributes.values() for a in names},
            *self._layout.addresses,
            *self._layout.extra,
        ]
        self._domains = frozenset(domain.casefold() for domain in section.mail_domains)
        self._servers = LdapServers(name, section)
        self._threads = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix=f"directory-{name}")

    async def find(self, mail: str) -> Person | None:
        """By the filter for addresses; the groups by more searches."""
        filter_ = self._filter_for(mail)
        return None if filter_ is None else await self._in_thread(lambda: self._find(mail, filter_))

    async def authenticate(self, user: str, password: Secret) -> Person | None:
        """By the filter for user names, and a bind as the entry that was found."""
        template = self._section.login_filter or self._layout.login
        if not _is_text(user) or not password.reveal():
            return None
        return await self._in_thread(
            lambda: self._authenticate(filled(template, user=user), password.reveal())
        )

    async def close(self) -> None:
        """Connections and threads are gone."""
        self._servers.close()
        await asyncio.to_thread(self._threads.shutdown)
        self._servers.close()  # what a thread gave back meanwhile

    def _filter_for(self, mail: str) -> str | None:
        local, at, domain = mail.rpartition("@")
        if not at or not _is_text(mail):
            return None
        layout = self._layout
        template = self._section.filter or layout.person
        if layout.by_local_part and not self._section.filter and domain.casefold() in self._domains:
            template = f"(|{template}{layout.by_local_part})"
        name = local.replace(".", " ").replace("_", " ")
        return filled(template, mail=mail, local=local, name=name)

    def _find(self, mail: str, filter_: str) -> Person | None:
        entries = self._servers.search(filter_, self._read)
        if len(entries) > 1:
            names = "; ".join(sorted(entry.dn for entry in entries)[:5])
            raise AmbiguousSender(f"The directory {self._name} has several persons for {mail}: {names}.")
        return self._person(entries[0]) if entries else None

    def _authenticate(self, filter_: str, password: str) -> Person | None:
        entries = self._servers.search(filter_, self._read)
        if len(entries) != 1 or is_disabled(entries[0]):
            return None
        return self._person(entries[0]) if self._servers.accepts(entries[0], password) else None

    def _person(self, entry: Entry) -> Person:
        facts = {field: entry.first(*names) for field, names in self._attributes.items() if field in _FIELDS}
        return Person(
            **facts,
            addresses=_addresses(entry, self._layout.addresses),
            groups=self._groups(entry, facts["user"]),
            is_disabled=is_disabled(entry),
            entry=entry.dn,
            directory=self._name,
        )

    def _groups(self, entry: Entry, user: str) -> frozenset[str]:
        """The names of all groups he is in, directly or through other groups. Circles end."""
        if self._layout.nested_group:
            chain = filled(self._layout.nested_group, dn=entry.dn)
            return _names(self._servers.search(chain, ["cn"]))
        found: dict[str, Entry] = {}
        frontier = [entry.dn]
        while frontier and len(found) < _MOST_GROUPS:
            some, frontier = frontier[:_GROUPS_AT_ONCE], frontier[_GROUPS_AT_ONCE:]
            ways = "".join(filled(self._layout.group, dn=dn, user=user) for dn in some)
            user = ""  # groups of groups are named by their distinguished names
            new = [group for group in self._servers.search(f"(|{ways})", ["cn"]) if group.dn not in found]
            found.update({group.dn: group for group in new})
            frontier += [group.dn for group in new]
        return _names(list(found.values()))

    async def _in_thread(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._threads, work)


def _addresses(entry: Entry, attributes: tuple[str, ...]) -> frozenset[str]:
    """All addresses; those of other mail systems ("X400:...") are left out."""
    values = (value for name in attributes for value in entry.all(name))
    found = (value[5:] if value[:5].casefold() == "smtp:" else value for value in values)
    return frozenset(value for value in found if "@" in value and ":" not in value)


def _names(groups: list[Entry]) -> frozenset[str]:
    return frozenset(name for group in groups for name in (group.dn, *group.all("cn")))


def _is_text(text: str) -> bool:
    return 0 < len(text) <= _LONGEST_ADDRESS and text.isprintable()
