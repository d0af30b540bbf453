"""What a capture has taught about its numbers: link names, generic family ids, and so on.

Names come from the recorded traffic only, never from the machine that reads it, which is another machine. Each fact is
kept with the number of the message that taught it, so that a message is shown with the names of its own time, also when
messages are looked at out of order.
"""

from __future__ import annotations

from bisect import bisect_right
from operator import itemgetter

from nlsniff.wire.constants import GENL_ID_CTRL

# Ids that the kernel never hands out dynamically (linux/genetlink.h).
FIXED_FAMILIES = {GENL_ID_CTRL: "nlctrl", 17: "VFS_DQUOT", 18: "pmcraid"}
_FIXED_GROUPS = {GENL_ID_CTRL: "nlctrl.notify"}

_MANY = 4096  # changes of names that are kept, whoever needs them

Facts = dict[int | str, tuple[list[int], list[str]]]
Asked = tuple[str, int | str, str]  # a kind, a number, and what it was called
Change = tuple[str, int, int]  # a kind, a number, and the message that taught its name


class Names:
    """Numbers to names, by kind (`link`, `genl`, `genl-group`, `genl-header`, `netns`, `nexthop`, `table`) and by time.

    Of the kinds `nft-set`, `nft-set-asked` and `ipset` there is a text instead of a number, see
    `nlsniff.decode.set_types` and `.ipset`.

    Attributes:
        changes: the kind and number of each fact that changed, and the message that taught it, in order of learning;
            without those of texts.
        forgotten: how many changes stood before these.
    """

    __slots__ = ("_facts", "changes", "forgotten")

    def __init__(self, facts: dict[str, Facts] | None = None) -> None:
        if facts is None:
            fixed = {"genl": FIXED_FAMILIES, "genl-group": _FIXED_GROUPS}
            facts = {kind: {number: ([0], [name]) for number, name in names.items()} for kind, names in fixed.items()}
        self._facts = facts
        self.changes: list[Change] = []
        self.forgotten = 0

    def of(self, kind: str) -> Facts:
        """All that was learned of a kind: number to the messages that taught a name, ascending, and those names."""
        return self._facts.setdefault(kind, {})

    def learn(self, kind: str, number: int | str, name: str, message: int) -> None:
        """Note that from this message on, `number` is called `name`, which is escaped; "" means that it is gone."""
        times, names = self.of(kind).setdefault(number, ([], []))
        at = bisect_right(times, message)
        if at and times[at - 1] == message:
            names[at - 1] = name
        elif not at or names[at - 1] != name:
            times.insert(at, message)
            names.insert(at, name)
        else:
            return
        if isinstance(number, int):
            self.changes.append((kind, number, message))

    def resolve(self, kind: str, number: int | str, message: int) -> str:
        """The name of a number as of a message, or ""."""
        fact = self.of(kind).get(number)
        return name_at(fact, message) if fact is not None else ""

    def forget(self, message: int) -> None:
        """Forget names that no message from this one on is shown with, when there are many changes.

        For who reads a capture of any length once: a machine of containers makes links as long as it runs.
        """
        if len(self.changes) < _MANY:
            return
        count = bisect_right(self.changes, message, key=itemgetter(2))
        for kind, number, _ in self.changes[:count]:
            facts = self._facts[kind]
            times, names = facts.get(number, ((), ()))
            last = bisect_right(times, message) - 1
            if last >= 0 and not names[last]:
                last += 1  # it is gone
            if last > 0:
                del times[:last], names[:last]
            if times == []:
                del facts[number]
        del self.changes[:count]
        self.forgotten += count

    def noting(self) -> NotingNames:
        """The same facts, for who wants to know what is asked."""
        return NotingNames(self._facts)


class NotingNames(Names):
    """The names of a capture, noting what they are asked; see `Names.noting`.

    Attributes:
        asked: each question, a kind and a number, with its answer.
    """

    __slots__ = ("asked",)

    def __init__(self, facts: dict[str, Facts]) -> None:
        super().__init__(facts)
        self.asked: list[Asked] = []

    def resolve(self, kind: str, number: int | str, message: int) -> str:
        """As the names themselves."""
        found = super().resolve(kind, number, message)
        self.asked.append((kind, number, found))
        return found


def name_at(fact: tuple[list[int], list[str]], message: int) -> str:
    """The name that held as of a message, or ""."""
    at = bisect_right(fact[0], message)
    return fact[1][at - 1] if at else ""
