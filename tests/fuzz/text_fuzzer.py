"""A target of atheris (libFuzzer for Python): strangers' bytes into what reads SDP, SIP addresses and DNS.

python -m tests.fuzz.text_fuzzer -max_total_time=60
"""

import sys
from contextlib import suppress

import atheris

with atheris.instrument_imports():
    from telephony.name_relay import _failure
    from telephony.sdp.audio import choose_codec, events_in, usable_audio
    from telephony.sdp.crypto import cryptos_in
    from telephony.sdp.description import BadDescription, Description, parse, refused, render, sdp_part
    from telephony.sdp.image import agreed, image_answer, usable_image
    from telephony.trunk import Trunk
    from telephony.uri import BadUri, SipUri

TRUNK = Trunk("main", proxy="sip:192.0.2.1")


def take_apart(description: Description) -> None:
    """What is asked of a description before a call uses it, and the answer."""
    for media in usable_audio(description):
        choose_codec(media, TRUNK.codecs)
        events_in(media)
        cryptos_in(media)
    image = usable_image(description)
    if image:
        agreed(image, TRUNK)
        image_answer(image, 4000, TRUNK)
    answers = tuple(refused(media) for media in description.media)
    parse(render("192.0.2.1", answers, session_id=1, version=1))


def read(data: bytes) -> None:
    """Raises nothing but what callers expect."""
    text = data.decode("utf-8", "replace")
    for part in (text, sdp_part(text, text[:4])):
        with suppress(BadDescription):
            description = parse(part)
            take_apart(description)
    with suppress(BadUri):
        SipUri.parse(text)
    _failure(data)


if __name__ == "__main__":
    atheris.Setup(sys.argv, read)
    atheris.Fuzz()
