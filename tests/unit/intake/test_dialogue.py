"""The dialogue answers whatever it is told."""

import re
from ipaddress import ip_network

from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.config.schema import SmtpSection
from gateway.intake import replies
from gateway.intake.accept import Gatekeeper
from gateway.intake.dialogue import Dialogue

REPLY = re.compile(rb"(?:[2-5]\d\d-[ -~]+\r\n)*[2-5]\d\d [ -~]+")
LINES = st.one_of(
    st.binary(max_size=60),
    st.sampled_from(
        [
            b"EHLO x\r\n",
            b"MAIL FROM:<a@example.com>\r\n",
            b"MAIL FROM:<>\r\n",
            b"RCPT TO:<101@fax.example.com>\r\n",
            b"RCPT TO:<no@fax.example.com>\r\n",
            b"DATA\r\n",
            b"RSET\r\n",
        ]
    ),
    st.tuples(
        st.sampled_from([b"EHLO ", b"MAIL FROM:", b"RCPT TO:", b"MAIL FROM:<a@b> "]), st.binary(max_size=30)
    ).map(b"".join),
)


def a_dialogue() -> Dialogue:
    section = SmtpSection(domains=("fax.example.com",), relay_networks=(ip_network("127.0.0.0/8"),))
    return Dialogue(Gatekeeper(section), "gateway.example.com", 1000, "127.0.0.1")


@settings(deadline=None)
@given(st.lists(LINES))
def test_every_line_has_a_reply_and_data_is_asked_for_only_with_recipients(lines):
    dialogue = a_dialogue()

    for line in lines:
        reply = dialogue.reply_to(line)

        assert REPLY.fullmatch(reply)
        if reply is replies.START_DATA:
            assert dialogue.transaction.mail_from
            assert dialogue.transaction.recipients


def test_every_refusal_has_an_enhanced_code_of_its_own_class():
    texts = [text for name, text in vars(replies).items() if name.isupper() and isinstance(text, bytes)]

    for text in texts:
        if not text.startswith(b"354"):
            code, enhanced = text.split()[:2]
            assert enhanced.startswith(code[:1] + b"."), text
