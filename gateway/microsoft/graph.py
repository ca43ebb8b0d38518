"""Microsoft Graph: requests with a token, patient with a server that is busy.

A service that says 429 or 503 is left alone for as long as its Retry-After asks, then asked again; a token
that is not taken any more is fetched anew once. Ids are immutable ones: a mail keeps its id when it is moved.

Spec: learn.microsoft.com/graph (throttling, outlook-immutable-id, errors); RFC 9110 10.2.3 (Retry-After).
"""

import asyncio
import logging
import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from gateway.config.sources import Microsoft365Section
from gateway.errors import SourceUnavailable

if TYPE_CHECKING:
    from httpx import AsyncClient, Client, Response

_WITHIN = 60.0  # seconds a request may take
_BUSY = frozenset({429, 503, 504})
_TRIES = 4
_LONGEST_PAUSE = 120.0  # seconds; a longer Retry-After is the caller's to wait for
_DEFAULT_PAUSE = 5.0  # seconds

_log = logging.getLogger("faxgw.microsoft")


class GraphError(SourceUnavailable):
    """Microsoft 365 did not do what was asked."""

    def __init__(self, message: str, status: int = 0, code: str = "") -> None:
        super().__init__(message)
        self.status = status  #: of HTTP; 0 when there was no answer
        self.word = code  #: Graph's own, for example "ErrorItemNotFound"


class Graph:
    """A mailbox at Microsoft 365."""

    def __init__(self, name: str, section: Microsoft365Section) -> None:
        self._name = name
        self._section = section
        self._client: AsyncClient | None = None
        self._token_client: Client | None = None
        self._application: Any = None
        self.mailbox = f"{section.endpoint}/v1.0/users/{quote(section.mailbox, safe='@')}"  #: its URL

    async def get(self, url: str, headers: Mapping[str, str] | None = None) -> dict[str, Any]:
        """The JSON at this URL.

        Raises:
            GraphError: it is not to be had.
        """
        found: dict[str, Any] = (await self._request("GET", url, headers=headers)).json()
        return found

    async def post(self, url: str, **content: Any) -> dict[str, Any]:
        """What comes back; {} when there is nothing.

        Raises:
            GraphError: it was not done.
        """
        response = await self._request("POST", url, **content)
        found: dict[str, Any] = response.json() if response.content else {}
        return found

    async def delete(self, url: str) -> None:
        """It is gone.

        Raises:
            GraphError: it is not.
        """
        await self._request("DELETE", url)

    async def put_part(self, upload_url: str, part: bytes, first: int, size: int) -> None:
        """The upload session has these bytes. Its URL is the authorization: a token must not go there.

        Raises:
            GraphError: it has not.
        """
        headers = {"Content-Range": f"bytes {first}-{first + len(part) - 1}/{size}"}
        await self._request("PUT", upload_url, headers=headers, content=part, with_token=False)

    async def read(self, url: str, limit: int) -> tuple[bytes, bool]:
        """The content at this URL, `limit` bytes of it at most, and whether that is all.

        Raises:
            GraphError: it is not to be had.
        """
        content = bytearray()
        async with self._response("GET", url, stream=True) as response:
            async for block in response.aiter_bytes():
                content += block
                if len(content) > limit:
                    return bytes(content[:limit]), False
        return bytes(content), True

    async def close(self) -> None:
        """Connections are closed."""
        if self._client is not None:
            await self._client.aclose()
        if self._token_client is not None:
            self._token_client.close()
        self._client = self._token_client = self._application = None

    async def _request(self, method: str, url: str, **how: Any) -> "Response":
        async with self._response(method, url, **how) as response:
            return response

    @asynccontextmanager
    async def _response(self, method: str, url: str, **how: Any) -> AsyncIterator["Response"]:
        """The answer to a request that was taken."""
        is_renewed = False
        for tries_left in range(_TRIES - 1, -1, -1):
            response = await self._sent(method, url, **how)
            try:
                if response.is_success:
                    yield response
                    return
                await self._read(response)
            finally:
                await response.aclose()
            if response.status_code == 401 and not is_renewed:
                is_renewed, self._application = True, None
            elif response.status_code in _BUSY and tries_left and (pause := _pause(response)) is not None:
                _log.info("%s: Microsoft 365 is busy; it is asked again in %g s", self._name, pause)
                await asyncio.sleep(pause)
            else:
                raise self._error(response)

    async def _sent(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        with_token: bool = True,
        stream: bool = False,
        **content: Any,
    ) -> "Response":
        import httpx

        client = self._connected()
        preferred = ", ".join(filter(None, ('IdType="ImmutableId"', (headers or {}).get("Prefer"))))
        given = {**(headers or {}), "Prefer": preferred}
        if with_token:
            given["Authorization"] = f"Bearer {await asyncio.to_thread(self._token)}"
        try:
            request = client.build_request(method, url, headers=given, **content)
            return await client.send(request, stream=stream)
        except httpx.HTTPError as error:
            raise GraphError(f"{self._section.endpoint} cannot be reached: {error}.") from error

    async def _read(self, response: "Response") -> None:
        import httpx

        try:
            await response.aread()
        except httpx.HTTPError as error:
            raise GraphError(f"{self._section.endpoint} broke off: {error}.") from error

    def _connected(self) -> "AsyncClient":
        if self._client is None:
            import httpx

            self._client = httpx.AsyncClient(verify=self._trust(), timeout=_WITHIN)
        return self._client

    def _trust(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=self._section.ca_file)

    def _token(self) -> str:
        """An access token; msal keeps it as long as it is good. In a thread."""
        import httpx
        import msal
        from jwt import PyJWTError

        section = self._section
        try:
            if self._token_client is None:
                self._token_client = httpx.Client(verify=self._trust(), timeout=_WITHIN)
            if self._application is None:
                self._application = msal.ConfidentialClientApplication(
                    section.client_id,
                    authority=f"{section.authority}/{section.tenant}",
                    client_credential=_credential(section),
                    instance_discovery=False,
                    http_client=_ForMsal(self._token_client),
                )
            said = self._application.acquire_token_for_client([f"{section.endpoint}/.default"])
        except (httpx.HTTPError, OSError, ValueError, PyJWTError) as error:
            raise GraphError(f"{section.authority} gives no token: {_short(error)}.") from error
        if "access_token" not in said:
            why = _short(said.get("error_description") or said)
            raise GraphError(
                f"{section.authority} gives no token: {why} Check [microsoft365.{self._name}].", 401
            )
        return str(said["access_token"])

    def _error(self, response: "Response") -> GraphError:
        try:
            said = response.json()["error"]
            code, why = str(said.get("code", "")), str(said.get("message", ""))
        except (ValueError, LookupError, TypeError, AttributeError):
            code, why = "", response.reason_phrase
        return GraphError(
            f"Microsoft 365 says {response.status_code} {code} for {self._section.mailbox}: {_short(why)}",
            response.status_code,
            code,
        )


class _ForMsal:
    """httpx as msal wants it, so that there is one library with one idea of proxies and authorities."""

    def __init__(self, client: "Client") -> None:
        self.get = client.get
        self._post = client.post

    def post(self, url: str, *, data: Mapping[str, Any], **how: Any) -> "Response":
        """The answer. Bytes among msal's values become the text that httpx wants."""
        form = {name: v.decode() if isinstance(v, bytes) else v for name, v in data.items()}
        return self._post(url, data=form, **how)


def _credential(section: Microsoft365Section) -> Any:
    """What msal wants: a secret, or key and certificate.

    Raises:
        OSError: the certificate cannot be read.
    """
    if section.certificate:
        pem = section.certificate.read_text(encoding="ascii")
        begin = pem.index("-----BEGIN CERTIFICATE-----")
        end = pem.index("-----END CERTIFICATE-----") + len("-----END CERTIFICATE-----")
        return {"private_key": pem[:begin] + pem[end:], "public_certificate": pem[begin:end]}
    return section.client_secret.reveal() if section.client_secret else ""


def _pause(response: "Response") -> float | None:
    """How long to wait, in seconds; None when that is too long to wait for here."""
    wanted = response.headers.get("Retry-After", "").strip()
    try:
        seconds = float(wanted) if wanted else _DEFAULT_PAUSE
    except ValueError:
        try:
            seconds = (parsedate_to_datetime(wanted) - datetime.now(UTC)).total_seconds()
        except (ValueError, TypeError):
            seconds = _DEFAULT_PAUSE
    return max(0.0, seconds) if seconds <= _LONGEST_PAUSE else None


def _short(text: object) -> str:
    return " ".join(str(text).split())[:300]
