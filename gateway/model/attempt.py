"""An attempt: one call made for a job. Its row is written before dialling."""

from dataclasses import dataclass
from datetime import datetime

from gateway.model.ids import AttemptId, JobId
from telephony import Disposition


@dataclass(frozen=True, slots=True)
class Attempt:
    """One call made for a job. Without a disposition it is under way, or in doubt when its node died."""

    id: AttemptId
    job_id: JobId
    number: int  #: 1 is the first attempt of the job
    trunk: str
    node: str
    first_page: int  #: the page of the document this call began with
    started_at: datetime
    ended_at: datetime | None = None
    disposition: Disposition | None = None
    pages_confirmed: int = 0  #: pages confirmed in this call (the page journal)
    sip_status: int | None = None
    detail: str = ""
    medium: str = ""
    bit_rate: int = 0  #: bit/s
    ecm: bool = False
    compression: str = ""
    remote_id: str = ""
    bad_rows: int = 0
