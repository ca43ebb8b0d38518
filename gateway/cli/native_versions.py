"""The versions of the C libraries that make the calls, when they can be loaded."""

from telephony import TelephonyError


def lines() -> list[str]:
    """One line a library, or one that says why there is none."""
    try:
        from telephony.sip_engine import versions

        found = versions()
    except TelephonyError as error:
        return [str(error)]
    return [f"{name} {version}" for name, version in found.items()]
