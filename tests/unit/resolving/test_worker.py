from datetime import UTC, datetime, timedelta

import pytest

from gateway.config.people import ResolvingSection
from gateway.config.schema import OptionsSection, SendingSection
from gateway.model.envelope import Envelope
from gateway.model.job import Sender
from gateway.model.lifecycle import JobEvent, JobState
from gateway.model.notification import NotificationKind
from gateway.model.number import FaxNumber
from gateway.model.options import JobOptions
from gateway.model.permission import Ban, Permission, Rules
from gateway.model.sender import Person
from gateway.model.submission import NewSubmission, Recipient
from gateway.ports.job_store import Outcome
from gateway.ports.wakeups import Topic
from gateway.rendering.contents import texts_in
from gateway.resolving.options import MailWishes
from gateway.resolving.resolver import Resolver
from gateway.resolving.worker import ResolvingWorker
from tests.fakes.clock import FakeClock
from tests.fakes.directory import FakeDirectory
from tests.stages import A_MAIL, ANN, a_received_job, a_stage_of, answers, some_received_jobs

SECTION = SendingSection(station_id="+49 30 1", caller_number="+49301")
STAFF = frozenset({"Staff"})


@pytest.fixture
def staged(opened):
    """Makes a stage with these settings of the worker."""
    store, _ = opened

    def make(clock=None, **settings):
        clock = clock or FakeClock(datetime.now(UTC))
        resolver = Resolver(clock=clock, sending=SECTION, **settings)
        worker = ResolvingWorker(jobs=store.jobs, blobs=store.blobs, clock=clock, resolver=resolver)
        return a_stage_of(opened, Topic.RESOLVING, worker.work, at_once=4)

    return make


async def test_a_job_belongs_to_the_envelope_sender(staged, store):
    job = await a_received_job(store)

    await staged().run_once()

    resolved = await store.jobs.get(job.id)
    assert resolved.state is JobState.RESOLVED
    assert resolved.sender == Sender("ann@example.com", "Ann Smith", "+49 30 1", "+49301")


@pytest.mark.parametrize(
    ("recipient", "name"),
    [
        (Recipient("+4930100@fax.example.com", FaxNumber("+4930100")), "Orff, Carl"),
        (Recipient("+4930100@fax.example.com", FaxNumber("+4930100"), name="Ted"), "Ted"),
        (Recipient("102@fax.example.com", FaxNumber("102")), ""),
        (Recipient("+4930100@fax.example.com", FaxNumber("102"), options=JobOptions(listed=True)), ""),
    ],
    ids=["beside the address", "in the address", "nowhere", "in a list"],
)
async def test_a_recipient_is_called_as_the_mail_calls_him(staged, store, recipient, name):
    message = b'To: "Orff, Carl" <+4930100@FAX.example.com>, <102@fax.example.com>\r\n' + A_MAIL
    new = NewSubmission(Envelope(ANN.mail, (recipient.address,)), (recipient,), "test")
    await store.jobs.submit(new, message)

    await staged().run_once()

    (job,) = await store.jobs.list()
    assert job.recipient_name == name


async def test_a_message_that_is_lost_holds_its_job(staged, store, tmp_path, caplog):
    job = await a_received_job(store, message=A_MAIL + bytes(1_000_000))
    for file in (tmp_path / "blobs").rglob("*"):
        if file.is_file():
            file.unlink()

    await staged().run_once()

    assert (await store.jobs.get(job.id)).state is JobState.HELD


async def test_the_directory_says_what_the_line_shows(staged, store):
    job = await a_received_job(store)
    ann = Person("ann@example.com", name="Dr Ann", fax_number="+49 30 777", entry="cn=ann", directory="staff")

    await staged(directory=FakeDirectory(ann)).run_once()

    assert (await store.jobs.get(job.id)).sender == Sender(
        "ann@example.com", "Dr Ann", "+49 30 777", "+4930777"
    )
    assert (await store.jobs.trace(job.id))[
        -1
    ].text == "The sender is ann@example.com (trusted: test). He is cn=ann in directory staff."


async def test_who_is_in_no_directory_may_not_fax_and_is_told(staged, store):
    job = await a_received_job(store)

    await staged(directory=FakeDirectory()).run_once()

    refused = await store.jobs.get(job.id)
    assert (refused.state, refused.failure.code) == (JobState.FAILED, "sender-not-allowed")
    assert refused.failure.reason == "The directory does not know ann@example.com."
    assert refused.failure.remedy == "Ask your administrator for the right to send faxes."
    assert await answers(store) == [(NotificationKind.FAILED, "ann@example.com")]


async def test_unknown_senders_of_a_relay_may_be_allowed(staged, store):
    job = await a_received_job(store)
    members, guests = Permission("members", ("Staff",)), Permission("guests", allow=("+4930",))
    section = ResolvingSection(unknown="allow")

    await staged(directory=FakeDirectory(), rules=Rules((members, guests)), section=section).run_once()

    assert (await store.jobs.get(job.id)).state is JobState.RESOLVED
    assert (await store.jobs.trace(job.id))[-1].text.endswith("[permission.guests] allows it.")


async def test_mail_waits_while_the_directory_is_away(staged, store):
    job = await a_received_job(store)
    directory = FakeDirectory(Person("ann@example.com"))
    directory.is_away = True

    await staged(directory=directory).run_once()

    waiting = await store.jobs.get(job.id)
    assert (waiting.state, waiting.failure) == (JobState.RECEIVED, None)
    assert waiting.due_at > waiting.created_at
    assert await answers(store) == []


async def test_a_forbidden_destination_fails_alone(staged, store):
    berlin, premium = await some_received_jobs(store, "+4930123456", "+49900123456")
    rules = Rules((Permission("all", deny=("+49900",)),), (Ban("x", senders=("bob@example.com",)),))

    await staged(rules=rules).run_once()

    assert (await store.jobs.get(berlin.id)).state is JobState.RESOLVED
    assert (await store.jobs.get(premium.id)).failure.code == "destination-not-allowed"


async def test_a_quota_holds_for_faxes_that_are_resolved_at_the_same_moment(staged, store):
    await some_received_jobs(store, "+49301", "+49302", "+49303", "+49304")
    directory = FakeDirectory(Person("ann@example.com", groups=STAFF))
    rules = Rules((Permission("staff", ("staff",), faxes_per_day=3),))

    await staged(directory=directory, rules=rules).run_once()

    jobs = await store.jobs.list()
    assert sorted(job.state for job in jobs) == [JobState.FAILED, *[JobState.RESOLVED] * 3]
    (refused,) = [job for job in jobs if job.failure]
    assert refused.failure.reason == "You may send 3 faxes a day, and have sent 3."


async def test_a_quota_counts_every_address_of_a_person_and_no_failed_fax(staged, store):
    ann = Person("ann@example.com", addresses=frozenset({"ann@example.com", "A.Smith@example.com"}))
    directory = FakeDirectory()
    directory.knows(ann, "a.smith@example.com")
    stage = staged(directory=directory, rules=Rules((Permission("all", faxes_per_month=2),)))
    for mail in ("a.smith@example.com", "ANN@example.com"):
        await a_received_job(store, number="+49301", mail_from=mail)
        await stage.run_once()
    failed = await a_received_job(store, number="+49302")
    await stage.run_once()

    assert (await store.jobs.get(failed.id)).failure.code == "quota-exceeded"

    for job in await store.jobs.list(JobState.RESOLVED):
        await store.jobs.record(job, JobEvent.WAS_CANCELLED, Outcome())
    again = await a_received_job(store, number="+49303")
    await stage.run_once()

    assert (await store.jobs.get(again.id)).state is JobState.RESOLVED


async def test_yesterdays_faxes_are_not_todays(staged, store):
    await a_received_job(store)
    rules = Rules((Permission("all", faxes_per_day=1),))
    await staged(rules=rules).run_once()
    job = await a_received_job(store, number="+49302")
    tomorrow = FakeClock(datetime.now(UTC))
    tomorrow.advance(timedelta(days=1))

    await staged(clock=tomorrow, rules=rules).run_once()

    assert (await store.jobs.get(job.id)).state is JobState.RESOLVED


@pytest.mark.parametrize("header", [b"Auto-Submitted: auto-replied\r\n", b"List-Id: <l.example.com>\r\n"])
async def test_an_automatic_mail_is_refused_and_nobody_is_told(staged, store, header):
    job = await a_received_job(store, message=header + A_MAIL)

    await staged().run_once()

    refused = await store.jobs.get(job.id)
    assert (refused.state, refused.failure.code) == (JobState.FAILED, "automatic-mail")
    assert await answers(store) == []


async def test_the_name_in_the_from_header_gives_no_rights(staged, store):
    job = await a_received_job(store, mail_from="mallory@example.com")

    await staged(directory=FakeDirectory(Person(ANN.mail))).run_once()

    assert (await store.jobs.get(job.id)).failure.code == "sender-not-allowed"


@pytest.mark.parametrize(("said", "state"), [("spf=fail", JobState.FAILED), ("spf=pass", JobState.RESOLVED)])
async def test_where_a_relay_must_prove_senders_others_are_refused_and_nobody_is_told(
    staged, store, said, state
):
    results = f"Authentication-Results: mx.example.com; {said} smtp.mailfrom=example.com\r\n"
    recipient = Recipient("+49301@fax.example.com", FaxNumber("+49301"))
    envelope = Envelope(ANN.mail, (recipient.address,))
    submission = NewSubmission(envelope, (recipient,), "smtp 192.0.2.1")
    await store.jobs.submit(submission, results.encode() + A_MAIL)

    await staged(section=ResolvingSection(authserv_id="mx.example.com")).run_once()

    (job,) = await store.jobs.list()
    assert job.state is state
    assert await answers(store) == []


@pytest.mark.parametrize(("header", "resolution"), [(b"", "auto"), (b"X-Faxgw-Resolution: fine\r\n", "fine")])
async def test_a_group_has_its_resolution_unless_the_sender_asks_for_one(staged, store, header, resolution):
    job = await a_received_job(store, message=header + A_MAIL)
    rules = Rules((Permission("all", resolution="auto"),))

    await staged(rules=rules, wishes_in=MailWishes(["faxgw"], texts_in)).run_once()

    assert (await store.jobs.get(job.id)).options.resolution == resolution


async def test_a_fax_without_the_billing_code_that_a_site_wants_is_refused(staged, store):
    job = await a_received_job(store)

    await staged(options=OptionsSection(billing_code="required")).run_once()

    refused = await store.jobs.get(job.id)
    assert refused.failure.code == "billing-code-missing"
    assert "[::b=4711]" in refused.failure.remedy


async def test_a_trunk_that_does_not_exist_is_told_as_not_done(staged, store):
    job = await a_received_job(store, message=b"X-Faxgw-Trunk: backup\r\n" + A_MAIL)

    await staged(wishes_in=MailWishes(["faxgw"], texts_in), trunks=["main"]).run_once()

    assert (await store.jobs.get(job.id)).options == JobOptions(not_done=("trunk=backup",))
