"""Access tokens for a mailbox, by client credentials (RFC 6749 4.4): what XOAUTH2 logs in with."""

from collections.abc import Callable
from time import monotonic

from gateway.errors import SourceUnavailable

_SPARE = 60.0  # seconds before its end at which a token is not used any more
_WITHIN = 30.0  # seconds


def client_credentials(
    url: str, client_id: str, secret: str, scope: str, ca_file: str = ""
) -> Callable[[], str]:
    """Gives a token that is good now, and keeps it as long as it is. To be called in a thread.

    Raises:
        SourceUnavailable (when called): the server gives none.
    """
    import ssl

    import httpx

    trust = ssl.create_default_context(cafile=ca_file or None)
    form = {"grant_type": "client_credentials", "client_id": client_id, "client_secret": secret}
    kept, good_until = "", 0.0

    def token() -> str:
        nonlocal kept, good_until
        if kept and monotonic() < good_until:
            return kept
        try:
            answer = httpx.post(url, data=form | {"scope": scope}, timeout=_WITHIN, verify=trust)
            said = answer.json()
            kept = str(said["access_token"])
        except (httpx.HTTPError, ValueError) as error:
            raise SourceUnavailable(f"{url} gives no access token: {error}.") from error
        except (KeyError, TypeError) as error:
            why = said.get("error_description", said) if isinstance(said, dict) else said
            raise SourceUnavailable(f"{url} gives no access token: {str(why)[:300]}") from error
        good_until = monotonic() + float(said.get("expires_in", 0)) - _SPARE
        return kept

    return token
