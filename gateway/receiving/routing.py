"""Called number -> mailboxes."""

from collections.abc import Mapping


class Routes:
    """The [did] table, and the operators' mailbox for what is not in it."""

    def __init__(self, did: Mapping[str, tuple[str, ...]], operators: str) -> None:
        self._did = {_bare(number): mailboxes for number, mailboxes in did.items()}
        self._operators = (operators,) if operators else ()

    def mailboxes(self, called: str) -> tuple[str, ...]:
        """Who gets a fax for this number; nobody when neither table nor operators know."""
        return self._did.get(_bare(called), self._operators)


def _bare(number: str) -> str:
    """The digits: trunks differ in whether they send the + of an international number."""
    return number.strip().removeprefix("+")
