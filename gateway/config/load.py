"""The configuration file, read once and checked as a whole: every mistake is named, not just the first.

Order: the defaults of schema.py, the file, then `-o section.setting=value`.
"""

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, is_dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any, get_args, get_origin, get_type_hints

from gateway.config import values
from gateway.config.people import DenySection, DirectorySection, PermissionSection, TariffSection
from gateway.config.people_rules import lacking
from gateway.config.rules import REQUIRED, RULES
from gateway.config.schema import Config, PollingSection, RetrySection
from gateway.config.sources_rules import SOURCES, lacking_in_source, mistakes_in_sources
from gateway.config.trunk_rules import mistakes_in_trunks
from gateway.config.trunks import TrunkSection
from gateway.errors import ConfigError
from gateway.model.retry import FIXED
from gateway.model.retry import RULES as DISPOSITIONS
from gateway.model.secret import Secret

_BY_TYPE: dict[Any, values.Reader] = {
    str: values.text,
    bool: values.yes_or_no,
    Path: values.path,
}
#: Sections of which there may be several, each with a name of its own.
NAMED: Mapping[str, Any] = {
    "trunk": TrunkSection,
    "directory": DirectorySection,
    "permission": PermissionSection,
    "deny": DenySection,
    "tariff": TariffSection,
    "retry": RetrySection,
    "polling": PollingSection,
    **SOURCES,
}
_NAME = values.matching(r"[A-Za-z0-9_-]{1,40}", 'a name of letters, digits, "-" and "_"')
_NAMES = {
    "retry": values.choice(*(word for word in DISPOSITIONS if word not in FIXED)),
    "polling": values.matching(
        r"[0-9]{1,20}(#[0-9*#]{1,20})?", "the digits of a number that is called, without +, and #SUB-ADDRESS"
    ),
}
_POLLING_PASSWORD = re.compile(r"[0-9*#]{1,20}")  # ITU-T T.30 5.3.6.1.9


@dataclass(frozen=True, slots=True)
class Loaded:
    """A configuration without mistakes, and where each setting comes from."""

    config: Config
    origins: Mapping[str, str]  #: of what is not a default: "sending.attempts" -> "faxgw.toml" or "-o"


@dataclass(frozen=True, slots=True)
class Setting:
    """One line of `faxgw check-config`."""

    key: str
    value: str  #: as it would be written in the file; a secret is ***
    origin: str  #: "default", the file's name, or "-o"


def load(path: Path, overrides: Sequence[str] = ()) -> Loaded:
    """The configuration in this file, with `section.setting=value` of `overrides` in the place of the file's.

    Raises:
        ConfigError: its message has every mistake, one a line.
    """
    reading = _Reading(path)
    tables = reading.file()
    for override in overrides:
        reading.override(tables, override)
    config = reading.config(tables)
    if reading.mistakes:
        raise ConfigError("\n".join(reading.mistakes))
    return Loaded(config, reading.origins)


def describe(loaded: Loaded) -> list[Setting]:
    """Every setting with its effective value and origin, in the order of schema.py."""
    return [
        Setting(key, values.shown(value), loaded.origins.get(key, "default"))
        for key, value in _settings(loaded.config)
    ]


def _settings(part: object, prefix: str = "") -> list[tuple[str, Any]]:
    found: list[tuple[str, Any]] = []
    named = (
        part.items()
        if isinstance(part, dict)
        else [(item.name, getattr(part, item.name)) for item in fields(part)]  # type: ignore[arg-type]
    )
    for name, value in named:
        if isinstance(value, dict) or (is_dataclass(value) and not isinstance(value, type)):
            found += _settings(value, f"{prefix}{name}.")
        else:
            found.append((f"{prefix}{name}", value))
    return found


@dataclass(slots=True)
class _Reading:
    """One reading of one file; collects the mistakes on the way."""

    path: Path
    mistakes: list[str] = field(default_factory=list)
    origins: dict[str, str] = field(default_factory=dict)
    overridden: set[str] = field(default_factory=set)

    def mistake(self, key: str, text: str) -> None:
        """`text` is wrong about `key`."""
        where = "-o" if key in self.overridden else self.path.name
        self.mistakes.append(f"{where}: {key}: {text}" if where != "-o" else f"-o {key}: {text}")

    def file(self) -> dict[str, Any]:
        """The tables of the file.

        Raises:
            ConfigError: there is no such file, or it is not TOML; nothing else can be said then.
        """
        try:
            return tomllib.loads(self.path.read_text(encoding="utf-8"))
        except OSError as error:
            raise ConfigError(
                f"{self.path}: cannot be read: {error.strerror}. samples/minimal.toml is one to start from."
            ) from error
        except UnicodeDecodeError as error:
            raise ConfigError(f"{self.path.name}: is not UTF-8 text. Save it as UTF-8.") from error
        except tomllib.TOMLDecodeError as error:
            raise ConfigError(f"{self.path.name}: is not TOML: {error}. Text stands in quotes.") from error

    def override(self, tables: dict[str, Any], override: str) -> None:
        """`tables` has the value of `-o section.setting=value`."""
        key, equals, text = override.partition("=")
        *sections, name = key.strip().split(".")
        if not equals or not sections or not all([*sections, name]):
            self.mistakes.append(
                f"-o {override}: write section.setting=value, for example sending.attempts=3"
            )
            return
        table = tables
        for depth, section in enumerate(sections, start=1):
            if section not in table:
                self.overridden.add(".".join(sections[:depth]))
            table = table.setdefault(section, {})
            if not isinstance(table, dict):
                self.mistakes.append(f"-o {override}: {section} is no section")
                return
        table[name] = _toml_value(text.strip())
        self.overridden.add(key.strip())

    def config(self, tables: dict[str, Any]) -> Config:
        """The whole configuration; half of it when there are mistakes."""
        hints = get_type_hints(Config)
        found: dict[str, Any] = {}
        for name in self._known(tables, list(hints), ""):
            table = tables[name]
            if not isinstance(table, dict):
                self.mistake(name, f"must be a section: write [{name}]")
            elif name in NAMED:
                found[name] = self._named(name, table)
            elif name == "did":
                found[name] = self._dids(table)
            else:
                found[name] = self._section(hints[name], table, name, name)
        self._require(tables)
        for key, text in (*mistakes_in_sources(found), *mistakes_in_trunks(found)):
            self.mistake(key, text)
        for number, polling in found.get("polling", {}).items():
            if polling.password and not _POLLING_PASSWORD.fullmatch(polling.password.reveal()):
                self.mistake(f"polling.{number}.password_file", "must hold at most 20 of 0-9, * and #")
        return Config(**found)

    def _section(self, cls: Any, table: dict[str, Any], prefix: str, rule: str) -> Any:
        hints = {name: hint for name, hint in get_type_hints(cls).items() if name in cls.__slots__}
        names = {f"{name}_file" if _is_secret(hint) else name: name for name, hint in hints.items()}
        found = {}
        for written in self._known(table, list(names), f"{prefix}."):
            name, key = names[written], f"{prefix}.{written}"
            if _is_secret(hints[name]):
                value = self._read(key, self._secret, table[written])
            else:
                value = self._read(key, _reader(f"{rule}.{name}", hints[name]), table[written])
            if value is None:
                continue
            found[name] = self._beside(value) if isinstance(value, Path) else value
            self.origins[f"{prefix}.{name}"] = "-o" if key in self.overridden else self.path.name
        return cls(**found)

    def _named(self, kind: str, table: dict[str, Any]) -> dict[str, Any]:
        found = {}
        for name, settings in table.items():
            key = f"{kind}.{name}"
            if not isinstance(settings, dict):
                self.mistake(key, f"must be a section of its own: write [{kind}.main] and its settings below")
            elif self._read(key, _NAMES.get(kind, _NAME), name) is not None:
                found[name] = self._section(NAMED[kind], settings, key, f"{kind}.*")
                if kind == "trunk" and "proxy" not in settings:
                    self._missing(f"{key}.proxy", REQUIRED["trunk.*.proxy"])
                if kind == "polling" and "document" not in settings:
                    self._missing(f"{key}.document", '"/etc/faxgw/prices.tif"')
                for setting, example in lacking(found[name]) + lacking_in_source(found[name]):
                    if setting not in settings:
                        self._missing(f"{key}.{setting}", example)
        return found

    def _dids(self, table: dict[str, Any]) -> dict[str, tuple[str, ...]]:
        found = {}
        for number, boxes in table.items():
            key = f"did.{number}"
            called = self._read(key, values.fax_number, number)
            read = self._read(key, RULES["did.*"], boxes)
            if called is not None and read is not None:
                found[called] = read
                self.origins[f"did.{called}"] = "-o" if key in self.overridden else self.path.name
        return found

    def _require(self, tables: dict[str, Any]) -> None:
        """What has no default is there."""
        for key, example in REQUIRED.items():
            section, _, name = key.partition(".")
            table = tables.get(section, {})
            if "*" in key or not isinstance(table, dict) or name in table:
                continue
            if key == "receiving.operators" and table.get("channels") == 0:
                continue  # the line does not answer
            self._missing(key, example)
        if not tables.get("trunk"):
            self.mistake("trunk", f"is required: write [trunk.main] and proxy = {REQUIRED['trunk.*.proxy']}")

    def _missing(self, key: str, example: str) -> None:
        self.mistake(key, f"is required, for example {key.rpartition('.')[2]} = {example}")

    def _known(self, table: dict[str, Any], names: list[str], prefix: str) -> list[str]:
        """The names in `table` that exist; the others are mistakes."""
        for name in table:
            if name not in names:
                near = get_close_matches(name, names, n=1) or [n for n in names if n.startswith(name)]
                hint = f', did you mean "{near[0]}"?' if near else f"; known are {', '.join(names)}"
                kind = "setting" if prefix else "section"
                self.mistake(f"{prefix}{name}", f"unknown {kind}{hint}")
        return [name for name in table if name in names]

    def _read(self, key: str, reader: values.Reader, value: Any) -> Any:
        try:
            return reader(value)
        except ValueError as error:
            self.mistake(key, str(error))
            return None

    def _secret(self, value: Any) -> Secret:
        return values.secret_in(self._beside(values.path(value)), value)

    def _beside(self, path: Path) -> Path:
        return path if path.is_absolute() else self.path.parent.resolve() / path


def _reader(rule: str, hint: Any) -> values.Reader:
    if rule in RULES:
        return RULES[rule]
    if "timedelta" in str(hint):
        return values.duration()
    return _BY_TYPE[hint]


def _is_secret(hint: Any) -> bool:
    return Secret in get_args(hint) and get_origin(hint) is not None


def _toml_value(text: str) -> Any:
    """The value written as in the file; text needs no quotes on the command line."""
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text
