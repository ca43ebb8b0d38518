"""Two fax machines back to back, without a network (fc_fax_pair of the C core)."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from telephony.engine import Offer
from telephony.native.library import load


@dataclass(frozen=True)
class Machine:
    """How one end is set."""

    file: Path
    ecm: bool = True
    bit_rate: int = 14400
    first_page: int = 0
    finest: int = 391  #: lines per inch it knows
    only_a4: bool = False  #: it knows no wider pages
    narrow: Path | None = None  #: what it sends to such a machine
    polls: bool = False  #: the pages come from the other one, into `file`
    offers: Sequence[Offer] = ()  #: what may be polled
    sub_address: str = ""
    password: str = ""


def in_c(ffi: Any, offers: Sequence[Offer], keep: list[Any]) -> dict[str, Any]:
    """The fields of fc_fax_options about offers. What they point at lives as long as `keep`."""
    texts = [
        [ffi.new("char[]", str(text).encode()) for text in (offer.pages, offer.sub_address, offer.password)]
        for offer in offers
    ]
    lying = ffi.new("fc_offer[]", texts)
    keep += [texts, lying]
    return {"offers": lying, "offer_count": len(texts)}


@dataclass(frozen=True)
class PairResult:
    """How it went; see fc_pair_result in faxcore.h."""

    sender_status: int
    receiver_status: int
    pages_sent: int
    pages_received: int
    call_ms: int
    bit_rate: int
    ecm: int
    encoding: int
    bad_rows: int


def fax_pair(
    sender: Machine, receiver: Machine, *, t38: bool, loss_per_mille: int = 0, **line: int
) -> PairResult:
    """What came of it; `receiver.file` has the pages. `line`: the rest of fc_pair_line."""
    core = load()
    keep: list[Any] = []
    options = []
    for calling, machine in ((1, sender), (0, receiver)):
        texts = {
            "file": str(machine.file),
            "local_id": "pair",
            "narrow": str(machine.narrow or ""),
            "sub_address": machine.sub_address,
            "password": machine.password,
        }
        kept = {name: core.ffi.new("char[]", text.encode()) for name, text in texts.items()}
        kept |= in_c(core.ffi, machine.offers, keep)
        keep.append(kept)
        settings = {
            "calling": calling,
            "first_page": machine.first_page,
            "ecm": machine.ecm,
            "max_bit_rate": machine.bit_rate,
            "finest": machine.finest,
            "polls": machine.polls,
            "only_a4": machine.only_a4,
        }
        options.append(core.ffi.new("fc_fax_options *", kept | settings))
    result = core.ffi.new("fc_pair_result *")
    between = {"t38": t38, "loss_per_mille": loss_per_mille, "seed": 1, "redundancy": 3} | line
    core.lib.fc_fax_pair(*options, core.ffi.new("fc_pair_line *", between), 3600, result)
    return PairResult(**{name: getattr(result, name) for name, _ in core.ffi.typeof("fc_pair_result").fields})
