"""AUTH PLAIN and AUTH LOGIN without the connection: a line in, a challenge or the credentials out.

Spec: RFC 4954 (AUTH), RFC 4616 (PLAIN), draft-murchison-sasl-login (LOGIN, for old Outlooks).
"""

import base64
import binascii
from dataclasses import dataclass

from gateway.model.secret import Secret

MECHANISMS = ("PLAIN", "LOGIN")
_USER_NAME, _PASSWORD = b"334 VXNlcm5hbWU6", b"334 UGFzc3dvcmQ6"  # "Username:", "Password:"


class BadResponse(Exception):
    """The client does not speak its mechanism, or breaks off."""


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a client says it is."""

    name: str
    password: Secret


class Exchange:
    """One AUTH command."""

    def __init__(self, mechanism: str) -> None:
        self._plain = mechanism == "PLAIN"
        self._name: str | None = None

    def begin(self, initial: str) -> bytes | Credentials:
        """What follows AUTH and the mechanism: an initial response ("=" is an empty one), or nothing.

        Raises:
            BadResponse: it is not base64, or not what the mechanism wants.
        """
        if not initial:
            return b"334 " if self._plain else _USER_NAME
        return self.receive("" if initial == "=" else initial)

    def receive(self, response: str) -> bytes | Credentials:
        """The next challenge, or the credentials.

        Raises:
            BadResponse: as for `begin`.
        """
        text = _decoded(response)
        if self._plain:
            parts = text.split("\0")
            if len(parts) != 3 or not parts[1] or parts[0] not in {"", parts[1]}:
                raise BadResponse
            return Credentials(parts[1], Secret(parts[2]))
        if self._name is None:
            self._name = text
            return _PASSWORD
        return Credentials(self._name, Secret(text))


def _decoded(response: str) -> str:
    try:
        return base64.b64decode(response, validate=True).decode()
    except (binascii.Error, ValueError):
        raise BadResponse from None
