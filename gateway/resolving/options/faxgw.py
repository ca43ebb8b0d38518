"""Our own: `X-Faxgw-Attempts: 3`, `X-Faxgw-Send-At: 2026-12-01 08:30`, `X-Faxgw-Billing-Code: 4711`..."""

from collections.abc import Sequence

from gateway.model.options import Wish

_PREFIX = "x-faxgw-"


def wishes(fields: Sequence[tuple[str, str]]) -> list[Wish]:
    """A wish for each field; its name is the option's."""
    return [
        Wish.of(name[len(_PREFIX) :].replace("-", "_"), value, f"{name}: {value}")
        for name, value in fields
        if name.startswith(_PREFIX)
    ]
