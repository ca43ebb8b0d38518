"""What proves that a mail is from its envelope sender: a login, a certificate, a relay, or the relay's word.

From alone never suffices. A client that has logged in (password or certificate) is who it says. Else it was a
relay of ours: it is believed, or, where [resolving] authserv_id names it, must say itself in the mail that
SPF, DKIM or DMARC proved the sender's domain.
"""

from gateway.errors import SenderNotProved
from gateway.model.header_addresses import fields_in
from gateway.resolving.authentication import Result, results_of
from gateway.resolving.sender import from_addresses

#: How mails come in over the network from clients that are not the sender himself.
_BROUGHT = frozenset({"smtp", "lmtp", "imap", "ews", "graph"})


def proof(mail_from: str, client: str, header: bytes, authserv_id: str) -> str:
    """What proves the sender, in words for the operator. `client` is the submission's.

    Raises:
        SenderNotProved: nothing does.
    """
    how, _, rest = client.partition(" ")
    if " login " in client:
        return f"logged in as {rest.partition(' login ')[2]}"
    if not authserv_id or how not in _BROUGHT:
        return f"trusted: {client}"
    results = results_of(fields_in(header, "Authentication-Results"), authserv_id)
    own_from = _has_one_from(header) and [a.casefold() for a in from_addresses(header)] == [
        mail_from.casefold()
    ]
    for result in results:
        if result.result == "pass" and (why := _proves(result, mail_from.casefold(), own_from=own_from)):
            return f"{authserv_id} says: {why}"
    said = ", ".join(f"{result.method}={result.result}" for result in results) or "nothing"
    raise SenderNotProved(f"Nothing proves that this mail is from {mail_from}; {authserv_id} says: {said}.")


def _proves(result: Result, mail: str, *, own_from: bool) -> str:
    """What this result proves about the envelope sender; "" when it is about somebody else.

    DKIM and DMARC speak of the From header: they count only when it names the envelope sender.
    """
    domain = mail.rpartition("@")[2]
    said = {name: value.casefold() for name, value in result.properties.items()}
    match result.method:
        case "spf" if said.get("smtp.mailfrom", "") in (mail, domain, f"@{domain}"):
            return f"SPF passed for {domain}"
        case "dkim" if own_from and said.get("header.d", "") == domain:
            return f"DKIM passed for {domain}"
        case "dmarc" if own_from and said.get("header.from", "") == domain:
            return f"DMARC passed for {domain}"
    return ""


def _has_one_from(header: bytes) -> bool:
    return len(fields_in(header, "From")) == 1
