"""Ids are unique and in the order they were made."""

import threading

from gateway.store.ids import new_id


def test_ids_are_in_the_order_they_were_made_in():
    ids = [new_id() for _ in range(5000)]

    assert ids == sorted(ids)
    assert len(set(ids)) == 5000


def test_an_id_has_26_characters_that_can_be_read_aloud():
    assert {len(new_id()) for _ in range(100)} == {26}
    assert not set("ILOU") & set("".join(new_id() for _ in range(1000)))


def test_threads_do_not_get_the_same_id():
    made: list[str] = []
    threads = [threading.Thread(target=lambda: made.extend([new_id() for _ in range(500)])) for _ in range(8)]

    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(set(made)) == 4000
