"""Placeholders of two transcripts: which of the old ones is which of the new ones.

Where a value of the old transcript stands for one of the new, it has to do so everywhere. So what stands at the same
places votes, and where the choice of the most is not followed, something changed.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from nlsniff.regress.model import Placeholder

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_TRIED = 50  # of what may belong to one that nothing else tells of


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
        self, old: Sequence[tuple[Placeholder, ...]], new: Sequence[tuple[Placeholder, ...]]
    ) -> list[tuple[int, int]]:
        """Pair what is alike but for its placeholders, by those that are decided.

        Args:
            old: the placeholders of each.
            new: those of as many others.

        Returns:
            The positions of what belongs together.
        """
        pairs: list[tuple[int, int]] = []
        known: dict[tuple[Placeholder, ...], list[int]] = {}
        for place in reversed(range(len(new))):
            known.setdefault(new[place], []).append(place)
        rest: list[int] = []
        for at, names in enumerate(old):
            places = known.get(tuple(self._chosen.get(name, name) for name in names))
            if places:
                pairs.append((at, places.pop()))
            else:
                rest.append(at)
        taken = {place for _, place in pairs}
        left = [place for place in range(len(new)) if place not in taken]
        for at in rest:
            # The first that no decision forbids, of a few: more are alike by accident alone.
            where = next((where for where, place in enumerate(left[:_TRIED]) if self._may(old[at], new[place])), 0)
            place = left.pop(where)
            pairs.append((at, place))
            for one, two in zip(old[at], new[place], strict=False):
                if one not in self._chosen and two not in self._old and one.kind == two.kind:
                    self._chosen[one], self._old[two] = two, one
        return pairs

    def _may(self, old: tuple[Placeholder, ...], new: tuple[Placeholder, ...]) -> bool:
        return all(
            self._chosen.get(one, two) == two and self._old.get(two, one) == one
            for one, two in zip(old, new, strict=False)
        )
