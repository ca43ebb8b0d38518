"""What SIP, Q.850 and T.30 say about the end of a call, as a disposition. The only such table.

Sources: RFC 3261 21, RFC 3398 7.2.4.1 (Q.850 and SIP), ITU-T Q.850; the T.30 results are spandsp's.
"""

from enum import IntEnum

from telephony.disposition import Disposition

_D = Disposition

_BY_Q850 = {
    1: _D.INVALID_NUMBER,  # unallocated number
    2: _D.INVALID_NUMBER,  # no route to network
    3: _D.INVALID_NUMBER,  # no route to destination
    17: _D.BUSY,
    18: _D.NO_ANSWER,  # no user responding
    19: _D.NO_ANSWER,  # user alerted, no answer
    20: _D.NO_ANSWER,  # subscriber absent
    21: _D.REJECTED,
    22: _D.INVALID_NUMBER,  # number changed
    27: _D.TRUNK_UNAVAILABLE,  # destination out of order
    28: _D.INVALID_NUMBER,  # invalid number format
    34: _D.CONGESTED,
    38: _D.TRUNK_UNAVAILABLE,
    41: _D.TRUNK_UNAVAILABLE,
    42: _D.CONGESTED,
    44: _D.CONGESTED,
    47: _D.CONGESTED,
    57: _D.REJECTED,
    65: _D.INCOMPATIBLE,
    79: _D.INCOMPATIBLE,
    88: _D.INCOMPATIBLE,
}
_BY_SIP = {
    400: _D.TRUNK_UNAVAILABLE,
    401: _D.TRUNK_UNAVAILABLE,  # the trunk does not take our password
    402: _D.REJECTED,
    403: _D.REJECTED,
    404: _D.INVALID_NUMBER,
    405: _D.TRUNK_UNAVAILABLE,
    406: _D.INCOMPATIBLE,
    407: _D.TRUNK_UNAVAILABLE,
    408: _D.TRUNK_UNAVAILABLE,
    410: _D.INVALID_NUMBER,
    415: _D.INCOMPATIBLE,
    420: _D.TRUNK_UNAVAILABLE,  # the trunk does not know an extension that we require of it
    421: _D.TRUNK_UNAVAILABLE,
    480: _D.NO_ANSWER,
    484: _D.INVALID_NUMBER,
    485: _D.INVALID_NUMBER,
    486: _D.BUSY,
    487: _D.CANCELLED,
    488: _D.INCOMPATIBLE,
    503: _D.CONGESTED,
    600: _D.BUSY,
    603: _D.REJECTED,
    604: _D.INVALID_NUMBER,
    606: _D.INCOMPATIBLE,
    607: _D.REJECTED,
    608: _D.REJECTED,
}


class T30Result(IntEnum):
    """How a T.30 session ended, with spandsp's numbers."""

    OK = 0
    CED_TOO_LONG = 1
    T0_EXPIRED = 2
    T1_EXPIRED = 3
    T3_EXPIRED = 4
    HDLC_CARRIER = 5
    CANNOT_TRAIN = 6
    OPERATOR_INTERVENTION_FAILED = 7
    INCOMPATIBLE = 8
    RX_INCAPABLE = 9
    TX_INCAPABLE = 10
    RESOLUTION_UNSUPPORTED = 11
    SIZE_UNSUPPORTED = 12
    UNEXPECTED = 13
    BAD_RESPONSE_TO_DCS = 14
    DCN_AFTER_PAGE = 15
    BAD_ECM_RESPONSE = 16
    DCN_INSTEAD_OF_DIS = 17
    BAD_RESPONSE_TO_PAGE = 18
    NO_DIS = 19
    NO_RESPONSE_TO_DCS = 20
    NO_RESPONSE_TO_PAGE = 21
    NOT_READY = 22
    RX_BAD_ECM_RESPONSE = 23
    RX_GOT_DCS = 24
    RX_BAD_COMMAND = 25
    RX_NO_CARRIER = 26
    RX_NO_EOL = 27
    RX_NO_FAX = 28
    RX_NO_DCN = 29
    RX_NO_COMMAND = 30
    RX_NO_PAGE = 31
    RX_NO_NEXT_PAGE = 32
    RX_NO_RR = 33
    RX_NO_MESSAGE = 34
    RX_UNEXPECTED_DCN = 35
    RX_DCN_IN_DATA = 36
    RX_DCN_IN_FAX = 37
    RX_DCN_AFTER_PAGE = 38
    RX_DCN_AFTER_RR = 39
    RX_DCN_AFTER_RTN = 40
    FILE_ERROR = 41
    NO_PAGE = 42
    BAD_TIFF = 43
    BAD_PAGE = 44
    BAD_TAG = 45
    BAD_TIFF_HEADER = 46
    NO_MEMORY = 47
    RETRIES_EXCEEDED = 48
    CALL_DROPPED = 49
    POLL_REFUSED = 50
    SUB_ADDRESS_UNKNOWN = 52
    SELECTIVE_POLLING_UNKNOWN = 53


_BY_T30 = {
    T30Result.CED_TOO_LONG: _D.NO_FAX_ANSWERED,
    T30Result.T0_EXPIRED: _D.NO_FAX_ANSWERED,
    T30Result.T1_EXPIRED: _D.NO_FAX_ANSWERED,
    T30Result.INCOMPATIBLE: _D.INCOMPATIBLE,
    T30Result.RX_INCAPABLE: _D.INCOMPATIBLE,
    T30Result.TX_INCAPABLE: _D.NOTHING_TO_POLL,
    T30Result.POLL_REFUSED: _D.NOTHING_TO_POLL,
    T30Result.SELECTIVE_POLLING_UNKNOWN: _D.NOTHING_TO_POLL,
    T30Result.RESOLUTION_UNSUPPORTED: _D.INCOMPATIBLE,
    T30Result.SIZE_UNSUPPORTED: _D.INCOMPATIBLE,
    T30Result.SUB_ADDRESS_UNKNOWN: _D.INCOMPATIBLE,
    **{
        result: _D.BAD_DOCUMENT
        for result in T30Result
        if T30Result.FILE_ERROR <= result <= T30Result.NO_MEMORY
    },
}


def sip_disposition(status: int, q850_cause: int, *, rang: bool = False) -> Disposition:
    """What a final answer to our INVITE means. A Q.850 cause, where there is one, knows more than the status.

    `status` is 0 when no peer said it: there was no way to one, or he was silent.
    `rang`: the far end was alerted, so that a time-out is "no answer" and not a dead trunk.
    """
    if status == 0:
        return _D.NO_ANSWER if rang else _D.TRUNK_UNAVAILABLE
    if q850_cause in _BY_Q850:
        return _BY_Q850[q850_cause]
    if status == 408 and rang:
        return _D.NO_ANSWER
    if status in _BY_SIP:
        return _BY_SIP[status]
    if 300 <= status < 400 or 500 <= status < 600:
        return _D.TRUNK_UNAVAILABLE
    return _D.REJECTED


def t30_disposition(
    result: int, *, pages_confirmed: int, pages_owed: int | None, negotiated: bool
) -> Disposition:
    """What the end of a T.30 session means.

    `pages_owed` is None unless we dialled to send: else only the end says whether there were more.
    """
    complete = pages_confirmed > 0 and (
        pages_confirmed >= pages_owed if pages_owed is not None else result == T30Result.OK
    )
    if complete:
        return _D.DELIVERED  # also when only the farewell was lost
    known = _BY_T30.get(T30Result(result)) if result in T30Result._value2member_map_ else None
    if pages_confirmed and known is not _D.BAD_DOCUMENT:
        return _D.INTERRUPTED
    if known is None and not negotiated and result == T30Result.CALL_DROPPED:
        return _D.NO_FAX_ANSWERED
    return known or _D.LINE_FAILED
