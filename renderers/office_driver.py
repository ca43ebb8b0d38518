"""Keeps one LibreOffice warm and converts one document after another with it.

Runs under Debian's own /usr/bin/python3, which has the `uno` module, so it imports nothing of ours. The
process that starts it hands over a listening socket; requests and answers are one line of JSON a
connection.

Theory of operation: LibreOffice is started before the first request comes, and converts an empty document
of each kind. A document that takes too long
is ended by killing LibreOffice, which makes the call into it fail; it is started anew at once, as it is
after a number of documents, because it grows. When this process dies the kernel kills LibreOffice
(PR_SET_PDEATHSIG).

usage: office_driver.py LISTENING_FD FOLDER DOCUMENTS_PER_PROCESS
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import secrets
import select
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import uno
from com.sun.star.beans import PropertyValue

SOFFICE = "/usr/lib/libreoffice/program/soffice.bin"
_START_SECONDS = 60.0
_PR_SET_PDEATHSIG = 1
#: In LibreOffice 81 means: the profile is new, start me again.
_START_AGAIN = 81

_EXPORTS = (
    ("com.sun.star.text.WebDocument", "writer_web_pdf_Export"),
    ("com.sun.star.text.GenericTextDocument", "writer_pdf_Export"),
    ("com.sun.star.sheet.SpreadsheetDocument", "calc_pdf_Export"),
    ("com.sun.star.presentation.PresentationDocument", "impress_pdf_Export"),
    ("com.sun.star.drawing.DrawingDocument", "draw_pdf_Export"),
)

#: What is loaded before the first document comes, as far as there is time.
_REHEARSALS = (
    ("swriter", "MS Word 2007 XML"),
    ("scalc", "Calc MS Excel 2007 XML"),
    ("simpress", "Impress MS PowerPoint 2007 XML"),
)

_SETTINGS = """<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry" xmlns:xs="http://www.w3.org/2001/XMLSchema">
%s</oor:items>
"""
_SETTING = (
    '<item oor:path="/org.openoffice.Office.{}">'
    '<prop oor:name="{}" oor:op="fuse"><value>{}</value></prop></item>\n'
)
#: No macros, no content from elsewhere, nothing written beside the documents, no questions.
_VALUES = (
    ("Common/Security/Scripting", "MacroSecurityLevel", "3"),
    ("Common/Security/Scripting", "DisableMacrosExecution", "true"),
    ("Common/Security/Scripting", "BlockUntrustedRefererLinks", "true"),
    ("Common/Java", "Enable", "false"),
    ("Common/Save/Document", "AutoSave", "false"),
    ("Common/Misc", "FirstRun", "false"),
    ("Common/Misc", "CrashReport", "false"),
    ("Recovery/AutoSave", "Enabled", "false"),
    ("Calc/Content/Update", "Link", "1"),
    ("Writer/Content/Update", "Link", "0"),
)


class Office:
    """One running LibreOffice with a profile of its own."""

    def __init__(self, folder: Path) -> None:
        self._profile = folder / "profile"
        self._left_behind = folder / "sockets"
        self._pipe = f"faxgw{secrets.token_hex(8)}"
        self._sockets: list[str] = []
        self._process: subprocess.Popen[bytes] | None = None
        self._desktop: Any = None
        self.served = 0

    def start(self) -> None:
        """Returns when LibreOffice accepts documents."""
        self.stop()
        self._desktop, self.served = None, 0
        shutil.rmtree(self._profile, ignore_errors=True)
        (self._profile / "user").mkdir(parents=True)
        settings = "".join(_SETTING.format(*value) for value in _VALUES)
        (self._profile / "user" / "registrymodifications.xcu").write_text(_SETTINGS % settings)
        self._process = self._launch()
        self._desktop = self._connect()
        self._sockets = _sockets_of(self._process.pid)
        self._left_behind.write_text("\n".join(self._sockets))

    def stop(self) -> None:
        """Returns when no LibreOffice of ours runs."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None
        for socket_file in self._sockets:
            Path(socket_file).unlink(missing_ok=True)
        self._sockets = []

    def kill(self) -> None:
        """Makes the call that is going on fail."""
        if self._process is not None:
            self._process.kill()

    def alive(self) -> bool:
        """Whether it runs and we are connected."""
        return self._desktop is not None and self._process is not None and self._process.poll() is None

    def convert(self, request: dict[str, Any]) -> dict[str, str]:
        """Writes the PDF the request names; the answer says what became of it."""
        self.served += 1
        load = {"Hidden": True, "ReadOnly": True, "MacroExecutionMode": 0, "UpdateDocMode": 0}
        load |= {"FilterName": request["filter"]}
        if request["options"]:
            load["FilterOptions"] = request["options"]
        try:
            document = self._desktop.loadComponentFromURL(
                _url(request["source"]), "_blank", 0, _properties(load)
            )
        except Exception as error:  # noqa: BLE001  UNO errors share no base class
            return _damaged(error)
        if document is None:
            return {"outcome": "damaged", "detail": "not loaded"}
        try:
            return self._export(document, request)
        finally:
            with contextlib.suppress(Exception):
                document.close(True)

    def rehearse(self, kind: str, file_format: str) -> None:
        """Loads and converts an empty document, so that the first real one finds everything in memory."""
        source, target = (self._profile.parent / f"rehearsal.{end}" for end in ("office", "pdf"))
        with contextlib.suppress(Exception):
            empty = self._desktop.loadComponentFromURL(
                f"private:factory/{kind}", "_blank", 0, _properties({"Hidden": True})
            )
            empty.storeToURL(_url(str(source)), _properties({"FilterName": file_format}))
            empty.close(True)
            request = {"source": str(source), "target": str(target), "pages": 1, "options": ""}
            self.convert(request | {"filter": file_format})
        for file in (source, target):
            file.unlink(missing_ok=True)

    def _export(self, document: Any, request: dict[str, Any]) -> dict[str, str]:
        name = next((export for service, export in _EXPORTS if document.supportsService(service)), None)
        if name is None:
            return {"outcome": "damaged", "detail": "neither text, table, slides nor drawing"}
        options = {
            "PageRange": f"1-{request['pages']}",
            "ExportFormFields": False,
            "ExportBookmarks": False,
            "UseTaggedPDF": False,
            "ReduceImageResolution": True,
            "MaxImageResolution": 300,
            "IsSkipEmptyPages": False,
        }
        data = uno.Any("[]com.sun.star.beans.PropertyValue", _properties(options))
        document.storeToURL(_url(request["target"]), _properties({"FilterName": name, "FilterData": data}))
        return {"outcome": "converted"}

    def _launch(self) -> subprocess.Popen[bytes]:
        command = [
            SOFFICE,
            "--headless",
            "--invisible",
            "--norestore",
            "--nologo",
            "--nodefault",
            "--nolockcheck",
        ]
        command += [
            f"-env:UserInstallation={self._profile.as_uri()}",
            f"--accept=pipe,name={self._pipe};urp;",
        ]
        return subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            preexec_fn=_die_along,  # noqa: PLW1509  no lock is held: only watchdogs run beside it
        )

    def _connect(self) -> Any:
        local = uno.getComponentContext()
        resolver = local.ServiceManager.createInstanceWithContext("com.sun.star.bridge.UnoUrlResolver", local)
        address = f"uno:pipe,name={self._pipe};urp;StarOffice.ComponentContext"
        until = time.monotonic() + _START_SECONDS
        while time.monotonic() < until:
            try:
                context = resolver.resolve(address)
                return context.ServiceManager.createInstanceWithContext("com.sun.star.frame.Desktop", context)
            except Exception:  # noqa: BLE001  not listening yet: it tells nobody when it is
                if self._process is not None and self._process.poll() == _START_AGAIN:
                    self._process = self._launch()
                time.sleep(0.02)
        raise TimeoutError("LibreOffice did not start")


def serve(listener: socket.socket, office: Office, per_process: int) -> None:
    """Answers requests until killed; one at a time, as LibreOffice works on one at a time anyway."""
    office.start()
    for kind, file_format in _REHEARSALS:
        if not select.select([listener], [], [], 0)[0]:
            office.rehearse(kind, file_format)
    while True:
        connection, _ = listener.accept()
        with connection, contextlib.suppress(OSError):
            line = connection.makefile("rb").readline(65_536)
            if line:
                answer = _in_time(office, json.loads(line))
                connection.sendall(json.dumps(answer).encode() + b"\n")
        if not office.alive() or office.served >= per_process:
            office.start()


def _in_time(office: Office, request: dict[str, Any]) -> dict[str, str]:
    """The conversion's answer, at the latest when its time is up."""
    late = threading.Event()

    def end_it() -> None:
        late.set()
        office.kill()
        # A call that does not even notice that LibreOffice is gone would block this process for ever.
        if not done.wait(10.0):
            os._exit(1)

    done = threading.Event()
    watchdog = threading.Timer(float(request["seconds"]), end_it)
    watchdog.daemon = True
    watchdog.start()
    try:
        answer = office.convert(request)
    except Exception as error:  # noqa: BLE001  UNO errors share no base class
        answer = _damaged(error)
    done.set()
    watchdog.cancel()
    if late.is_set():
        return {"outcome": "timed-out", "detail": f"more than {request['seconds']} s"}
    if answer["outcome"] != "converted" and not office.alive():
        return {"outcome": "crashed", "detail": answer["detail"]}
    return answer


def _sockets_of(pid: int) -> list[str]:
    """The socket files a LibreOffice has made in /tmp; it leaves them there when killed (proc(5))."""
    inodes = set()
    for file in Path("/proc", str(pid), "fd").iterdir():
        with contextlib.suppress(OSError):
            inodes.add(str(file.readlink()))
    found = set()
    for line in Path("/proc/net/unix").read_text().splitlines():
        fields = line.split()
        if "OSL_PIPE" in line and f"socket:[{fields[6]}]" in inodes:
            found.add(fields[7])
    return sorted(found)


def _damaged(error: Exception) -> dict[str, str]:
    return {"outcome": "damaged", "detail": f"{type(error).__name__}: {error}"}


def _properties(values: dict[str, Any]) -> tuple[Any, ...]:
    found = []
    for name, value in values.items():
        one = PropertyValue()
        one.Name, one.Value = name, value
        found.append(one)
    return tuple(found)


def _url(path: str) -> str:
    return str(uno.systemPathToFileUrl(path))


def _die_along() -> None:
    """In the child: the kernel shall kill it when this driver ends, however that comes about."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


if __name__ == "__main__":
    _fd, _folder, _documents = sys.argv[1:]
    serve(socket.socket(fileno=int(_fd)), Office(Path(_folder)), int(_documents))
