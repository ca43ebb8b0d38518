"""SDP as far as a fax call needs it. Sans-IO: text in, values out, and back.

What we do not know is kept away from the caller, not guessed. Spec: RFC 8866; offer and answer: RFC 3264.
"""

from dataclasses import dataclass
from email import message_from_string
from ipaddress import ip_address

from telephony.errors import TelephonyError

_MOST_LINES = 500
_LONGEST_LINE = 2000
_ANSWERS = {"sendrecv": "sendrecv", "sendonly": "recvonly", "recvonly": "sendonly", "inactive": "inactive"}


class BadDescription(TelephonyError):
    """The peer's SDP cannot be understood."""


@dataclass(frozen=True, slots=True)
class Media:
    """One m= section."""

    kind: str  #: "audio", "image" or another
    port: int  #: 0 means refused or ended
    protocol: str  #: "RTP/AVP", "udptl" or another
    formats: tuple[str, ...]
    address: str  #: where it wants packets; its own c= or the session's
    attributes: tuple[tuple[str, str], ...] = ()  #: name, value ("" for a flag)
    direction: str = "sendrecv"  #: of the peer's, in small letters; what we say is among the attributes

    @property
    def answering_direction(self) -> str:
        """What answers this one (RFC 3264 6.1)."""
        return _ANSWERS[self.direction]

    def attribute(self, name: str) -> str | None:
        """The value of the first attribute of that name, in any case of letters; None without one."""
        return next((value for key, value in self.attributes if key.lower() == name.lower()), None)


@dataclass(frozen=True, slots=True)
class Description:
    """A session description."""

    address: str
    media: tuple[Media, ...]


def parse(text: str) -> Description:
    """The description that `text` is.

    Raises:
        BadDescription: not SDP, or a port or address that cannot be.
    """
    lines = text.replace("\r\n", "\n").split("\n")
    if len(lines) > _MOST_LINES or any(len(line) > _LONGEST_LINE for line in lines):
        raise BadDescription("The peer's SDP is too long.")
    session_address, session_direction, sections = "", "sendrecv", list[list[str]]()
    for line in lines:
        if len(line) < 2 or line[1] != "=":
            continue
        if line[0] == "m":
            sections.append([line])
        elif sections:
            sections[-1].append(line)
        elif line[0] == "c":
            session_address = _connection(line)
        elif line[0] == "a" and line[2:].strip().lower() in _ANSWERS:
            session_direction = line[2:].strip()
    if not text.startswith("v=0"):
        raise BadDescription("The peer's SDP does not begin with v=0.")
    media = tuple(_media(lines, session_address, session_direction) for lines in sections)
    return Description(session_address, media)


def sdp_part(body: str, boundary: str) -> str:
    """The first part of a body of several parts that is SDP (RFC 5621); "" without one.

    `boundary` is the parameter of its Content-Type, as it stands there.
    """
    head = f"Content-Type: multipart/mixed; boundary={' '.join(boundary.split())}\n\n"
    for part in message_from_string(head + body.replace("\r\n", "\n")).walk():
        if part.get_content_type() == "application/sdp":
            payload = part.get_payload()
            return payload if isinstance(payload, str) else ""
    return ""


def _media(lines: list[str], session_address: str, direction: str) -> Media:
    words = lines[0][2:].split()
    if len(words) < 4:
        raise BadDescription(f'The peer\'s SDP has the line "{lines[0][:80]}".')
    port_text = words[1].partition("/")[0]
    if not (port_text.isascii() and port_text.isdigit()) or int(port_text) > 65535:
        raise BadDescription(f'The peer\'s SDP has the port "{port_text[:20]}".')
    address, attributes = session_address, list[tuple[str, str]]()
    for line in lines[1:]:
        if line[0] == "c":
            address = _connection(line)
        elif line[0] == "a":
            name, _, value = line[2:].partition(":")
            attributes.append((name.strip(), value.strip()))
            if name.strip().lower() in _ANSWERS:
                direction = name.strip()
    return Media(
        words[0].lower(),
        int(port_text),
        words[2],
        tuple(words[3:]),
        address,
        tuple(attributes),
        direction.lower(),
    )


def _connection(line: str) -> str:
    words = line[2:].split()
    if len(words) < 3 or words[0] != "IN":
        raise BadDescription(f'The peer\'s SDP has the line "{line[:80]}".')
    address = words[2].partition("/")[0]
    try:
        return str(ip_address(address))
    except ValueError:
        raise BadDescription(f'The peer\'s SDP names the address "{address[:80]}".') from None


def render(address: str, media: tuple[Media, ...], *, session_id: int, version: int) -> str:
    """The SDP text that announces `media` at `address`."""
    family = "IP6" if ":" in address else "IP4"
    lines = [
        "v=0",
        f"o=faxgw {session_id} {version} IN {family} {address}",
        "s=fax",
        f"c=IN {family} {address}",
        "t=0 0",
    ]
    for one in media:
        lines.append(f"m={one.kind} {one.port} {one.protocol} {' '.join(one.formats)}")
        lines += [f"a={name}:{value}" if value else f"a={name}" for name, value in one.attributes]
    return "\r\n".join(lines) + "\r\n"


def refused(offered: Media) -> Media:
    """The answer that refuses one offered m= section (RFC 3264 6)."""
    return Media(offered.kind, 0, offered.protocol, offered.formats, "")
