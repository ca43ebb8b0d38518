import pytest
from hypothesis import given
from hypothesis import strategies as st

from telephony.causes import T30Result, sip_disposition, t30_disposition
from telephony.disposition import Disposition
from telephony.native.library import load

D = Disposition


@pytest.mark.parametrize(
    ("status", "meaning"),
    [
        (301, D.TRUNK_UNAVAILABLE),
        (400, D.TRUNK_UNAVAILABLE),
        (401, D.TRUNK_UNAVAILABLE),
        (403, D.REJECTED),
        (404, D.INVALID_NUMBER),
        (407, D.TRUNK_UNAVAILABLE),
        (408, D.TRUNK_UNAVAILABLE),
        (410, D.INVALID_NUMBER),
        (415, D.INCOMPATIBLE),
        (480, D.NO_ANSWER),
        (484, D.INVALID_NUMBER),
        (486, D.BUSY),
        (487, D.CANCELLED),
        (488, D.INCOMPATIBLE),
        (500, D.TRUNK_UNAVAILABLE),
        (503, D.CONGESTED),
        (504, D.TRUNK_UNAVAILABLE),
        (600, D.BUSY),
        (603, D.REJECTED),
        (604, D.INVALID_NUMBER),
        (606, D.INCOMPATIBLE),
        (499, D.REJECTED),
        (699, D.REJECTED),
    ],
)
def test_a_sip_status_means(status, meaning):
    assert sip_disposition(status, 0) is meaning


@pytest.mark.parametrize(
    ("cause", "meaning"),
    [
        (1, D.INVALID_NUMBER),
        (17, D.BUSY),
        (18, D.NO_ANSWER),
        (19, D.NO_ANSWER),
        (21, D.REJECTED),
        (27, D.TRUNK_UNAVAILABLE),
        (28, D.INVALID_NUMBER),
        (34, D.CONGESTED),
        (42, D.CONGESTED),
        (65, D.INCOMPATIBLE),
        (88, D.INCOMPATIBLE),
    ],
)
def test_a_q850_cause_knows_more_than_the_status(cause, meaning):
    assert sip_disposition(503, cause) is meaning


def test_a_cause_that_says_nothing_leaves_the_status():
    assert sip_disposition(486, 16) is D.BUSY


def test_a_peer_who_says_nothing_is_an_unavailable_trunk():
    assert sip_disposition(0, 0) is D.TRUNK_UNAVAILABLE
    assert sip_disposition(0, 0, rang=True) is D.NO_ANSWER


def test_a_time_out_after_ringing_is_no_answer_and_no_dead_trunk():
    assert sip_disposition(408, 0, rang=True) is D.NO_ANSWER


@given(st.integers(300, 699), st.integers(0, 127), st.booleans())
def test_every_refusal_means_something_and_never_delivered(status, cause, rang):
    assert sip_disposition(status, cause, rang=rang) is not D.DELIVERED


@pytest.mark.parametrize("result", T30Result)
def test_our_numbers_of_t30_results_are_those_of_the_library(result):
    core = load()

    said = core.ffi.string(core.lib.fc_t30_result_text(result)).decode()

    assert said == LIBRARY_SAYS[result]


@pytest.mark.parametrize(
    ("result", "negotiated", "meaning"),
    [
        (T30Result.T0_EXPIRED, False, D.NO_FAX_ANSWERED),
        (T30Result.T1_EXPIRED, False, D.NO_FAX_ANSWERED),
        (T30Result.CED_TOO_LONG, False, D.NO_FAX_ANSWERED),
        (T30Result.CALL_DROPPED, False, D.NO_FAX_ANSWERED),
        (T30Result.CALL_DROPPED, True, D.LINE_FAILED),
        (T30Result.CANNOT_TRAIN, True, D.LINE_FAILED),
        (T30Result.RESOLUTION_UNSUPPORTED, True, D.INCOMPATIBLE),
        (T30Result.SIZE_UNSUPPORTED, True, D.INCOMPATIBLE),
        (T30Result.FILE_ERROR, True, D.BAD_DOCUMENT),
        (T30Result.BAD_TIFF, True, D.BAD_DOCUMENT),
        (T30Result.NO_MEMORY, True, D.BAD_DOCUMENT),
        (999, True, D.LINE_FAILED),
    ],
)
def test_a_session_without_a_page_ends_as(result, negotiated, meaning):
    assert t30_disposition(result, pages_confirmed=0, pages_owed=2, negotiated=negotiated) is meaning


def test_all_pages_confirmed_is_delivered_however_the_farewell_went():
    end = t30_disposition(T30Result.CALL_DROPPED, pages_confirmed=2, pages_owed=2, negotiated=True)

    assert end is D.DELIVERED


def test_some_pages_confirmed_is_interrupted():
    end = t30_disposition(T30Result.NO_RESPONSE_TO_PAGE, pages_confirmed=1, pages_owed=2, negotiated=True)

    assert end is D.INTERRUPTED


def test_a_disk_that_fails_after_a_page_is_our_own_fault():
    end = t30_disposition(T30Result.FILE_ERROR, pages_confirmed=1, pages_owed=None, negotiated=True)

    assert end is D.BAD_DOCUMENT


@pytest.mark.parametrize(
    ("pages", "result", "meaning"),
    [
        (2, T30Result.OK, D.DELIVERED),
        (2, T30Result.RX_NO_NEXT_PAGE, D.INTERRUPTED),
        (0, T30Result.OK, D.LINE_FAILED),
    ],
)
def test_who_receives_trusts_the_sessions_own_end(pages, result, meaning):
    assert t30_disposition(result, pages_confirmed=pages, pages_owed=None, negotiated=True) is meaning


@given(st.integers(-1, 60), st.integers(0, 3), st.none() | st.integers(1, 3), st.booleans())
def test_no_end_is_delivered_with_fewer_pages_than_were_owed(result, confirmed, owed, negotiated):
    end = t30_disposition(result, pages_confirmed=confirmed, pages_owed=owed, negotiated=negotiated)

    if end is D.DELIVERED:
        assert confirmed >= (owed or 1)


def test_every_disposition_can_come_about():
    by_sip = {sip_disposition(status, 0) for status in range(300, 700)}
    by_t30 = {
        t30_disposition(result, pages_confirmed=pages, pages_owed=2, negotiated=True)
        for result in T30Result
        for pages in (0, 1, 2)
    }

    by_ourselves = {D.NO_FAX_ANSWERED}
    assert by_sip | by_t30 | by_ourselves == set(D)


LIBRARY_SAYS = {
    T30Result.OK: "OK",
    T30Result.CED_TOO_LONG: "The CED tone exceeded 5s",
    T30Result.T0_EXPIRED: "Timed out waiting for initial communication",
    T30Result.T1_EXPIRED: "Timed out waiting for the first message",
    T30Result.T3_EXPIRED: "Timed out waiting for procedural interrupt",
    T30Result.HDLC_CARRIER: "The HDLC carrier did not stop in a timely manner",
    T30Result.CANNOT_TRAIN: "Failed to train with any of the compatible modems",
    T30Result.OPERATOR_INTERVENTION_FAILED: "Operator intervention failed",
    T30Result.INCOMPATIBLE: "Far end is not compatible",
    T30Result.RX_INCAPABLE: "Far end is not able to receive",
    T30Result.TX_INCAPABLE: "Far end is not able to transmit",
    T30Result.RESOLUTION_UNSUPPORTED: "Far end cannot receive at the resolution of the image",
    T30Result.SIZE_UNSUPPORTED: "Far end cannot receive at the size of image",
    T30Result.UNEXPECTED: "Unexpected message received",
    T30Result.BAD_RESPONSE_TO_DCS: "Received bad response to DCS or training",
    T30Result.DCN_AFTER_PAGE: "Received a DCN from remote after sending a page",
    T30Result.BAD_ECM_RESPONSE: "Invalid ECM response received from receiver",
    T30Result.DCN_INSTEAD_OF_DIS: "Received a DCN while waiting for a DIS",
    T30Result.BAD_RESPONSE_TO_PAGE: "Invalid response after sending a page",
    T30Result.NO_DIS: "Received other than DIS while waiting for DIS",
    T30Result.NO_RESPONSE_TO_DCS: "Received no response to DCS or TCF",
    T30Result.NO_RESPONSE_TO_PAGE: "No response after sending a page",
    T30Result.NOT_READY: "Timed out waiting for receiver ready (ECM mode)",
    T30Result.RX_BAD_ECM_RESPONSE: "Invalid ECM response received from transmitter",
    T30Result.RX_GOT_DCS: "DCS received while waiting for DTC",
    T30Result.RX_BAD_COMMAND: "Unexpected command after page received",
    T30Result.RX_NO_CARRIER: "Carrier lost during fax receive",
    T30Result.RX_NO_EOL: "Timed out while waiting for EOL (end Of line)",
    T30Result.RX_NO_FAX: "Timed out while waiting for first line",
    T30Result.RX_NO_DCN: "Timer T2 expired while waiting for DCN",
    T30Result.RX_NO_COMMAND: "Timer T2 expired while waiting for phase D",
    T30Result.RX_NO_PAGE: "Timer T2 expired while waiting for fax page",
    T30Result.RX_NO_NEXT_PAGE: "Timer T2 expired while waiting for next fax page",
    T30Result.RX_NO_RR: "Timer T2 expired while waiting for RR command",
    T30Result.RX_NO_MESSAGE: "Timer T2 expired while waiting for NSS, DCS or MCF",
    T30Result.RX_UNEXPECTED_DCN: "Unexpected DCN while waiting for DCS or DIS",
    T30Result.RX_DCN_IN_DATA: "Unexpected DCN while waiting for image data",
    T30Result.RX_DCN_IN_FAX: "Unexpected DCN while waiting for EOM, EOP or MPS",
    T30Result.RX_DCN_AFTER_PAGE: "Unexpected DCN after EOM or MPS sequence",
    T30Result.RX_DCN_AFTER_RR: "Unexpected DCN after RR/RNR sequence",
    T30Result.RX_DCN_AFTER_RTN: "Unexpected DCN after requested retransmission",
    T30Result.FILE_ERROR: "TIFF/F file cannot be opened",
    T30Result.NO_PAGE: "TIFF/F page not found",
    T30Result.BAD_TIFF: "TIFF/F format is not compatible",
    T30Result.BAD_PAGE: "TIFF/F page number tag missing",
    T30Result.BAD_TAG: "Incorrect values for TIFF/F tags",
    T30Result.BAD_TIFF_HEADER: "Bad TIFF/F header - incorrect values in fields",
    T30Result.NO_MEMORY: "Cannot allocate memory for more pages",
    T30Result.RETRIES_EXCEEDED: "Disconnected after permitted retries",
    T30Result.CALL_DROPPED: "The call dropped prematurely",
    T30Result.POLL_REFUSED: "Poll not accepted",
    T30Result.SUB_ADDRESS_UNKNOWN: "Sub-address not accepted",
    T30Result.SELECTIVE_POLLING_UNKNOWN: "Selective polling address not accepted",
}
