"""A mailbox at Microsoft 365, as its documentation says that it behaves."""

import subprocess
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from gateway.intake.collecting.microsoft365 import Microsoft365Source
from gateway.microsoft.graph import GraphError
from gateway.model.collected import Taken
from gateway.model.ids import SubmissionId
from gateway.model.secret import Secret
from gateway.ports.mail_source import FoundMail
from tests.fakes.graph_server import GraphServer, Refused
from tests.fix_graph import a_section

MAIL = b"From: ann@example.com\r\nTo: +4930100@fax.example.com\r\n\r\nHello\r\n"
INTERNAL = b"X-MS-Exchange-Organization-AuthAs: Internal\r\n"
ACCEPTED, REFUSED = Taken(SubmissionId("S1")), Taken(None, ("No.",))

Opened = Callable[..., Microsoft365Source]


@pytest.fixture
async def opened(graph: GraphServer, localhost: Path) -> AsyncIterator[Opened]:
    made: list[Microsoft365Source] = []

    def open_source(max_size: int = 1_000_000, **settings: object) -> Microsoft365Source:
        section = a_section(graph, localhost, **settings)
        made.append(Microsoft365Source("test", section, max_size=max_size))
        return made[-1]

    yield open_source
    for source in made:
        await source.close()


async def mails(source: Microsoft365Source) -> list[FoundMail]:
    return [mail async for mail in source.mails()]


async def test_mails_of_many_pages_are_found_oldest_first(graph: GraphServer, opened: Opened):
    for number in range(7):
        graph.deliver(MAIL + b"%d" % number)

    found = await mails(opened())

    assert [mail.content for mail in found] == [MAIL + b"%d" % number for number in range(7)]


@pytest.mark.parametrize(
    ("stamp", "proved"),
    [
        (INTERNAL, True),
        (b"", False),
        (b"X-MS-Exchange-Organization-AuthAs: Anonymous\r\n", False),
        (INTERNAL * 2, False),
        (INTERNAL + b"X-MS-Exchange-Organization-AuthAs: Anonymous\r\n", False),
    ],
)
async def test_a_sender_is_proved_by_the_one_stamp_of_exchange(
    graph: GraphServer, opened: Opened, stamp: bytes, proved: bool
):
    graph.deliver(stamp + MAIL)

    (mail,) = await mails(opened())

    assert mail.is_proved is proved


async def test_what_is_ours_and_what_is_refused_lie_in_folders_of_their_own(
    graph: GraphServer, opened: Opened
):
    graph.deliver(MAIL)
    graph.deliver(MAIL + b"2")
    source = opened(done="Faxed 'til now")
    first, second = await mails(source)

    await source.settle(first, ACCEPTED)
    await source.settle(second, REFUSED)

    assert graph.mails_in("Faxed 'til now") == [MAIL]
    assert graph.mails_in("Not faxed") == [MAIL + b"2"]
    assert graph.mails_in("Inbox") == []


async def test_without_a_folder_for_them_mails_are_deleted(graph: GraphServer, opened: Opened):
    graph.deliver(MAIL)
    source = opened(done="")
    (mail,) = await mails(source)

    await source.settle(mail, ACCEPTED)

    assert [mail.folder for mail in graph.mails] == [""]


async def test_after_the_first_look_only_changes_are_asked_for(graph: GraphServer, opened: Opened):
    for _ in range(5):
        graph.deliver(MAIL)
    source = opened()
    for mail in await mails(source):
        await source.settle(mail, ACCEPTED)
    await mails(source)
    graph.requests.clear()

    assert await mails(source) == []
    assert len(graph.requests) == 1
    assert "$deltatoken" in graph.requests[0]


async def test_a_service_that_has_forgotten_what_it_told_is_asked_for_everything(
    graph: GraphServer, opened: Opened
):
    graph.deliver(MAIL)
    source = opened()
    (before,) = await mails(source)
    graph.forget_deltas()
    graph.deliver(MAIL + b"2")

    found = await mails(source)

    assert [mail.content for mail in found] == [MAIL, MAIL + b"2"]
    assert found[0].key == before.key


async def test_a_mail_that_somebody_takes_away_is_no_error(graph: GraphServer, opened: Opened):
    graph.deliver(MAIL)
    graph.deliver(MAIL + b"2")
    source = opened()
    iterator = source.mails()
    first = await anext(iterator)
    for mail in graph.mails:
        graph._leave(mail, "")

    await source.settle(first, ACCEPTED)

    assert [mail async for mail in iterator] == []


async def test_a_mail_that_cannot_be_given_out_stays_and_does_not_hold_up_the_others(
    graph: GraphServer, opened: Opened, caplog: pytest.LogCaptureFixture
):
    graph.deliver(MAIL)
    graph.deliver(MAIL + b"2")
    graph.unreadable.add(0)

    (mail,) = await mails(opened())

    assert mail.content == MAIL + b"2"
    assert "ErrorItemCorrupt" in caplog.text


async def test_a_mail_that_is_too_large_is_not_read_to_its_end(graph: GraphServer, opened: Opened):
    graph.deliver(MAIL + b"x" * 500_000)

    (mail,) = await mails(opened(max_size=1000))

    assert mail.fault == "The mail is larger than this fax server takes. Send it in several parts."
    assert len(mail.content) == 1000  # type: ignore[arg-type]


@pytest.mark.parametrize("status", [429, 503])
async def test_a_busy_service_is_asked_again_when_it_said_so(graph: GraphServer, opened: Opened, status: int):
    graph.deliver(MAIL)
    graph.next_requests_are_refused(Refused(status, "TooManyRequests", {"Retry-After": "0"}))

    assert len(await mails(opened())) == 1


async def test_a_service_that_wants_a_long_pause_is_left_alone(graph: GraphServer, opened: Opened):
    source = opened()
    graph.next_requests_are_refused(Refused(429, "TooManyRequests", {"Retry-After": "3600"}))

    with pytest.raises(GraphError, match="429 TooManyRequests"):
        await mails(source)
    assert len([request for request in graph.requests if "delta" in request]) == 1


async def test_a_token_that_is_not_good_any_more_is_fetched_anew(graph: GraphServer, opened: Opened):
    source = opened()
    await mails(source)
    graph.forget_tokens()
    graph.deliver(MAIL)

    assert len(await mails(source)) == 1


def a_certificate(folder: Path, *kind: str) -> Path:
    """A self-signed certificate and its key, in one file."""
    key, certificate, both = (folder / name for name in ("key", "certificate", "both.pem"))
    names = ["-subj", "/CN=faxgw", "-keyout", key, "-out", certificate]
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", *kind, "-nodes", *names], check=True, capture_output=True
    )
    both.write_bytes(key.read_bytes() + certificate.read_bytes())
    return both


async def test_a_certificate_is_as_good_as_a_secret(graph: GraphServer, tmp_path: Path, opened: Opened):
    graph.certificate = tmp_path / "certificate"
    both = a_certificate(tmp_path, "rsa:2048")
    graph.deliver(MAIL)

    assert len(await mails(opened(client_secret=None, certificate=both))) == 1


async def test_a_certificate_that_cannot_sign_is_told_of(tmp_path: Path, opened: Opened):
    both = a_certificate(tmp_path, "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1")

    with pytest.raises(GraphError, match="gives no token"):
        await mails(opened(client_secret=None, certificate=both))


async def test_a_wrong_secret_says_what_to_check(opened: Opened):
    with pytest.raises(
        GraphError, match=r"AADSTS7000215: Invalid client secret\. Check \[microsoft365\.test"
    ):
        await mails(opened(client_secret=Secret("wrong")))


async def test_a_mailbox_that_is_not_there_is_named(opened: Opened):
    with pytest.raises(GraphError, match=r"404 ErrorInvalidUser for nobody@example\.com"):
        await mails(opened(mailbox="nobody@example.com"))
