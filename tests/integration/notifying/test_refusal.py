"""The answer to a collected mail that became no fax leaves like every other."""

from pathlib import Path

from gateway.model.collected import Refusal
from tests.fakes.mailer import FakeMailer
from tests.integration.notifying.test_worker import a_desk


async def test_a_refused_mail_is_answered_once(tmp_path: Path):
    (tmp_path / "data").mkdir()
    async with a_desk(tmp_path) as desk:
        refusal = Refusal("Offer", "<1@example.com>", ("x@fax.example.com: Not a fax number.",))
        await desk.store.collection.take(
            "imap a 1", b"", None, refused=refusal.reasons, answer=("ann@example.com", refusal)
        )

        await desk.worker.run_once()
        await desk.worker.run_once()

        mailer: FakeMailer = desk.mailer
        (sent,) = mailer.sent
        assert (sent.recipient, sent.mail_from) == ("ann@example.com", "")
        assert sent.message["Subject"] == "NOT faxed Offer"
        assert await desk.store.outbox.next_due_in() is None
