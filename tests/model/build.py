"""Builds a message of an operation from what its dissector says.

The parts of a message depend on each other backwards: what a nest holds is told by a selector before it, often in the
fixed header. So whatever depends on another value is built first and notes what that value must be (`_want`); the
value itself is built later, and put in front.
"""

from __future__ import annotations

import functools
from random import Random
from typing import TYPE_CHECKING, Any

from nlsniff.spec.model import SCALARS, AttrSet, Struct
from nlsniff.wire.constants import HEADERLESS, NETLINK_GENERIC, NLA_F_NESTED, NLA_F_NET_BYTEORDER
from nlsniff.wire.nlmsg import HEADER_SIZE, align
from tests.model.hooks import HOOKS
from tests.model.knobs import PERFECT
from tests.model.operations import FLAGS
from tests.model.values import Values, header

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nlsniff.spec.model import Field, SubMessage
    from nlsniff.wire.nlmsg import Order
    from tests.model.knobs import Knobs
    from tests.model.operations import Operation

_NESTS = {"nest", "indexed-array", "array-nest", "nest-type-value", "sub-message"}
_DEEPEST, _FAR_DEEPER = 5, 40
_FAMILIES = (2, 10)  # AF_INET, AF_INET6


def build(operation: Operation, random: Random, knobs: Knobs = PERFECT, *, order: Order = "<") -> bytes:
    """One message of an operation, nlmsghdr included, without the padding behind it.

    Args:
        operation: one of `operations`.
        random: what it draws decides everything, so that a seed tells the message.
        knobs: how imperfect the message may be.
        order: byte order of the machine that sends it.
    """
    return build_like(operation, random.getrandbits(64), random.getrandbits(64), knobs, order=order)


def build_like(
    operation: Operation, shape: int, values: int, knobs: Knobs = PERFECT, *, order: Order = "<"
) -> bytes:  # fmt: skip
    """As `build`, from seeds: messages of one `shape` differ in their values alone, as far as these leave the shape."""
    return Builder(Random(shape), Random(values), knobs, order).message(operation)  # noqa: S311  tests are no secret


class Builder:
    """Builds the parts of one message.

    Args:
        shape: decides which parts there are, and their lengths.
        values: decides what values they have.
        knobs: how imperfect it may be.
        order: byte order at this place.
    """

    def __init__(self, shape: Random, values: Random, knobs: Knobs, order: Order) -> None:
        self.shape = shape
        self.knobs = knobs
        self.order: Order = order
        self.values = Values(shape, values)
        self.depth = 0
        # What selectors must say, for each level around this place that is still to be built.
        self._levels: list[tuple[Struct | AttrSet, dict[str, Any]]] = []
        self._deepest = _FAR_DEEPER if self.chance(knobs.deep) else _DEEPEST

    def chance(self, probability: float) -> bool:
        """Whether something happens."""
        return probability > 0 and self.shape.random() < probability

    def _some(self, most: int) -> int:
        """How many of something; one where nests go deep, or there would be too many at the bottom."""
        return self.shape.randint(1, most) if self._deepest == _DEEPEST else 1

    # -- messages ------------------------------------------------------------------------------------------------

    def message(self, operation: Operation) -> bytes:
        """A whole message."""
        body = self.body(operation)
        if operation.protocol in HEADERLESS:
            return body
        if operation.protocol == NETLINK_GENERIC:
            body = bytes((operation.form.number & 0xFF, self.values.values.randrange(3))) + self.padding(2) + body
        draw = self.values.values
        flags = self.shape.choice(FLAGS[operation.side])
        # What the kernel says unasked goes to no port; that is how it is told from an answer of the same number.
        unasked = operation.side == "reply" and operation.spec.notification
        port = 0 if unasked or self.chance(0.3) else draw.randrange(1, 1 << 16)
        length = HEADER_SIZE + len(body)
        if self.chance(self.knobs.message_length):
            length += self.shape.choice((-20, -4, -1, 1, 4, 20, 1 << 20))
        whole = header(self.order, max(length, 0), operation.type, flags, draw.randrange(1 << 32), port) + body
        if self.chance(self.knobs.truncated) and body:
            # As a sender does it who counts wrongly: nlmsg_len agrees with what there is.
            whole = whole[: HEADER_SIZE + self.shape.randrange(len(body))]
            whole = len(whole).to_bytes(4, "little" if self.order == "<" else "big") + whole[4:]
        return whole

    def body(self, operation: Operation) -> bytes:
        """What follows the headers of netlink and of generic netlink."""
        form = operation.form
        when = {name: self.shape.choice(wanted) for name, wanted in operation.spec.when.items() if wanted}
        if not form.payload:
            if form.short and self.chance(0.1):
                return self.struct(self.shape.choice(form.short))
            return self.form(form.header, form.attributes, when)
        levels: list[tuple[Struct | AttrSet, dict[str, Any]]] = [
            (struct, {name: said for name, said in when.items() if name in struct.by_name}) for struct in form.payload
        ]
        built = []
        for at in reversed(range(len(levels))):
            self._levels = levels[:at]
            built.append(self.struct(form.payload[at], levels[at][1]))
        self._levels = []
        return self.imperfect(b"".join(reversed(built)))

    def form(self, struct: Struct | None, attributes: AttrSet | None, wanted: dict[str, Any] | None = None) -> bytes:
        """A fixed header, its alignment, then attributes; these come first, since the header tells about them."""
        if struct is None:
            return self.chain(attributes)
        level = (struct, wanted if wanted is not None else {})
        self._levels.append(level)
        behind = self.chain(attributes)
        self._levels.pop()
        head = self.struct(struct, level[1])
        return head + self.padding(align(len(head)) - len(head)) + behind

    # -- selectors -----------------------------------------------------------------------------------------------

    def want(self, name: str, choices: Sequence[Any]) -> Any:
        """Ask the nearest value of that name to be one of the choices; returns which one it will be."""
        path = self.shape.choice(name.split("|"))
        first, _, rest = path.partition(".")
        chosen = self.shape.choice(choices)
        if self.chance(self.knobs.free):
            return chosen
        for described, wanted in reversed(self._levels):
            known = first in described.by_name if isinstance(described, Struct) else described.by_name(first)
            if known:
                if rest:
                    inner = wanted.setdefault(first, {})
                    return inner.setdefault(rest, chosen) if isinstance(inner, dict) else chosen
                said = wanted.setdefault(first, chosen)
                return said if said in choices else chosen
        return chosen

    def _said(self, name: str) -> Any:
        """What the value of that name at the innermost level must be."""
        return self._levels[-1][1].get(name) if self._levels else None

    # -- attributes ----------------------------------------------------------------------------------------------

    def chain(self, attributes: AttrSet | None) -> bytes:
        """Attributes of a set, one behind another."""
        known = list(attributes.by_number.values()) if attributes is not None else []
        if self.depth >= self._deepest:
            known = [field for field in known if not _nests(field)]
        if attributes is None or not known:
            return self._unknown() if self.chance(self.knobs.unknown) else b""
        most = (10, 5, 3, 3, 2, 1)[min(self.depth, 5)] if self._deepest == _DEEPEST else 1
        if self._deepest > _DEEPEST:
            left = self._deepest - self.depth
            known = [field for field in known if any(_nest_on(inner, left) for inner in _inner(field))] or known
        least = int(self.depth > 0 or self._deepest > _DEEPEST)
        chosen = self.shape.sample(known, min(self.shape.randint(least, most), len(known)))
        wanted: dict[str, Any] = {}
        self._levels.append((attributes, wanted))
        self.depth += 1
        chosen.sort(key=lambda field: not _depends(field))
        built = [part for field in chosen for part in self._attributes(field)]
        for name in wanted:
            field = attributes.by_name(name)
            if field is not None and field not in chosen:
                built.append(self._attribute(field))
        if self.chance(self.knobs.unknown):
            built.append(self._unknown())
        self.depth -= 1
        self._levels.pop()
        self.shape.shuffle(built)
        return b"".join(built)

    def _attributes(self, field: Field) -> list[bytes]:
        count = self._some(3) if field.multi else 1 + self.chance(self.knobs.duplicate)
        return [self._attribute(field) for _ in range(count)]

    def _attribute(self, field: Field) -> bytes:
        flags, outer = 0, self.order
        if (_nests(field) and self.chance(0.5)) or self.chance(self.knobs.nested_flag):
            flags |= NLA_F_NESTED
        if self.chance(self.knobs.net_order):
            flags |= NLA_F_NET_BYTEORDER
            if not field.byte_order and self.chance(0.5):
                self.order = ">"
        payload = self.payload(field)
        self.order = outer
        return self.tlv(field.number | flags, self.imperfect(payload))

    def tlv(self, type_: int, payload: bytes) -> bytes:
        """An attribute with its header and padding."""
        length = 4 + len(payload)
        if self.chance(self.knobs.attribute_length):
            length = self.shape.choice((0, 1, 3, 4, length - 1, length + 1, length + 8, 0xFFFF))
        order = "little" if self.order == "<" else "big"
        head = min(length, 0xFFFF).to_bytes(2, order) + type_.to_bytes(2, order)  # type: ignore[arg-type]
        return head + payload + self.padding(-len(payload) % 4)

    def padding(self, size: int) -> bytes:
        """Bytes that mean nothing."""
        return self.values.values.randbytes(size) if size and self.chance(self.knobs.dirty) else bytes(size)

    def imperfect(self, payload: bytes) -> bytes:
        """A payload that may have another length than it ought to."""
        if not self.chance(self.knobs.length):
            return payload
        how = self.shape.randrange(4)
        if how == 0:
            return b""
        if how == 1 and payload:
            return payload[: self.shape.randrange(len(payload))]
        return payload + self.values.octets(self.shape.choice((1, 2, 3, 4, 8, 13)))

    def _unknown(self) -> bytes:
        number = self.shape.choice((0, 250, 900, 0x3FFF))
        if self.chance(0.3):
            inner = b"".join(self.tlv(n, self.values.octets(self.shape.choice((1, 4, 8)))) for n in (1, 2))
            return self.tlv(number | NLA_F_NESTED, inner)
        return self.tlv(number, self.values.octets(self.shape.choice((0, 1, 4, 7, 8))))

    # -- payloads ------------------------------------------------------------------------------------------------

    def payload(self, field: Field, *, member: bool = False) -> bytes:
        """What an attribute or a member holds, chosen by the same keys as its decoder is."""
        if field.hook in HOOKS:
            return HOOKS[field.hook](self, field)
        if field.until:
            return self._text_until(field)
        if field.array_of is not None:
            return self._array(field)
        if field.struct is not None and field.type != "indexed-array":
            return self.struct(field.struct, _parts(self._said(field.name)))
        kind = field.type
        if kind in SCALARS:
            said = self._said(field.name)
            wanted = None if isinstance(said, dict) else said
            return self.values.packed(field, SCALARS[kind], self.order, wanted, _parts(said))
        if kind in {"uint", "sint"}:
            return self.values.packed(field, self.shape.choice((4, 8)), self.order, None, {})
        if kind == "bitfield32":
            return b"".join(self.values.packed(field, 4, self.order, None, {}) for _ in range(2))
        if kind == "string":
            return self._string(field, member=member)
        if kind == "binary":
            return self._binary(field)
        if kind in _NESTS:
            return self._nest(field)
        if kind == "pairs":
            return self._pairs(field)
        if kind == "pad":
            return bytes(self.shape.choice((0, 0, 4)))
        return b"" if kind == "flag" else self.values.octets(self.shape.choice((0, 4, 8)))

    def _string(self, field: Field, *, member: bool) -> bytes:
        text = self.values.text(self._said(field.name))
        if field.nul_within:
            return text[: field.nul_within - 1] + b"\0"
        if self.chance(self.knobs.behind_nul):
            return text + b"\0" + self.values.values.randbytes(self.shape.randint(1, 9))
        return text + bytes(0 if member else self.shape.choice((1, 1, 1, 0, 3)))

    def _binary(self, field: Field) -> bytes:
        if field.family_from:
            family = self.want(field.family_from, _FAMILIES)
            size = 4 if family == _FAMILIES[0] else 16
            found = self.values.octets(size)
            return found + self.padding(field.size - size) if field.size is not None and field.size > size else found
        return self.values.blob(field, self.order)

    def _nest(self, field: Field) -> bytes:
        if field.type == "nest":
            return self.form(field.header, field.nested)
        if field.type == "nest-type-value":
            return self._level(field, len(field.type_value))
        if field.type == "sub-message" and field.sub_message is not None:
            return self._sub_message(field, field.sub_message)
        element = _element(field)
        first = self.shape.choice((0, 1))
        numbers = range(first, first + self._some(3))
        return b"".join(self.tlv(number, self.imperfect(self.payload(element))) for number in numbers)

    def _level(self, field: Field, levels: int) -> bytes:
        if not levels:
            return self.chain(field.nested)
        numbers = self.shape.sample(range(9), self._some(2))
        return b"".join(self.tlv(number, self._level(field, levels - 1)) for number in numbers)

    def _sub_message(self, field: Field, sub: SubMessage) -> bytes:
        choices = list(sub.formats)
        if not choices:
            return self.values.octets(8)
        chosen = self.want(field.selector, [name if name != "*" else 77 for name in choices])
        item = sub.formats.get(str(chosen)) or sub.formats.get("*") or sub.formats[choices[0]]
        if item.value is not None:
            found = self.payload(item.value)
        elif item.struct is not None:
            found = self.struct(item.struct)
        else:
            found = self.form(item.header, item.attributes)
        return found if field.size is None else fit(found, field.size)

    def _array(self, field: Field) -> bytes:
        struct = field.array_of
        built = []
        for _ in range(self._some(3)):
            if struct is None:
                break
            level: tuple[Struct, dict[str, Any]] = (struct, {})
            behind = b""
            if field.element_attributes is not None:
                self._levels.append(level)
                behind = self.chain(field.element_attributes) if self.depth < self._deepest else b""
                self._levels.pop()
            element = self.struct(struct, level[1]) + behind
            measure = struct.by_name.get(field.element_length)
            if measure is not None and measure.offset is not None:
                size = SCALARS[measure.type]
                length = self.values.packed(measure, size, self.order, len(element), {})
                element = element[: measure.offset] + length + element[measure.offset + size :]
            built.append(element + self.padding(-len(element) % 4 if field.element_length else 0))
        return b"".join(built)

    # -- structs -------------------------------------------------------------------------------------------------

    def struct(self, struct: Struct, wanted: dict[str, Any] | None = None) -> bytes:
        """A struct; its members from the last to the first, since later ones depend on earlier ones."""
        if struct.compat is not None and self.chance(0.2):
            struct = struct.compat
        wanted = wanted if wanted is not None else {}
        self._levels.append((struct, wanted))
        built = [self._member(member) for member in reversed(struct.members)]
        self._levels.pop()
        out = b""
        for member, part in zip(struct.members, reversed(built), strict=True):
            if member.offset is not None and member.offset > len(out):
                out += self.padding(member.offset - len(out))
            out += part
        return out if struct.variable else out + self.padding(struct.size - len(out))

    def _member(self, member: Field) -> bytes:
        if member.type == "pad":
            return self.padding(member.size or 0)
        if member.count or member.count_from:
            return self._members_in_a_row(member)
        if member.length_from:
            return self._measured(member)
        found = self.payload(member, member=True)
        if member.size is None or member.rest or member.until:
            return found
        return fit(found, member.size)

    def _members_in_a_row(self, member: Field) -> bytes:
        count = member.count or self.want(member.count_from, range(5))
        one = member.but(count=0, count_from="", used_from="", size=None)
        if member.used_from:
            self.want(member.used_from, range(count + 1))
        size = member.struct.size if member.struct is not None else SCALARS.get(member.type, 1)
        parts = [fit(self.payload(one), size) for _ in range(count)]
        if member.size is not None:
            return fit(b"".join(parts), member.size)
        return b"".join(parts)

    def _measured(self, member: Field) -> bytes:
        found = self.payload(member, member=True)[:200]
        unit = 8 if member.length_unit == "bits" else 1
        said = self.want(member.length_from, [unit * len(found)])
        return fit(found, (said + unit - 1) // unit)

    # -- text ----------------------------------------------------------------------------------------------------

    def _text_until(self, field: Field) -> bytes:
        mark = field.until.encode()
        if self.chance(self.knobs.length):
            mark = b""
        return self._word(field) + mark

    def _word(self, field: Field) -> bytes:
        """A value as text has it."""
        said = self._said(field.name)
        if field.type in SCALARS:
            number = said if isinstance(said, int) else self.values.number(field, SCALARS[field.type])
            return (f"{number:x}" if field.hint == "hex" else str(number)).encode()
        return self.values.text(said)

    def _pairs(self, field: Field) -> bytes:
        known = list(field.nested.by_number.values()) if field.nested is not None else []
        chosen = self.shape.sample(known, min(self.shape.randint(0, 8), len(known)))
        words = []
        for item in chosen:
            name = b"other" if item.name == "*" else item.name.replace("-", "_").encode()
            if item.type == "pairs" and self.depth < self._deepest:
                self.depth += 1
                value = b"'" + self._pairs(item) + b"'"
                self.depth -= 1
            elif item.hook in HOOKS:
                value = HOOKS[item.hook](self, item)
            else:
                value = self._word(item)
            words.append(name + b"=" + value)
        between = (field.between or " ").encode()
        return between.join(words)


def fit(payload: bytes, size: int) -> bytes:
    """A payload cut, or filled with zeros, to a size."""
    return payload[:size].ljust(size, b"\0")


def _parts(said: Any) -> dict[str, Any]:
    """What the parts of a struct or a bit field must say."""
    return said if isinstance(said, dict) else {}


def _nests(field: Field) -> bool:
    return field.type in _NESTS or field.element_attributes is not None


def _inner(field: Field) -> list[AttrSet]:
    """The attribute sets that may stand directly inside an attribute."""
    found = [field.nested, field.element_attributes]
    found += [item.attributes for item in field.sub_message.formats.values()] if field.sub_message is not None else []
    return [attributes for attributes in found if attributes is not None]


@functools.cache
def _nest_on(attributes: AttrSet, levels: int) -> bool:
    """Whether such attributes can be nested so many levels deep."""
    fields = attributes.by_number.values()
    return not levels or any(_nest_on(inner, levels - 1) for field in fields for inner in _inner(field))


def _depends(field: Field) -> bool:
    """Whether what it holds may depend on another value."""
    return bool(field.selector or field.family_from) or _nests(field)


def _element(field: Field) -> Field:
    """The field of an indexed array's elements."""
    if field.sub_type == "nest" or (field.nested is not None and not field.sub_type):
        return field.but(type="nest", sub_type="")
    return field.but(type=field.sub_type or "binary", sub_type="")
