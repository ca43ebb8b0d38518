"""Where the operator's record goes: stderr, one line an event, for journald or a file."""

import logging
import os
import sys

from gateway.config.schema import Config


def log_to_stderr(role: str, config: Config) -> None:
    """Everything from INFO up is on stderr; under systemd without the time, which the journal knows."""
    time = "" if "JOURNAL_STREAM" in os.environ else "%(asctime)s.%(msecs)03d "
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        logging.Formatter(
            f"{time}{config.node.identity} {role}[%(process)d] %(levelname)s %(message)s",
            datefmt="%Y-%m-%dT%H:%M:%S",
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    logging.getLogger("faxgw").setLevel(logging.INFO)
