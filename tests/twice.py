"""What differs between two recordings of one script, field by field: what a dissector should have marked.

    python -m tests.twice OLD NEW [--events]

Both become transcripts of everything that is compared. Of each type and path in which the two differ one line is
printed, with how often and an example, and one for each kind of entry that only one of them has. A field in this list
should be `volatile` or a `handle`, or really differs. The exit code is 1 where something is printed.

Of the scenes in captures/scenes these really differ from one recording to the next: what IPv6 does by itself
(duplicate address detection, router solicitations; `--calm` keeps it from that), how far neighbours were probed, when
a device has taken over a route, the flow that a random hash puts a packet in (classes of fq_codel, multipath routes),
which port's hardware address a bridge takes (the lowest of random ones), the order in which a bridge lists its groups
inside one message, when taprio's schedule begins. Programs, too, leave things to chance: the SPIs and the times of
renewal of two IKE daemons, the order in which systemd-networkd sets links up. And programs that run at once (at-once,
charon-at-once, managers, zebra) see the others' work in its midst: which entries a dump has, whether a link is up
yet, whether a name is taken already.
"""

from __future__ import annotations

import argparse
import difflib
import sys
from collections import Counter, defaultdict
from typing import TYPE_CHECKING, TypeVar

from nlsniff.reader import IndexedCapture, make_decoder
from nlsniff.regress.build import Builder
from nlsniff.regress.model import Dump, Outcome, Placeholder, SaidStep

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterator, Sequence

    from nlsniff.regress.model import Block, Item, Lane, Part, SaidMessage, Transcript

_Item = TypeVar("_Item")
_Pair = tuple["SaidMessage | None", "SaidMessage | None"]


def transcript_of(path: str) -> Transcript:
    """Everything of a capture that is compared."""
    with IndexedCapture(path, make_decoder()) as capture:
        while capture.advance():
            pass
        return Builder(capture, "full", news=True).build()


def differences(old: Transcript, new: Transcript, *, events: bool = False) -> tuple[Counter[str], dict[str, str]]:
    """What differs: lines by how often, and an example of each.

    Args:
        old, new: of one script.
        events: also say which events only one of them has.
    """
    found: Counter[str] = Counter()
    example: dict[str, str] = {}
    for one, other in _pairs(old, new, events=events):
        for where, what in _compare(one, other):
            found[where] += 1
            example.setdefault(where, what)
    return found, example


def _compare(one: SaidMessage | None, other: SaidMessage | None) -> Iterator[tuple[str, str]]:
    """Each place where two messages differ, and the two values."""
    if one is None or other is None:
        only = one or other
        assert only is not None
        name = " ".join(f"{path} {_shown(item)}" for part in only.identity for path, item in part.leaves())
        yield f"{only.type} is only in {'the old' if other is None else 'the new'}", name
        return
    if one.flags != other.flags:
        yield f"{one.type} flags", f"{one.flags} / {other.flags}"
    left, right = (_leaves(message) for message in (one, other))
    for path in dict.fromkeys([*left, *right]):
        values = left.get(path), right.get(path)
        if [*map(_kind, values[0] or ())] != [*map(_kind, values[1] or ())]:
            yield f"{one.type} {path}", " / ".join(str([*map(str, value or ())]) for value in values)


def _leaves(message: SaidMessage) -> dict[str, list[str | Placeholder]]:
    found: dict[str, list[str | Placeholder]] = {}
    for item in (*message.identity, *message.items):
        for path, leaf in item.leaves():
            found.setdefault(path, []).append("" if leaf.value is None else leaf.value)
    return found


def _kind(value: str | Placeholder) -> str:
    """What must be equal: of a placeholder its kind, for which is which depends on the order of entries."""
    return f"<{value.kind}>" if isinstance(value, Placeholder) else value


def _shown(item: Item) -> str:
    return str(item.value)


def _pairs(old: Transcript, new: Transcript, *, events: bool) -> Iterator[_Pair]:
    for one, other in _matched(old.lanes, new.lanes):
        if one is None or other is None:
            which = "old" if other is None else "new"
            print(f"a lane is only in the {which}: {str(_key_of_lane(one or other))[:200]}")
            continue
        for first, second in _aligned(one.blocks, other.blocks, _key_of_block):
            if first is None or second is None:
                print(f"a block is only in one of them: {_key_of_block(first or second)}")
                continue
            yield from _pairs_of_block(first, second, events=events)
    if events:
        yield from _by_identity(old.news, new.news)


def _pairs_of_block(old: Block, new: Block, *, events: bool) -> Iterator[_Pair]:
    for role in ("request", "answer", "datagram"):
        left, right = (
            [part.message for part in block.parts if isinstance(part, SaidStep) and part.role == role]
            for block in (old, new)
        )
        yield from zip(left, right, strict=False)
    dumps = [
        [entry for part in block.parts if isinstance(part, Dump) for entry in part.entries] for block in (old, new)
    ]
    yield from _by_identity(*dumps)
    told = [
        [part.message for part in block.parts if isinstance(part, SaidStep) and part.role == "event"]
        for block in (old, new)
    ]
    for pair in _by_identity(*told):
        if events or None not in pair:
            yield pair
    for one, other in zip(_outcomes(old), _outcomes(new), strict=False):
        if one != other:
            print(f"outcomes differ: {one} / {other}")


def _outcomes(block: Block) -> list[Outcome]:
    return [part for part in block.parts if isinstance(part, Outcome)]


def _by_identity(old: Sequence[SaidMessage], new: Sequence[SaidMessage]) -> Iterator[_Pair]:
    """Messages about the same object, in any order; those of one object in theirs."""
    waiting: dict[Hashable, list[SaidMessage]] = defaultdict(list)
    for message in new:
        waiting[_key(message)].append(message)
    lost: list[SaidMessage] = []
    for message in old:
        same = waiting[_key(message)]
        if same:
            yield message, same.pop(0)
        else:
            lost.append(message)
    for message in lost:
        yield message, None
    for message in (message for messages in waiting.values() for message in messages):
        yield None, message


def _key(message: SaidMessage) -> Hashable:
    parts = [(path, _kind(leaf.value or "")) for item in message.identity for path, leaf in item.leaves()]
    named = [(path, str(leaf.value)) for item in message.identity for path, leaf in item.leaves() if _is_named(leaf)]
    return message.type, tuple(parts), tuple(named)


def _is_named(leaf: Item) -> bool:
    """Whether a placeholder has the name of a link, which does not depend on the order."""
    return isinstance(leaf.value, Placeholder) and not leaf.value.name.isdigit()


def _matched(old: Sequence[Lane], new: Sequence[Lane]) -> Iterator[tuple[Lane | None, Lane | None]]:
    """Lanes that ask for the same, or else in the same types; lanes have no order between them."""
    left, right = list(old), list(new)
    for key in (_asked, _key_of_lane):
        waiting: dict[Hashable, list[Lane]] = defaultdict(list)
        for lane in right:
            waiting[key(lane)].append(lane)
        without: list[Lane] = []
        for lane in left:
            same = waiting[key(lane)]
            if same:
                yield lane, same.pop(0)
            else:
                without.append(lane)
        left, right = without, [lane for lanes in waiting.values() for lane in lanes]
    yield from ((lane, None) for lane in left)
    yield from ((None, lane) for lane in right)


def _asked(lane: Lane | None) -> Hashable:
    """All that a lane's programs say, but for numbers of placeholders."""
    blocks = lane.blocks if lane is not None else ()
    messages = [
        part.message
        for block in blocks
        for part in block.parts
        if isinstance(part, SaidStep) and part.role == "request"
    ]
    return tuple((message.type, str(_leaves(message))) for message in messages)


def _key_of_lane(lane: Lane | None) -> Hashable:
    return tuple(map(_key_of_block, lane.blocks)) if lane is not None else None  # a recording may lack the name


def _key_of_block(block: Block | None) -> Hashable:
    parts: tuple[Part, ...] = block.parts if block is not None else ()
    return tuple(
        part.message.type for part in parts if isinstance(part, SaidStep) and part.role in {"request", "datagram"}
    )


def _aligned(
    old: Sequence[_Item], new: Sequence[_Item], key: Callable[[_Item], Hashable]
) -> Iterator[tuple[_Item | None, _Item | None]]:
    """Items of two lists with those in the same place; what has none stands alone."""
    matcher = difflib.SequenceMatcher(None, [key(item) for item in old], [key(item) for item in new], autojunk=False)
    for tag, start, stop, begin, end in matcher.get_opcodes():
        if tag in {"equal", "replace"} and stop - start == end - begin:
            yield from zip(old[start:stop], new[begin:end], strict=True)
        else:
            yield from ((item, None) for item in old[start:stop])
            yield from ((None, item) for item in new[begin:end])


def main() -> int:
    """Print what differs."""
    parser = argparse.ArgumentParser(prog="python -m tests.twice", description=__doc__)
    parser.add_argument("old")
    parser.add_argument("new")
    parser.add_argument("--events", action="store_true", help="also tell which events only one of them has")
    chosen = parser.parse_args()
    found, example = differences(transcript_of(chosen.old), transcript_of(chosen.new), events=chosen.events)
    for where, count in found.most_common():
        print(f"{count:6} {where}: {example[where][:200]}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
