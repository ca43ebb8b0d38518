"""The command line, run as its users run it, but in this process."""

import asyncio
import json
from datetime import timedelta
from pathlib import Path
from zipfile import ZipFile

import pytest

from gateway.cli import main
from gateway.exit_code import ExitCode
from gateway.model.destination import Limit, NewLesson
from gateway.model.job import Failure
from gateway.model.lifecycle import JobEvent, JobState
from gateway.model.notification import NotificationKind
from gateway.model.number import FaxNumber
from gateway.ports.job_store import Outcome
from tests.stages import LEASE, a_received_job, a_resolved_job, a_store, answers

CONFIG = """\
[node]
name = "here"
data_dir = "{folder}"
[smtp]
domains = ["fax.example.com"]
[trunk.main]
proxy = "sip:pbx.example.com"
[receiving]
operators = "operators@example.com"
[mailer]
sender = "fax@example.com"
"""


@pytest.fixture
def config(tmp_path, monkeypatch) -> Path:
    file = tmp_path / "faxgw.toml"
    file.write_text(CONFIG.format(folder=tmp_path / "data"))
    monkeypatch.setenv("FAXGW_CONFIG", str(file))
    return file


@pytest.fixture
def faxgw(capsys, monkeypatch):
    """Runs a command: its exit code, its stdout, its stderr."""

    def run(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr("sys.argv", ["faxgw", *arguments])
        with pytest.raises(SystemExit) as end:
            main()
        out, err = capsys.readouterr()
        return int(end.value.code or 0), out, err

    return run


@pytest.fixture
def in_store(config, tmp_path):
    """Does something with the store of the configuration."""

    def run(work):
        async def once():
            async with a_store(tmp_path / "data") as (store, _):
                return await work(store)

        return asyncio.run(once())

    return run


def test_a_file_is_sent_as_a_mail_with_it_would_be(faxgw, config, in_store, tmp_path):
    (tmp_path / "offer.txt").write_text("100 EUR")

    code, out, _ = faxgw(
        "send", "--to", "+49 30 1234567", "--from", "ann@example.com", str(tmp_path / "offer.txt")
    )

    (job,) = in_store(lambda store: store.jobs.list())
    assert code == ExitCode.OK
    assert out == f"{job.id}  +49301234567\n"
    assert job.state is JobState.RECEIVED


def test_a_number_that_is_none_is_refused_in_one_line(faxgw, config):
    code, _, err = faxgw("send", "--to", "bob", "--text", "Hello")

    assert code == ExitCode.FAILED
    assert err == 'faxgw: "bob": Not a fax number.\n'


def test_sending_nothing_is_a_mistake_of_the_command_line(faxgw, config):
    code, _, err = faxgw("send", "--to", "+49301")

    assert code == ExitCode.USAGE
    assert "nothing to fax" in err


def test_a_fax_that_lies_ready_is_asked_for(faxgw, in_store, config):
    code, _, _ = faxgw("send", "--poll", "--password", "4711", "--to", "+49301", "--from", "ann@example.com")

    assert code == ExitCode.OK
    (job,) = in_store(lambda store: store.jobs.list())
    assert (job.options.poll, job.options.poll_password) == (True, "4711")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--text", "Hello", "--from", "ann@example.com"], "sends none"),
        ([], "give --from"),
        (["--from", "ann@example.com", "--password", "secret"], "0-9, * and #"),
    ],
)
def test_asking_for_a_fax_in_a_way_that_cannot_be_is_a_mistake_of_the_command_line(
    faxgw, config, arguments, said
):
    code, _, err = faxgw("send", "--poll", "--to", "+49301", *arguments)

    assert code == ExitCode.USAGE
    assert said in err


def test_waiting_jobs_are_listed(faxgw, in_store):
    job = in_store(a_received_job)

    code, out, _ = faxgw("queue", "list")

    assert code == ExitCode.OK
    assert out.splitlines()[0].split() == ["JOB", "STATE", "NUMBER", "SENDER", "PAGES", "ATTEMPTS", "DUE"]
    assert out.splitlines()[1].split()[:3] == [job.id, "received", "+49301234567"]


def test_programs_read_json(faxgw, in_store):
    job = in_store(a_received_job)

    _, out, _ = faxgw("queue", "show", job.id, "--json")

    shown = json.loads(out)
    assert (shown["id"], shown["state"], shown["calls"]) == (job.id, "received", [])
    assert [row["event"] for row in shown["history"]] == ["submitted"]


def test_a_job_is_held_and_released(faxgw, in_store):
    job = in_store(a_received_job)

    held = faxgw("queue", "hold", job.id)
    state_when_held = in_store(lambda store: store.jobs.get(job.id)).state
    released = faxgw("queue", "release", job.id)

    assert held == (ExitCode.OK, f"{job.id}: held\n", "")
    assert state_when_held is JobState.HELD
    assert released == (ExitCode.OK, f"{job.id}: released\n", "")
    assert in_store(lambda store: store.jobs.get(job.id)).state is JobState.RECEIVED


@pytest.mark.parametrize(
    ("done_before", "command", "said"),
    [
        ((JobEvent.WAS_HELD,), "hold", "It is held, so one cannot hold it. You may release or cancel it."),
        (
            (JobEvent.CLAIMED, JobEvent.REFUSED),
            "release",
            "It is failed, so one cannot release it. You may retry it.",
        ),
        (
            (JobEvent.WAS_CANCELLED,),
            "retry",
            "It is cancelled, so one cannot retry it. Nothing can be done with it any more.",
        ),
    ],
)
def test_what_cannot_be_done_with_a_job_is_told_with_what_can(faxgw, in_store, done_before, command, said):
    async def a_job(store):
        job = await a_received_job(store)
        for event in done_before:
            if event is JobEvent.CLAIMED:
                (job,) = await store.jobs.claim(job.state, lease=LEASE)
            else:
                job = await store.jobs.record(job, event, Outcome())
        return job

    job = in_store(a_job)

    code, _, err = faxgw("queue", command, job.id)

    assert (code, err) == (ExitCode.FAILED, f"{job.id}: {said}\n")


def test_the_sender_of_a_cancelled_job_is_told(faxgw, in_store):
    job = in_store(a_resolved_job)

    code, _, _ = faxgw("queue", "cancel", job.id)

    assert code == ExitCode.OK
    assert in_store(lambda store: store.jobs.get(job.id)).state is JobState.CANCELLED
    assert in_store(answers) == [(NotificationKind.FAILED, "ann@example.com")]


def test_the_sender_of_a_held_fax_that_is_cancelled_reads_why_it_was_held(faxgw, in_store):
    async def a_held_job(store):
        job = await a_resolved_job(store)
        missing = Failure("partly-sent", "Part of it.", "Save it again.")
        return await store.jobs.record(job, JobEvent.WAS_HELD, Outcome(failure=missing))

    job = in_store(a_held_job)

    faxgw("queue", "cancel", job.id)

    failure = in_store(lambda store: store.jobs.get(job.id)).failure
    assert failure == Failure(
        "cancelled-by-hand", "An administrator cancelled this fax. Part of it.", "Save it again."
    )


def test_the_sender_of_a_job_that_nobody_has_looked_at_is_told_too(faxgw, in_store):
    job = in_store(a_received_job)

    faxgw("queue", "cancel", job.id)

    assert in_store(answers) == [(NotificationKind.FAILED, "ann@example.com")]


def test_a_job_that_somebody_works_on_is_left_alone(faxgw, in_store):
    async def an_owned_job(store):
        await a_received_job(store)
        (job,) = await store.jobs.claim(JobState.RECEIVED, lease=LEASE)
        return job

    job = in_store(an_owned_job)

    code, _, err = faxgw("queue", "hold", job.id)

    assert code == ExitCode.FAILED
    assert err == f"{job.id}: It is resolving just now. Try again when that is over.\n"


def test_what_is_impossible_is_said_and_the_others_are_done(faxgw, in_store):
    job = in_store(a_received_job)

    code, out, err = faxgw("queue", "hold", "NOPE", job.id)

    assert code == ExitCode.FAILED
    assert out == f"{job.id}: held\n"
    assert err == 'NOPE: There is no job "NOPE". See faxgw queue list --all.\n'


def test_received_faxes_are_listed(faxgw, in_store, tmp_path):
    async def a_received_fax(store):
        fax = await store.received.open(
            call_id="c", called="+4930999", caller="+49401", spool=tmp_path / "x.tif", lease=LEASE
        )
        await store.received.close(fax, pages=None, page_count=0, complete=False, mailboxes=())

    in_store(a_received_fax)

    _, out, _ = faxgw("received", "list", "--json")

    (fax,) = json.loads(out)
    assert (fax["state"], fax["called"], fax["caller"], fax["pages"]) == ("empty", "+4930999", "+49401", 0)


def test_every_setting_is_shown_with_where_it_comes_from(faxgw, config):
    code, out, _ = faxgw("check-config", "--json", "-o", "sending.attempts=3")

    settings = {setting["key"]: setting for setting in json.loads(out)}
    assert code == ExitCode.OK
    assert settings["sending.attempts"] == {"key": "sending.attempts", "value": "3", "origin": "-o"}
    assert settings["sending.delay"]["origin"] == "default"


def test_t38_that_does_not_count_beside_encryption_is_told(faxgw, config):
    encrypted = ("check-config", "-o", "trunk.main.srtp=require", "-o", "trunk.main.srtp_without_tls=true")

    (code, _, told), (_, _, allowed), (_, _, without) = (
        faxgw(*encrypted),
        faxgw(*encrypted, "-o", "trunk.main.t38_in_clear=true"),
        faxgw(*encrypted, "-o", "trunk.main.t38=never"),
    )

    assert (code, allowed, without) == (ExitCode.OK, "", "")
    assert told.startswith('faxgw: trunk.main.t38: "prefer" does not count beside srtp = "require"')


def test_a_mistake_in_the_configuration_ends_every_command(faxgw, config):
    config.write_text(config.read_text().replace("proxy", "proxi"))

    code, _, err = faxgw("queue", "list")

    assert code == ExitCode.CONFIG
    assert "proxi" in err
    assert "Traceback" not in err


def test_a_role_that_does_not_exist_is_named(faxgw, config):
    code, _, err = faxgw("serve", "--roles", "work,kitchen")

    assert code == ExitCode.CONFIG
    assert err == 'faxgw: There is no role "kitchen". Known are work, line, intake.\n'


def test_the_database_can_be_migrated_twice(faxgw, config):
    first = faxgw("migrate")
    second = faxgw("migrate")

    assert first == second
    assert first[0] == ExitCode.OK


def test_a_document_is_rendered_without_a_gateway(faxgw, tmp_path):
    (tmp_path / "note.txt").write_text("A note")

    code, out, _ = faxgw("render", str(tmp_path / "note.txt"), "-o", str(tmp_path / "note.tif"))

    size = (tmp_path / "note.tif").stat().st_size
    told = f"{tmp_path / 'note.tif'}: 1 page, {size} bytes; the call would take about 16 s\n"
    assert (code, out) == (ExitCode.OK, told)


def test_archives_and_saved_mails_are_opened_and_pages_can_be_looked_at(faxgw, tmp_path):
    (tmp_path / "note.txt").write_text("A note")
    with ZipFile(tmp_path / "all.zip", "w") as archive:
        archive.write(tmp_path / "note.txt", "note.txt")
        archive.writestr("mail.eml", "From: a@example.com\r\nSubject: Offer\r\n\r\nHello\r\n")

    code, out, _ = faxgw("render", str(tmp_path / "all.zip"), "-o", str(tmp_path / "page.png"))

    assert code == ExitCode.OK
    assert out.splitlines()[:2] == ["opened all.zip", "opened mail.eml"]
    assert {file.name for file in tmp_path.glob("*.png")} == {"page-1.png", "page-2.png"}
    size = sum(file.stat().st_size for file in tmp_path.glob("*.png"))
    first, last = tmp_path / "page-1.png", tmp_path / "page-2.png"
    assert out.splitlines()[2].startswith(f"{first} to {last}: 2 pages, {size} bytes; as a fax ")


def test_the_bytes_that_are_told_are_those_of_the_file_that_was_written(faxgw, tmp_path):
    (tmp_path / "note.txt").write_text("A note")
    faxgw("render", str(tmp_path / "note.txt"), "-o", str(tmp_path / "note.tif"))

    _, out, _ = faxgw("render", str(tmp_path / "note.txt"), "-o", str(tmp_path / "note.pdf"))

    pdf, fax = ((tmp_path / f"note.{kind}").stat().st_size for kind in ("pdf", "tif"))
    told = f"1 page, {pdf} bytes; as a fax {fax} bytes, and the call would take about 16 s"
    assert out == f"{tmp_path / 'note.pdf'}: {told}\n"


def test_render_writes_profile_s_for_programs_that_read_nothing_else(faxgw, tmp_path):
    (tmp_path / "note.txt").write_text("Hello")

    code, _, _ = faxgw("render", "--profile-s", str(tmp_path / "note.txt"), "-o", str(tmp_path / "note.tif"))
    refused, _, err = faxgw(
        "render", "--profile-s", str(tmp_path / "note.txt"), "-o", str(tmp_path / "a.pdf")
    )

    assert code == 0
    assert (tmp_path / "note.tif").read_bytes()[:8] == b"II*\0\x08\0\0\0"
    assert refused != 0
    assert "only a .tif can have profile S" in err


def test_a_document_that_cannot_be_rendered_is_one_line(faxgw, tmp_path):
    (tmp_path / "empty.pdf").write_bytes(b"")

    code, _, err = faxgw("render", str(tmp_path / "empty.pdf"), "-o", str(tmp_path / "x.tif"))

    assert code == ExitCode.FAILED
    assert err.startswith('faxgw: The document "empty.pdf" is empty.')
    assert err.count("\n") == 1


def test_what_is_known_of_a_number_is_shown_and_forgotten(faxgw, in_store):
    lesson = NewLesson(Limit.BIT_RATE, "A call at 14400 bit/s failed.", 9600)
    in_store(lambda store: store.destinations.learn(FaxNumber("+49301234567"), lesson, timedelta(days=1)))

    _, listed, _ = faxgw("destination", "list")
    _, shown, _ = faxgw("destination", "show", "+49 30 1234567", "--json")
    forgotten, out, _ = faxgw("destination", "forget", "+49301234567")
    again, _, err = faxgw("destination", "forget", "+49301234567")

    assert "bit_rate 9600" in listed
    (fact,) = json.loads(shown)
    assert (fact["number"], fact["limit"], fact["value"]) == ("+49301234567", "bit_rate", 9600)
    assert (forgotten, out) == (ExitCode.OK, "+49301234567: forgotten\n")
    assert again == ExitCode.FAILED
    assert err == "faxgw: Nothing is known about +49301234567. See faxgw destination list.\n"
    assert in_store(lambda store: store.destinations.list()) == []


def test_the_versions_of_what_does_the_calls_are_shown(faxgw):
    code, out, _ = faxgw("--version")

    assert code == ExitCode.OK
    assert [line.split()[0] for line in out.splitlines()] == ["faxgw", "sofia-sip", "spandsp"]
