"""What lies in a mailbox becomes faxes, each mail once, and nobody is believed for his From alone."""

import asyncio
from pathlib import Path

import pytest

from gateway.config.schema import SmtpSection
from gateway.errors import SourceUnavailable
from gateway.intake.accept import Gatekeeper
from gateway.intake.collecting.collector import Collector
from gateway.model.collected import Taken
from gateway.model.envelope import Envelope
from gateway.model.ids import SubmissionId
from gateway.ports.mail_source import FoundMail
from gateway.resolving.automatic import why_automatic
from tests.fakes.mail_source import FakeCollection, FakeSource

MAIL = (
    b"From: Ann <ann@example.com>\r\nTo: +4930100@fax.example.com\r\n"
    b"Subject: Offer\r\nMessage-ID: <1@example.com>\r\n\r\nHello\r\n"
)


def a_mail(content: bytes = MAIL, key: str = "1", *, proved: bool = True) -> FoundMail:
    return FoundMail(key, content, is_proved=proved)


def to(*addresses: str, more: bytes = b"") -> bytes:
    return MAIL.replace(b"+4930100@fax.example.com", ", ".join(addresses).encode()).replace(
        b"Subject:", more + b"Subject:"
    )


@pytest.fixture
def source() -> FakeSource:
    return FakeSource()


@pytest.fixture
def queue() -> FakeCollection:
    return FakeCollection()


@pytest.fixture
def collector(source: FakeSource, queue: FakeCollection) -> Collector:
    return a_collector(source, queue)


def a_collector(source: FakeSource, queue: FakeCollection, *, proves: bool = False) -> Collector:
    return Collector(
        source,
        queue,
        Gatekeeper(SmtpSection(domains=("fax.example.com",))),
        max_message_size=10_000,
        why_automatic=lambda head, sender: why_automatic(head, sender, applications=False),
        proves=lambda sender, source, _: proves and (sender, source) == ("ann@example.com", "imap fake"),
    )


async def test_a_mail_becomes_a_submission_with_the_sender_and_numbers_of_its_header(
    collector: Collector, source: FakeSource, queue: FakeCollection
):
    source.put(a_mail(to('"Bob" <+4930100@fax.example.com>', "IMCEAFAX-+2B4930200@fax.example.com")))

    assert await collector.run_once() == 1

    (submission,) = queue.submissions
    assert submission.envelope.mail_from == "ann@example.com"
    assert [r.number.digits for r in submission.recipients] == ["+4930100", "+4930200"]
    assert submission.client == "imap fake login ann@example.com"
    assert source.settled == [("1", Taken(SubmissionId("S1")))]


async def test_a_recipient_may_have_a_name_that_his_address_does_not_say(
    collector: Collector, source: FakeSource, queue: FakeCollection
):
    address = "+4930100@fax.example.com"
    envelope = Envelope("sap@example.com", (address,))
    source.put(
        FoundMail("1", MAIL, envelope=envelope, people={address: ("Carl Orff", "Doe Ltd")}, is_proved=True)
    )

    await collector.run_once()

    ((recipient,),) = [submission.recipients for submission in queue.submissions]
    assert (recipient.name, recipient.company) == ("Carl Orff", "Doe Ltd")


async def test_people_of_other_domains_are_left_alone(
    collector: Collector, source: FakeSource, queue: FakeCollection
):
    source.put(a_mail(to("bob@example.com", "+4930100@fax.example.com")))

    await collector.run_once()

    assert [r.address for r in queue.submissions[0].recipients] == ["+4930100@fax.example.com"]
    assert queue.answers == []


async def test_a_number_named_twice_gets_one_fax(
    collector: Collector, source: FakeSource, queue: FakeCollection
):
    source.put(a_mail(to("+4930100@fax.example.com", "+49-30-100@fax.example.com")))

    await collector.run_once()

    assert len(queue.submissions[0].recipients) == 1


async def test_two_persons_behind_one_number_get_a_fax_each(source: FakeSource, queue: FakeCollection):
    source.put(a_mail(to("FAX=+4930100/T33S=1@fax.example.com", "FAX=+4930100/T33S=2@fax.example.com")))

    await a_collector(source, queue).run_once()

    assert [r.options.sub_address for r in queue.submissions[0].recipients] == ["1", "2"]


async def test_a_mail_whose_move_failed_is_moved_at_the_next_look_and_not_faxed_again(
    collector: Collector, source: FakeSource, queue: FakeCollection
):
    source.put(a_mail())
    source.next_move_fails(SourceUnavailable("away"))

    with pytest.raises(SourceUnavailable):
        await collector.run_once()
    await collector.run_once()

    assert len(queue.submissions) == 1
    assert source.settled == [("1", Taken(SubmissionId("S1")))]
    assert queue.settled_keys == ["1"]


async def test_a_mail_that_cannot_be_moved_does_not_hold_up_the_others(
    collector: Collector, source: FakeSource, queue: FakeCollection
):
    source.put(a_mail())
    source.put(a_mail(key="2"))
    source.next_move_fails(SourceUnavailable("no right to move"))

    with pytest.raises(SourceUnavailable):
        await collector.run_once()

    assert len(queue.submissions) == 2
    assert queue.settled_keys == ["2"]


async def test_an_address_that_cannot_be_dialled_is_answered_and_the_others_are_faxed(
    collector: Collector, source: FakeSource, queue: FakeCollection
):
    source.put(a_mail(to("hello@fax.example.com", "+4930100@fax.example.com")))

    await collector.run_once()

    assert len(queue.submissions) == 1
    ((mailbox, refusal),) = queue.answers
    assert (mailbox, refusal.subject, refusal.message_id) == ("ann@example.com", "Offer", "<1@example.com>")
    assert refusal.reasons == (
        "hello@fax.example.com: Not a fax number; write it like +49301234567@ and the fax domain.",
    )


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (to("bob@example.com"), "names no fax number"),
        (to("+49*31#5@fax.example.com"), "fax domain"),
        (MAIL + b"x" * 10_000, "Message too large"),
        (MAIL.replace(b"From: Ann <ann@example.com>\r\n", b""), "one sender"),
        (MAIL.replace(b"From: Ann", b"From: carl@example.com, Ann"), "one sender"),
        (b"", "one sender"),
        (b"\xff\x00\r\n\r\n", "one sender"),
    ],
)
async def test_what_cannot_be_faxed_is_settled_with_the_reason(
    collector: Collector, source: FakeSource, queue: FakeCollection, content: bytes, reason: str
):
    source.put(a_mail(content))

    await collector.run_once()

    assert queue.submissions == []
    ((_, taken),) = source.settled
    assert taken.submission_id is None
    assert reason in taken.refused[0]


async def test_from_alone_proves_nobody_and_a_forged_sender_gets_no_answer(
    collector: Collector, source: FakeSource, queue: FakeCollection
):
    source.put(a_mail(proved=False))

    await collector.run_once()

    assert (queue.submissions, queue.answers) == ([], [])
    assert source.settled[0][1].refused == ("Nothing proves that this mail is from ann@example.com.",)


async def test_a_mail_that_proves_its_sender_by_itself_is_taken_and_proved_again_by_the_resolver(
    source: FakeSource, queue: FakeCollection
):
    source.put(a_mail(proved=False))

    await a_collector(source, queue, proves=True).run_once()

    assert queue.submissions[0].client == "imap fake"


@pytest.mark.parametrize("field", [b"Auto-Submitted: auto-replied\r\n", b"Precedence: bulk\r\n"])
async def test_a_program_gets_no_answer(
    collector: Collector, source: FakeSource, queue: FakeCollection, field: bytes
):
    source.put(a_mail(to("hello@fax.example.com", more=field)))

    await collector.run_once()

    assert queue.answers == []
    assert len(source.settled) == 1


async def test_a_source_that_answers_itself_needs_no_mail(queue: FakeCollection):
    source = FakeSource(answers=True)
    source.put(
        FoundMail("1", b"", envelope=Envelope("a@b.example", ("hello@fax.example.com",)), is_proved=True)
    )

    await a_collector(source, queue).run_once()

    assert queue.answers == []
    assert source.settled[0][1].submission_id is None


async def test_collecting_goes_on_when_a_mail_comes_and_ends_when_it_is_told_to(
    collector: Collector, source: FakeSource, queue: FakeCollection
):
    stopping = asyncio.Event()
    running = asyncio.create_task(collector.run(stopping))
    source.put(a_mail())
    while not source.settled:
        await asyncio.sleep(0)

    stopping.set()
    await running

    assert len(queue.submissions) == 1
    assert source.closed


async def test_a_mail_that_cannot_be_read_stays_and_does_not_stop_the_others(
    collector: Collector, source: FakeSource, queue: FakeCollection, tmp_path: Path
):
    source.put(FoundMail("odd", tmp_path, is_proved=True))  # a folder is no mail
    source.put(a_mail())

    await collector.run_once()

    assert len(queue.submissions) == 1
    assert list(source.lying) == ["odd"]


async def test_an_error_nobody_thought_of_does_not_end_the_collecting(
    collector: Collector, source: FakeSource, queue: FakeCollection, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("gateway.intake.collecting.collector._PAUSES", (0.0,))
    source.next_look_fails(KeyError("a bug"))
    source.put(a_mail())
    stopping = asyncio.Event()

    running = asyncio.create_task(collector.run(stopping))
    while not source.settled:
        await asyncio.sleep(0)
    stopping.set()
    await running

    assert len(queue.submissions) == 1
