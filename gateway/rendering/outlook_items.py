"""What Outlook keeps beside mails, in lines: appointments, invitations, tasks and contacts.

Spec: [MS-OXOCAL] 2.2 (appointments, meetings), [MS-OXOTASK] 2.2 (tasks), [MS-OXOCNTC] 2.2 (contacts).
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

from gateway.rendering.outlook_names import ADDRESS, APPOINTMENT, COMMON, MEETING, TASK
from gateway.rendering.outlook_properties import Properties, person
from gateway.rendering.outlook_zones import OutlookZone, defined, described
from renderers import zones

_CLASS, _SUBJECT, _START, _END = 0x001A, 0x0037, 0x0060, 0x0061
_DISPLAY_TO, _DISPLAY_CC = 0x0E04, 0x0E03
_ORGANIZER, _SENDER = (0x0042, 0x5D02, 0x0065), (0x0C1A, 0x5D01, 0x0C1F)  # name and addresses
_PARTICIPANT = (0x3001, 0x39FE, 0x3003)
_RECIPIENT_TYPE, _RECIPIENT_FLAGS, _ANSWER = 0x0C15, 0x5FFD, 0x5FFF
_TO, _CC, _IS_ORGANIZER = 1, 2, 2
_ANSWERS = {2: " (accepted tentatively)", 3: " (accepted)", 4: " (declined)"}
_MEETINGS = {
    "request": "Invitation",
    "mtgreq": "Invitation",
    "canceled": "Cancellation",
    "mtgcncl": "Cancellation",
    "resp.pos": "Answer to an invitation: accepted",
    "mtgrespp": "Answer to an invitation: accepted",
    "resp.neg": "Answer to an invitation: declined",
    "mtgrespn": "Answer to an invitation: declined",
    "resp.tent": "Answer to an invitation: accepted tentatively",
    "mtgrespa": "Answer to an invitation: accepted tentatively",
}
_TASKS = ("Not begun", "Begun", "Done", "Waits for somebody", "Put off")
_NOON = timedelta(hours=12)
_DAY = timedelta(days=1)
_OF_A_CONTACT = (
    ("Position", 0x3A17),
    ("Company", 0x3A16),
    ("Department", 0x3A18),
    ("Telephone (work)", 0x3A08),
    ("Telephone (work)", 0x3A1B),
    ("Telephone", 0x3A1A),
    ("Telephone", 0x3A1F),
    ("Telephone (mobile)", 0x3A1C),
    ("Telephone (home)", 0x3A09),
    ("Telephone (home)", 0x3A2F),
    ("Fax (work)", 0x3A24),
    ("Fax (home)", 0x3A25),
)
_MAILS = (0x8083, 0x8093, 0x80A3)
_ADDRESSES = (("Address (work)", 0x801B), ("Address (home)", 0x801A), ("Address", 0x801C))
_WEB_PAGE, _BUSINESS_PAGE, _BIRTHDAY, _BIRTHDAY_HERE = 0x802B, 0x3A51, 0x3A42, 0x80DE
_NAME = 0x3001


def is_mail(item: Properties) -> bool:
    """Whether it is a mail: who sent it when to whom says something then."""
    return not _kind(item).startswith(("ipm.appointment", "ipm.task", "ipm.contact"))


def lines_of(item: Properties) -> list[str]:
    """What the item says beside its subject and text; of a mail, nothing."""
    kind = _kind(item)
    if kind.startswith(("ipm.appointment", "ipm.schedule.meeting", "ipm.microsoft schedule")):
        found = _appointment(item, kind)
    elif kind.startswith("ipm.task"):
        found = _task(item)
    elif kind.startswith("ipm.contact"):
        found = _contact(item)
    else:
        return []
    return [f"{label}: {' '.join(said.split())}" for label, said in found if said.strip()]


def _kind(item: Properties) -> str:
    return item.text(_CLASS).lower()


def _appointment(item: Properties, kind: str) -> Iterator[tuple[str, str]]:
    yield "Kind", next((said for ending, said in _MEETINGS.items() if kind.endswith(ending)), "")
    zone = _zone(item)
    is_whole_day = item.number(item.named(APPOINTMENT, 0x8215)) & 0xFFFF != 0
    begins = item.when(item.named(APPOINTMENT, 0x820D), item.named(COMMON, 0x8516), _START)
    ends = item.when(item.named(APPOINTMENT, 0x820E), item.named(COMMON, 0x8517), _END)
    if begins:
        yield "Begins", _moment(begins, zone, is_day=is_whole_day)
    if ends:
        last = ends - _DAY if is_whole_day and begins and ends >= begins + _DAY else ends
        yield "Ends", _moment(last, zone, is_day=is_whole_day)
    yield "Repeats", item.text(item.named(APPOINTMENT, 0x8232))
    yield "Place", item.text(item.named(APPOINTMENT, 0x8208), item.named(MEETING, 0x0002))
    if is_mail(item):
        return
    yield "Organizer", person(item, *_ORGANIZER) or person(item, *_SENDER)
    yield from _participants(item)


def _participants(item: Properties) -> Iterator[tuple[str, str]]:
    """Each with his answer where the file has them, else as they are named in one line."""
    if not item.recipients:
        yield "Participants", item.text(item.named(APPOINTMENT, 0x823B), _DISPLAY_TO)
        yield "Need not come", item.text(item.named(APPOINTMENT, 0x823C), _DISPLAY_CC)
    for label, kind in (("Participant", _TO), ("Need not come", _CC)):
        for one in item.recipients:
            if one.number(_RECIPIENT_TYPE) & 0xF == kind and not one.number(_RECIPIENT_FLAGS) & _IS_ORGANIZER:
                yield label, person(one, *_PARTICIPANT) + _ANSWERS.get(one.number(_ANSWER), "")


def _zone(item: Properties) -> OutlookZone | None:
    for number in (0x825E, 0x8260):
        if (found := defined(item.bytes(item.named(APPOINTMENT, number)))) is not None:
            return found
    name = item.text(item.named(APPOINTMENT, 0x8234))
    return described(item.bytes(item.named(APPOINTMENT, 0x8233)), name)


def _moment(utc: datetime, zone: OutlookZone | None, *, is_day: bool) -> str:
    """What clocks show then where the appointment was made; in UTC when that is not known."""
    try:
        if zone is not None:
            shown = zone.zone.shown(utc)
            return zones.moment_words(shown, zone.words(shown), is_day=is_day)
        # A whole day begins at a midnight, which may be that of any zone.
        return zones.moment_words(utc + _NOON if is_day else utc, "UTC", is_day=is_day)
    except (OverflowError, ValueError):
        return ""


def _task(item: Properties) -> Iterator[tuple[str, str]]:
    for label, number in (("Begins", 0x8104), ("Due", 0x8105), ("Done on", 0x810F)):
        yield label, _day(item.when(item.named(TASK, number)))
    status = item.named(TASK, 0x8101)
    if item.bytes(status) and item.number(status) < len(_TASKS):
        yield "Status", _TASKS[item.number(status)]
    yield "Done", f"{share:.0%}" if 0 < (share := item.float(item.named(TASK, 0x8102))) <= 1 else ""
    yield "Owner", item.text(item.named(TASK, 0x811F))


def _contact(item: Properties) -> Iterator[tuple[str, str]]:
    name = item.text(_NAME, item.named(ADDRESS, 0x8005))
    yield "Name", "" if name == item.text(_SUBJECT) else name
    for label, number in _OF_A_CONTACT:
        yield label, item.text(number)
    for number in _MAILS:
        address = item.text(item.named(ADDRESS, number))
        yield "Mail", "" if address.startswith("/") else address
    for label, number in _ADDRESSES:
        yield label, ", ".join(item.text(item.named(ADDRESS, number)).splitlines())
    yield "Web page", item.text(item.named(ADDRESS, _WEB_PAGE), _BUSINESS_PAGE)
    here, utc = item.when(item.named(ADDRESS, _BIRTHDAY_HERE)), item.when(_BIRTHDAY)
    yield "Birthday", _day(here or (utc + _NOON if utc else None))


def _day(when: datetime | None) -> str:
    return f"{when:%Y-%m-%d}" if when and 1601 < when.year < 4500 else ""
