"""A secret shows itself only when asked."""

from gateway.model.secret import Secret


def test_a_secret_is_not_seen_in_text_of_any_kind():
    secret = Secret("hunter2")

    assert f"{secret} {secret!r} {[secret]} {(secret,)}" == "*** *** [***] (***,)"
    assert secret.reveal() == "hunter2"


def test_secrets_compare_by_their_text():
    assert Secret("a") == Secret("a")
    assert Secret("a") != Secret("b")
    assert Secret("a") != "a"
    assert len({Secret("a"), Secret("a")}) == 1
