"""The extension module that the C core is built into; nothing is loaded before somebody asks for it."""

import importlib
from typing import Any

from telephony.errors import NativeCoreMissing


def load() -> Any:
    """The extension module.

    Raises:
        NativeCoreMissing: it is not built, or a library it stands on is not installed.
    """
    try:
        return importlib.import_module("telephony.native._faxcore")
    except ImportError as error:
        raise NativeCoreMissing(
            f"The fax core cannot be loaded ({error}). "
            "Install libsofia-sip-ua0 and libspandsp2, then build it: python -m telephony.native.build"
        ) from error


def versions() -> dict[str, str]:
    """The libraries in use and their versions, for example {"sofia-sip": "1.12.11", "spandsp": "0.0.6"}.

    Raises:
        NativeCoreMissing: they cannot be loaded.
    """
    core = load()
    text = core.ffi.string(core.lib.fc_versions()).decode()
    return dict(pair.rsplit(" ", 1) for pair in text.split(", "))
