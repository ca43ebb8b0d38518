"""Called number, and sub-address behind it -> mailboxes."""

from collections.abc import Mapping


class Routes:
    """The [did] table, and the operators' mailbox for what is not in it."""

    def __init__(self, did: Mapping[str, tuple[str, ...]], operators: str) -> None:
        self._did = {bare(number): mailboxes for number, mailboxes in did.items()}
        self._operators = (operators,) if operators else ()

    def mailboxes(self, called: str, sub_address: str = "") -> tuple[str, ...]:
        """Who gets a fax for this number, or for the one behind it; nobody when nobody is named."""
        of_number = self._did.get(bare(called), self._operators)
        return self._did.get(f"{bare(called)}#{sub_address}", of_number) if sub_address else of_number


def bare(number: str) -> str:
    """The digits: trunks differ in whether they send the + of an international number."""
    return number.strip().removeprefix("+")
