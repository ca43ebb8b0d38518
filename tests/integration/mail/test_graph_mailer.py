"""Answers leave through a mailbox at Microsoft 365, small and large ones."""

from collections.abc import AsyncIterator
from email.message import EmailMessage
from pathlib import Path

import pytest

from gateway.errors import MailerRefused, MailerUnavailable
from gateway.mail.graph import GraphMailer
from tests.fakes.graph_server import GraphServer, Refused
from tests.fix_graph import a_section


def an_answer(*attachments: bytes) -> EmailMessage:
    message = EmailMessage()
    message["From"] = "fax@example.com"
    message["To"] = "ann@example.com"
    message["Subject"] = "Fax to +4930100 delivered"
    message["Message-ID"] = "<1@fax1>"
    message["Auto-Submitted"] = "auto-replied"
    message.set_content("Delivered.")
    message.add_alternative("<p>Delivered.</p>", subtype="html")
    for number, content in enumerate(attachments):
        message.add_attachment(content, "application", "pdf", filename=f"{number}.pdf")
    return message


@pytest.fixture
async def mailer(graph: GraphServer, localhost: Path) -> AsyncIterator[GraphMailer]:
    async with GraphMailer("test", a_section(graph, localhost)) as opened:
        yield opened


async def send(mailer: GraphMailer, message: EmailMessage) -> None:
    await mailer.send(message, mail_from="", recipient="ann@example.com")


async def test_an_answer_is_sent_as_it_is(graph: GraphServer, mailer: GraphMailer):
    await send(mailer, an_answer(b"%PDF"))

    ((sent, _),) = graph.sent
    assert (sent["To"], sent["Message-ID"]) == ("ann@example.com", "<1@fax1>")
    assert sent["Auto-Submitted"] == "auto-replied"
    (pdf,) = sent.iter_attachments()
    assert pdf.get_content() == b"%PDF"


async def test_an_answer_too_large_for_one_request_is_sent_in_parts(graph: GraphServer, mailer: GraphMailer):
    small, large = b"small", bytes(range(256)) * 40_000

    await send(mailer, an_answer(small, large))

    ((sent, attachments),) = graph.sent
    assert sent["Subject"] == "Fax to +4930100 delivered"
    assert "Delivered." in str(sent.get_body(("plain",)))
    assert list(sent.iter_attachments()) == []
    assert attachments == [("0.pdf", small), ("1.pdf", large)]
    assert len([request for request in graph.requests if request.startswith("PUT")]) == 4


async def test_a_draft_that_cannot_be_completed_is_not_sent_and_not_left(
    graph: GraphServer, mailer: GraphMailer
):
    graph.next_requests_are_refused(Refused(500, "ErrorInternalServerError"))
    with pytest.raises(MailerUnavailable):
        await send(mailer, an_answer(b"x" * 5_000_000))

    graph.answer_uploads_with = Refused(500, "ErrorInternalServerError")
    with pytest.raises(MailerUnavailable):
        await send(mailer, an_answer(b"x" * 5_000_000))

    assert graph.sent == []
    assert graph.mails_in("drafts") == []
    assert [mail.folder for mail in graph.mails] == [""]


@pytest.mark.parametrize(
    ("refused", "expected"),
    [
        (Refused(400, "ErrorInvalidRecipients"), MailerRefused),
        (Refused(413, "RequestEntityTooLarge"), MailerRefused),
        (Refused(403, "ErrorAccessDenied"), MailerUnavailable),
        (Refused(404, "ErrorInvalidUser"), MailerUnavailable),
        (Refused(500, "InternalServerError"), MailerUnavailable),
        (Refused(429, "TooManyRequests", {"Retry-After": "600"}), MailerUnavailable),
    ],
)
async def test_what_an_administrator_can_mend_is_tried_again(
    graph: GraphServer, mailer: GraphMailer, refused: Refused, expected: type[Exception]
):
    graph.next_requests_are_refused(refused)

    with pytest.raises(expected, match=refused.code):
        await send(mailer, an_answer())
