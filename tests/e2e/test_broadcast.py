"""A mail with a list, for real: a fax for each number, one that somebody has to approve, and one answer."""

import asyncio
import re
from email.message import EmailMessage
from urllib.request import Request, urlopen

import pytest

from tests.free_port import a_free_port
from tests.patience import PATIENCE

pytestmark = pytest.mark.slow

LIST = "number,name\n+4930100,Ann\n+4315,Bob\n"


async def test_a_list_is_faxed_when_the_boss_has_approved_it_and_answered_once(world):
    listen = f"127.0.0.1:{a_free_port()}"
    with world.config.open("a") as config:
        config.write('[permission.all]\napprover = "boss@example.com"\napprove_numbers = ["+43"]\n')
        config.write(f'[addresses]\ndialects = ["mailbox"]\n[approval]\nlisten = "{listen}"\n')
    await world.start_gateway()
    mail = EmailMessage()
    mail["From"], mail["Subject"], mail["Message-ID"] = "ann@example.com", "Offer", "<list@example.com>"
    mail.set_content("Hello")
    mail.add_attachment(LIST, subtype="csv", filename="list.csv")

    await asyncio.to_thread(world._mail, "list", mail.as_bytes())
    await world.until(lambda: [m for m in world.answers() if m["To"] == "boss@example.com"] != [])
    (asked,) = [m for m in world.answers() if m["To"] == "boss@example.com"]
    link = re.search(rf"http://{listen}/\S+", asked.get_body(("plain",)).get_content())
    assert link is not None
    await asyncio.to_thread(
        lambda: urlopen(Request(link[0], data=b"decision=approve"), timeout=PATIENCE).close()
    )
    await world.until(lambda: "X-Fax-Count" in " ".join(k for m in world.answers() for k in m))

    (summary,) = [m for m in world.answers() if m["X-Fax-Count"]]
    assert (summary["Subject"], summary["To"]) == ("2 of 2 faxes delivered", "ann@example.com")
    assert world.received() == {"+4930100": 1, "+4315": 1}
    assert [m["X-Fax-State"] for m in world.answers() if m["To"] == "ann@example.com"] == [
        "delayed",
        "summary",
    ]
    assert await world.stop_gateway() == 0
