"""Which dissector describes a message: the operation behind its type, and the form its bytes have."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nlsniff.decode.context import UNPACK
from nlsniff.spec.model import SCALARS, Form
from nlsniff.wire.constants import CONTROL_TYPES, NETLINK_GENERIC, NLM_F_DUMP
from nlsniff.wire.names import as_constant, protocol_name
from nlsniff.wire.nlmsg import is_control

if TYPE_CHECKING:
    from collections.abc import Mapping

    from nlsniff.decode.context import Context
    from nlsniff.spec.family import Family
    from nlsniff.spec.model import Field, Operation
    from nlsniff.spec.registry import Registry
    from nlsniff.wire.nlmsg import Direction, Order

    _Key = tuple[int, int, Direction, bool]  # protocol, type, direction, and whether it asks for a dump


# Types, or commands of a family, that are remembered: more than any kernel has. A file may name each number there is.
_KEPT = 1 << 13
_HEAD = 8  # bytes of a payload that decide its layout: mostly one, the family of addresses


class Layout:
    """What describes a message: the operation that owns its type, the form that its bytes have, and its family."""

    __slots__ = ("_holds_secret", "family", "form", "name", "operation", "tests", "textual", "when")

    def __init__(
        self,
        name: str,
        family: Family | None = None,
        operation: Operation | None = None,
        form: Form | None = None,
        when: Mapping[str, tuple[str, ...]] | None = None,
    ) -> None:
        self.name = name
        self.family = family
        self.operation = operation
        self.form = form
        self.when: Mapping[str, tuple[str, ...]] = when or {}
        self.tests = _tests(form, self.when) if when else None
        self._holds_secret: bool | None = None
        self.textual = form is not None and any(struct.textual for struct in form.payload)

    @property
    def holds_secret(self) -> bool:
        """Whether a key may be in such a message."""
        if self._holds_secret is None:
            keyed = self.family is None or self.family.holds_secret
            self._holds_secret = keyed and self.form is not None and self.form.holds_secret
        return self._holds_secret

    def meaning(self, number: int, rejected: str = "") -> str:
        """What an error number means for this operation, or "". Which operation it is must be certain.

        Args:
            number: positive.
            rejected: the path of the attribute that the kernel names; the words may be of one around it.
        """
        if self.operation is None or self.form is None:
            return ""
        words = self.operation.errors.get(number)
        while words and rejected and rejected not in words:
            rejected = rejected.rpartition(".")[0]
        return words.get(rejected or "*", "") if words else ""


class Layouts:
    """Finds the layout of a message, and remembers what it found.

    Generic netlink families have the ids that the capture taught; everything else goes by protocol and type.
    """

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._fixed: dict[_Key, Layout] = {}
        # What may apply, and how many bytes of the payload decide which; by these bytes what was found.
        self._variants: dict[_Key, tuple[list[Layout], int]] = {}
        self._by_bytes: dict[tuple[_Key, Order, bytes], Layout] = {}
        self._commands: dict[tuple[str, int, Direction], tuple[Layout, Layout]] = {}

    def known(
        self, protocol: int, type_: int, flags: int, direction: Direction, order: Order, data: bytes, start: int,
        end: int,
    ) -> Layout | None:  # fmt: skip
        """What describes a message whose payload is [start, end), if that was found before; else `find` has to."""
        dump = direction == "to-kernel" and flags & NLM_F_DUMP == NLM_F_DUMP
        key = (protocol, type_, direction, dump)
        found = self._fixed.get(key)
        if found is None and (variants := self._variants.get(key)) is not None and end - start >= variants[1]:
            found = self._by_bytes.get((key, order, data[start : start + variants[1]]))
        return found

    def find(self, ctx: Context, type_: int, flags: int, direction: Direction, start: int, end: int) -> Layout:
        """What describes a message of a type whose payload is [start, end); it is looked into where it matters."""
        if is_control(ctx.protocol, type_):
            return Layout(CONTROL_TYPES.get(type_, f"NLMSG_{type_}"))
        if ctx.protocol == NETLINK_GENERIC:
            return self._command_layout(ctx, type_, direction, start, end)
        dump = direction == "to-kernel" and flags & NLM_F_DUMP == NLM_F_DUMP
        key = (ctx.protocol, type_, direction, dump)
        found = self._fixed.get(key)
        if found is not None:
            return found
        if key not in self._variants:
            if len(self._variants) >= _KEPT:
                self._variants.clear()
                self._fixed.clear()
            layouts = self._raw_layouts(*key)
            self._variants[key] = layouts, _deciding(layouts)
        variants, size = self._variants[key]
        if not variants[0].when:
            self._fixed[key] = variants[0]
            return variants[0]
        if ctx.decided is not None or end - start < size or size > _HEAD:
            return _variant(variants, ctx, start, end)
        head = key, ctx.order, ctx.data[start : start + size]
        found = self._by_bytes.get(head)
        if found is None:
            if len(self._by_bytes) >= _KEPT:
                self._by_bytes.clear()
            found = self._by_bytes[head] = _variant(variants, ctx, start, end)
        return found

    def constant(self, protocol: int, type_: int, direction: Direction) -> str | None:
        """The name of a type whatever is in the message; None where the name depends on that."""
        if is_control(protocol, type_):
            return CONTROL_TYPES.get(type_, f"NLMSG_{type_}")
        if protocol == NETLINK_GENERIC:
            return None
        names = {found.name for dump in (False, True) for found in self._raw_layouts(protocol, type_, direction, dump)}
        return names.pop() if len(names) == 1 else None

    def _raw_layouts(self, protocol: int, type_: int, direction: Direction, dump: bool) -> list[Layout]:
        """The layouts that a type of a classic protocol may have, the first that applies is the one."""
        found = self._registry.raw(protocol, type_)
        owners = [operation for _, operation, own in found if own]
        # A request and news may have one number.
        told = [operation for operation in owners if operation.notification] if direction == "to-user" else []
        owner = next(iter(told or owners), None)
        layouts: list[Layout] = []
        news: list[Layout] = []
        bare: list[Layout] = []
        for family, operation, own in found:
            answers = operation.reply is not None and operation.reply.number == type_ and direction == "to-user"
            form = operation.reply if answers else operation.request or operation.reply
            if form is None or not (own or answers):
                continue
            if dump and own and operation.dump is not None:
                form = operation.dump
            # The name is that of the operation which owns the number; so is the summary, unless the answer has its own.
            named = operation if own or owner is None else owner
            if not form.summary and owner is not None:
                described = owner.request or owner.reply
                form = form.but(summary=described.summary if described is not None else "")
            constant = named.constant if own or owner is not None else f"{named.constant}_REPLY"
            layout = Layout(constant, family, named, form, operation.when)
            # What a dissector says of an answer or of news comes before what it says of the bare number.
            if not own:
                layouts.insert(0, layout)
            else:
                (news if answers and operation.notification else bare).append(layout)
        layouts += news + bare
        if layouts:
            # One that tells by the header when it applies comes before one that always does.
            return sorted(layouts, key=lambda layout: not layout.when)
        return [Layout(f"{as_constant(protocol_name(protocol))}_{type_}")]

    def _command_layout(self, ctx: Context, type_: int, direction: Direction, start: int, end: int) -> Layout:
        """The layout of a generic netlink message: its type is the id of a family, its first byte the command."""
        name = ctx.names.resolve("genl", type_, ctx.number)
        if start >= end:  # the copy in an ACK is cut before the command, and 0 may be one
            return Layout(name or f"GENL_{type_}")
        command = ctx.data[start]
        ctx.decide(start, start + 1)
        key = (name or str(type_), command, direction)
        found = self._commands.get(key)
        if found is None:
            if len(self._commands) >= _KEPT:
                self._commands.clear()
            family = self._registry.generic(name) if name else None
            answer, notification = (
                _find_command(family, name or f"GENL_{type_}", command, direction, unasked=unasked)
                for unasked in (False, True)
            )
            alike = notification.operation is answer.operation
            found = self._commands[key] = (answer, answer if alike else notification)
        answer, notification = found
        if notification is answer:
            return answer
        ctx.decide(start - 4, start)
        # nlmsg_pid: an answer has that of the asker.
        return answer if any(ctx.data[start - 4 : start]) else notification


def _find_command(family: Family | None, name: str, command: int, direction: Direction, *, unasked: bool) -> Layout:
    """The operation of a command; requests and answers may be numbered apart, so the direction counts.

    A notification may have the number of an answer (MPTCP_EVENT_CLOSED that of MPTCP_PM_CMD_GET_ADDR); `unasked`
    chooses the notification.
    """
    if family is not None:
        asks = [item for item in family.operations if item.request is not None and item.request.number == command]
        tells = [item for item in family.operations if item.reply is not None and item.reply.number == command]
        if direction == "to-user" and tells:
            tells = [item for item in tells if item.notification is unasked] or tells
            # What has this number both ways, or is sent unasked, has the name. An answer that merely uses the number
            # has one of its own: the kernel calls the answer to X by the name X_REPLY.
            own = [item for item in tells if item.request is None or item.request.number == command]
            chosen = (own or tells)[0]
            named = chosen.constant if own else f"{chosen.constant}_REPLY"
            return Layout(named, family, chosen, chosen.reply)
        if asks or tells:
            chosen = (asks or tells)[0]
            return Layout(chosen.constant, family, chosen, chosen.request or chosen.reply)
    if "\\" not in name:  # an escape keeps its case
        name = as_constant(name)
    return Layout(f"{name}_CMD_{command}", family, form=_shared_form(family, command))


def _shared_form(family: Family | None, command: int) -> Form | None:
    """How a command that the dissector does not list looks: as all others do, where those look alike."""
    forms = [form for item in family.operations for form in (item.request, item.reply) if form] if family else []
    if not forms or any(form.attributes is not forms[0].attributes or form.payload for form in forms):
        return None
    header = forms[0].header
    if any(form.header is not header or form.short or form.hook for form in forms):
        return None
    return Form(command, header, attributes=forms[0].attributes)


def _tests(form: Form | None, when: Mapping[str, tuple[str, ...]]) -> list[tuple[Field, int, set[int]]] | None:
    """Each member of a form's header that `when:` names, with its offset and the numbers that `when:` wants.

    Returns None if the header has no such member.
    """
    tests = []
    for name, wanted in when.items():
        at = 0
        for struct in (form.payload or (form.header,)) if form is not None else ():
            member = struct.by_name.get(name) if struct is not None else None
            if member is not None and member.offset is not None and member.type in SCALARS:
                names = member.enum.by_value.items() if member.enum is not None else ()
                numbers = {number for number, shown in names if shown in wanted}
                numbers |= {int(text, 0) for text in wanted if text[:1].isdigit()}
                tests.append((member, at + member.offset, numbers))
                break
            at += struct.size if struct is not None else 0
    return tests or None


def _deciding(variants: list[Layout]) -> int:
    """How many bytes of the payload decide which layout applies."""
    ends = (offset + SCALARS[member.type] for variant in variants for member, offset, _ in variant.tests or ())
    return max(ends, default=0)


def _variant(variants: list[Layout], ctx: Context, start: int, end: int) -> Layout:
    """The first layout that applies to a payload."""
    for variant in variants:
        if _applies(variant, ctx, start, end):
            return variant
    return Layout(variants[0].name, variants[0].family, variants[0].operation)  # its name alone is known


def _applies(layout: Layout, ctx: Context, start: int, end: int) -> bool:
    """Whether the header members that an operation's `when:` names have the values that it wants."""
    if layout.tests is None:
        return not layout.when
    for member, offset, wanted in layout.tests:
        at = start + offset
        stop = at + SCALARS[member.type]
        if stop > end:
            return False
        ctx.decide(at, stop)
        if UNPACK[member.byte_order or ctx.order][member.type](ctx.data, at)[0] not in wanted:
            return False
    return True
