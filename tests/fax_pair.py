"""Two fax machines back to back, without a network (fc_fax_pair of the C core)."""

from dataclasses import dataclass
from pathlib import Path

from telephony.native.bridge import load


@dataclass(frozen=True)
class Machine:
    """How one end is set."""

    file: Path
    ecm: bool = True
    bit_rate: int = 14400
    first_page: int = 0
    standard_only: bool = False  #: knows no finer resolution


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
    keep, options = [], []
    for calling, machine in ((1, sender), (0, receiver)):
        file, name = core.ffi.new("char[]", str(machine.file).encode()), core.ffi.new("char[]", b"pair")
        keep += [file, name]
        settings = {
            "calling": calling,
            "file": file,
            "first_page": machine.first_page,
            "local_id": name,
            "ecm": machine.ecm,
            "max_bit_rate": machine.bit_rate,
        }
        if machine.standard_only:
            settings["standard_only"] = 1
        options.append(core.ffi.new("fc_fax_options *", settings))
    result = core.ffi.new("fc_pair_result *")
    between = {"t38": t38, "loss_per_mille": loss_per_mille, "seed": 1, "redundancy": 3} | line
    core.lib.fc_fax_pair(*options, core.ffi.new("fc_pair_line *", between), 3600, result)
    return PairResult(**{name: getattr(result, name) for name, _ in core.ffi.typeof("fc_pair_result").fields})
