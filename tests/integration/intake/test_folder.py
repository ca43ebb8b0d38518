"""A drop folder of the file system: complete files become faxes, once, and answer files tell of them."""

import asyncio
import json
import os
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import timedelta
from email import message_from_bytes, policy
from pathlib import Path

import pytest

from gateway.config.schema import SmtpSection
from gateway.errors import SourceUnavailable
from gateway.intake.accept import Gatekeeper
from gateway.intake.collecting.collector import Collector
from gateway.intake.collecting.folder import _MACHINE, FolderRules, FolderSource
from gateway.ports.mail_source import FoundMail
from tests.fakes.mail_source import FakeCollection
from tests.patience import PATIENCE

MAIL = b"From: ann@example.com\r\nTo: +4930100@fax.example.com, bob@example.com\r\n\r\nHello\r\n"
NOW = timedelta(0)
NEVER = timedelta(hours=1)


class Drop:
    """A folder, a gateway that watches it, and its queue."""

    def __init__(self, path: Path, settle: timedelta, *, trusts_from: bool = False) -> None:
        self.path = path
        self.rules = FolderRules(
            path, "fax.example.com", "sap@example.com", trusts_from, look_every=NEVER, settle=settle
        )
        self.queue = FakeCollection()
        self.start()

    def start(self) -> None:
        """A new gateway."""
        self.source = FolderSource("sap", self.rules)
        self.collector = Collector(
            self.source,
            self.queue,
            Gatekeeper(SmtpSection(domains=("fax.example.com",))),
            max_message_size=1_000_000,
            why_automatic=lambda _head, _sender: "",
        )

    def write(self, name: str, content: bytes | str) -> None:
        (self.path / name).write_bytes(content if isinstance(content, bytes) else content.encode())

    async def look(self) -> list[FoundMail]:
        return [mail async for mail in self.source.mails()]

    async def woken(self) -> None:
        async with asyncio.timeout(PATIENCE):
            await self.source.wait()

    @property
    def names(self) -> list[str]:
        return sorted(entry.name for entry in self.path.iterdir() if not entry.name.startswith("."))

    @property
    def numbers(self) -> list[str]:
        return [r.number.digits for s in self.queue.submissions for r in s.recipients]


@pytest.fixture
async def drop(tmp_path: Path) -> AsyncIterator[Drop]:
    made = Drop(tmp_path, NOW)
    yield made
    await made.source.close()


@pytest.fixture
async def watched(tmp_path: Path) -> AsyncIterator[Drop]:
    """Only what the kernel says to be complete is taken."""
    made = Drop(tmp_path, NEVER)
    await made.look()
    yield made
    await made.source.close()


async def test_a_mail_becomes_a_fax_of_the_folders_sender_and_an_ok_file(drop: Drop):
    drop.write("offer.eml", MAIL)

    await drop.collector.run_once()

    assert drop.numbers == ["+4930100"]
    assert drop.queue.submissions[0].envelope.mail_from == "sap@example.com"
    assert drop.names == ["offer.ok"]
    assert (drop.path / "offer.ok").read_text() == "accepted S1\n"


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
async def test_a_mail_may_begin_with_a_byte_order_mark(drop: Drop, encoding: str):
    mail = f"Subject: Gr\u00fc\u00dfe\r\n{MAIL.decode()}"
    drop.write("offer.eml", mail.encode(encoding))

    (found,) = await drop.look()
    assert isinstance(found.content, Path)
    assert found.content.read_bytes() == mail.encode()

    await drop.collector.run_once()
    assert drop.numbers == ["+4930100"]
    assert drop.names == ["offer.ok"]


async def test_what_is_no_text_behind_a_mark_stays_as_it_is(drop: Drop):
    drop.write("offer.eml", b"\xef\xbb\xbf" + MAIL + b"M\xfcller\r\n")

    (found,) = await drop.look()

    assert isinstance(found.content, Path)
    assert found.content.read_bytes() == MAIL + b"M\xfcller\r\n"


async def test_the_sender_in_a_mail_counts_only_where_that_is_wanted(tmp_path: Path):
    drop = Drop(tmp_path, NOW, trusts_from=True)
    drop.write("offer.eml", MAIL)

    await drop.collector.run_once()
    await drop.source.close()

    assert drop.queue.submissions[0].envelope.mail_from == "ann@example.com"


async def test_a_file_is_taken_when_its_writer_has_closed_it_and_not_before(watched: Drop):
    with (watched.path / "slow.eml").open("wb") as file:
        file.write(MAIL[:20])
        file.flush()
        while not watched.source._arrivals.writing:
            await _one_event(watched)
        assert await watched.look() == []
        file.write(MAIL[20:])

    await watched.woken()
    (mail,) = await watched.look()

    assert isinstance(mail.content, Path)
    assert mail.content.read_bytes() == MAIL


async def _one_event(drop: Drop) -> None:
    event = await drop.source._watch().get()
    drop.source._arrivals.hear(str(event.name), event.mask)


async def test_a_file_that_is_renamed_into_place_is_taken_at_once(watched: Drop):
    watched.write("offer.tmp", MAIL)
    (watched.path / "offer.tmp").rename(watched.path / "offer.eml")

    await watched.woken()

    assert len(await watched.look()) == 1


async def test_a_file_the_kernel_says_nothing_of_is_taken_when_it_has_settled(tmp_path: Path):
    (tmp_path / "there_before.eml").write_bytes(MAIL)
    drop = Drop(tmp_path, timedelta(milliseconds=50))

    assert await drop.look() == []
    await drop.woken()

    assert len(await drop.look()) == 1
    await drop.source.close()


async def test_a_ticket_waits_for_its_documents(drop: Drop):
    ticket = {"to": ["+4930100", "(030) 200"], "documents": ["a.pdf", "b.pdf"], "subject": "Invoice"}
    drop.write("a.json", json.dumps(ticket))
    drop.write("a.pdf", b"%PDF-a")
    assert await drop.collector.run_once() == 0

    drop.write("b.pdf", b"%PDF-b")
    (found,) = await drop.look()
    await drop.collector.run_once()

    assert isinstance(found.content, bytes)
    mail = message_from_bytes(found.content, policy=policy.default)
    assert [part.get_content() for part in mail.iter_attachments()] == [b"%PDF-a", b"%PDF-b"]
    assert drop.numbers == ["+4930100", "030200"]
    assert drop.names == ["a.ok"]


async def test_a_ticket_that_names_no_document_takes_the_one_with_its_name(drop: Drop):
    drop.write("4711.toml", 'to = "+4930100"\n')
    drop.write("4712.pdf", b"%PDF of another")
    assert await drop.collector.run_once() == 0

    drop.write("4711.pdf", b"%PDF")
    await drop.collector.run_once()

    assert drop.names == ["4711.ok", "4712.pdf"]


async def test_names_of_documents_are_as_windows_and_macos_take_them(drop: Drop):
    drop.write("a.json", json.dumps({"to": "+4930100", "documents": ["INVOICE.PDF", "M\u00fcller.pdf"]}))
    drop.write("invoice.pdf", b"%PDF-1")
    drop.write("Mu\u0308ller.pdf", b"%PDF-2")
    drop.write("B.toml", 'to = "+4930200"\n')
    drop.write("b.PDF", b"%PDF-3")

    await drop.collector.run_once()

    assert sorted(drop.numbers) == ["+4930100", "+4930200"]
    assert drop.names == ["B.ok", "a.ok"]


async def test_two_documents_of_which_one_is_meant_are_told_apart_by_their_exact_names(drop: Drop):
    drop.write("a.json", json.dumps({"to": "+4930100", "documents": ["A.pdf"]}))
    drop.write("A.pdf", b"%PDF-1")
    drop.write("a.pdf", b"%PDF-2")
    drop.write("b.json", json.dumps({"to": "+4930200", "documents": ["a.Pdf"]}))

    await drop.collector.run_once()

    assert drop.names == ["a.ok", "a.pdf", "b.json"]


async def test_a_text_file_of_gfis_interface_is_a_fax(drop: Drop):
    drop.write("order.txt", "::+4930100\n::A=plan.pdf\nDear Sirs\n")
    drop.write("plan.pdf", b"%PDF")
    drop.write("readme.txt", "A document without a ticket\n")

    await drop.collector.run_once()

    assert drop.numbers == ["+4930100"]
    assert drop.names == ["order.ok", "readme.txt"]


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("bad.toml", "to = ", "refused The ticket is not TOML"),
        ("bad.json", '{"to": "hello", "text": "x"}', "refused hello@fax.example.com: Not a fax number"),
        ("bad.txt", "::h\nno number\n", "refused The mail names no fax number"),
        ("bad.eml", b"From: a@example.com\r\nTo: bob@example.com\r\n\r\n", "refused The mail names no fax"),
    ],
)
async def test_what_cannot_be_faxed_is_kept_and_the_err_file_says_why(
    drop: Drop, name: str, content: str | bytes, reason: str
):
    drop.write(name, content)

    await drop.collector.run_once()

    assert drop.names == ["bad.err", "refused"]
    assert (drop.path / "bad.err").read_text().startswith(reason)
    assert [file.name for file in (drop.path / "refused").glob("*/*")] == [name]
    assert drop.queue.submissions == []


async def test_no_recipient_is_lost_behind_the_end_of_what_is_read(drop: Drop):
    names = [f'"Name Number {number}" <+4930{number:07}@fax.example.com>' for number in range(8000)]
    drop.write("all.eml", "From: ann@example.com\r\nTo: " + ",\r\n ".join(names) + "\r\n\r\nHello\r\n")
    drop.write(
        "some.eml", "From: ann@example.com\r\nTo: " + ",\r\n ".join(names[:4000]) + "\r\n\r\nHello\r\n"
    )

    await drop.collector.run_once()

    assert len(drop.numbers) == 4000
    assert (drop.path / "all.err").read_text() == (
        "refused The header of the mail is too long to read all of its recipients. Name them in a list.\n"
    )


async def test_a_gateway_that_died_after_storing_a_mail_does_not_fax_it_again(drop: Drop):
    drop.write("offer.eml", MAIL)
    (mail,) = await drop.look()
    await drop.collector._take(mail)
    await drop.source.close()

    drop.start()
    await drop.collector.run_once()

    assert drop.numbers == ["+4930100"]
    assert drop.names == ["offer.ok"]
    assert list((drop.path / ".faxgw").iterdir()) == []


async def test_what_a_gateway_had_half_taken_when_it_died_is_taken_again(drop: Drop):
    drop.write("a.json", '{"to": "+4930100", "documents": ["a.pdf"]}')
    drop.write("a.pdf", b"%PDF")
    await drop.look()
    (taken,) = (drop.path / ".faxgw").iterdir()
    taken.rename(taken.with_suffix(f".{_MACHINE}"))
    (drop.path / ".faxgw" / taken.with_suffix(f".{_MACHINE}") / "documents" / "a.pdf").rename(
        drop.path / "a.pdf"
    )
    await drop.source.close()

    drop.start()
    await drop.collector.run_once()

    assert drop.numbers == ["+4930100"]
    assert drop.names == ["a.ok"]


async def test_what_another_machine_is_taking_is_left_to_it(drop: Drop):
    drop.write("offer.eml", MAIL)
    await drop.look()
    (taken,) = (drop.path / ".faxgw").iterdir()
    theirs = taken.rename(taken.with_suffix(".another-machine"))

    assert await drop.look() == []
    assert theirs.exists()


async def test_two_gateways_at_one_folder_fax_each_file_once(drop: Drop):
    second = FolderSource("sap", drop.rules, machine="another")
    for number in range(50):
        drop.write(f"{number}.eml", MAIL.replace(b"0100", b"0%03d" % number))

    async def collect(source: FolderSource) -> None:
        async for mail in source.mails():
            with suppress(FileNotFoundError):
                await source.settle(mail, await drop.collector._take(mail))

    await asyncio.gather(collect(drop.source), collect(second))
    await second.close()

    assert len(set(drop.numbers)) == len(drop.numbers) == 50
    assert len([name for name in drop.names if name.endswith(".ok")]) == 50


async def test_a_link_leads_nowhere(drop: Drop, tmp_path_factory: pytest.TempPathFactory):
    secret = tmp_path_factory.mktemp("elsewhere") / "secret"
    secret.write_text("secret")
    (drop.path / "a.pdf").symlink_to(secret)
    drop.write("a.toml", 'to = "+4930100"\ndocuments = ["a.pdf"]\n')

    assert await drop.collector.run_once() == 0
    assert drop.queue.submissions == []


async def test_a_folder_that_is_away_is_tried_again(tmp_path: Path):
    drop = Drop(tmp_path / "share", NOW)

    with pytest.raises(SourceUnavailable, match="cannot be used: No such file"):
        await drop.look()
    os.mkdir(drop.path)

    assert await drop.look() == []
    await drop.source.close()
