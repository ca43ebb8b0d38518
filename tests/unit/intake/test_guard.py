"""What one client may ask of us."""

from gateway.intake.guard import Guard, Limits

ANN, BOB = "192.0.2.1", "192.0.2.2"
SENDER, OTHER = "ann@example.com", "bob@example.com"


class Clock:
    def __init__(self) -> None:
        self.time = 1000.0

    def __call__(self) -> float:
        return self.time


def test_a_client_has_so_many_connections_and_others_have_their_own():
    guard = Guard(Limits(connections=2))

    assert [guard.enter(ANN) for _ in range(3)] == [True, True, False]
    assert guard.enter(BOB)

    guard.leave(ANN)
    assert guard.enter(ANN)


def test_mails_are_counted_by_the_hour():
    clock = Clock()
    guard = Guard(Limits(messages_per_hour=2), clock)
    guard.sent(ANN, SENDER, 1)
    clock.time += 1800
    guard.sent(ANN, SENDER, 1)

    assert not guard.may_send(ANN, SENDER)
    assert guard.may_send(BOB, SENDER)

    clock.time += 1800
    assert guard.may_send(ANN, SENDER)


def test_faxes_are_counted_by_the_hour_whatever_the_number_of_mails():
    clock = Clock()
    guard = Guard(Limits(recipients_per_hour=10), clock)
    guard.sent(ANN, SENDER, 7)

    assert guard.recipients_left(ANN, SENDER) == 3
    assert guard.recipients_left(BOB, SENDER) == 10

    clock.time += 3600
    assert guard.recipients_left(ANN, SENDER) == 10


def test_a_sender_has_a_limit_of_his_own_behind_whichever_server():
    guard = Guard(Limits(sender_messages_per_hour=2, sender_recipients_per_hour=5))
    guard.sent(ANN, SENDER, 2)
    guard.sent(BOB, SENDER.upper(), 1)

    assert not guard.may_send(ANN, SENDER)
    assert guard.may_send(ANN, OTHER)
    assert guard.recipients_left(BOB, SENDER) == 2
    assert guard.recipients_left(ANN, OTHER) == 5


def test_who_guesses_waits_longer_each_time_and_is_banned_for_a_while():
    clock = Clock()
    guard = Guard(Limits(guesses=3, ban=900), clock)

    assert [guard.guessed(ANN) for _ in range(3)] == [0.0, 1.0, 2.0]
    assert guard.is_banned(ANN)
    assert not guard.is_banned(BOB)

    clock.time += 900
    assert not guard.is_banned(ANN)
    assert guard.guessed(ANN) == 0.0


def test_what_is_remembered_is_bounded():
    guard = Guard(Limits(messages_per_hour=1, guesses=1))

    for number in range(12_000):
        guard.sent(f"c{number}", SENDER, 1)
        guard.guessed(f"c{number}")

    assert guard.may_send("c0", SENDER)
    assert not guard.may_send("c11999", SENDER)
    assert guard.is_banned("c11999")
