"""Who we are, for who asks: answers to digest challenges, checked by the rules of RFC 7616 and RFC 8760."""

import hashlib
import re

import pytest

from telephony import Disposition
from tests.fax_pages import draw_fax
from tests.fix_sip import a_station, sipp

pytestmark = pytest.mark.slow
USER, PASSWORD, REALM = 'fax"account', 'se:cret"\\word', "provider.example"
HASHES = {"md5": "md5", "sha-256": "sha256", "sha-512-256": "sha512_256"}


def challenge(algorithm: str = "", qop: str = "auth", nonce: str = "n1", more: str = "") -> str:
    asked = [f'realm="{REALM}"', f'nonce="{nonce}"', 'opaque="do \\"not\\" read"']
    asked += [f"algorithm={algorithm}"] if algorithm else []
    asked += [f'qop="{qop}"'] if qop else []
    return f"WWW-Authenticate: Digest {', '.join(asked)}{more}"


def answers(messages: str) -> list[dict[str, str]]:
    """The parameters of each Authorization, unquoted, with the URI and body of its request."""
    found = []
    for request in re.findall(r"INVITE sip:.*?(?=\n-{20})", messages, re.DOTALL):
        if line := re.search(r"^Authorization: Digest (.*?)\r?$", request, re.MULTILINE):
            pairs = re.findall(r'(\w+)=(?:"((?:[^"\\]|\\.)*)"|([^,\s]+))', line[1])
            said = {name: re.sub(r"\\(.)", r"\1", text) or token for name, text, token in pairs}
            found.append(said | {"body": request.partition("\n\n")[2].replace("\n", "\r\n")})
    return found


def right_answer(said: dict[str, str]) -> str:
    """What RFC 7616 3.4.1 to 3.4.3 makes of the password."""
    name, session, _ = said.get("algorithm", "MD5").lower().partition("-sess")

    def hashed(*parts: str) -> str:
        return hashlib.new(HASHES[name], ":".join(parts).encode()).hexdigest()

    secret = hashed(USER, REALM, PASSWORD)
    if session:
        secret = hashed(secret, said["nonce"], said["cnonce"])
    whole = [hashed(said["body"])] if said.get("qop") == "auth-int" else []
    what = hashed("INVITE", said["uri"], *whole)
    if "qop" not in said:
        return hashed(secret, said["nonce"], what)
    return hashed(secret, said["nonce"], said["nc"], said["cnonce"], said["qop"], what)


async def asked(tmp_path, first: str, again: str) -> tuple[Disposition, list[dict[str, str]]]:
    """How a call ended that was asked twice, and what it answered."""
    async with sipp("ask_who_calls", challenges=first, again=again) as peer:
        async with a_station(calls=peer.address, username=USER, password=PASSWORD) as station:
            facts = await station.sends(draw_fax(tmp_path / "fax.tif"))
        if facts.disposition is Disposition.BUSY:
            await peer.plays_to_the_end()
        return facts.disposition, answers(peer.messages())


@pytest.mark.parametrize("qop", ["auth", "auth,auth-int", "auth-int", ""])
@pytest.mark.parametrize("algorithm", ["", "MD5", "SHA-256", "sha-256", "SHA-512-256", "SHA-256-sess"])
async def test_every_question_is_answered_and_one_that_came_too_late_again(tmp_path, algorithm, qop):
    stale = challenge(algorithm, qop, "n2", ", stale=true")

    disposition, said = await asked(tmp_path, challenge(algorithm, qop), stale)

    assert disposition is Disposition.BUSY
    assert [one["nonce"] for one in said] == ["n1", "n2"]
    for one in said:
        assert one["response"] == right_answer(one)
        assert (one["username"], one["opaque"]) == (USER, 'do "not" read')
        assert one.get("algorithm", "") == algorithm
        assert one.get("nc") == ("00000001" if qop else None)


STRANGE = challenge("AKAv1-MD5"), challenge("SHA-256", "of-tomorrow"), 'WWW-Authenticate: Basic realm="x"'


@pytest.mark.parametrize(
    ("asked_for", "answered"),
    [
        (["MD5", "SHA-256"], "SHA-256"),
        (["SHA-256", "MD5"], "SHA-256"),
        (["MD5", "SHA-512-256", "SHA-256"], "SHA-512-256"),
        (["AKAv1-MD5", "SHA-256"], "SHA-256"),
        (["MD5", "AKAv1-MD5"], "MD5"),
    ],
)
async def test_of_several_questions_the_one_with_the_strongest_hash_is_answered(
    tmp_path, asked_for, answered
):
    first = "\n".join(challenge(name, nonce=f"n-{name}") for name in asked_for)
    again = "\n".join(challenge(name, nonce=f"m-{name}", more=", stale=true") for name in asked_for)

    disposition, said = await asked(tmp_path, first, again)

    assert disposition is Disposition.BUSY
    assert [one["nonce"] for one in said] == [f"n-{answered}", f"m-{answered}"]
    assert [one["response"] for one in said] == [right_answer(one) for one in said]


@pytest.mark.parametrize("question", STRANGE)
async def test_a_question_that_we_cannot_answer_makes_the_trunk_unavailable(tmp_path, question):
    disposition, said = await asked(tmp_path, question, question)

    assert (disposition, said) == (Disposition.TRUNK_UNAVAILABLE, [])


async def test_a_password_that_is_not_taken_is_said_once(tmp_path):
    disposition, said = await asked(tmp_path, challenge("SHA-256"), challenge("SHA-256", nonce="n2"))

    assert disposition is Disposition.TRUNK_UNAVAILABLE
    assert [one["nonce"] for one in said] == ["n1"]
