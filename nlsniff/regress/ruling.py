"""Apply rules to transcripts.

All rules change transcripts, and a comparison knows none of them but `attribute-order` and `extack-words`: what is
masked says the same on both sides, and what is ignored is on neither.

Which conversations a filter means is decided by what opens them: the request (of a batch any of its requests), or the
first message where there is none. So filters need the capture that a transcript was made of; without it, a text is as
the rules left it when it was written (`Rules.digest`). Fields are masked by name, in texts, too.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from nlsniff.filter.compile import compile_filter
from nlsniff.filter.errors import FilterError
from nlsniff.filter.header import EXTACK, HEADER
from nlsniff.regress.model import Block, Dump, Item, Lane, Placeholder, SaidStep, Transcript
from nlsniff.regress.rules import RuleError
from nlsniff.select import IndexSelection
from nlsniff.wire.names import normal

if TYPE_CHECKING:
    from collections.abc import Iterable

    from nlsniff.filter.filter import Filter
    from nlsniff.reader import IndexedCapture
    from nlsniff.regress.expected import Expectation
    from nlsniff.regress.model import Part, SaidMessage
    from nlsniff.regress.rules import Kind, Rule, Rules
    from nlsniff.spec.registry import Registry

MASKED = "(masked)"
_MADE_BY = "rules "  # a comment of what was made by filters, see `Rules.digest`
_ELEMENT = "-"
_FRAME_OF_BATCH = {"NFNL_MSG_BATCH_BEGIN", "NFNL_MSG_BATCH_END"}


class Ruling:
    """Rules that are ready to be applied, to all transcripts of one comparison.

    Args:
        rules: what to apply.
        registry: the dissectors, which know fields and types.

    Attributes:
        rules, registry: as given.
        used: the rules that matched something so far.

    Raises:
        RuleError: a filter, a field or a type names nothing.
    """

    def __init__(self, rules: Rules, registry: Registry) -> None:
        self.rules = rules
        self.registry = registry
        self.used: set[Rule] = set()
        self._filters = {rule: _filter_of(rule.filter, rule.place, registry) for rule in rules.rules if rule.filter}
        self._expected = {
            item: [_filter_of(*both, registry) for both in zip(item.filters, item.places, strict=True)]
            for item in rules.expected
        }
        self._fields = [_Field(rule, registry) for rule in rules.of("mask", "one-of")]

    def apply(self, transcript: Transcript, capture: IndexedCapture | None = None) -> Transcript:
        """A transcript without what the rules take out of it. What was made by filters has a comment that says so.

        Args:
            transcript: of a capture, or of a text.
            capture: what it was made of; None for a text, to which filters are not applied.
        """
        if self._fields:
            transcript = _Masking(self._fields, self.used).of(transcript)
        if capture is not None and self._filters:
            transcript = _Choosing(self.matched(capture), self.used).of(transcript)
            if not self.fits(transcript):
                transcript = replace(transcript, comments=(*transcript.comments, f"{_MADE_BY}{self.rules.digest}"))
        return transcript

    def matched(self, capture: IndexedCapture, *kinds: Kind) -> dict[Rule, frozenset[int]]:
        """The numbers of the messages of a capture that each rule with a filter matches; of some kinds, or of all."""
        return {
            rule: frozenset(IndexSelection(capture, filter_).numbers(0, len(capture)))
            for rule, filter_ in self._filters.items()
            if not kinds or rule.kind in kinds
        }

    def wanted(self, expectation: Expectation, capture: IndexedCapture) -> list[list[int]]:
        """The numbers of the messages of a capture that each filter of an expectation matches, in order."""
        filters = self._expected[expectation]
        return [list(IndexSelection(capture, filter_).numbers(0, len(capture))) for filter_ in filters]

    def use(self, rule: Rule) -> None:
        """Remember that a rule matched something."""
        self.used.add(rule)

    def fits(self, transcript: Transcript) -> bool:
        """Whether a transcript was made by filters like these: a comment of it says so."""
        made_by = [line.removeprefix(_MADE_BY) for line in transcript.comments if line.startswith(_MADE_BY)]
        return (made_by or [""])[-1] == self.rules.digest

    def unused(self) -> list[Rule]:
        """The rules that matched nothing in any transcript so far."""
        return [rule for rule in self.rules.rules if rule not in self.used]


def _filter_of(text: str, place: str, registry: Registry) -> Filter:
    try:
        return compile_filter(text, registry)
    except FilterError as error:
        raise RuleError(f"{place}: {error}") from None


class _Field:
    """Where the field of a rule stands in messages: the types that have it, and its path."""

    def __init__(self, rule: Rule, registry: Registry) -> None:
        from nlsniff.filter.fields import Found, catalog
        from nlsniff.filter.types import types_of

        name = rule.field
        if normal(name) in HEADER or normal(name).split(".")[0] == EXTACK:
            raise RuleError(f"{rule.place}: {name}: only fields of bodies can be masked, and no verdict of the kernel")
        found = catalog(registry).find(name)
        if not isinstance(found, Found):
            near = f"did you mean {' or '.join(found.near[:3])}?" if found.near else "`nlsniff fields` lists them"
            raise RuleError(f"{rule.place}: no field {name!r}: {near}")
        self.rule = rule
        self.paths = frozenset(found.paths)
        families = [registry.family(family) for family in sorted(found.families)]
        constants = {item.constant for family in families if family is not None for item in family.operations}
        self.types = frozenset(constants | {f"{constant}_REPLY" for constant in constants})
        if rule.type:
            known = types_of(registry).constant(rule.type)
            if known is None or known.name not in self.types:
                import difflib

                near_types = difflib.get_close_matches(rule.type[:80].upper(), sorted(self.types), n=2)
                hint = f"did you mean {' or '.join(near_types)}?" if near_types else "`nlsniff fields` lists fields"
                raise RuleError(f"{rule.place}: no message type {rule.type!r} has {name}: {hint}")
            self.types = frozenset({known.name})

    def judged(self, item: Item) -> Item | None:
        """The item as the rule has it; None where it does not care for that value."""
        if self.rule.kind == "mask":
            return replace(item, value=MASKED, parts=())
        said = str(item.value) if item.value is not None else ""
        allowed = f"one of {', '.join(self.rule.values)}"
        return replace(item, value=allowed) if said in self.rule.values or said == allowed else None


class _Masking:
    """Changes values of fields."""

    def __init__(self, fields: list[_Field], used: set[Rule]) -> None:
        self._by_type: dict[str, list[_Field]] = {}
        for field in fields:
            for type_ in field.types:
                self._by_type.setdefault(type_, []).append(field)
        self._used = used

    def of(self, transcript: Transcript) -> Transcript:
        lanes = tuple(
            replace(lane, blocks=tuple(replace(block, parts=self._parts(block.parts)) for block in lane.blocks))
            for lane in transcript.lanes
        )
        return replace(transcript, lanes=lanes, news=tuple(map(self._message, transcript.news)))

    def _parts(self, parts: tuple[Part, ...]) -> tuple[Part, ...]:
        return tuple(self._part(part) for part in parts)

    def _part(self, part: Part) -> Part:
        if isinstance(part, SaidStep):
            return replace(part, message=self._message(part.message))
        if isinstance(part, Dump):
            return replace(part, entries=tuple(map(self._message, part.entries)))
        return part

    def _message(self, message: SaidMessage) -> SaidMessage:
        fields = self._by_type.get(message.type)
        if fields is None:
            return message
        identity, items = self._items(message.identity, "", fields), self._items(message.items, "", fields)
        return replace(message, identity=identity, items=items)

    def _items(self, items: tuple[Item, ...], above: str, fields: list[_Field]) -> tuple[Item, ...]:
        return tuple(self._item(item, above, fields) for item in items)

    def _item(self, item: Item, above: str, fields: list[_Field]) -> Item:
        path = above if item.name == _ELEMENT else f"{above}.{item.name}" if above else item.name
        for field in fields:
            if path in field.paths and (changed := field.judged(item)) is not None:
                self._used.add(field.rule)
                return changed
        return replace(item, parts=self._items(item.parts, path, fields)) if item.parts else item


class _Choosing:
    """Chooses conversations and messages, by the numbers of those that each filter matches."""

    def __init__(self, matched: dict[Rule, frozenset[int]], used: set[Rule]) -> None:
        self._matched = matched
        self._used = used
        self._only = self._of("only")
        self._ignore = self._of("ignore")
        self._unordered = self._of("unordered")
        self._repeats = self._of("repeats")

    def of(self, transcript: Transcript) -> Transcript:
        lanes = (replace(lane, blocks=tuple(self._blocks(lane))) for lane in transcript.lanes)
        news = tuple(message for message in transcript.news if self._kept(message.number) and self._heard(message))
        return replace(transcript, lanes=tuple(lane for lane in lanes if lane.blocks), news=news)

    def _of(self, kind: str) -> list[tuple[Rule, frozenset[int]]]:
        return [(rule, numbers) for rule, numbers in self._matched.items() if rule.kind == kind]

    def _blocks(self, lane: Lane) -> list[Block]:
        kept = [block for block in lane.blocks if self._wanted(block)]
        places = [at for at, block in enumerate(kept) if self._any(self._unordered, block)]
        for at, block in zip(places, sorted((kept[at] for at in places), key=_key), strict=True):
            kept[at] = block
        found: list[Block] = []
        for block in kept:
            if found and self._any(self._repeats, block) and _asked(found[-1]) == _asked(block):
                found.pop()
            found.append(block)
        return [replace(block, parts=tuple(self._parts(block.parts))) for block in found]

    def _wanted(self, block: Block) -> bool:
        if self._only and not self._any(self._only, block):
            return False
        opening = _opening(block)
        for rule, numbers in self._ignore:
            if opening and opening <= numbers:
                self._used.add(rule)
                return False
        return True

    def _any(self, rules: list[tuple[Rule, frozenset[int]]], block: Block) -> bool:
        """Whether one of some rules means a conversation; each of those that do has been used."""
        opening = _opening(block)
        found = [rule for rule, numbers in rules if not opening.isdisjoint(numbers)]
        self._used.update(found)
        return bool(found)

    def _kept(self, number: int) -> bool:
        """Whether a message that belongs to no conversation of a program is one of those that matter."""
        found = [rule for rule, numbers in self._only if number in numbers]
        self._used.update(found)
        return not self._only or bool(found)

    def _heard(self, message: SaidMessage) -> bool:
        for rule, numbers in self._ignore:
            if message.number in numbers:
                self._used.add(rule)
                return False
        return True

    def _parts(self, parts: Iterable[Part]) -> Iterable[Part]:
        """What a conversation that is kept keeps: its requests and how they ended, and what is not ignored."""
        for part in parts:
            if isinstance(part, Dump):
                yield replace(part, entries=tuple(entry for entry in part.entries if self._heard(entry)))
            elif not isinstance(part, SaidStep) or part.role == "request" or self._heard(part.message):
                yield part


def _opening(block: Block) -> set[int]:
    """The numbers of the requests of a conversation, or that of its first message."""
    steps = [part.message for part in block.parts if isinstance(part, SaidStep) and part.role == "request"]
    named = {message.number for message in steps if message.type not in _FRAME_OF_BATCH}
    return named or {message.number for message in steps} or {block.number}


def _asked(block: Block) -> list[object]:
    """What a conversation asks, but for the names of placeholders."""
    return [_key(part) for part in block.parts if isinstance(part, SaidStep) and part.role == "request"]


def _key(thing: object) -> str:
    """What sorts conversations the same way in every recording: what they say, but for the names of placeholders."""
    match thing:
        case Block(parts):
            return "\n".join(map(_key, parts))
        case SaidStep(role, message):
            items = (*message.identity, *message.items)
            return f"{role} {message.type} {message.flags} {[_key(item) for item in items]} {message.problems}"
        case Item(name, value, parts, marks, problems):
            shown = value.kind if isinstance(value, Placeholder) else repr(value)
            return f"{name} {shown} {[_key(part) for part in parts]} {marks} {problems}"
        case Dump(entries):
            return " ".join(sorted(_key(SaidStep("answer", entry)) for entry in entries))
    return repr(thing)
