"""Placeholders of two transcripts: which of the old ones is which of the new ones.

Where a value of the old transcript stands for one of the new, it has to do so everywhere. So what stands at the same
places votes, and where the choice of the most is not followed, something changed.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, TypeVar

from nlsniff.regress.model import Placeholder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

T = TypeVar("T")


class Renaming:
    """The votes so far, and what follows from them."""

    def __init__(self) -> None:
        self._votes: Counter[tuple[Placeholder, Placeholder]] = Counter()
        self._chosen: dict[Placeholder, Placeholder] = {}
        self._old: dict[Placeholder, Placeholder] = {}

    def vote(self, old: Placeholder, new: Placeholder) -> None:
        """Take in that two of one kind stand at the same place."""
        self._votes[old, new] += 1

    def same(self, placeholders: Iterable[Placeholder]) -> None:
        """Take in that some stand at the same places under the same names."""
        for item in placeholders:
            self._votes[item, item] += 1

    def choose(self) -> None:
        """Decide by the votes: each old one is one new one, and no other is."""
        self._chosen, self._old = {}, {}
        order = sorted(self._votes.items(), key=lambda vote: (-vote[1], vote[0][0] != vote[0][1]))
        for (old, new), _ in order:
            if old not in self._chosen and new not in self._old:
                self._chosen[old], self._old[new] = new, old

    def fits(self, old: Placeholder, new: Placeholder) -> bool:
        """Whether two are the same, as it was decided."""
        return self._chosen.get(old) == new

    @property
    def is_plain(self) -> bool:
        """Whether all are called as they were."""
        return all(old == new for old, new in self._chosen.items())

    def old_of(self, new: Placeholder) -> Placeholder:
        """What a new one was called; a name of its own where it was not there."""
        found = self._old.get(new)
        if found is not None:
            return found
        return Placeholder(new.kind, f"{new.name}'") if new in self._chosen else new

    def resolve(
        self, old: Sequence[T], new: Sequence[T], names: Callable[[T], Iterable[Placeholder]]
    ) -> list[tuple[T, T]]:
        """Pair what is alike but for its placeholders, by those that are decided; as many old as new ones."""
        pairs: list[tuple[T, T]] = []
        known: dict[tuple[Placeholder, ...], list[T]] = {}
        for item in reversed(new):
            known.setdefault(tuple(names(item)), []).append(item)
        rest: list[T] = []
        for item in old:
            key = tuple(self._chosen.get(name, name) for name in names(item))
            if known.get(key):
                pairs.append((item, known[key].pop()))
            else:
                rest.append(item)
        taken = {id(item) for _, item in pairs}
        left = [item for item in new if id(item) not in taken]
        for item in rest:
            # The first that no decision forbids, of a few: more are alike by accident alone.
            mine = tuple(names(item))
            at = next((at for at, other in enumerate(left[:_TRIED]) if self._may(mine, tuple(names(other)))), 0)
            other = left.pop(at)
            pairs.append((item, other))
            for one, two in zip(mine, names(other), strict=False):
                if one not in self._chosen and two not in self._old and one.kind == two.kind:
                    self._chosen[one], self._old[two] = two, one
        return pairs

    def _may(self, old: tuple[Placeholder, ...], new: tuple[Placeholder, ...]) -> bool:
        return all(
            self._chosen.get(one, two) == two and self._old.get(two, one) == one
            for one, two in zip(old, new, strict=False)
        )


_TRIED = 50
