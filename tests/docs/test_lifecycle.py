"""docs/lifecycle.md shows the very table that the queue works by.

`python -m tests.docs.test_lifecycle` writes the drawing and the table anew.
"""

import re
from pathlib import Path

from gateway.model.lifecycle import OWNED, TERMINAL, TRANSITIONS, JobEvent, JobState

PAGE = Path(__file__).parents[2] / "docs" / "lifecycle.md"
_BY_HAND = {JobEvent.WAS_HELD, JobEvent.WAS_CANCELLED}


def drawing() -> str:
    """The states and what leads from one to another, in Mermaid's language."""
    lines = ["stateDiagram-v2", f"    [*] --> {JobState.RECEIVED}"]
    for state, ways in TRANSITIONS.items():
        lines += [
            f"    {state} --> {after} : {event}" for event, after in ways.items() if event not in _BY_HAND
        ]
    lines += [f"    {state} --> [*]" for state in sorted(TERMINAL)]
    lines += ["    classDef owned stroke-width:3px", f"    class {','.join(sorted(OWNED))} owned"]
    return "\n".join(lines)


def table() -> str:
    """Every state: whose it is, and every event that may happen to it."""
    lines = ["| state | whose | events, and where they lead |", "| --- | --- | --- |"]
    for state, ways in TRANSITIONS.items():
        whose = "one node's, under a lease" if state in OWNED else "nobody's"
        if state in TERMINAL:
            whose = "nobody's, at its end"
        events = ", ".join(f"`{event}` → {after}" for event, after in ways.items()) or "none"
        lines.append(f"| **{state}** | {whose} | {events} |")
    return "\n".join(lines)


def with_generated(page: str) -> str:
    """The page with drawing and table as they are now."""
    page = re.sub(r"(?s)(```mermaid\n).*?(\n```)", lambda m: m[1] + drawing() + m[2], page)
    return re.sub(r"(?s)(<!-- table -->\n).*?(\n<!-- end -->)", lambda m: m[1] + table() + m[2], page)


def test_the_page_shows_the_table_of_the_code():
    page = PAGE.read_text()

    assert with_generated(page) == page, "run: python -m tests.docs.test_lifecycle"


def test_every_event_is_explained():
    explained = set(re.findall(r"^- `(\w+)`", PAGE.read_text(), flags=re.MULTILINE))

    assert explained == set(JobEvent)


if __name__ == "__main__":
    PAGE.write_text(with_generated(PAGE.read_text()))
