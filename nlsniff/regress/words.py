"""Differences in sentences, the most severe first; what changed in the same way in many places is told once."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from nlsniff.decode.node import NO_NUL
from nlsniff.regress.line import is_outcome
from nlsniff.terminal import clip, one_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from nlsniff.regress.difference import Difference

_NAMED = 3  # objects that are told by name, of what is told once for many
_VALUE = 120  # characters of a value
_INDEX = re.compile(r"\[\d+\]")
_BITS = {"nested": "NLA_F_NESTED", "net-byteorder": "NLA_F_NET_BYTEORDER"}


def sentences(differences: Sequence[Difference], name: str = "") -> list[str]:
    """Tell of differences.

    Args:
        differences: or notes, in the order in which they are told.
        name: of the old transcript, for its lines.

    Returns:
        A sentence for each, or for several that are the same, with the line of the old transcript before it and the
        numbers of the messages behind it. What explains a verdict is told with it.
    """
    place = name or "line"
    return [f"{one_line(f'{place}:{line}: ') if line else ''}{words}" for line, words in placed(differences)]


def placed(differences: Sequence[Difference]) -> list[tuple[int, str]]:
    """The same sentences without their places, each behind its line of the old transcript, or 0."""
    told: dict[object, list[tuple[Difference, tuple[Difference, ...]]]] = {}
    reasons = _reasons(differences)
    explaining = {id(item) for found in reasons.values() for item in found}
    for found in differences:
        if id(found) not in explaining:
            because = reasons.get(id(found), ())
            told.setdefault(tuple(map(_key, (found, *because))), []).append((found, because))
    return [(group[0][0].line, one_line(_sentence(group))) for group in told.values()]


def _reasons(differences: Iterable[Difference]) -> dict[int, tuple[Difference, ...]]:
    """What in a request explains another verdict on it, by id of the difference that tells of the verdict."""
    requests: dict[int, list[Difference]] = {}
    verdicts: list[Difference] = []
    for found in differences:
        if found.kind == "outcome" and found.path != "words":
            verdicts.append(found)
        elif found.kind == "request" and found.how != "order":
            requests.setdefault(found.conversation, []).append(found)
    reasons: dict[int, tuple[Difference, ...]] = {}
    for verdict in verdicts:
        changed = requests.get(verdict.conversation, [])
        near = [item for item in changed if verdict.path and _touches(item.path, verdict.path)]
        chosen = near or (changed if len(changed) == 1 else [])
        if chosen:
            reasons[id(verdict)] = tuple(chosen)
            requests[verdict.conversation] = [item for item in changed if item not in chosen]
    return reasons


def _touches(one: str, two: str) -> bool:
    """Whether one path is the other, or leads to it."""
    one, two = (f"{_INDEX.sub('', path)}." for path in (one, two))
    return one.startswith(two) or two.startswith(one)


def _key(found: Difference) -> object:
    """What differences have in common that are told once."""
    alone = found.kind in {"lost-request", "new-request", "moved"} or (not found.path and found.kind != "outcome")
    values = () if alone and found.how != "changed" else (found.old, found.new)
    return found.kind, found.how, found.type, _INDEX.sub("", found.path), values, found.asked.partition(" ")[0]


def _sentence(group: list[tuple[Difference, tuple[Difference, ...]]]) -> str:
    found, because = group[0]
    every = [item for item, _ in group]
    if found.kind == "lane" and found.how == "changed":
        times = f" ({len(group)} times)" if len(group) > 1 else ""
        return f"what {found.old} asked is asked by {found.new} now{times}"
    if len(group) > 1:
        what = "; ".join([*(_part(item, many=True) for item in because), _part(found, many=True)])
        return f"{_subject_of_many(found, len(group))}{what}{_objects(every)}{_numbers(every)}"
    if because:
        what = "; ".join(_part(item).removeprefix(": ") for item in because)
        why = ", which is why " if _explains(because, found) else "; "
        return f"{_subject(found)}: {what}{why}{_verdict(found)}{_numbers(every)}"
    return f"{_subject(found)}{_part(found)}{_numbers(every)}"


def _explains(because: Iterable[Difference], verdict: Difference) -> bool:
    """Whether the kernel itself says that it refused because of what changed in the request."""
    return bool(verdict.path) and any(_touches(item.path, verdict.path) for item in because) and _refused(verdict.new)


def _subject(found: Difference) -> str:
    it = f"{found.type} {found.object}".strip()
    if found.kind in {"event", "answer"}:
        return f"{found.asked}: {found.kind} {it}" if found.asked else f"event {it}"
    return f"{it} after {found.asked}" if found.asked else it


def _subject_of_many(found: Difference, count: int) -> str:
    if not found.type:
        after = found.asked.partition(" ")[0]
        return f"{count} answers to nothing that was asked{f', each after a request {after},' if after else ''}"
    kind = found.kind if found.kind in {"event", "answer"} else "request"
    of = f" to {found.asked.partition(' ')[0]}" if found.kind == "answer" else ""
    return f"{count} {kind}s {found.type}{of}"


def _objects(every: list[Difference]) -> str:
    """The first objects of several differences."""
    named = list(dict.fromkeys(item.object for item in every if item.object and item.type))
    if not named:
        return ""
    more = f" and {len(named) - _NAMED} more" if len(named) > _NAMED else ""
    return f" ({', '.join(named[:_NAMED])}{more})"


def _numbers(every: list[Difference]) -> str:
    """The numbers of the messages, of both captures where both have them."""
    found = []
    for item in every[:_NAMED]:
        if item.was and item.message:
            found.append(f"{item.was} -> {item.message}")
        elif item.was or item.message:
            found.append(f"{item.was} ->" if item.was else f"-> {item.message}")
    more = ", ..." if len(every) > _NAMED and found else ""
    return f"  [{', '.join(found)}{more}]" if found else ""


# -- what is said of one ---------------------------------------------------------------------------------------------


def _part(found: Difference, *, many: bool = False) -> str:
    """What became of it, as it follows its subject."""
    if found.kind == "outcome":
        return f": {_verdict(found, many=many)}"
    if found.how == "moved":
        return _moved(found, many=many)
    if not found.path and found.how in {"gone", "new"}:
        return _whole(found, many=many)
    return f"{' now carry' if many and found.how == 'new' else ':'} {_field(found, many=many)}"


def _moved(found: Difference, *, many: bool) -> str:
    if found.kind == "lane":
        return f" {'are' if many else 'is'} asked on another socket"
    if found.new and not many:
        return f" comes after {found.new} now"
    return f" {'come' if many else 'comes'} at another place than before"


def _whole(found: Difference, *, many: bool) -> str:
    """Of a request, an event or an answer as a whole."""
    gone, verb = found.how == "gone", "are" if many else "is"
    asked = found.kind in {"lost-request", "new-request"} and found.type != ""
    said = ("not asked for any more" if gone else "asked for now") if asked else ("gone" if gone else "new")
    words = found.old if gone else found.new
    return f" {verb} {said}" if many or not words else f" {verb} {said}{'' if asked else ':'} {_cut(words)}"


def _field(found: Difference, *, many: bool) -> str:
    """Of a part of a message."""
    path, old, new = found.path, _cut(found.old or ""), _cut(found.new or "")
    if found.how == "gone":
        return f"{path} is missing, was {old}"
    if found.how == "new":
        return f"{path} {new}" if many else f"{path} is new: {new}"
    if found.how == "flags":
        return f"flags were {old or 'none'}, now {new or 'none'}"
    if found.how == "marks":
        return _marks(path, set(old.split()), set(new.split()))
    if found.how == "problems":
        at = path or "the message"
        if all(word.endswith(NO_NUL) for word in f"{old}; {new}".strip("; ").split("; ")):  # which does no harm
            return f"{at} is written otherwise now: {new}" if new else f"{at} was written otherwise: {old}"
        return f"{at} is damaged now: {new}" if new else f"{at} was damaged, and is not now: {old}"
    if found.how == "order":
        return f"the parts{f' of {path}' if path else ''} were in the order {old}, now {new}"
    if found.how == "blanked":
        return f"{path or 'the message'} is blanked, and not compared"
    if found.how == "cause":
        return f"it was an event of {old}, now of {new}"
    if found.how == "origin":
        chose = ("the kernel", "the program") if old.startswith("<") else ("the program", "the kernel")
        return f"{path} was {old}, which {chose[0]} chose, now {new}, which {chose[1]} chose"
    return f"{path} was {old or 'nothing'}, now {new or 'nothing'}"


def _marks(path: str, old: set[str], new: set[str]) -> str:
    words = [f"{path} has no {_BITS.get(mark, mark)} now" for mark in sorted(old - new)]
    words += [f"{path} has {_BITS.get(mark, mark)} now" for mark in sorted(new - old)]
    return ", ".join(words)


def _verdict(found: Difference, *, many: bool = False) -> str:
    """Of how the kernel judged."""
    old, new = _cut(found.old or ""), _cut(found.new or "")
    it = "them" if many else "it"
    if found.path == "words":
        return f"the kernel said {old or 'nothing'}, now {new or 'nothing'}"
    if _refused(found.new):
        return f"the kernel now refuses {it} with {new}{f' (was {old})' if old else ''}"
    if _refused(found.old) and new:
        return f"the kernel now accepts {it}{f' with {new}' if new != 'ok' else ''} (was {old})"
    if not new:
        return f"a verdict is missing: {old}"
    return f"there is one verdict more: {new}" if not old else f"the verdict was {old}, now {new}"


def _refused(verdict: str | None) -> bool:
    word = (verdict or "").partition(" ")[0]
    return is_outcome(word) and word not in {"ok", "unanswered", "partial"}


def _cut(words: str) -> str:
    return clip(words, _VALUE)
