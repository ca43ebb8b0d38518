import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.resolving.automatic import why_automatic

ANN = "ann@example.com"


@pytest.mark.parametrize(
    "header",
    [
        "Auto-Submitted: auto-replied",
        "auto-submitted: AUTO-REPLIED (vacation)",
        "Auto-Submitted: auto-notified; owner-email=a@b",
        "Precedence: list",
        "Precedence: auto_reply",
        "List-Id: <news.example.com>",
        "Content-Type: multipart/report; report-type=delivery-status; boundary=x",
        "X-Autoreply: yes",
        "Auto-Submitted: auto-generated\r\nX-Auto-Response-Suppress: All\r\nIn-Reply-To: <a@example.com>",
        "\r\n".join(["Received: from a by b; Fri, 27 Nov 2026 10:00:00 +0100"] * 101),
        "X-Fax-Code: busy",
    ],
)
@pytest.mark.parametrize("applications", [True, False])
def test_answers_bounces_and_lists_never_become_faxes(header, applications):
    text = f"From: {ANN}\r\n{header}\r\n\r\n".encode()

    assert why_automatic(text, ANN, applications=applications)


@pytest.mark.parametrize(
    "header",
    [
        "Auto-Submitted: auto-generated",
        "Precedence: bulk",
        "Precedence: junk",
        "X-Auto-Response-Suppress: All",
        "X-Auto-Response-Suppress: DR, OOF, AutoReply",
    ],
)
def test_what_applications_begin_is_a_setting(header):
    text = f"{header}\n\n".encode()

    assert why_automatic(text, ANN, applications=False)
    assert not why_automatic(text, ANN, applications=True)


@pytest.mark.parametrize(
    "header",
    [
        "Subject: Auto-Submitted: auto-replied",
        "Auto-Submitted: no",
        "Precedence: first-class",
        "X-Auto-Response-Suppress: DR, RN, NRN",
        "Content-Type: multipart/mixed; boundary=report",
        "In-Reply-To: <a@example.com>",
        "\n".join(["Received: from a by b; Fri, 27 Nov 2026 10:00:00 +0100"] * 30),
        "",
    ],
)
def test_what_a_person_wrote_is_not_automatic(header):
    assert why_automatic(f"{header}\n\nAuto-Submitted: auto-replied".encode(), ANN, applications=False) == ""


def test_a_bounce_has_no_sender():
    assert why_automatic(b"", "", applications=True) == "it has no sender address (a bounce)"


@given(st.binary())
def test_no_header_of_a_stranger_makes_it_fail(text):
    assert isinstance(why_automatic(b"Auto-Submitted: " + text, ANN, applications=False), str)
