"""The caller fetches what lies ready at the machine it calls (ITU-T T.30 5.3.6.1.2, DTC)."""

import pytest

from telephony.causes import T30Result
from telephony.engine import Offer
from tests.fax_pages import Sheet, draw_fax, pictures
from tests.fax_pair import Machine, fax_pair

MEDIA = pytest.mark.parametrize("t38", [True, False], ids=["t38", "audio"])

NAMES = ("first", "second", "plain")


@pytest.fixture
def files(tmp_path):
    return tmp_path / "fetched.tif", tmp_path / "came.tif"


@MEDIA
@pytest.mark.parametrize("ecm", [True, False], ids=["ecm", "no ecm"])
def test_every_page_is_fetched_also_where_they_differ(files, tmp_path, t38, ecm):
    fetched, came = files
    ready = draw_fax(tmp_path / "ready.tif", [Sheet(), Sheet(), Sheet(y_dpi=196), Sheet(width=2048)])

    result = fax_pair(
        Machine(fetched, ecm=ecm, polls=True), Machine(came, ecm=ecm, offers=[Offer(ready)]), t38=t38
    )

    assert (result.sender_status, result.receiver_status) == (T30Result.OK, T30Result.OK)
    assert (result.pages_sent, result.pages_received) == (4, 4)
    assert pictures(fetched) == pictures(ready)
    assert not came.exists()


@pytest.mark.parametrize(("t38", "loss"), [(True, 50), (False, 5)], ids=["t38", "audio"])
@pytest.mark.parametrize("seed", range(1, 5))
def test_a_bad_line_loses_none_of_them(files, tmp_path, t38, loss, seed):
    fetched, came = files
    ready = draw_fax(tmp_path / "ready.tif", [Sheet(rows=200)] * 2)

    fax_pair(
        Machine(fetched, polls=True),
        Machine(came, offers=[Offer(ready)]),
        t38=t38,
        loss_per_mille=loss,
        seed=seed,
    )

    assert pictures(fetched) == pictures(ready)


@MEDIA
@pytest.mark.parametrize(
    ("demanded", "said", "is_given"),
    [
        ("", "", True),
        ("4711", "4711", True),
        ("4711", "471", False),
        ("4711", "", False),
        ("", "4711", False),
    ],
)
def test_who_says_another_password_gets_nothing(files, tmp_path, demanded, said, is_given, t38):
    fetched, came = files
    ready = draw_fax(tmp_path / "ready.tif")

    result = fax_pair(
        Machine(fetched, polls=True, password=said),
        Machine(came, offers=[Offer(ready, password=demanded)]),
        t38=t38,
    )

    end = T30Result.OK if is_given else T30Result.POLL_REFUSED
    assert (result.sender_status, result.receiver_status) == (end, end)
    assert fetched.exists() == is_given


@MEDIA
def test_where_nothing_lies_ready_nothing_is_asked_for(files, t38):
    fetched, came = files

    result = fax_pair(Machine(fetched, polls=True), Machine(came), t38=t38)

    assert result.sender_status == T30Result.TX_INCAPABLE


@MEDIA
def test_a_machine_with_something_ready_receives_as_before(files, tmp_path, t38):
    _, came = files
    sent, ready = draw_fax(tmp_path / "sent.tif", seed=1), draw_fax(tmp_path / "ready.tif", seed=2)

    fax_pair(Machine(sent), Machine(came, offers=[Offer(ready)]), t38=t38)

    assert pictures(came) == pictures(sent)


@MEDIA
@pytest.mark.parametrize(
    ("asks_for", "password", "gets"),
    [("1", "", "first"), ("2", "4711", "second"), ("", "", "plain"), ("2", "", None), ("3", "", None)],
)
def test_of_several_documents_the_one_that_is_named_is_fetched(
    files, tmp_path, asks_for, password, gets, t38
):
    fetched, came = files
    ready = {name: draw_fax(tmp_path / f"{name}.tif", seed=seed) for seed, name in enumerate(NAMES, 1)}
    offers = [Offer(ready["first"], "1"), Offer(ready["second"], "2", "4711"), Offer(ready["plain"])]

    result = fax_pair(
        Machine(fetched, polls=True, sub_address=asks_for, password=password),
        Machine(came, offers=offers),
        t38=t38,
    )

    end = T30Result.OK if gets else T30Result.POLL_REFUSED
    assert (result.sender_status, result.receiver_status) == (end, end)
    assert (pictures(fetched) if fetched.exists() else None) == (pictures(ready[gets]) if gets else None)
