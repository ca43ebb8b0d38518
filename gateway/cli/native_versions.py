"""The versions of the C libraries that make the calls, when they can be loaded."""

from importlib import import_module


def lines() -> list[str]:
    """One line a library, or one that says why there is none."""
    try:
        native = import_module("telephony.native")
        versions: dict[str, str] = native.versions()
    except (ImportError, OSError, AttributeError) as error:
        return [f"no fax core: {error}"]
    return [f"{name} {version}" for name, version in versions.items()]
