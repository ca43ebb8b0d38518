"""Mails as S/MIME wraps them: in DER as most programs write, and in BER, in pieces, as some do."""

from base64 import encodebytes
from datetime import UTC, datetime, timedelta
from functools import cache
from zlib import compress

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.hazmat.primitives.serialization.pkcs7 import (
    PKCS7EnvelopeBuilder,
    PKCS7Options,
    PKCS7SignatureBuilder,
)

_DATA, _SIGNED = bytes.fromhex("06092a864886f70d010701"), bytes.fromhex("06092a864886f70d010702")
_RECEIPT = bytes.fromhex("060b2a864886f70d0109100101")
_COMPRESSED = bytes.fromhex("060b2a864886f70d0109100109")
_ZLIB = bytes.fromhex("300d060b2a864886f70d0109100308")
_VERSION, _NO_ALGORITHM = b"\x02\x01\x01", b"\x31\x00"


def mail(cms: bytes, kind: str = "signed-data", name: str = "smime.p7m", above: str = "") -> bytes:
    """The mail that is nothing but this CMS; `above` are further fields."""
    return (
        f"{above}Content-Type: application/pkcs7-mime; smime-type={kind}; name={name}\r\n"
        f"Content-Transfer-Encoding: base64\r\nContent-Disposition: attachment; filename={name}\r\n\r\n"
    ).encode() + encodebytes(cms)


def signed(content: bytes) -> bytes:
    """Signed as one piece, in DER."""
    certificate, key = _ann()
    builder = PKCS7SignatureBuilder().set_data(content).add_signer(certificate, key, SHA256())
    return builder.sign(Encoding.DER, [PKCS7Options.Binary])


def encrypted(content: bytes) -> bytes:
    """For Ann alone."""
    builder = PKCS7EnvelopeBuilder().set_data(content).add_recipient(_ann()[0])
    return builder.encrypt(Encoding.DER, [PKCS7Options.Binary])


def signed_in_pieces(content: bytes, size: int = 7, *, receipt: bool = False) -> bytes:
    """What a program writes that does not know the length before: BER; without signers."""
    pieces = b"".join(b"\x04" + bytes([len(p)]) + p for p in _pieces(content, size))
    octets = _open(b"\xa0", _open(b"\x24", pieces))
    inside = _open(b"\x30", (_RECEIPT if receipt else _DATA) + octets)
    return _open(
        b"\x30", _SIGNED + _open(b"\xa0", _open(b"\x30", _VERSION + _NO_ALGORITHM + inside + b"\x31\x00"))
    )


def certificates_only() -> bytes:
    """Signed-data without anything that is signed."""
    inside = _open(b"\x30", _DATA)
    return _open(
        b"\x30", _SIGNED + _open(b"\xa0", _open(b"\x30", _VERSION + _NO_ALGORITHM + inside + b"\x31\x00"))
    )


def compressed(content: bytes) -> bytes:
    """RFC 3274."""
    packed = compress(content)
    octets = b"\x04\x83" + len(packed).to_bytes(3, "big") + packed
    inside = _open(b"\x30", _DATA + _open(b"\xa0", octets))
    return _open(b"\x30", _COMPRESSED + _open(b"\xa0", _open(b"\x30", b"\x02\x01\x00" + _ZLIB + inside)))


def _open(tag: bytes, content: bytes) -> bytes:
    return tag + b"\x80" + content + b"\0\0"


def _pieces(content: bytes, size: int) -> list[bytes]:
    return [content[at : at + size] for at in range(0, len(content), size)]


@cache
def _ann() -> tuple[x509.Certificate, rsa.RSAPrivateKey]:
    key = rsa.generate_private_key(65537, 2048)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Ann")])
    begin = datetime.now(UTC) - timedelta(days=1)
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = builder.serial_number(1).not_valid_before(begin).not_valid_after(begin + timedelta(days=9))
    return builder.sign(key, SHA256()), key
