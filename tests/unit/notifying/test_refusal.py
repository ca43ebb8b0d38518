"""A mail that became no fax is answered in words, when nobody is connected who could be told."""

from datetime import UTC, datetime

import pytest

from gateway.model.collected import Refusal
from gateway.model.ids import NotificationId
from gateway.model.notification import Notification, NotificationKind
from gateway.notifying.compose import compose_refusal
from gateway.notifying.letter import Letterhead

REASON = "hello@fax.example.com: Not a fax number; write it like +49301234567@ and the fax domain."


def answered(refusal: Refusal):
    notification = Notification(
        id=NotificationId("N1"),
        kind=NotificationKind.FAILED,
        mailbox="ann@example.com",
        job_id=None,
        received_id=None,
        created_at=datetime(2026, 11, 22, 12, 0, tzinfo=UTC),
        tries=0,
        message_id="<n1@fax1>",
        refusal=refusal,
    )
    return compose_refusal(notification, refusal, Letterhead("fax@example.com", "fax1", UTC))


def test_the_answer_says_what_was_not_faxed_and_why():
    answer = answered(Refusal("Offer", "<1@example.com>", (REASON, "b@fax.example.com: No.")))

    assert (answer["Subject"], answer["To"]) == ("NOT faxed Offer", "ann@example.com")
    assert (answer["In-Reply-To"], answer["X-Fax-State"]) == ("<1@example.com>", "refused")
    assert answer["Auto-Submitted"] == "auto-replied"
    text = answer.get_body(("plain",)).get_content()
    assert f"- {REASON}\n- b@fax.example.com: No.\n" in text
    assert REASON in answer.get_body(("html",)).get_content()


def test_a_mail_without_a_subject_has_an_answer_with_one():
    assert answered(Refusal("", "", (REASON,)))["Subject"] == "NOT faxed (no subject)"


@pytest.mark.parametrize("odd", ["a\r\nBcc: x@example.com", "\x00\ud800", "<script>"])
def test_nothing_in_a_refused_mail_adds_a_field_or_obeyed_html(odd: str):
    answer = answered(Refusal(odd, odd, (odd,)))

    assert "Bcc" not in answer
    assert "<script>" not in answer.get_body(("html",)).get_content()
    assert answer.as_bytes()
