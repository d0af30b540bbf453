"""Which parts of two conversations belong together."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nlsniff.regress.align import LEAST, Aligner, best
from nlsniff.regress.model import Dump, Outcome, SaidStep
from nlsniff.regress.shape import identity_shape, is_opening, part_shape

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nlsniff.regress.model import Part, SaidMessage

_CELLS = 900  # pairs of messages of which each is measured
_NEAR = 0.5  # what resembles each other less is something else


def aligned(old: Sequence[Part], new: Sequence[Part]) -> list[tuple[int, int]]:
    """The parts that belong together, in the order of both conversations."""
    rows = [part_row(part) for part in old], [part_row(part) for part in new]
    return Aligner(*rows, lambda at, place: _alike(old[at], new[place]), 1).pairs()


def part_row(part: Part) -> tuple[int, int, int]:
    """What a part is matched by: all of it, which object it is about, of which kind it is."""
    if isinstance(part, SaidStep):
        role, message = part.role, part.message
        about = (role, message.type) if is_opening(part) else (role, identity_shape(message))
        return part_shape(part), hash(about), hash((role, message.type))
    kind = ("dump",) if isinstance(part, Dump) else ("outcome", part.of)
    return part_shape(part), hash(kind), hash(kind[:1])


def nearest(old: Sequence[SaidMessage], new: Sequence[SaidMessage]) -> list[tuple[int, int]]:
    """Of messages that name no object those that resemble each other, where there are few."""
    mine = [at for at, message in enumerate(old) if not message.identity]
    others = [place for place, message in enumerate(new) if not message.identity]
    if len(mine) * len(others) > _CELLS:
        return []
    leaves = {at: _leaves(old[at]) for at in mine}, {place: _leaves(new[place]) for place in others}
    return best(
        (
            (_share(leaves[0][at], leaves[1][place]), at, place)
            for at in mine
            for place in others
            if old[at].type == new[place].type
        ),
        _NEAR,
    )


def _alike(old: Part, new: Part) -> float:
    """From 0 to 1."""
    if isinstance(old, Outcome) and isinstance(new, Outcome):
        return 0.9 if old.of == new.of else 0.5
    if isinstance(old, Dump) and isinstance(new, Dump):
        return 1
    if not (isinstance(old, SaidStep) and isinstance(new, SaidStep)) or old.role != new.role:
        return 0
    share = _share(_leaves(old.message), _leaves(new.message))
    if old.message.type != new.message.type:
        return share / 2
    same = is_opening(old) or identity_shape(old.message) == identity_shape(new.message)
    return LEAST + (1 - LEAST) * share if same else share * 0.9


def _share(old: set[tuple[str, str]], new: set[tuple[str, str]]) -> float:
    return 2 * len(old & new) / ((len(old) + len(new)) or 1)


def _leaves(message: SaidMessage) -> set[tuple[str, str]]:
    return {(path, str(leaf.value)) for item in (*message.identity, *message.items) for path, leaf in item.leaves()}
