"""The dial plan: what people write becomes a number the queue knows, and that becomes digits to dial.

In the queue a number is E.164 with its + (as far as the country is known), or an internal one as it stands.
Reasons are words for the sender; they say nothing about this server.

Spec: ITU-T E.164 (at most 15 digits), RFC 3966 (visual separators). Country rules: Google's libphonenumber.
"""

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gateway.errors import InvalidNumber, NumberNotAllowed
from gateway.model.number import FaxNumber

if TYPE_CHECKING:
    from phonenumbers import PhoneNumber

_LONGEST = 80  # characters; more is no number that anybody writes
_SEPARATORS = re.compile(r"[\s().\-/\u2010-\u2015\u00a0]+")
_TRUNK_ZERO = re.compile(r"(\+\d[\d\s]*)\(0\)")  # +49 (0) 30: the zero is not dialled with the +
_EXTENSION = re.compile(r"(?:ext\.?|x)\s*([0-9]{1,7})\s*$", re.IGNORECASE)
_PAUSE = re.compile(r"[,;pw|]", re.IGNORECASE)
_TONES = re.compile(r"[0-9*#,]{2,40}")
_EMERGENCY = frozenset({"112", "911"})  # known everywhere; a country's own are in libphonenumber

NOT_A_NUMBER = "Not a fax number"
PAUSES = "Pauses and tones behind a number cannot be dialled; write the number alone"
EXTENSION = "Extensions cannot be dialled; write the direct number"
SERVICE_CODE = "Service codes with * or # are not dialled"
EMERGENCY = "Emergency numbers are not dialled"
AMBIGUOUS = "Not clear where this number is, without an area code or a +"
WRONG_LENGTH = "No such number: it is too short or too long"


@dataclass(frozen=True, slots=True)
class DialPlan:
    """The rules of a site. With the defaults every number is dialled as it is written."""

    country: str = ""  #: ISO 3166, for example "DE"; "" leaves national numbers as they are
    area_code: str = ""  #: of the site; put before numbers that are written without one
    national_prefix: str = ""  #: "" means the country's own, for example "0"
    international_prefix: str = ""  #: "" means the country's own, for example "00"
    internal: tuple[str, ...] = ()  #: patterns of internal numbers: digits, X any digit, N 2 to 9, Z 1 to 9
    outside_line: str = ""  #: dialled before every number that is not internal
    dial_as: str = "e164"  #: "e164" (+49...), "international" (0049...) or "national" (0... at home)
    extensions: str = "refuse"  #: or "append": x123 is dialled as part of the number; or "tones"
    pauses: str = "refuse"  #: or "tones": what stands behind ",", "w" or "p" is dialled after the answer
    service_codes: bool = False  #: whether * and # are dialled
    allow: tuple[str, ...] = ()  #: beginnings of numbers; () allows all
    deny: tuple[str, ...] = ()  #: beginnings of numbers; the longer beginning wins

    def number(self, written: str) -> FaxNumber:
        """The number as the queue knows it.

        Raises:
            InvalidNumber: it cannot or may not be dialled; the message says why, in words for the sender.
        """
        digits = self._digits(written)
        self._refuse_emergencies(digits)
        if self.is_internal(digits):
            return FaxNumber(digits)
        if not digits.isdecimal() and not digits.startswith("+"):
            return self._permitted(FaxNumber(digits))  # a service code, as it stands
        if not digits.startswith("+"):
            digits = self._international(digits)
        if self.country and digits.startswith("+"):
            digits, national = _possible(digits)
            self._refuse_emergencies(national)  # 0112 and +49112
        return self._permitted(FaxNumber(digits))

    def without_tones(self, written: str) -> tuple[str, str]:
        """The number alone, and what is dialled as tones after the answer: digits, and "," for a pause.

        Raises:
            InvalidNumber: what stands behind the number cannot be dialled.
        """
        if len(written) > _LONGEST:
            raise InvalidNumber(NOT_A_NUMBER)
        if self.extensions == "tones" and (found := _EXTENSION.search(written)) is not None:
            return written[: found.start()], "," + found[1]
        if self.pauses != "tones" or (found := _PAUSE.search(written)) is None:
            return written, ""
        tones = _SEPARATORS.sub("", _PAUSE.sub(",", written[found.start() :]))
        if not _TONES.fullmatch(tones):
            raise InvalidNumber(NOT_A_NUMBER)
        return written[: found.start()], tones

    def dialled(self, number: FaxNumber) -> str:
        """The digits that a trunk gets for this number."""
        digits = number.digits
        if self.is_internal(digits):
            return digits
        if digits.startswith("+") and self.dial_as != "e164":
            digits = self._with_prefixes(digits)
        return self.outside_line + digits

    def is_internal(self, digits: str) -> bool:
        """Whether these digits are an internal number."""
        return any(_matches(pattern, digits) for pattern in self.internal)

    def _digits(self, written: str) -> str:
        text = written.strip()
        if len(text) > _LONGEST:
            raise InvalidNumber(NOT_A_NUMBER)
        if (found := _EXTENSION.search(text)) is not None:
            if self.extensions != "append":
                raise InvalidNumber(EXTENSION)
            text = text[: found.start()] + found[1]
        if _PAUSE.search(text):
            raise InvalidNumber(PAUSES if re.match(r"\s*\+?[\d(]", text) else NOT_A_NUMBER)
        try:
            digits = FaxNumber.parse(_SEPARATORS.sub("", _TRUNK_ZERO.sub(r"\1", text))).digits
        except InvalidNumber:
            raise InvalidNumber(NOT_A_NUMBER) from None
        if ("*" in digits or "#" in digits) and not self.service_codes:
            raise InvalidNumber(SERVICE_CODE)
        return digits

    def _refuse_emergencies(self, digits: str) -> None:
        if digits in _EMERGENCY or (self.country and _is_emergency(digits, self.country)):
            raise InvalidNumber(EMERGENCY)

    def _international(self, digits: str) -> str:
        """A number without + as E.164, if the country is known."""
        if not self.country:
            return digits
        abroad = self.international_prefix or _own_prefixes(self.country)[1]
        if abroad and digits.startswith(abroad):
            return "+" + digits[len(abroad) :]
        at_home = self.national_prefix or _own_prefixes(self.country)[0]
        if self.area_code and not (at_home and digits.startswith(at_home)):
            digits = at_home + self.area_code + digits
        is_whole = not at_home or digits.startswith(at_home)
        digits = digits.removeprefix(at_home)
        if not digits:
            raise InvalidNumber(NOT_A_NUMBER)
        # Some countries keep the zero behind the country code (Italy), others have rules of their own.
        number = _national(digits, at_home if not self.national_prefix else "", self.country)
        if not is_whole and not _is_meant(number, digits):
            raise InvalidNumber(AMBIGUOUS)
        return number

    def _with_prefixes(self, digits: str) -> str:
        """+49301234 as it is dialled from this country."""
        from phonenumbers import country_code_for_region

        at_home, abroad = _own_prefixes(self.country) if self.country else ("", "00")
        home_code = f"+{country_code_for_region(self.country)}" if self.country else "+?"
        if self.dial_as == "national" and digits.startswith(home_code):
            return (self.national_prefix or at_home) + digits[len(home_code) :]
        return (self.international_prefix or abroad) + digits[1:]

    def _permitted(self, number: FaxNumber) -> FaxNumber:
        allowed = max((len(p) for p in self.allow if number.digits.startswith(p)), default=-1)
        denied = max((len(p) for p in self.deny if number.digits.startswith(p)), default=-1)
        if denied > allowed or (denied >= 0 and denied == allowed) or (self.allow and allowed < 0):
            raise NumberNotAllowed
        return number


_PATTERN = {"X": "0123456789", "N": "23456789", "Z": "123456789"}


def _matches(pattern: str, digits: str) -> bool:
    return len(pattern) == len(digits) and all(
        digit in _PATTERN.get(sign, sign) for sign, digit in zip(pattern, digits, strict=True)
    )


# phonenumbers takes a moment to load: it is imported by those who know their country.


def _own_prefixes(country: str) -> tuple[str, str]:
    """The national and the international prefix of the country, as most people dial them."""
    from phonenumbers import PhoneMetadata

    metadata = PhoneMetadata.metadata_for_region(country, None)
    if metadata is None:
        return "", "00"
    abroad = metadata.preferred_international_prefix or metadata.international_prefix or "00"
    return metadata.national_prefix or "", abroad if abroad.isdecimal() else "00"


def _national(digits: str, prefix: str, country: str) -> str:
    import phonenumbers

    try:
        parsed = phonenumbers.parse(prefix + digits, country)
    except phonenumbers.NumberParseException:
        raise InvalidNumber(WRONG_LENGTH) from None
    return _e164(parsed)


def _is_meant(number: str, written: str) -> bool:
    """Whether a number without its national prefix can only be this one, though it was not written as one.

    It may be local, or have its country code without a +.
    """
    import phonenumbers

    parsed = phonenumbers.parse(number, None)
    if not phonenumbers.is_valid_number(parsed):
        return False
    if not written.startswith(str(parsed.country_code)):
        return True
    try:
        return not phonenumbers.is_valid_number(phonenumbers.parse(f"+{written}", None))
    except phonenumbers.NumberParseException:
        return True


def _possible(digits: str) -> tuple[str, str]:
    """The E.164 number, whose length is possible in its country, and it without the country code."""
    import phonenumbers

    try:
        parsed = phonenumbers.parse(digits, None)
    except phonenumbers.NumberParseException:
        raise InvalidNumber(WRONG_LENGTH) from None
    if not phonenumbers.is_possible_number(parsed):
        raise InvalidNumber(WRONG_LENGTH)
    return _e164(parsed), str(parsed.national_number)


def _e164(parsed: "PhoneNumber") -> str:
    import phonenumbers

    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)


def _is_emergency(digits: str, country: str) -> bool:
    from phonenumbers.shortnumberinfo import is_emergency_number

    return is_emergency_number(digits.lstrip("+"), country)
