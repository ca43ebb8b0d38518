"""Mails that no mail program writes, from the wire to the documents.

Each is taken whole, byte for byte, and read as far as it goes, in bounded time. What the wire itself refuses
is in tests/conformance/smtp.
"""

import asyncio
import smtplib
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest

from gateway.config.schema import SendingSection
from gateway.daemon.clock import SystemClock
from gateway.intake.collecting.header import read_header
from gateway.model.body_codes import BODY_DIALECTS
from gateway.model.ids import BlobRef, SubmissionId
from gateway.model.options import JobOptions
from gateway.model.submission import Submission
from gateway.notifying.original import read_original
from gateway.rendering.attachments import documents_in
from gateway.rendering.contents import attachments_in, texts_in
from gateway.resolving.addressee import name_beside
from gateway.resolving.options import DIALECTS, MailWishes
from gateway.resolving.recipients import recipients_in
from gateway.resolving.resolver import Resolver
from tests.integration.intake.test_real_clients import a_gateway
from tests.patience import PATIENCE

BEGINNING = 1024 * 1024  # bytes that are read of a mail before it is rendered
LONGEST = 5.0  # seconds of processor time; the slowest takes a tenth of it


@dataclass(frozen=True)
class Bad:
    """A mail, and what of it is found."""

    mail: Callable[[], bytes]
    texts: tuple[str, ...]  #: how the first documents begin
    documents: int = 1
    defects: tuple[str, ...] = ()
    subject: str = field(default="")


def mixed(*parts: bytes, end: bytes = b"--b--\r\n", boundary: bytes = b"b") -> bytes:
    head = b"Subject: x\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=%s\r\n\r\n" % boundary
    return head + b"".join(b"--b\r\n" + part + b"\r\n" for part in parts) + end


def nested(depth: int) -> bytes:
    """Multiparts in multiparts, with a text in the first and in the last."""
    mail = b"Subject: x\r\n"
    for number in range(depth):
        mail += b'Content-Type: multipart/mixed; boundary="b%d"\r\n\r\n' % number
        mail += b"--b%d\r\n\r\ntop\r\n" % number if number == 0 else b""
        mail += b"--b%d\r\n" % number
    mail += b"\r\ndeep\r\n"
    return mail + b"".join(b"--b%d--\r\n" % number for number in reversed(range(depth)))


TEXT = b"Content-Type: text/plain\r\n\r\n"
CASES = {
    "100 000 headers": Bad(
        lambda: b"Subject: x\r\n" + b"X-A: 1\r\n" * 100_000 + b"\r\nhello\r\n",
        ("hello",),
        defects=("a part has too many headers",),
        subject="x",
    ),
    "a header of 10 MB": Bad(
        lambda: b"X-A: " + b"a" * 10_000_000 + b"\r\nSubject: x\r\n\r\nhello\r\n",
        ("hello",),
        defects=("a part has too many headers",),
    ),
    "100 000 encoded words": Bad(
        lambda: b"Subject: " + b"=?utf-8?q?a?=\r\n " * 100_000 + b"\r\n\r\nhello\r\n",
        ("\r\nhello",),
        defects=("a part has too many headers",),
        subject="a" * 200,
    ),
    "100 000 quotes in From": Bad(
        lambda: b"From: " + b'"' * 99_999 + b"\r\nSubject: x\r\n\r\nhello\r\n", ("hello",), subject="x"
    ),
    "100 000 brackets in To": Bad(
        lambda: b"Subject: x\r\nTo: " + b"(" * 100_000 + b"\r\n\r\nhello\r\n", ("hello",), subject="x"
    ),
    "20 000 parameters": Bad(
        lambda: (
            b"Subject: x\r\nContent-Type: text/plain"
            + b"".join(b"; a*%d=x" % number for number in range(20_000))
            + b"\r\n\r\nhello\r\n"
        ),
        ("hello",),
        subject="x",
    ),
    "1 000 nested multiparts": Bad(
        lambda: nested(1000), ("top",), defects=("multiparts are nested too deep",), subject="x"
    ),
    "1 000 nested messages": Bad(
        lambda: b"Content-Type: message/rfc822\r\n\r\n" * 1000 + b"\r\ndeep\r\n",
        ("Content-Type: message/rfc822",),
        defects=("messages in messages are nested too deep",),
    ),
    "100 000 parts": Bad(
        lambda: mixed(*(b"\r\nhello",) * 100_000),
        ("\n\n".join(["hello"] * 499) + "\n",),
        defects=("there are too many parts",),
        subject="x",
    ),
    "8-bit bytes in headers": Bad(
        lambda: (
            b"Subject: Gr\xfc\xdfe\xff\r\nFrom: \xe4 <a@b.example>\r\n"
            b"Content-Type: text/plain; charset=\xff\xfe\r\n\r\nh\xe4llo\r\n"
        ),
        ("hällo",),
    ),
    "NUL bytes": Bad(lambda: b"Subject: a\0b\r\n\r\nhel\0lo\r\n", ("hel",)),
    "no headers": Bad(lambda: b"\r\nhello\r\n", ("hello",)),
    "no empty line": Bad(lambda: b"Subject: x\r\n", (), documents=0, subject="x"),
    "no boundary": Bad(
        lambda: b"Subject: x\r\nContent-Type: multipart/mixed\r\n\r\nhello\r\n",
        ("hello",),
        defects=("a multipart has no boundary",),
        subject="x",
    ),
    "a boundary that never comes": Bad(
        lambda: mixed(TEXT + b"hello", boundary=b"other"),
        ("--b",),
        defects=("a multipart has no parts",),
        subject="x",
    ),
    "no last boundary": Bad(
        lambda: mixed(TEXT + b"hello", end=b""),
        ("hello",),
        defects=("a multipart does not end",),
        subject="x",
    ),
    "base64 that is cut off": Bad(
        lambda: mixed(b"Content-Transfer-Encoding: base64\r\n\r\naGVsbG8gd29ybGQhI"),
        ("hello world!",),
        defects=("a base64 part is cut off",),
        subject="x",
    ),
    "base64 that is none": Bad(
        lambda: mixed(b"Content-Transfer-Encoding: base64\r\n\r\n\xff\xfe!!", TEXT + b"hello"),
        ("hello",),
        subject="x",
    ),
    "quoted-printable that is none": Bad(
        lambda: mixed(b"Content-Transfer-Encoding: quoted-printable\r\n\r\nhel=ZZlo=\r\n=4"),
        ("hel=ZZlo",),
        subject="x",
    ),
    "an unknown charset": Bad(
        lambda: b"Content-Type: text/plain; charset=klingon\r\n\r\nhello\r\n", ("hello",)
    ),
    "bare CR and LF": Bad(lambda: b"Subject: x\r\n\r\nhello\ra\nb\r\n", ("hello",), subject="x"),
    "a mail in a mail behind a dot": Bad(
        lambda: b"Subject: x\r\n\r\nhello\n.\nMAIL FROM:<eve@example.com>\n\r.\r\r\n", ("hello",), subject="x"
    ),
    "a line of 20 MB": Bad(
        lambda: b"Subject: x\r\n\r\n" + b"a" * 20_000_000 + b"\r\n", ("aaaa",), subject="x"
    ),
}


@pytest.mark.parametrize("name", CASES)
async def test_a_bad_mail_is_taken_whole_and_read_as_far_as_it_goes(tmp_path, name):
    case = CASES[name]
    content = case.mail()

    async with a_gateway(tmp_path) as (store, port):
        code, reply = await asyncio.to_thread(_send, port, content)
        assert code == 250, reply
        (job,) = await store.jobs.list()
        message = tmp_path / "message"
        message.write_bytes(await store.blobs.get((await store.jobs.submission(job.submission_id)).message))
    began = time.process_time()
    found = documents_in(message)
    original = read_original(message)
    took = time.process_time() - began

    assert message.read_bytes().endswith(b"\r\n" + content)
    assert [
        part.content.decode()[: len(text)] for part, text in zip(found.parts, case.texts, strict=False)
    ] == list(case.texts)
    assert len(found.parts) == case.documents
    assert found.defects == case.defects
    assert original.subject.startswith(case.subject)
    assert took < LONGEST


@pytest.mark.parametrize("name", CASES)
async def test_who_sends_a_bad_mail_and_what_it_asks_for_is_found_in_bounded_time(name):
    content = CASES[name].mail()
    wishes_in = MailWishes([*DIALECTS, *BODY_DIALECTS], texts_in)
    resolver = Resolver(clock=SystemClock(), sending=SendingSection(), wishes_in=wishes_in)
    submission = Submission(SubmissionId("s"), "ann@example.com", BlobRef("b"), "test", datetime.now(UTC))
    began = time.process_time()

    facts = await resolver.facts(submission, content[:BEGINNING], JobOptions())
    named = recipients_in(
        content, attachments_in(content), wishes_in(content[:BEGINNING]), {"fax.example.com"}
    )
    header = read_header(content[:BEGINNING])
    name_beside(content[:BEGINNING], "102@fax.example.com")

    assert time.process_time() - began < 3 * LONGEST
    assert facts.sender.mail == "ann@example.com"
    assert (named.rows, header.recipients) == ((), ())


def _send(port: int, content: bytes) -> tuple[int, bytes]:
    """The reply to a message that goes out as it is, but for its dots."""
    with smtplib.SMTP("127.0.0.1", port, local_hostname="client.example.com", timeout=PATIENCE) as client:
        client.ehlo()
        client.mail("anna@example.com")
        client.rcpt("101@fax.example.com")
        assert client.docmd("DATA")[0] == 354
        client.send(content.replace(b"\r\n.", b"\r\n..") + b".\r\n")
        return client.getreply()


def test_the_subject_of_a_hostile_mail_costs_little(tmp_path: Path):
    mail = tmp_path / "mail"
    mail.write_bytes(b"Subject: " + b"=?utf-8?q?a?=\r\n " * 100_000)
    began = time.process_time()

    assert read_original(mail).subject.startswith("a" * 200)

    assert time.process_time() - began < 0.2
