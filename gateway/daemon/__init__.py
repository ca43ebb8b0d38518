"""The composition root: the only place that knows which concrete part stands behind a port.

A role is a process of its own (`gateway.supervisor` starts them); each has a file here that puts it
together and reads from top to bottom. The parts of the other roles are not even imported.
"""

from gateway.daemon.process import (
    DOORS_VARIABLE,
    GRACE,
    PARENT_VARIABLE,
    READY_VARIABLE,
    ROLES,
    intake_processes,
    run_role,
)

__all__ = [
    "DOORS_VARIABLE",
    "GRACE",
    "PARENT_VARIABLE",
    "READY_VARIABLE",
    "ROLES",
    "intake_processes",
    "run_role",
]
