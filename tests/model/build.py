"""Builds a message of an operation from what its dissector says.

The parts of a message depend on each other backwards: what a nest holds is told by a selector before it, often in the
fixed header. So whatever depends on another value is built first and notes what that value must be (`_want`); the
value itself is built later, and put in front.
"""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING, Any

from nlsniff.spec.model import SCALARS, AttrSet, Struct
from nlsniff.wire.constants import HEADERLESS, NETLINK_GENERIC, NLA_F_NESTED, NLA_F_NET_BYTEORDER
from nlsniff.wire.nlmsg import HEADER_SIZE, align
from tests.model.hooks import HOOKS
from tests.model.knobs import PERFECT
from tests.model.members import build_member, fit
from tests.model.operations import FLAGS
from tests.model.reach import depends, element, inner, nest_on, nests
from tests.model.values import Values, header
from tests.model.words import pairs, text_until

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nlsniff.spec.model import Field, SubMessage
    from nlsniff.wire.nlmsg import Order
    from tests.model.knobs import Knobs
    from tests.model.operations import Operation

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
        self.deepest = _FAR_DEEPER if self.chance(knobs.deep) else _DEEPEST

    def chance(self, probability: float) -> bool:
        """Whether something happens."""
        return probability > 0 and self.shape.random() < probability

    def some(self, most: int) -> int:
        """How many of something; one where nests go deep, or there would be too many at the bottom."""
        return self.shape.randint(1, most) if self.deepest == _DEEPEST else 1

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

    def said(self, name: str) -> Any:
        """What the value of that name at the innermost level must be."""
        return self._levels[-1][1].get(name) if self._levels else None

    # -- attributes ----------------------------------------------------------------------------------------------

    def chain(self, attributes: AttrSet | None) -> bytes:
        """Attributes of a set, one behind another."""
        known = list(attributes.by_number.values()) if attributes is not None else []
        if self.depth >= self.deepest:
            known = [field for field in known if not nests(field)]
        if attributes is None or not known:
            return self._unknown() if self.chance(self.knobs.unknown) else b""
        most = (10, 5, 3, 3, 2, 1)[min(self.depth, 5)] if self.deepest == _DEEPEST else 1
        if self.deepest > _DEEPEST:
            left = self.deepest - self.depth
            known = [field for field in known if any(nest_on(part, left) for part in inner(field))] or known
        least = int(self.depth > 0 or self.deepest > _DEEPEST)
        chosen = self.shape.sample(known, min(self.shape.randint(least, most), len(known)))
        wanted: dict[str, Any] = {}
        self._levels.append((attributes, wanted))
        self.depth += 1
        chosen.sort(key=lambda field: not depends(field))
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
        count = self.some(3) if field.multi else 1 + self.chance(self.knobs.duplicate)
        return [self._attribute(field) for _ in range(count)]

    def _attribute(self, field: Field) -> bytes:
        flags, outer = 0, self.order
        if (nests(field) and self.chance(0.5)) or self.chance(self.knobs.nested_flag):
            flags |= NLA_F_NESTED
        if self.chance(self.knobs.net_order):
            flags |= NLA_F_NET_BYTEORDER
            if not field.byte_order and not nests(field) and field.struct is None and self.chance(0.5):
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
            return text_until(self, field)
        if field.array_of is not None:
            return self._array(field)
        if field.struct is not None and field.type != "indexed-array":
            return self.struct(field.struct, _parts(self.said(field.name)))
        kind = field.type
        if kind in SCALARS:
            said = self.said(field.name)
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
        if nests(field):
            return self._nest(field)
        if kind == "pairs":
            return pairs(self, field)
        if kind == "pad":
            return bytes(self.shape.choice((0, 0, 4)))
        return b"" if kind == "flag" else self.values.octets(self.shape.choice((0, 4, 8)))

    def _string(self, field: Field, *, member: bool) -> bytes:
        text = self.values.text(self.said(field.name))
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
        one = element(field)
        first = self.shape.choice((0, 1))
        numbers = range(first, first + self.some(3))
        return b"".join(self.tlv(number, self.imperfect(self.payload(one))) for number in numbers)

    def _level(self, field: Field, levels: int) -> bytes:
        if not levels:
            return self.chain(field.nested)
        numbers = self.shape.sample(range(9), self.some(2))
        return b"".join(self.tlv(number, self._level(field, levels - 1)) for number in numbers)

    def _sub_message(self, field: Field, sub: SubMessage) -> bytes:
        choices = list(sub.formats)
        if not choices:
            return self.values.octets(8)
        names = field.selector.split()
        if len(names) > 1:
            chosen = self.shape.choice(choices)
            for name, part in zip(names, chosen.split(), strict=False):
                self.want(name, [part])
        else:
            chosen = self.want(field.selector, [name if name != "*" else 77 for name in choices])
        item = sub.formats.get(str(chosen)) or sub.formats.get("*") or sub.formats[choices[0]]
        if item.value is not None:
            found = self.payload(item.value)
        elif item.struct is not None:
            found = self.struct(item.struct)
        else:
            found = self.form(item.header, item.attributes)
        found += bytes(-len(found) % field.pad_to) if field.pad_to else b""
        return found if field.size is None else fit(found, field.size)

    def _array(self, field: Field) -> bytes:
        struct = field.array_of
        built = []
        for _ in range(self.some(3)):
            if struct is None:
                break
            level: tuple[Struct, dict[str, Any]] = (struct, {})
            behind = b""
            if field.element_attributes is not None:
                self._levels.append(level)
                behind = self.chain(field.element_attributes) if self.depth < self.deepest else b""
                self._levels.pop()
            part = self.struct(struct, level[1]) + behind
            measure = struct.by_name.get(field.element_length)
            if measure is not None and measure.offset is not None:
                size = SCALARS[measure.type]
                length = self.values.packed(measure, size, self.order, len(part), {})
                part = part[: measure.offset] + length + part[measure.offset + size :]
            built.append(part + self.padding(-len(part) % 4 if field.element_length else 0))
        return b"".join(built)

    # -- structs -------------------------------------------------------------------------------------------------

    def struct(self, struct: Struct, wanted: dict[str, Any] | None = None) -> bytes:
        """A struct; its members from the last to the first, since later ones depend on earlier ones."""
        if struct.compat is not None and self.chance(0.2):
            struct = struct.compat
        wanted = wanted if wanted is not None else {}
        self._levels.append((struct, wanted))
        built = [build_member(self, member) for member in reversed(struct.members)]
        self._levels.pop()
        out = b""
        for member, part in zip(struct.members, reversed(built), strict=True):
            if member.offset is not None and member.offset > len(out):
                out += self.padding(member.offset - len(out))
            out += part
        return out if struct.variable else out + self.padding(struct.size - len(out))


def _parts(said: Any) -> dict[str, Any]:
    """What the parts of a struct or a bit field must say."""
    return said if isinstance(said, dict) else {}
