"""Every decision about a received mail that is not the queue's: who sends, what proves it, what is asked for.

The worker acts on them; `faxgw explain` shows them.
"""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, replace
from datetime import UTC

from gateway.config.people import ResolvingSection
from gateway.config.schema import OptionsSection, SendingSection
from gateway.errors import BillingCodeMissing, PermanentError, SenderNotAllowed
from gateway.model.job import Sender
from gateway.model.mail_header import HEADER_SIZE, is_whole
from gateway.model.number import FaxNumber
from gateway.model.options import JobOptions, Wish
from gateway.model.permission import Rules, Used, Verdict
from gateway.model.sender import Person
from gateway.model.submission import Submission
from gateway.ports.clock import Clock
from gateway.ports.directory import Directory
from gateway.resolving.automatic import why_automatic
from gateway.resolving.identity import proof
from gateway.resolving.recipients import RECIPIENT_WISHES
from gateway.resolving.sender import sender_of

_UNREAD = "what stands behind the first 256 KB of the header"

#: What the mail that begins with these bytes asks for.
WishesIn = Callable[[bytes], Iterable[Wish]]


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known about a mail and who sends it, before any number is judged."""

    sender: Sender
    person: Person  #: as a directory knows him, or with nothing but his address
    options: JobOptions
    reasons: tuple[str, ...] = ()  #: what was found out, in order
    automatic: str = ""  #: what shows that a program wrote it; nobody is told then
    refusal: PermanentError | None = None


class Resolver:
    """The decisions of a site."""

    def __init__(
        self,
        *,
        clock: Clock,
        sending: SendingSection,
        directory: Directory | None = None,
        rules: Rules | None = None,
        section: ResolvingSection | None = None,
        options: OptionsSection | None = None,
        wishes_in: WishesIn | None = None,
        trunks: Collection[str] | None = None,
    ) -> None:
        """`trunks` are those that may be asked for; None leaves that to others."""
        self.rules = rules or Rules()
        self._clock = clock
        self._sending = sending
        self._directory = directory
        self._section = section or ResolvingSection()
        self._options = options or OptionsSection()
        self._wishes_in = wishes_in or (lambda _: ())
        self._trunks = trunks

    async def facts(self, submission: Submission, beginning: bytes, options: JobOptions) -> Facts:
        """Who sends a mail that begins so, and what he asks for beyond what the address said (`options`).

        Raises:
            DirectoryUnavailable: it cannot be said now.
        """
        header, mail = beginning[:HEADER_SIZE], submission.mail_from
        sender = sender_of(submission, header, self._sending)
        facts = Facts(sender, Person(mail, frozenset({mail})), options)
        applications = self._section.automatic == "allow"
        if automatic := why_automatic(header, mail, applications=applications):
            return replace(facts, automatic=automatic, reasons=(f"A program wrote it: {automatic}.",))
        try:
            why = proof(mail, submission.client, header, self._section.authserv_id)
            facts = replace(facts, reasons=(f"The sender is {mail} ({why}).",))
            wishes = self._wishes(beginning, options)
            options = self._checked(options.with_wishes(wishes, at=submission.accepted_at))
            if not is_whole(header):
                options = replace(options, not_done=(*options.not_done, _UNREAD))
            facts = replace(facts, options=options)
            return self._with_resolution(await self._known(facts, submission, header))
        except PermanentError as error:
            return replace(facts, refusal=error, reasons=(*facts.reasons, str(error)))

    def verdict(self, facts: Facts, number: FaxNumber, used: Used) -> Verdict:
        """Whether the sender may fax to this number, with what he has sent already."""
        verdict = self.rules.judge(facts.person, number, used, self._clock.now().astimezone(UTC).date())
        if verdict.is_allowed and self._options.billing_code == "required" and not facts.options.billing_code:
            missing = BillingCodeMissing()
            return replace(verdict, refusal=missing, reasons=(*verdict.reasons, str(missing)))
        return verdict

    def _wishes(self, beginning: bytes, options: JobOptions) -> Iterable[Wish]:
        """What the mail asks for; recipients that it names have been, or will be, taken care of."""
        wishes = self._wishes_in(beginning)
        return (wish for wish in wishes if not (options.listed and wish.name in RECIPIENT_WISHES))

    def _with_resolution(self, facts: Facts) -> Facts:
        """The facts with the resolution of the sender's group, unless he asks for one."""
        permission = self.rules.of(facts.person)
        if permission is None or not permission.resolution or facts.options.resolution:
            return facts
        return replace(facts, options=replace(facts.options, resolution=permission.resolution))

    def _checked(self, options: JobOptions) -> JobOptions:
        """The options without a trunk that does not exist."""
        if options.trunk and self._trunks is not None and options.trunk not in self._trunks:
            return options.refusing("trunk")
        return options

    async def _known(self, facts: Facts, submission: Submission, header: bytes) -> Facts:
        """The facts with what a directory knows, if any is asked, or need not know him.

        Raises:
            SenderNotAllowed: it should know him and does not.
        """
        if self._directory is None:
            return facts
        mail = submission.mail_from
        person = await self._directory.find(mail)
        if person is None:
            if self._section.unknown == "refuse":
                raise SenderNotAllowed(f"The directory does not know {mail}.")
            return replace(facts, reasons=(*facts.reasons, f"The directory does not know {mail}."))
        return replace(
            facts,
            sender=sender_of(submission, header, self._sending, person),
            # A trusted relay may know more addresses of his than the directory.
            person=replace(person, addresses=person.addresses | {mail}),
            reasons=(*facts.reasons, f"He is {person.entry or person.name} in directory {person.directory}."),
        )
