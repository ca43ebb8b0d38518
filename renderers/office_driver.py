"""Keeps one LibreOffice warm and converts one document after another with it.

Runs under Debian's own /usr/bin/python3, which has the `uno` module, so it imports nothing of ours. The
process that starts it hands over a listening socket. A request is one line of JSON a connection; the
answers are one when its turn has come, and one when it is done.

Theory of operation: LibreOffice is started before the first request comes, and converts an empty document
of each kind; then this driver says "w" on standard output: it is warm. A document that takes too long is
ended by killing LibreOffice, which makes the call into it fail; it is started anew at once. Because it
grows, the driver says "o" after a number of documents and goes on: another driver with another LibreOffice
is started beside it, listens at the same socket when it is warm, and then a byte on standard input tells
this one to leave. When this process dies the kernel kills LibreOffice (PR_SET_PDEATHSIG).

usage: office_driver.py LISTENING_FD FOLDER DOCUMENTS_PER_PROCESS
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import math
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
from com.sun.star.lang import DisposedException

SOFFICE = "/usr/lib/libreoffice/program/soffice.bin"
#: Becomes LibreOffice in a process that starts no other.
_ALONE = Path(__file__).with_name("seccomp.py")
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

_TEXT = "com.sun.star.text.TextDocument"

#: What is loaded before the first document comes, as far as there is time.
_REHEARSALS = (
    ("swriter", "MS Word 2007 XML"),
    ("scalc", "Calc MS Excel 2007 XML"),
    ("simpress", "Impress MS PowerPoint 2007 XML"),
)

#: Around a table without pages of its own, in 1/100 mm; and how small it may become: 10 points are 5 then.
_TABLE_MARGIN, _LEAST_SCALE = 1000, 0.5

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
        self._context: Any = None
        self._pidfd = -1

    def start(self) -> None:
        """Returns when LibreOffice accepts documents."""
        self.stop()
        self._desktop = None
        shutil.rmtree(self._profile, ignore_errors=True)
        (self._profile / "user").mkdir(parents=True)
        settings = "".join(_SETTING.format(*value) for value in _VALUES)
        (self._profile / "user" / "registrymodifications.xcu").write_text(_SETTINGS % settings)
        self._process = self._launch()
        self._context = self._connect()
        self._desktop = self._made("com.sun.star.frame.Desktop")
        self._pidfd = os.pidfd_open(self._process.pid)
        self._sockets = _sockets_of(self._process.pid)
        self._left_behind.write_text("\n".join(self._sockets))

    def stop(self) -> None:
        """Returns when no LibreOffice of ours runs."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None
        if self._pidfd >= 0:
            os.close(self._pidfd)
            self._pidfd = -1
        for socket_file in self._sockets:
            Path(socket_file).unlink(missing_ok=True)
        self._sockets = []

    def kill(self) -> None:
        """Makes the call that is going on fail; what was killed does not count as alive while it dies."""
        self._desktop = None
        if self._process is not None:
            self._process.kill()

    def fileno(self) -> int:
        """A file descriptor that can be read when LibreOffice has ended."""
        return self._pidfd

    def alive(self) -> bool:
        """Whether it runs and we are connected."""
        return self._desktop is not None and self._process is not None and self._process.poll() is None

    def convert(self, request: dict[str, Any]) -> dict[str, str]:
        """Writes the PDF the request names; the answer says what became of it."""
        try:
            document = self._loaded(request)
        except Exception as error:  # noqa: BLE001  UNO errors share no base class
            return self.failed(error)
        if document is None:
            return {"outcome": "damaged", "detail": "not loaded"}
        try:
            if request["fit"]:
                _fit(document, has_tall_rows=request["tall"])
            return self._export(document, request)
        finally:
            with contextlib.suppress(Exception):
                document.close(True)

    def _loaded(self, request: dict[str, Any]) -> Any:
        """The document as it shall be printed, in a view that nobody sees; None when it cannot be read."""
        address = _url(request["source"])
        load = {"Hidden": True, "ReadOnly": not request["fit"], "MacroExecutionMode": 0, "UpdateDocMode": 0}
        load |= {"FilterName": request["filter"]}
        if request["options"]:
            load["FilterOptions"] = request["options"]
        if self._service_of(request["filter"]) != _TEXT:
            return self._desktop.loadComponentFromURL(address, "_blank", 0, _properties(load))
        # A view makes a window of every comment, and a LibreOffice without a screen has no plan of such
        # windows and crashes: comments, which are not printed, are removed before there is a view.
        document = self._made(_TEXT)
        try:
            document.load(_properties(load | {"URL": address}))
            _remove_comments(document)
            show = {"Model": document, "Hidden": True}
            self._desktop.loadComponentFromURL("private:object", "_blank", 0, _properties(show))
        except Exception:
            with contextlib.suppress(Exception):
                document.close(True)
            raise
        return document

    def _service_of(self, filter_name: str) -> str:
        """Which kind of document a filter makes."""
        facts = self._made("com.sun.star.document.FilterFactory").getByName(filter_name)
        return next((str(fact.Value) for fact in facts if fact.Name == "DocumentService"), "")

    def _made(self, service: str) -> Any:
        return self._context.ServiceManager.createInstanceWithContext(service, self._context)

    def failed(self, error: Exception) -> dict[str, str]:
        """The answer to a call that failed; one that is gone is not alive any more."""
        if isinstance(error, DisposedException):
            self._desktop = None
        return {"outcome": "damaged", "detail": f"{type(error).__name__}: {error}"}

    def rehearse(self, kind: str, file_format: str) -> None:
        """Loads and converts an empty document, so that the first real one finds everything in memory."""
        source, target = (self._profile.parent / f"rehearsal.{end}" for end in ("office", "pdf"))
        with contextlib.suppress(Exception):
            empty = self._desktop.loadComponentFromURL(
                f"private:factory/{kind}", "_blank", 0, _properties({"Hidden": True})
            )
            empty.storeToURL(_url(str(source)), _properties({"FilterName": file_format}))
            empty.close(True)
            request = {"source": str(source), "target": str(target), "pages": 1, "options": "", "fit": False}
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
            *(sys.executable, "-I", str(_ALONE), SOFFICE),
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
                return resolver.resolve(address)
            except Exception:  # noqa: BLE001  not listening yet: it tells nobody when it is
                ended = self._process.poll() if self._process is not None else None
                if ended == _START_AGAIN:
                    self._process = self._launch()
                elif ended is not None:
                    break
                time.sleep(0.02)
        raise TimeoutError("LibreOffice did not start")


def _remove_comments(document: Any) -> None:
    fields = document.getTextFields().createEnumeration()
    found = []
    while fields.hasMoreElements():
        field = fields.nextElement()
        if field.supportsService("com.sun.star.text.textfield.Annotation"):
            found.append(field)
    if found:
        document.RecordChanges = False  # otherwise they would only be marked as removed
    for comment in found:
        comment.dispose()


def _fit(document: Any, *, has_tall_rows: bool) -> None:
    """A table that says nothing of pages is printed as wide as the paper, turned if it is wide, and alone."""
    sheet = document.Sheets.getByIndex(0)
    cursor = sheet.createCursor()
    cursor.gotoEndOfUsedArea(False)
    cursor.gotoStartOfUsedArea(True)
    if has_tall_rows:
        cursor.IsTextWrapped = True
        cursor.Rows.OptimalHeight = True
    columns = sheet.Columns
    width = sum(columns.getByIndex(n).Width for n in range(cursor.RangeAddress.EndColumn + 1))
    style = document.StyleFamilies.getByName("PageStyles").getByName(sheet.PageStyle)
    style.HeaderIsOn = style.FooterIsOn = False
    style.LeftMargin = style.RightMargin = style.TopMargin = style.BottomMargin = _TABLE_MARGIN
    if width > style.Width - 2 * _TABLE_MARGIN:
        style.Width, style.Height, style.IsLandscape = style.Height, style.Width, True
    room = style.Width - 2 * _TABLE_MARGIN
    style.ScaleToPagesX = max(1, math.ceil(width * _LEAST_SCALE / room))
    style.ScaleToPagesY = 0


def serve(listener: socket.socket, office: Office, per_process: int) -> None:
    """Answers requests until told to leave; one at a time, as LibreOffice works on one at a time anyway."""
    listener.setblocking(False)  # another driver may be faster
    _warm_up(office, listener)
    _say(b"w")
    served = 0
    while True:
        ready, _, _ = select.select([listener, sys.stdin, office], [], [])
        if sys.stdin in ready:
            break
        if listener in ready and office not in ready and _answered(listener, office):
            served += 1
            if served % per_process == 0:
                _say(b"o")
        if not office.alive():
            _warm_up(office, listener)
    office.stop()


def _warm_up(office: Office, listener: socket.socket) -> None:
    """LibreOffice runs, and has everything in memory as far as no document waits for it."""
    office.start()
    for kind, file_format in _REHEARSALS:
        if not select.select([listener], [], [], 0)[0]:
            office.rehearse(kind, file_format)


def _say(what: bytes) -> None:
    with contextlib.suppress(OSError):
        os.write(sys.stdout.fileno(), what)


def _answered(listener: socket.socket, office: Office) -> bool:
    """Whether there was a request; it has its answer now."""
    try:
        connection, _ = listener.accept()
    except BlockingIOError:
        return False
    with connection, contextlib.suppress(OSError):
        line = connection.makefile("rb").readline(65_536)
        if line:
            connection.sendall(b'{"outcome": "begun"}\n')
            answer = _in_time(office, json.loads(line))
            connection.sendall(json.dumps(answer).encode() + b"\n")
    return True


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
        answer = office.failed(error)
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
