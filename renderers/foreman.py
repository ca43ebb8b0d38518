"""The process that is kept warm: everything is loaded once, and each fax is rendered by a fork of it.

A fork starts in milliseconds where a new Python takes a third of a second, and a document that crashes or
eats all memory takes nothing with it but itself.

Theory of operation: one loop, one selector. The owner (pool.py) sends jobs and cancellations as lines
of JSON on a socket and gets answers the same way; a worker that ends shows on its pidfd; the nearest
deadline is the selector's timeout, so nothing polls. When the owner dies, however it dies, the socket
reads end-of-file: the workers are killed, the folder is deleted, and this process ends. Should this
process be killed instead, the kernel kills its children (PR_SET_PDEATHSIG).

usage: python -m renderers.foreman CONTROL_FD FOLDER OPTIONS_AS_JSON
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
import resource
import selectors
import shutil
import signal
import socket
import sys
import tempfile
import threading
import time
import traceback
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from renderers import media_type, office_wait, registry, rehearsal, sandbox, seccomp, work
from renderers.errors import ConverterCrashed, ConverterTimedOut, DocumentTooLarge, RenderError
from renderers.native_worker import FOR_PYTHON, NativeWorker
from renderers.office_process import OfficeProcess

_RESULT = "result.json"
_MOST_RESULT = 16 << 20
_FULL = 0.75  # of the memory, the rest being programs and what is not used of what was asked for
_PAUSE = 0.02  # seconds between looks at a job whose time would be up if it did not wait


@dataclass
class Worker:
    """One fork, busy with one job."""

    job: work.Job
    pid: int
    pidfd: int
    folder: Path
    deadline: float  #: on the monotonic clock, for a job that never waits for LibreOffice
    in_python: bool
    spent: float  #: CPU seconds of the job so far, in workers that have ended
    late: bool = False
    cancelled: bool = False


class Foreman:
    """Forks a worker for each job and sees to its end."""

    def __init__(
        self,
        control: socket.socket,
        folder: Path,
        limits: sandbox.Limits,
        office: OfficeProcess,
        native_worker: NativeWorker,
    ) -> None:
        self._control = control
        self._folder = folder
        self._limits = limits
        self._office = office
        self._native_worker = native_worker
        self._workers: dict[int, Worker] = {}
        self._selector = selectors.DefaultSelector()
        self._received = bytearray()
        self._told_of_office = False

    def run(self) -> None:
        """Returns when the owner is gone; no worker is left then."""
        self._selector.register(self._control, selectors.EVENT_READ)
        with contextlib.suppress(OSError, EOFError):
            self._answer({"ready": True})
            while True:
                self._office.watch(self._selector)
                self._tell_of_office()
                for key, _ in self._selector.select(self._until_deadline()):
                    self._attend(key)
                self._end_the_late()
        for worker in self._workers.values():
            _kill(worker)

    def _tell_of_office(self) -> None:
        """The owner hears once whether LibreOffice is warm, when there is nothing to wait for any more."""
        if not self._told_of_office and not self._office.is_starting:
            self._told_of_office = True
            self._answer({"office_is_warm": self._office.is_warm})

    def _attend(self, key: selectors.SelectorKey) -> None:
        if key.fileobj is self._control:
            self._receive()
        elif isinstance(key.data, Worker):
            self._bury(key.data)
        else:
            self._office.attend(self._selector, key)

    def _receive(self) -> None:
        data = self._control.recv(65_536)
        if not data:
            raise EOFError
        self._received += data
        *lines, rest = self._received.split(b"\n")
        self._received = bytearray(rest)
        for line in lines:
            job = json.loads(line)
            if "cancel" in job:
                self._cancel(job["cancel"])
            else:
                self._begin(job)

    def _cancel(self, number: int) -> None:
        worker = self._workers.get(number)
        if worker is not None:
            worker.cancelled = True
            _kill(worker)

    def _begin(self, job: work.Job, given_up: Worker | None = None) -> None:
        """Starts a worker for the job: in C if it is one for that, and was not given up there already."""
        folder = Path(tempfile.mkdtemp(prefix="job-", dir=self._folder))
        pid = self._native_worker.fork(job, folder) if not given_up and self._native_worker.takes(job) else 0
        in_python = pid == 0
        if in_python:
            pid = self._fork(job, folder)
        deadline = given_up.deadline if given_up else time.monotonic() + self._limits.wall_seconds
        spent = given_up.spent if given_up else 0.0
        worker = Worker(job, pid, os.pidfd_open(pid), folder, deadline, in_python, spent)
        self._workers[job["id"]] = worker
        self._selector.register(worker.pidfd, selectors.EVENT_READ, worker)

    def _fork(self, job: work.Job, folder: Path) -> int:
        parent = os.getpid()
        pid = os.fork()
        if pid == 0:
            self._in_the_worker(job, folder, parent)
        return pid

    def _in_the_worker(self, job: work.Job, folder: Path, parent: int) -> None:
        """Does the job, leaves its answer in the folder and never returns."""
        try:
            sandbox.die_with(parent)
            self._control.close()
            readable, writable = work.files_of(job)
            programs = work.starts_programs(job)
            sandbox.confine(self._limits, folder, readable=readable, writable=writable, programs=programs)
            tempfile.tempdir = str(folder)
            answer = _outcome(job, folder, self._office.path, self._limits)
            (folder / _RESULT).write_text(json.dumps(answer))
        except BaseException:  # noqa: BLE001  nothing may climb out into the foreman's loop
            traceback.print_exc()
            os._exit(1)
        os._exit(0)

    def _bury(self, worker: Worker) -> None:
        """Takes in the end of a worker: answers its job, removes what it left behind."""
        self._selector.unregister(worker.pidfd)
        os.close(worker.pidfd)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(worker.pid, signal.SIGKILL)  # what it may have started
        _, status, usage = os.wait4(worker.pid, 0)
        del self._workers[worker.job["id"]]
        worker.spent += usage.ru_utime + usage.ru_stime
        gives_up = not worker.in_python and os.waitstatus_to_exitcode(status) == FOR_PYTHON
        if gives_up and not worker.cancelled:
            shutil.rmtree(worker.folder, ignore_errors=True)
            self._begin(worker.job, given_up=worker)
            return
        answer = _answer_of(worker, status, self._is_full(usage)) | {
            "id": worker.job["id"],
            "cpu_seconds": worker.spent,
        }
        if "error" in answer:
            work.part_of(Path(worker.job["out"])).unlink(missing_ok=True)
        shutil.rmtree(worker.folder, ignore_errors=True)
        self._office.reap()
        self._answer(answer)

    def _is_full(self, usage: resource.struct_rusage) -> bool:
        """Whether a worker had used up its memory: what is written in C ends then without a word."""
        return usage.ru_maxrss * 1024 > _FULL * self._limits.memory_bytes

    def _answer(self, answer: dict[str, Any]) -> None:
        self._control.sendall(json.dumps(answer).encode() + b"\n")

    def _until_deadline(self) -> float | None:
        now = time.monotonic()
        waiting = [self._left(worker, now) for worker in self._workers.values() if not worker.late]
        return max(_PAUSE, min(waiting)) if waiting else None

    def _left(self, worker: Worker, now: float) -> float:
        """The seconds that a worker still has; those in which it waits for LibreOffice are not its own."""
        left = worker.deadline - now
        if left > 0:
            return left
        waited = office_wait.seconds_waited(worker.folder, now)
        return left + min(waited, self._limits.office_wait_seconds)

    def _end_the_late(self) -> None:
        now = time.monotonic()
        for worker in self._workers.values():
            if not worker.late and self._left(worker, now) <= 0:
                worker.late = True
                _kill(worker)


def _outcome(job: work.Job, folder: Path, office: Path | None, limits: sandbox.Limits) -> dict[str, Any]:
    try:
        return {"result": work.run(job, folder, office, limits)}
    except RenderError as error:
        return {"error": error.to_wire()}
    except Exception as error:  # noqa: BLE001  a converter's bug ends one job, with its traceback for the operator
        if _needs_too_much(error):
            return {"error": DocumentTooLarge(job["name"], detail=repr(error)).to_wire()}
        return {"error": ConverterCrashed(job["name"], detail=traceback.format_exc()[-4000:]).to_wire()}


def _needs_too_much(error: Exception) -> bool:
    """Whether the memory, or the depth of the stack, was not enough: a mapping (mmap) says so by ENOMEM."""
    out_of_memory = isinstance(error, OSError) and error.errno == errno.ENOMEM
    return out_of_memory or isinstance(error, MemoryError | RecursionError)


def _answer_of(worker: Worker, status: int, is_full: bool) -> dict[str, Any]:
    name = worker.job["name"]
    code = os.waitstatus_to_exitcode(status)
    if worker.late or code == -signal.SIGXCPU:
        return {"error": ConverterTimedOut(name).to_wire()}
    result = worker.folder / _RESULT
    if code == 0 and result.is_file() and result.stat().st_size <= _MOST_RESULT:
        return dict(json.loads(result.read_bytes()))
    how = f"signal {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"
    kind = DocumentTooLarge if code < 0 and is_full else ConverterCrashed
    return {"error": kind(name, detail=f"{how}; {_complaints(worker.folder)}").to_wire()}


def _complaints(folder: Path) -> str:
    with contextlib.suppress(OSError):
        return (folder / "stderr").read_bytes()[-2000:].decode("utf-8", "replace")
    return ""


def _kill(worker: Worker) -> None:
    """Kills the worker and, when it has become the head of its group, all of that."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(worker.pid, signal.SIGKILL)
    with contextlib.suppress(ProcessLookupError):
        os.kill(worker.pid, signal.SIGKILL)


def main() -> None:
    """Serves the owner at the other end of the socket until it goes away."""
    sandbox.leave_the_network()
    seccomp.forbid_network()
    sandbox.inherit_orphans()
    control = socket.socket(fileno=int(sys.argv[1]))
    control.set_inheritable(False)
    folder = Path(sys.argv[2])
    options = json.loads(sys.argv[3])
    limits = sandbox.Limits(**options["limits"])
    office = OfficeProcess(folder, limits, wanted=options["office"])
    native_worker = NativeWorker(folder, limits)
    try:
        if options["prewarm"]:
            office.start()
            rehearsal.load_everything(folder)
            if registry.is_builtin(media_type.PDF):
                native_worker.start(rehearsal.a_pdf(folder))
        # In a thread the memory of forks lies together, not in the holes that loading has left (malloc's
        # arenas): a worker has a sixth fewer pages to copy.
        foreman = threading.Thread(target=Foreman(control, folder, limits, office, native_worker).run)
        foreman.start()
        foreman.join()
    finally:
        native_worker.stop()
        office.stop()
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
