"""A fax that we call for (polling) -> its pages are owed to the sender of the job."""

from gateway import faxlog
from gateway.model.ids import JobId
from gateway.model.job import Job
from gateway.ports.inbox import PollingCall
from gateway.ports.received_log import ReceivedLog
from gateway.receiving.keeping import Keeper
from telephony import Disposition, Transmission


class Fetching:
    """Keeps what is fetched like what comes in; its promises are at `gateway.ports.inbox.Inbox`."""

    def __init__(self, keeper: Keeper, received: ReceivedLog) -> None:
        self._keeper = keeper
        self._received = received

    async def fetch(self, job: Job, call: PollingCall) -> Transmission:
        """A call that breaks leaves an incomplete fax, which is delivered too."""
        mailbox = job.sender.mail if job.sender else ""
        mailboxes = (mailbox,) if mailbox else ()
        number = str(job.number)
        async with self._keeper.row(caller=number, job_id=job.id, mailbox=mailbox) as row:
            transmission = await call(row.spool)
            complete = transmission.disposition is Disposition.DELIVERED
            await self._keeper.close(
                row,
                confirmed=transmission.pages_confirmed,
                complete=complete,
                mailboxes=mailboxes,
                transmission=transmission,
                detail=transmission.detail,
            )
        faxlog.fax_received(
            row.id,
            called="",
            caller=number,
            remote_id=transmission.remote_id,
            pages=transmission.pages_confirmed,
            complete=complete,
            mailboxes=mailboxes,
        )
        return transmission

    async def pages_fetched(self, job_id: JobId) -> int:
        """By the row that a complete one has."""
        fetched = await self._received.fetched_by(job_id)
        return fetched.page_count if fetched else 0
