"""Every setting with its default. The defaults are here and nowhere else.

samples/faxgw.toml explains each one; tests/docs holds the two together. Each part of the gateway gets its
section, nobody gets the whole but the daemon.
"""

import socket
from dataclasses import dataclass, field, fields
from datetime import timedelta
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path

from gateway.config.people import (
    ApprovalSection,
    CostSection,
    DenySection,
    DirectorySection,
    PermissionSection,
    ResolvingSection,
    TariffSection,
)
from gateway.config.sources import ExchangeSection, FolderSection, ImapSection, Microsoft365Section
from gateway.config.trunks import TrunkSection
from gateway.model.dialling import DialPlan
from gateway.model.permission import Rules
from gateway.model.secret import Secret
from gateway.model.tariff import Tariffs

Network = IPv4Network | IPv6Network


@dataclass(frozen=True, slots=True)
class NodeSection:
    """[node]: this machine."""

    name: str = ""  #: "" means the host name
    data_dir: Path = Path("/var/lib/faxgw")

    @property
    def identity(self) -> str:
        """The name this node signs leases, attempts and Message-IDs with."""
        return self.name or socket.gethostname()


@dataclass(frozen=True, slots=True)
class QueueSection:
    """[queue]: where submissions and jobs live."""

    url: str = ""  #: "" means SQLite in data_dir; or "postgresql://user@host/faxgw"
    password: Secret | None = None  #: read from password_file
    lease: timedelta = timedelta(seconds=60)  #: how long a dead node's jobs stay with it

    @property
    def is_local(self) -> bool:
        """The queue is a SQLite file of this machine."""
        return not self.url or self.url.startswith("sqlite:")


@dataclass(frozen=True, slots=True)
class SmtpSection:
    """[smtp]: the listener for mails that become faxes."""

    listen: str = "127.0.0.1:2525"
    domains: tuple[str, ...] = ()  #: required
    relay_networks: tuple[Network, ...] = ()  #: closed by default
    max_message_size: int = 50 * 1024 * 1024  #: bytes
    max_recipients: int = 1000
    hostname: str = ""  #: in the greeting; "" means the host name
    tls_listen: str = ""  #: implicit TLS; "" means none
    lmtp_listen: str = ""  #: "" means none
    certificate: Path | None = None  #: PEM; without it there is no TLS
    key: Path | None = None  #: PEM; None means that it stands in `certificate`
    client_ca: Path | None = None  #: who signs the certificates of clients that may send
    users: Path | None = None  #: who may send with a password
    max_connections: int = 500  #: of one process
    max_client_connections: int = 50  #: of one client, in one process
    max_messages_per_hour: int = 0  #: of one client or login; 0 means no limit
    max_recipients_per_hour: int = 0  #: fax numbers of one client or login; as above
    max_sender_messages_per_hour: int = 0  #: of one envelope sender; as above
    max_sender_recipients_per_hour: int = 0  #: fax numbers of one envelope sender; as above
    proxy_networks: tuple[Network, ...] = ()  #: load balancers that begin with a PROXY header
    xclient_networks: tuple[Network, ...] = ()  #: relays that may say whom they speak for
    max_guesses: int = 10  #: wrong passwords, until a client is banned
    ban: timedelta = timedelta(minutes=15)
    processes: int = 0  #: 0: one with SQLite; with PostgreSQL one a processor, four at most


@dataclass(frozen=True, slots=True)
class AddressesSection:
    """[addresses]: how people write a fax number as a mail address."""

    dialects: tuple[str, ...] = ("plain", "outlook", "imceafax", "rfc3192", "faximum", "notes")
    mailboxes: tuple[str, ...] = ("list", "broadcast", "fax")  #: of the dialect "mailbox"


@dataclass(frozen=True, slots=True)
class OptionsSection:
    """[options]: how a mail asks for more than number and documents."""

    dialects: tuple[str, ...] = ("faxgw", "gfi")
    billing_code: str = "optional"  #: "optional" or "required"


@dataclass(frozen=True, slots=True)
class BroadcastSection:
    """[broadcast]: mails that name their recipients inside."""

    max_recipients: int = 1000
    answer: str = "summary"  #: "summary" or "each"


@dataclass(frozen=True, slots=True)
class DiallingSection:
    """[dialling]: from the number as it is written to the digits a trunk gets."""

    country: str = ""  #: ISO 3166; "" means numbers stay as they are written
    area_code: str = ""
    national_prefix: str = ""  #: "" means the country's own
    international_prefix: str = ""  #: "" means the country's own
    internal: tuple[str, ...] = ()  #: patterns: X any digit, N 2 to 9, Z 1 to 9
    outside_line: str = ""
    dial_as: str = "e164"  #: "e164", "international" or "national"
    extensions: str = "refuse"  #: "refuse", "append" or "tones"
    pauses: str = "refuse"  #: "refuse" or "tones"
    service_codes: bool = False
    allow: tuple[str, ...] = ()
    deny: tuple[str, ...] = ()

    @property
    def plan(self) -> DialPlan:
        """The dial plan these settings are."""
        return DialPlan(**{item.name: getattr(self, item.name) for item in fields(self)})


@dataclass(frozen=True, slots=True)
class RenderingSection:
    """[rendering]: documents to pages."""

    resolution: str = "fine"  #: "standard", "fine", "superfine" or "auto"
    paper: str = "a4"  #: "a4", "letter" or "legal": no page is longer
    margin: int = 0  #: mm that stay white on all sides, beside the margins of documents
    workers: int = 2
    page_limit: int = 300
    timeout: timedelta = timedelta(seconds=120)  #: for one submission
    office: bool = True  #: LibreOffice runs all the time
    ocr: str = ""  #: languages in which the PDFs of faxes can be searched; "" means not at all
    blank_pages: str = "drop"  #: "drop" or "keep"
    on_partial: str = "fail"  #: "fail", "send_rest_with_note" or "hold"
    mail_text: str = "first"  #: "first", "alone" or "never"
    quoted_mail: str = "keep"  #: "keep" or "cut"
    disclaimers: tuple[str, ...] = ()  #: how they begin; the text of a mail ends before them
    signature_pictures: bool = False  #: small pictures that mail programs attach get pages
    archive_files: int = 50  #: in all .zip files of a mail; 0 refuses them
    archive_size: int = 100 * 1024 * 1024  #: bytes, unpacked


@dataclass(frozen=True, slots=True)
class CoverSection:
    """[cover]: the page before the documents."""

    template: str = "none"
    numbers: tuple[str, ...] = ()  #: "BEGINNING=TEMPLATE"
    senders: tuple[str, ...] = ()  #: "ADDRESS=TEMPLATE" or "@DOMAIN=TEMPLATE"
    folder: Path | None = None  #: of the site's own templates
    language: str = "en"  #: of senders whose language is not known
    company: str = ""  #: of senders whose company is not known
    confidentiality: str = ""
    on_failure: str = "hold"  #: "hold", "fail" or "send_without"
    continuation: str = "continuation"  #: the template for the rest of a fax that was broken off

    @property
    def by_number(self) -> dict[str, str]:
        """Beginning of a number -> template."""
        return dict(entry.split("=", 1) for entry in self.numbers)

    @property
    def by_sender(self) -> dict[str, str]:
        """Address, or "@" and domain, in lower case -> template."""
        return {who.lower(): name for who, _, name in (entry.rpartition("=") for entry in self.senders)}


@dataclass(frozen=True, slots=True)
class SendingSection:
    """[sending]: pages to fax numbers."""

    station_id: str = ""  #: TSI: at most 20 characters
    caller_number: str = ""
    header: str = "{station_id}   {sender}   {date}   page {page} of {pages}"
    timezone: str = ""  #: of {date}, an IANA name; "" means the machine's own
    attempts: int = 5
    delay: timedelta = timedelta(minutes=5)  #: after a failure without a cause of its own
    busy_delay: timedelta = timedelta(minutes=3)
    no_answer_delay: timedelta = timedelta(minutes=15)
    give_up_after: timedelta = timedelta(days=1)  #: a fax that no trunk would take for so long fails
    deadline: timedelta = timedelta(days=30)  #: no call later than this after the mail came
    quiet_hours: str = ""  #: "22:00-06:30", on the clocks of `timezone`; "" means none
    quiet_for: tuple[str, ...] = ("low",)  #: the priorities that wait then
    remember: timedelta = timedelta(days=7)  #: how long what a call taught about a number holds


@dataclass(frozen=True, slots=True)
class RetrySection:
    """[retry.DISPOSITION]: what follows a call that ended so, in place of the table of docs/errors.md."""

    attempts: int = 0  #: calls that may end so; 0 is as in the table
    delay: timedelta | None = None  #: None is as in the table


@dataclass(frozen=True, slots=True)
class SipSection:
    """[sip]: our end of every trunk."""

    listen: str = "0.0.0.0:5060"
    media_ports: tuple[int, int] = (16384, 32767)
    media_address: str = ""  #: announced to peers; "" means the address of the listener or route
    resolv_conf: Path | None = None  #: names the name servers for trunks; None: /etc/resolv.conf
    tls_listen: str = ""  #: address:port; "" means no TLS
    tls_certificate: Path | None = None  #: with its chain (PEM)
    tls_key: Path | None = None  #: None: it is in the file of the certificate
    tls_ca: Path | None = None  #: who signed the certificates of the trunks; None: those the system believes
    tls_verify: bool = True


@dataclass(frozen=True, slots=True)
class ReceivingSection:
    """[receiving]: faxes that come in."""

    station_id: str = ""  #: CSI: at most 20 characters
    station_ids: tuple[str, ...] = ()  #: "+49301234567=ACME Sales": its own for a number that was called
    channels: int = 4
    operators: str = ""  #: mailbox for faxes without a [did] entry; required when the line answers

    def station_id_of(self, called: str) -> str:
        """What we show to who calls this number, with or without the + before it."""
        own = dict(entry.split("=", 1) for entry in self.station_ids)
        bare = {number.removeprefix("+"): station_id for number, station_id in own.items()}
        return bare.get(called.removeprefix("+"), self.station_id)


@dataclass(frozen=True, slots=True)
class PollingSection:
    """[polling.NUMBER]: a document that who calls this number may fetch. Without one nothing is given out.

    [polling."NUMBER#SUB-ADDRESS"]: one that he must ask for by this name (SEP).
    """

    document: Path | None = None  #: TIFF class F; required
    password: Secret | None = None  #: digits, read from password_file


@dataclass(frozen=True, slots=True)
class MailerSection:
    """[mailer]: the mail server that answers leave through."""

    host: str = "localhost"
    port: int = 25
    sender: str = ""  #: From of every answer; required
    username: str = ""
    password: Secret | None = None  #: read from password_file
    tls: str = "none"  #: "none", "starttls" or "implicit"
    timeout: timedelta = timedelta(seconds=60)
    give_up_after: timedelta = timedelta(days=5)
    through: str = ""  #: "microsoft365.NAME" or "exchange.NAME" in place of SMTP


@dataclass(frozen=True, slots=True)
class Config:
    """The whole configuration."""

    node: NodeSection = field(default_factory=NodeSection)
    queue: QueueSection = field(default_factory=QueueSection)
    smtp: SmtpSection = field(default_factory=SmtpSection)
    folder: dict[str, FolderSection] = field(default_factory=dict)
    imap: dict[str, ImapSection] = field(default_factory=dict)
    microsoft365: dict[str, Microsoft365Section] = field(default_factory=dict)
    exchange: dict[str, ExchangeSection] = field(default_factory=dict)
    addresses: AddressesSection = field(default_factory=AddressesSection)
    options: OptionsSection = field(default_factory=OptionsSection)
    broadcast: BroadcastSection = field(default_factory=BroadcastSection)
    dialling: DiallingSection = field(default_factory=DiallingSection)
    resolving: ResolvingSection = field(default_factory=ResolvingSection)
    directory: dict[str, DirectorySection] = field(default_factory=dict)  #: in the order they are asked
    permission: dict[str, PermissionSection] = field(default_factory=dict)  #: the first that fits decides
    deny: dict[str, DenySection] = field(default_factory=dict)
    approval: ApprovalSection = field(default_factory=ApprovalSection)
    cost: CostSection = field(default_factory=CostSection)
    tariff: dict[str, TariffSection] = field(default_factory=dict)
    rendering: RenderingSection = field(default_factory=RenderingSection)
    cover: CoverSection = field(default_factory=CoverSection)
    sending: SendingSection = field(default_factory=SendingSection)
    retry: dict[str, RetrySection] = field(default_factory=dict)  #: by disposition
    sip: SipSection = field(default_factory=SipSection)
    trunk: dict[str, TrunkSection] = field(default_factory=dict)
    receiving: ReceivingSection = field(default_factory=ReceivingSection)
    did: dict[str, tuple[str, ...]] = field(default_factory=dict)  #: called number -> mailboxes
    polling: dict[str, PollingSection] = field(default_factory=dict)  #: by the called number
    mailer: MailerSection = field(default_factory=MailerSection)

    @property
    def tariffs(self) -> Tariffs:
        """What faxes cost."""
        return Tariffs(tuple(s.named(name) for name, s in self.tariff.items()), self.cost.currency)

    @property
    def rules(self) -> Rules:
        """Who may fax, where to and how much."""
        permissions = (section.named(name) for name, section in self.permission.items())
        return Rules(tuple(permissions), tuple(section.named(name) for name, section in self.deny.items()))
