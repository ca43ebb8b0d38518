"""Faxes of PDFs and pictures by native/worker.c: its forks cost a tenth of what those of the foreman cost.

What it cannot do, it says, and the foreman does in Python. Without it all goes on, slower.
"""

from __future__ import annotations

import contextlib
import os
import socket
import struct
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

from renderers import landlock, seccomp
from renderers.bilevel import looks
from renderers.native.build import WORKER
from renderers.native.pdf_library import PDFIUM
from renderers.profile import Profile, Resolution
from renderers.sandbox import Limits
from renderers.work import Job, part_of, profile_from_wire

#: How a worker ends whose documents need more than it does.
FOR_PYTHON = 77
_LONGEST_JOB, _MOST_DOCUMENTS = 1 << 16, 256
_PID = struct.Struct("i")
#: How PDF, JPEG and PNG begin.
_STARTS = (b"%PDF-", b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n")
_LONGEST_START = max(map(len, _STARTS))
_ANSWERS_WITHIN = 10.0  #: seconds; what takes longer is stopped and done without


class NativeWorker:
    """Starts such workers, which are children of this process."""

    def __init__(self, folder: Path, limits: Limits, program: Path = WORKER) -> None:
        self._folder = folder
        self._limits = limits
        self._path = program
        self._program: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None
        self._rehearsal: Job = {}

    def start(self, rehearsal: Job) -> None:
        """Starts the program, which does a job itself, so that all its workers find the letters drawn.

        A program that cannot be started is done without.
        """
        self._rehearsal = rehearsal
        self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._control.settimeout(_ANSWERS_WITHIN)
        with theirs, os.fdopen(os.memfd_create("filter"), "w+b") as calls, contextlib.suppress(OSError):
            calls.write(seccomp.prepare())
            calls.seek(0)
            descriptors = (theirs.fileno(), calls.fileno())
            places = [str(path) for path in landlock.system_paths()]
            self._program = subprocess.Popen(
                [self._path, str(descriptors[0]), PDFIUM, str(descriptors[1]), *places],
                pass_fds=descriptors,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
            )
        self.fork(rehearsal, self._folder)

    def takes(self, job: Job) -> bool:
        """Whether the job may be one for such a worker: all documents are PDFs or usual pictures."""
        return (
            self._control is not None
            and job["verb"] == "render"
            and 0 < len(job["documents"]) <= _MOST_DOCUMENTS
            and all(_is_for_it(document["path"]) for document in job["documents"])
        )

    def fork(self, job: Job, folder: Path) -> int:
        """The process id of a worker for this job, its folder being `folder`; 0 when there can be none.

        A program that has died is started anew, for the next job.
        """
        message = b"".join(os.fsencode(text) + b"\0" for text in _texts(job, folder, self._limits))
        if self._control is None or len(message) > _LONGEST_JOB:
            return 0
        try:
            self._control.send(message)
            (pid,) = _PID.unpack(self._control.recv(_PID.size))
        except (OSError, struct.error):
            self.stop()
            if job is not self._rehearsal:
                self.start(self._rehearsal)
            return 0
        return max(0, int(pid))

    def stop(self) -> None:
        """Returns when the program does not run; its workers go on."""
        if self._control is not None:
            self._control.close()
            self._control = None
        if self._program is not None:
            self._program.kill()
            self._program.wait()
            self._program = None


def _texts(job: Job, folder: Path, limits: Limits) -> list[Any]:
    """The job as native/worker.c reads it."""
    profile, out = profile_from_wire(job["profile"]), Path(job["out"])
    return [
        *(folder, out.parent),
        *map(str, (limits.cpu_seconds, limits.memory_bytes, limits.file_bytes)),
        *(part_of(out), out, profile.description.encode("ascii", "replace"), str(int(profile.by_content))),
        *_profile_texts(profile),
        *_profile_texts(replace(profile, resolution=Resolution.STANDARD)),
        *(document["path"] for document in job["documents"]),
    ]


def _profile_texts(profile: Profile) -> list[str]:
    numbers = (*profile.room, profile.resolution.y_dpi, profile.page_limit, int(profile.drop_blank))
    how = looks(profile.resolution, profile.margin_rows)
    return [
        profile.resolution.name,
        *map(str, (*numbers, *(getattr(how, name) for name, *_ in how._fields_))),
    ]


def _is_for_it(path: str) -> bool:
    try:
        with open(path, "rb", buffering=0) as file:  # noqa: PTH123  Path would cost more than the look
            return file.read(_LONGEST_START).startswith(_STARTS)
    except OSError:
        return False
