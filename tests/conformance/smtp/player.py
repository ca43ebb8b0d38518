"""Plays a dialogue file against a listener.

# why this dialogue is here
-> text           the client sends the line and CRLF
=> text           the client sends bytes as they are; \\r \\n \\0 \\t \\\\ and \\xNN are escapes
*> 1000 text      the client sends the text (escapes as above) so many times
<- 250 2.1.5      the server's reply begins with this; a reply of several lines is read to its end
<- ~ SIZE         some line of the last reply holds this text
<- closed         the server closes the connection
-> closed         the client closes the connection
== 1 +49301234567,+49309876543    so many mails are stored, the last one for these numbers
== text "..."     the last stored mail ends with this text (escapes as above)
"""

import asyncio
import json
import re
import ssl
from pathlib import Path

from tests.fakes.job_store import FakeJobStore
from tests.patience import PATIENCE

_REPLY_LINE = re.compile(rb"\d{3}([ -])")


class Player:
    def __init__(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        jobs: FakeJobStore,
        tls: ssl.SSLContext,
    ):
        self._reader, self._writer, self._jobs, self._tls = reader, writer, jobs, tls
        self._reply: list[str] = []

    async def play(self, dialogue: Path) -> None:
        for number, line in enumerate(dialogue.read_text().splitlines(), 1):
            if not line.strip() or line.startswith("#"):
                continue
            sign, _, text = line.partition(" ")
            try:
                async with asyncio.timeout(PATIENCE):
                    await self._step(sign, text)
            except (AssertionError, TimeoutError, OSError, EOFError) as error:
                raise AssertionError(f"{dialogue.name}:{number}: {line}\n{error!r}\n{self._reply}") from error

    async def _step(self, sign: str, text: str) -> None:
        match sign:
            case "->" if text == "closed":
                self._writer.close()
            case "->":
                self._writer.write(text.encode() + b"\r\n")
            case "=>":
                self._writer.write(_unescape(text))
            case "*>":
                count, _, text = text.partition(" ")
                self._writer.write(_unescape(text) * int(count))
                await self._writer.drain()
            case "<>":
                await self._writer.start_tls(self._tls)
            case "<-" if text == "closed":
                assert await self._reader.read() == b""
            case "<-" if text.startswith("~ "):
                assert any(text[2:] in line for line in self._reply)
            case "<-":
                await self._read_reply()
                assert self._reply[-1].startswith(text)
            case "==" if text.startswith("text "):
                assert self._jobs.stored[-1].message.endswith(_unescape(text[6:-1]))
            case "==" if text.startswith("options "):
                options = self._jobs.stored[-1].submission.recipients[-1].options
                assert json.loads(options.to_json() or "{}") == json.loads(text[8:])
            case "==":
                count, _, numbers = text.partition(" ")
                assert len(self._jobs.stored) == int(count)
                if numbers:
                    recipients = self._jobs.stored[-1].submission.recipients
                    assert ",".join(recipient.number.digits for recipient in recipients) == numbers
            case _:
                raise AssertionError("not a line of a dialogue")

    async def _read_reply(self) -> None:
        self._reply = []
        while True:
            line = await self._reader.readuntil(b"\r\n")
            self._reply.append(line.decode().rstrip())
            found = _REPLY_LINE.match(line)
            assert found, line
            if found[1] == b" ":
                return


def _unescape(text: str) -> bytes:
    return text.encode("latin-1").decode("unicode_escape").encode("latin-1")
