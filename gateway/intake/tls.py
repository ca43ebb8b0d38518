"""TLS of the SMTP listener: our certificate, and who a client's certificate says it is.

Spec: RFC 3207 (STARTTLS), RFC 8314 (implicit TLS), RFC 8996 (nothing below TLS 1.2).
"""

import ssl
from pathlib import Path
from typing import Any

from gateway.config.schema import SmtpSection
from gateway.errors import ConfigError


def server_context(section: SmtpSection) -> ssl.SSLContext | None:
    """What [smtp] says about TLS, or None without a certificate.

    Raises:
        ConfigError: a file is missing or is not what it should be.
    """
    if section.certificate is None:
        if section.tls_listen or section.client_ca or section.users:
            raise ConfigError(
                "smtp.certificate: is required for smtp.tls_listen, smtp.client_ca and smtp.users. "
                "Name a PEM file with the certificate and its chain."
            )
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    _load("smtp.certificate", section.certificate, lambda: _load_certificate(context, section))
    if section.client_ca is not None:
        context.verify_mode = ssl.CERT_OPTIONAL
        _load("smtp.client_ca", section.client_ca, lambda: context.load_verify_locations(section.client_ca))
    return context


def name_in(certificate: dict[str, Any] | None) -> str:
    """Who a verified client certificate is for: its mail address, or its common name; "" without one."""
    if not certificate:
        return ""
    mails = [value for kind, value in certificate.get("subjectAltName", ()) if kind == "email"]
    names = [value for part in certificate.get("subject", ()) for key, value in part if key == "commonName"]
    return str((mails or names or [""])[0])


def _load_certificate(context: ssl.SSLContext, section: SmtpSection) -> None:
    assert section.certificate is not None
    context.load_cert_chain(section.certificate, section.key or section.certificate)


def _load(key: str, path: Path, load: Any) -> None:
    try:
        load()
    except ssl.SSLError as error:
        raise ConfigError(
            f"{key}: {path} and its key cannot be used ({error.reason}). Both are PEM."
        ) from error
    except OSError as error:
        raise ConfigError(f"{key}: {path} or its key cannot be read: {error.strerror}.") from error
