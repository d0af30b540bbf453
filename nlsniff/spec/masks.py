"""Keeps our masks on what another dissector describes.

A kernel's spec does not say what a key is, and neither may a user's. Whoever names one to see more of a family did not
ask to see its keys, for which there is `--show-secrets`. So what the shipped dissector calls secret is secret in the
one that takes its place, too: found by the numbers of messages and attributes, for names may be others.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from nlsniff.spec.model import AttrSet, reaches_secret

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nlsniff.spec.family import Family
    from nlsniff.spec.model import Field, Form, Struct


def keep_masks(ours: Family, theirs: Family) -> None:
    """Call secret in `theirs` what `ours` calls secret; what it leaves out is not trusted, see `AttrSet.keyed`."""
    theirs.holds_secret = theirs.holds_secret or ours.holds_secret
    forms = dict(_forms(ours))
    pairs = _Pairs()
    for key, form in _forms(theirs):
        if key in forms:
            pairs.forms(forms[key], form)


def _forms(family: Family) -> Iterator[tuple[tuple[str, int], Form]]:
    """The forms of all messages, by direction and number; of two with one number the last."""
    for item in family.operations:
        for kind, form in (("asked", item.request), ("told", item.reply), ("dumped", item.dump)):
            if form is not None:
                yield (kind, form.number), form


class _Pairs:
    """Walks two dissectors together, each pair once: sets nest each other."""

    def __init__(self) -> None:
        self._seen: set[tuple[int, int]] = set()

    def forms(self, ours: Form, theirs: Form) -> None:
        theirs.attributes = self.sets(ours.attributes, theirs.attributes)
        if reaches_secret(ours.header):
            self.structs(ours.header, theirs.header)
        for mine, other in zip(ours.payload, theirs.payload, strict=False):
            self.structs(mine, other)

    def sets(self, ours: AttrSet | None, theirs: AttrSet | None) -> AttrSet | None:
        """Returns theirs, or an empty set that is not trusted where theirs knows none."""
        if ours is None or not ours.holds_secret:
            return theirs
        if theirs is None:
            theirs = AttrSet(ours.name, dict)
        theirs.keyed = True
        if self._new(ours, theirs):
            for number, field in ours.by_number.items():
                if number in theirs.by_number:
                    self.fields(field, theirs.by_number[number])
        return theirs

    def structs(self, ours: Struct | None, theirs: Struct | None) -> None:
        if ours is None or theirs is None or not reaches_secret(ours) or not self._new(ours, theirs):
            return
        for member in ours.members:
            if member.secret or reaches_secret(*member.parts):
                other = theirs.by_name.get(member.name)
                blobs = [item for item in theirs.members if item.type in {"binary", "string", "unused"}]
                for item in [other] if other is not None else blobs:
                    self.fields(member, item)

    def fields(self, ours: Field, theirs: Field) -> None:
        if ours.secret:
            theirs.secret = True
            return
        if not reaches_secret(*ours.parts):
            return
        if ours.sub_message is not None and theirs.sub_message is not None:
            formats = theirs.sub_message.formats
            for value, layout in ours.sub_message.formats.items():
                if value in formats:
                    formats[value].attributes = self.sets(layout.attributes, formats[value].attributes)
                    self.structs(layout.struct, formats[value].struct)
            return
        structs = ((ours.struct, theirs.struct), (ours.array_of, theirs.array_of), (ours.header, theirs.header))
        for mine, other in structs:
            if reaches_secret(mine):
                self.structs(mine, other)
                theirs.secret = theirs.secret or other is None
        for inner, over in ((ours.nested, theirs.nested), (ours.element_attributes, theirs.element_attributes)):
            if reaches_secret(inner):
                self.sets(inner, over)
                theirs.secret = theirs.secret or over is None  # a blob, say, where ours has attributes

    def _new(self, ours: object, theirs: object) -> bool:
        key = id(ours), id(theirs)
        new = key not in self._seen
        self._seen.add(key)
        return new
