"""What can stand on a cover page. docs/rendering.md lists the fields for those who write templates."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime

import segno

from gateway.config.schema import CoverSection
from gateway.model.job import Job
from gateway.model.sender import Person

_LONGEST, _LONGEST_NOTE = 300, 4000  # characters
_QR_DOTS = 8  # of a PNG, a module


@dataclass(frozen=True, slots=True)
class CoverFields:
    """The texts of one cover page; "" where nothing is known."""

    to: str = ""
    company: str = ""  #: the recipient's
    to_number: str = ""
    sender: str = ""
    sender_company: str = ""
    sender_department: str = ""
    sender_phone: str = ""
    sender_fax: str = ""
    sender_mail: str = ""
    date: str = ""  #: 2026-12-01: the same in every language
    time: str = ""
    pages: int = 1  #: of the whole fax, with this one
    pages_sent: int = 0  #: of a fax that was broken off: how many had arrived before
    subject: str = ""
    note: str = ""
    confidentiality: str = ""
    reference: str = ""
    job_id: str = ""
    language: str = "en"

    @property
    def for_templates(self) -> Mapping[str, str | int]:
        """By the names in templates: `from` is the sender; `to`, `subject` and so on as they are here."""
        found = {field.name: getattr(self, field.name) for field in fields(self)}
        sender = {
            name.replace("sender", "from", 1): value
            for name, value in found.items()
            if name.startswith("sender")
        }
        return found | sender


#: A page with everything on it, to try templates with.
EXAMPLE = CoverFields(
    to="Jane Doe",
    company="Example Ltd",
    to_number="+61299998888",
    sender="Ann Smith",
    sender_company="ACME Inc.",
    sender_department="Sales",
    sender_phone="+49 30 1234-20",
    sender_fax="+49 30 1234-29",
    sender_mail="ann@example.com",
    date="2026-12-01",
    time="08:30",
    pages=3,
    pages_sent=2,
    subject="Our offer of 30 November",
    note="Please sign page 3 and send it back.\nThank you!",
    confidentiality="Confidential: for the addressee only.",
    reference="4711-0815",
    job_id="01K9ZZXJ5W8S4T2Q6M7N3B1V0C",
)


def fields_of(
    job: Job, person: Person | None, *, subject: str, at: datetime, pages: int, section: CoverSection
) -> CoverFields:
    """The texts for this job; `at` is in the zone in which times are shown."""
    asked, mail = job.options, job.sender.mail if job.sender else ""
    name = job.sender.name if job.sender else ""
    return CoverFields(
        to=_line(asked.to_name or job.recipient_name),
        company=_line(asked.to_company or job.recipient_company),
        to_number=str(job.number),
        sender=_line(asked.sender_name or name or mail),
        sender_company=_line((person.company if person else "") or section.company),
        sender_department=_line(person.department if person else ""),
        sender_phone=_line(person.phone if person else ""),
        sender_fax=_line(
            (person.fax_number if person else "") or (job.sender.station_id if job.sender else "")
        ),
        sender_mail=_line(mail),
        date=at.strftime("%Y-%m-%d"),
        time=at.strftime("%H:%M"),
        pages=pages,
        pages_sent=job.pages_confirmed,
        subject=_line(asked.subject or subject),
        note=_lines(asked.note),
        confidentiality=_line(asked.confidentiality or section.confidentiality),
        reference=_line(asked.reference),
        job_id=job.id,
        language=section.language,
    )


def qr_png(text: str) -> bytes:
    """The text as a QR code (ISO/IEC 18004), in a PNG of one bit a dot."""
    from io import BytesIO

    file = BytesIO()
    segno.make(text, error="m", micro=False).save(file, kind="png", scale=_QR_DOTS, border=2)
    return file.getvalue()


def qr_uri(text: str) -> str:
    """The same as an SVG in a data: link."""
    return str(segno.make(text, error="m", micro=False).svg_data_uri(scale=4, border=2))


def _line(text: str) -> str:
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())[:_LONGEST]


def _lines(text: str) -> str:
    kept = "".join(c if c.isprintable() or c == "\n" else " " for c in text.replace("\r\n", "\n"))
    return kept.strip()[:_LONGEST_NOTE]
