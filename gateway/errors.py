"""Everything the gateway raises.

    GatewayError
    + ConfigError           refuse to start
    + CannotStart           refuse to start: something we need is missing or taken
    + TemporaryError        the same input may work later: SMTP 4xx, job deferred
    |   + StoreUnavailable  + MailerUnavailable  + DirectoryUnavailable
    |   + SourceUnavailable
    + PermanentError        it never will: SMTP 5xx, job failed, sender told
    |   + InvalidNumber     + SenderNotAllowed     + DocumentRejected    + MailerRefused
    |                       + AmbiguousSender  + DestinationNotAllowed  + QuotaExceeded  + AutomaticMail
    |                       + TooManyPagesForSender  + SenderNotProved
    |                       + BillingCodeMissing  + TooExpensive  + NotApproved
    |       + NumberNotAllowed  + UnreadableList  + EncryptedMail
    |                       + DeadlinePassed
    + InvariantError        our bug: logged with a traceback, job held for a person
        + IllegalTransition + LeaseLost

The first line of a class's docstring is its message to people; `remedy` says what to do next. `code` is
stable and is a heading in docs/errors.md.
"""

from datetime import timedelta
from typing import ClassVar


class GatewayError(Exception):
    """The gateway could not do this."""

    code: ClassVar[str] = "gateway-error"
    remedy: ClassVar[str] = "Ask your administrator."

    def __init__(self, message: str | None = None) -> None:
        super().__init__(message or (type(self).__doc__ or "").partition("\n")[0])


class ConfigError(GatewayError):
    """The configuration has mistakes."""

    code = "config"


class CannotStart(GatewayError):
    """Something the gateway needs to start is missing, or taken by another program."""

    code = "cannot-start"


class TemporaryError(GatewayError):
    """This did not work now; the same may work later."""

    code = "temporary"

    def __init__(self, message: str | None = None, *, due_in: timedelta | None = None) -> None:
        super().__init__(message)
        self.due_in = due_in  #: until it is worth trying again, where that is known


class StoreUnavailable(TemporaryError):
    """The database cannot be reached."""

    code = "store-unavailable"


class MailerUnavailable(TemporaryError):
    """The mail server cannot be reached."""

    code = "mailer-unavailable"


class DirectoryUnavailable(TemporaryError):
    """The directory cannot be reached."""

    code = "directory-unavailable"


class SourceUnavailable(TemporaryError):
    """A mailbox or folder cannot be reached."""

    code = "source-unavailable"


class PermanentError(GatewayError):
    """This will not work, however often it is tried."""

    code = "permanent"


class InvalidNumber(PermanentError):
    """The fax number cannot be dialled."""

    code = "invalid-number"
    remedy = "Check the number and send the mail again, for example to +49301234567@ and the fax domain."


class NumberNotAllowed(InvalidNumber):
    """Faxes to this destination are not allowed."""

    code = "number-not-allowed"
    remedy = "Ask your administrator to allow this destination."


class UnreadableList(InvalidNumber):
    """The list of recipients cannot be read."""

    code = "unreadable-list"
    remedy = "Correct the list and send the mail again. Nothing was faxed."


class EncryptedMail(InvalidNumber):
    """The mail is encrypted, so that the numbers in it cannot be read."""

    code = "encrypted-mail"
    remedy = "Send it again without encryption. Nothing was faxed."


class SenderNotAllowed(PermanentError):
    """This sender may not send faxes."""

    code = "sender-not-allowed"
    remedy = "Ask your administrator for the right to send faxes."


class SenderNotProved(SenderNotAllowed):
    """Nothing proves that this mail is from its sender."""

    code = "sender-not-proved"
    remedy = "Send it from your own mail account, or log in."


class AmbiguousSender(SenderNotAllowed):
    """The directory has several persons with this address."""

    code = "ambiguous-sender"
    remedy = "Ask your administrator to give the address to one of them."


class DestinationNotAllowed(SenderNotAllowed):
    """This sender may not send faxes to this number."""

    code = "destination-not-allowed"
    remedy = "Check the number. If it is right, ask your administrator."


class QuotaExceeded(SenderNotAllowed):
    """This sender has sent as many faxes as he may."""

    code = "quota-exceeded"
    remedy = "Send it again in the next day or month, or ask your administrator for more."


class TooManyPagesForSender(SenderNotAllowed):
    """This fax has more pages than its sender may send."""

    code = "too-many-pages-for-sender"
    remedy = "Send it in parts, or ask your administrator for more."


class TooExpensive(SenderNotAllowed):
    """This fax costs more than its sender may spend on one."""

    code = "too-expensive"
    remedy = "Send it in parts, or ask your administrator for more."


class NotApproved(SenderNotAllowed):
    """Who approves faxes did not approve this one."""

    code = "not-approved"
    remedy = "Ask who denied it."


class NotWaiting(GatewayError):
    """This fax does not wait for an approval any more."""

    code = "not-waiting"
    remedy = "Nothing is to be done: it was decided, or cancelled."


class BillingCodeMissing(PermanentError):
    """Each fax needs a billing code here."""

    code = "billing-code-missing"
    remedy = 'Send it again with the code in the subject, for example "[::b=4711] Offer".'


class AutomaticMail(PermanentError):
    """This mail was written by a program in answer to another, or sent to a list."""

    code = "automatic-mail"


class DocumentRejected(PermanentError):
    """A document cannot be turned into fax pages."""

    code = "document-rejected"
    remedy = "Print it to a new PDF and send that."


class DeadlinePassed(PermanentError):
    """The fax could not be sent in time."""

    code = "deadline-passed"
    remedy = "Send it again if it is still of use."


class MailerRefused(PermanentError):
    """The mail server refuses this mail for good."""

    code = "mailer-refused"


class InvariantError(GatewayError):
    """The gateway is in a state it should never be in."""

    code = "invariant"


class IllegalTransition(InvariantError):
    """This event is not possible in this state."""

    code = "illegal-transition"


class LeaseLost(InvariantError):
    """Another node owns this row now."""

    code = "lease-lost"
