"""Why telephony could not even try.

    TelephonyError
    + NativeCoreMissing   the C core cannot be loaded; says what to install
    + AddressInUse        the SIP port is taken
    + TlsMissing          a trunk uses TLS and nothing says how
    + BadCertificate      a file of the TLS settings cannot be read (telephony.tls)
    + UnreadablePages     the file to send is no TIFF class F
    + EngineClosed        the engine was closed while it was asked to work

How a call ended is no error: see `telephony.disposition`.
"""


class TelephonyError(Exception):
    """Telephony could not even try."""

    def __init__(self, message: str | None = None) -> None:
        super().__init__(message or (self.__doc__ or "").strip())


class NativeCoreMissing(TelephonyError):
    """The fax core is not built. Run ./run build, or install the package again."""


class AddressInUse(TelephonyError):
    """The SIP address is in use. Stop the other program or set another address."""


class TlsMissing(TelephonyError):
    """A trunk uses TLS: say in [sip] tls_listen where our end of it is."""


class UnreadablePages(TelephonyError):
    """The pages are not a TIFF class F file."""


class EngineClosed(TelephonyError):
    """The fax engine is closed."""
