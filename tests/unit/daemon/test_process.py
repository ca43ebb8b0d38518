"""What a role asks of the system before it begins."""

import os
import resource

import pytest

from gateway.config.schema import Config, QueueSection, SmtpSection
from gateway.daemon.process import check_open_files, intake_processes
from gateway.errors import CannotStart


def test_channels_that_fit_into_the_limit_are_taken():
    allowed, _ = resource.getrlimit(resource.RLIMIT_NOFILE)

    check_open_files(allowed, "everything")


def test_more_files_than_allowed_are_said_with_what_to_set():
    allowed, _ = resource.getrlimit(resource.RLIMIT_NOFILE)

    with pytest.raises(
        CannotStart, match=f"5 calls at once may need {allowed + 1} .* LimitNOFILE={allowed + 1}"
    ):
        check_open_files(allowed + 1, "5 calls at once")


def test_one_process_takes_mails_into_sqlite():
    assert intake_processes(Config()) == 1
    assert intake_processes(Config(queue=QueueSection(url="sqlite:////var/lib/faxgw/queue.db"))) == 1


def test_with_postgresql_each_processor_that_is_ours_takes_mails_up_to_four(monkeypatch):
    config = Config(queue=QueueSection(url="postgresql://faxgw@db/faxgw"))

    wanted = []
    for processors in (1, 2, 4, 32):
        monkeypatch.setattr(os, "sched_getaffinity", lambda _, n=processors: set(range(n)))
        wanted.append(intake_processes(config))

    assert wanted == [1, 2, 4, 4]


def test_as_many_processes_take_mails_as_somebody_wrote():
    queue = QueueSection(url="postgresql://faxgw@db/faxgw")

    assert intake_processes(Config(queue=queue, smtp=SmtpSection(processes=1))) == 1
    assert intake_processes(Config(smtp=SmtpSection(processes=3))) == 3
