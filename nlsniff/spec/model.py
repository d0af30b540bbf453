"""What a dissector says, as Python objects: no decoding here, and no YAML.

Everything of a family is resolved when it is first asked for, because a family holds hundreds of attribute sets and a
message touches three.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Literal

from nlsniff.spec.plain import Plain

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

SCALARS = {"u8": 1, "u16": 2, "u32": 4, "u64": 8, "s8": 1, "s16": 2, "s32": 4, "s64": 8}
NESTS = {"nest", "indexed-array", "nest-type-value", "sub-message"}  # they hold attributes
ADDRESS_SIZE = 16  # of a union that holds either kind of IP address


class Enum(Plain):
    """Names for numbers; with `flags`, `by_value` maps a bit mask (1 << N) to a name."""

    name: str
    flags: bool
    by_value: dict[int, str]
    docs: dict[str, str]

    def mask(self, value: int) -> int:
        """The bit that entry `value` stands for when an enum is used as flags; 0 where no number has that bit."""
        return value if self.flags else 1 << value if 0 <= value < 64 else 0


class Field(Plain):
    """A struct member or an attribute; the keys are those of dissectors/README.md."""

    name: str
    type: str
    number: int = 0
    doc: str = ""
    size: int | None = None
    byte_order: Literal["", "<", ">"] = ""
    enum: Enum | None = None
    as_flags: bool = False
    hint: str = ""
    struct: Struct | None = None
    array_of: Struct | None = None
    element_length: str = ""
    element_attributes: AttrSet | None = None
    count: int = 0
    count_from: str = ""
    used_from: str = ""
    length_from: str = ""
    length_unit: str = "bytes"
    rest: bool = False
    until: str = ""
    between: str = ""
    family_from: str = ""
    header: Struct | None = None
    nested: AttrSet | None = None
    multi: bool = False
    sub_type: str = ""
    sub_message: SubMessage | None = None
    selector: str = ""
    pad_to: int = 0  # zeros behind the struct, up to a multiple of so many bytes, are padding
    type_value: tuple[str, ...] = ()
    refers_to: str = ""
    refers_unless: str = ""
    bits: tuple[Field, ...] = ()  # each as wide as its `size` says
    bits_from_top: bool = False
    c_bits: bool = False
    special: Mapping[int, str] = {}
    unit: str = ""
    exact: int | None = None  # bytes that an attribute must have
    nul_within: int = 0  # of a text: so many bytes that a NUL must be among; 0 where there need be none
    secret: bool = False
    volatile: bool = False
    unordered: bool = False  # chance decides in which order the kernel dumps its elements
    handle: str = ""
    hook: str = ""
    offset: int | None = None  # of a struct member; None behind a member of variable length

    @property
    def parts(self) -> list[Struct | AttrSet]:
        """The structs and attribute sets that may be inside it."""
        found = [self.struct, self.array_of, self.header, self.nested, self.element_attributes]
        for item in self.sub_message.formats.values() if self.sub_message is not None else ():
            found += [item.header, item.struct, item.attributes]
        return [part for part in found if part is not None]


class Struct(Plain):
    """A C struct: `size` is its fixed part, tail padding included; `gaps` are (offset, size) of padding inside it."""

    name: str
    members: list[Field]
    size: int
    gaps: list[tuple[int, int]]
    by_name: dict[str, Field]
    variable: bool
    summary: str = ""
    doc: str = ""
    compat: Struct | None = None  # the same as a 32-bit x86 program lays it out, where that differs

    @property
    def textual(self) -> bool:
        """Whether it is text, whose parts are wherever the text puts them."""
        return any(member.until or member.type == "pairs" for member in self.members)


class AttrSet(Plain):
    """An attribute space, read by `fill` when it is first asked for: sets nest each other, and themselves.

    Attributes:
        keyed: another dissector of the family has a key in it, so that what this one leaves out may be that.
    """

    name: str
    fill: Callable[[], dict[int, Field]]
    summary: str = ""
    doc: str = ""
    keyed: bool = False

    __repr__ = object.__repr__  # a set may be inside itself

    @cached_property
    def by_number(self) -> dict[int, Field]:
        """Attributes by nla_type."""
        return self.fill()

    @cached_property
    def holds_secret(self) -> bool:
        """Whether a key may be anywhere in such attributes, nests included."""
        return reaches_secret(self)

    @cached_property
    def _named(self) -> dict[str, Field]:
        return {item.name: item for item in reversed(self.by_number.values())}  # of two the first

    def by_name(self, name: str) -> Field | None:
        """The attribute of that name."""
        return self._named.get(name)


def reaches_secret(*parts: Struct | AttrSet | None) -> bool:
    """Whether a key may be anywhere in structs or attributes, at any depth."""
    return any(
        (isinstance(part, AttrSet) and part.keyed) or any(field.secret for field in fields_of(part))
        for part in within(*parts)
    )


def within(*parts: Struct | AttrSet | None) -> Iterator[Struct | AttrSet]:
    """Structs and attribute sets, and those that may be in them at any depth, each once."""
    seen: set[int] = set()
    left: list[Struct | AttrSet] = [part for part in parts if part is not None]
    while left:
        part = left.pop()
        if id(part) in seen:
            continue
        seen.add(id(part))
        yield part
        for field in fields_of(part):
            left += field.parts


def fields_of(part: Struct | AttrSet) -> Iterator[Field]:
    """The fields of a struct or attribute set, and the values that a sub-message among them may be."""
    for field in part.members if isinstance(part, Struct) else part.by_number.values():
        yield field
        for form in field.sub_message.formats.values() if field.sub_message is not None else ():
            if form.value is not None:
                yield form.value


class Format(Plain):
    """One layout of a sub-message: attributes behind a header, a struct, or a single value."""

    header: Struct | None
    attributes: AttrSet | None
    struct: Struct | None
    value: Field | None = None


class SubMessage(Plain):
    """Layouts by the value of a selector; "*" stands for any other value."""

    name: str
    formats: dict[str, Format]


class Form(Plain):
    """How one message looks: header, then attributes; or `payload`, structs that are all of it."""

    number: int
    header: Struct | None = None
    short: tuple[Struct, ...] = ()
    short_attributes: AttrSet | None = None  # behind one of these that is longer than `header`
    attributes: AttrSet | None = None
    payload: tuple[Struct, ...] = ()
    summary: str = ""
    hook: str = ""
    identity: tuple[str, ...] | None = None  # paths, see `nlsniff.spec.identity`; none at all where there is no object
    unordered: bool = False  # chance decides in which order one request causes several

    @property
    def holds_secret(self) -> bool:
        """Whether a key may be anywhere in such a message."""
        return reaches_secret(*self.parts)

    @property
    def parts(self) -> tuple[Struct | AttrSet | None, ...]:
        """What it is made of."""
        return (self.header, self.attributes, *self.payload, *self.short)


class Operation(Plain):
    """A message type as users know it: `constant` is the kernel's name for it."""

    name: str
    constant: str
    doc: str
    request: Form | None
    reply: Form | None
    replies: tuple[int, ...] = ()
    notification: bool = False
    when: Mapping[str, tuple[str, ...]] = {}
    dump: Form | None = None  # of a request with NLM_F_DUMP, where that is another
    # What an error number means here, in nlsniff's words, by the path of what is rejected; "*" for any other, or none.
    errors: Mapping[int, Mapping[str, str]] = {}
