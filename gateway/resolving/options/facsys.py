"""FACSys: a cover page by a word in the subject, `Offer /cover=letter`, or none of it, `Offer /none`.

`/default=letter` also changes what later faxes have; that part is not done. The rest of the subject is what
the cover page shows.
"""

import re
from collections.abc import Sequence

from gateway.model.options import Wish

_COMMAND = re.compile(r"(?:^|\s)/(?:(cover|default)=([A-Za-z0-9_-]{1,40})|none)(?=\s|$)", re.IGNORECASE)


def wishes(fields: Sequence[tuple[str, str]]) -> list[Wish]:
    """The cover page that the subject asks for."""
    subject = next((value for name, value in fields if name == "subject"), "")
    found = list(_COMMAND.finditer(subject))
    wanted = [Wish.of("cover", command[2] or "none", command[0].strip()) for command in found]
    wanted += [
        Wish.of("default_cover", command[2], command[0].strip())
        for command in found
        if (command[1] or "").lower() == "default"
    ]
    if wanted and wanted[0].value != "none":
        wanted.append(Wish.of("subject", " ".join(_COMMAND.sub("", subject).split())[:300]))
    return wanted
