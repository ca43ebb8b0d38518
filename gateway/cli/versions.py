"""Our version, and those of the C libraries that make the calls."""

import tomllib
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from telephony import TelephonyError


def lines() -> list[str]:
    """One line for us and one a library, or one that says why there is none."""
    return [f"faxgw {own()}", *_native()]


def own() -> str:
    """The version of the package, or of the source tree it runs from."""
    try:
        return version("faxgw")
    except PackageNotFoundError:
        project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text())
        return str(project["project"]["version"])


def _native() -> list[str]:
    try:
        versions: dict[str, str] = import_module("telephony.sip_engine").versions()
    except (ImportError, OSError, TelephonyError) as error:
        return [f"no fax core: {error}"]
    return [f"{name} {number}" for name, number in versions.items()]
