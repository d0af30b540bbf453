"""Fields that messages of all families have: those of the header, of the capture, and of the conversation."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, get_args

from nlsniff.filter.field_types import FieldType
from nlsniff.follow.kinds import STATUSES
from nlsniff.wire import constants
from nlsniff.wire.comments import process_in
from nlsniff.wire.constants import (
    NETLINK_GENERIC,
    NLA_F_NESTED,
    NLA_F_NET_BYTEORDER,
    NLMSG_DONE,
    NLMSG_ERROR,
    NLMSG_MIN_TYPE,
    PROTOCOL_NAMES,
)
from nlsniff.wire.errnos import ALIASES, BY_TYPE, NUMBERS, errno_name, errno_number, error_in
from nlsniff.wire.names import normal
from nlsniff.wire.nlmsg import HEADER_SIZE, Direction, is_control

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from nlsniff.decode.message import NetlinkMessage
    from nlsniff.decode.node import Node
    from nlsniff.follow.conversation import ConversationView

    Read = Callable[[NetlinkMessage, ConversationView | None], Iterator[Node]]

EXTACK = "extack"
FLAGS = {name.removeprefix("NLM_F_"): bits for name, bits in vars(constants).items() if name.startswith("NLM_F_")}
DIRECTIONS: tuple[Direction, ...] = get_args(Direction)


class HeaderField(NamedTuple):
    """A field that every message may have.

    Attributes:
        type: what its values are, for people.
        field_type: how its values are compared.
        read: gives its values as nodes; None for a column of the index, see `nlsniff.filter.header_columns`.
        body: what reads it has the body decoded.
        conversation: it belongs to the conversation of a message, not to the message.
        truth: alone in a filter it means a value that is not 0, because every message has one.
    """

    name: str
    type: str
    doc: str
    field_type: FieldType
    read: Read | None = None
    body: bool = False
    conversation: bool = False
    truth: bool = False


def value(raw: object, text: str | None = None, shown: object = None) -> Node:
    """A value that is not in a body, as a node, which tests of bodies take."""
    from nlsniff.decode.node import Node  # what reads no values does without

    return Node("", 0, 0, raw=raw, value=raw if shown is None else shown, text=str(raw) if text is None else text)


# -- what is read of a message -----------------------------------------------------------------------------------


def _family(message: NetlinkMessage, _: ConversationView | None) -> Iterator[Node]:
    if message.family is not None:
        yield value(message.family)


def _generic(offset: int) -> Read:
    def read(message: NetlinkMessage, _: ConversationView | None) -> Iterator[Node]:
        at = message.start + HEADER_SIZE + offset
        whole = message.end - message.start >= HEADER_SIZE + 4
        if message.protocol == NETLINK_GENERIC and message.type >= NLMSG_MIN_TYPE and whole:
            raw = message.data[at]
            yield value(raw, message.type_name if not offset else None)

    return read


def _errno(message: NetlinkMessage, conversation: ConversationView | None) -> Iterator[Node]:
    number = error_in(
        message.protocol, message.type, message.flags, message.data, message.start, message.end, message.order
    )
    if number is None and conversation is not None and conversation.kind in {"request", "dump", "batch"}:
        # A conversation that is open, or whose end is lost, has neither failed nor succeeded.
        number = conversation.errno_value or (0 if conversation.status == "ok" else None)
    if number is not None:
        name = errno_name(number, message.protocol) or None
        yield value(number, name, name)


def _extack(message: NetlinkMessage, conversation: ConversationView | None) -> Iterator[Node]:
    own = message.root.get("msg") if message.type in {NLMSG_ERROR, NLMSG_DONE} else None
    if own is not None:
        yield own
        return
    if conversation is not None and conversation.extack_text:
        yield value(conversation.extack_text)


def _conversation(message: NetlinkMessage, conversation: ConversationView | None) -> Iterator[Node]:
    number = conversation.id if conversation is not None else message.conversation
    if number:
        yield value(number)


def _of_conversation(get: Callable[[ConversationView], object]) -> Read:
    """Reads what a function gives of the conversation; None is no value."""

    def read(_: NetlinkMessage, conversation: ConversationView | None) -> Iterator[Node]:
        found = get(conversation) if conversation is not None else None
        if found is not None:
            yield value(found)

    return read


def _process(message: NetlinkMessage, conversation: ConversationView | None) -> Iterator[Node]:
    """The process whole (`ip[412]`), its name, and its number; also who received an event."""
    delivery = message.delivery
    asker = (conversation.process if conversation is not None else None) or process_in(message.comment)
    for found in dict.fromkeys((asker, delivery.process if delivery is not None else "")):
        if not found:
            continue
        yield value(found)
        # Several processes may hold one socket: `systemd[1] or udevd[90]`.
        for one in found.split(" or "):
            name, _, number = one.removesuffix("]").rpartition("[")
            if name:
                yield value(name)
                yield value(number.partition(" ")[0])


def _comments(message: NetlinkMessage, _: ConversationView | None) -> Iterator[Node]:
    yield from map(value, filter(None, message.comment.split("\n")))


def _delivered(name: str) -> Read:
    """Reads a number of how a message was delivered, where its file says it; a group has its name, too."""

    def read(message: NetlinkMessage, _: ConversationView | None) -> Iterator[Node]:
        number = getattr(message.delivery, name, None)
        if number is not None:
            found = value(number)
            found.resolved = message.group_name if name == "group" else ""
            yield found

    return read


def _problems(*severities: str) -> Read:
    def read(message: NetlinkMessage, _: ConversationView | None) -> Iterator[Node]:
        for found in message.problems:
            if found.severity in severities:
                yield from map(value, (found.severity, found.code, found.text))

    return read


def _flagged(bit: int) -> Read:
    """Reads which attributes have a flag bit in their nla_type, by name."""

    def read(message: NetlinkMessage, _: ConversationView | None) -> Iterator[Node]:
        for path, node in _attributes(message):
            if node.type_flags & bit:
                yield value(path)

    return read


def _unnested(message: NetlinkMessage, _: ConversationView | None) -> Iterator[Node]:
    for path, node in _attributes(message):
        if not node.nested and node.kind != "value" and any(part.type is not None for part in node.parts()):
            yield value(path)


def _attributes(message: NetlinkMessage) -> Iterator[tuple[str, Node]]:
    """Every attribute of a message by its name in filters, but for those of a request that it copies."""
    family = message.layout.family
    prefix = EXTACK if is_control(message.protocol, message.type) else family.prefix if family is not None else ""
    parts = [part for part in message.root.children if part.name != "request" or part.type is not None]
    return _below(parts, f"{prefix}." if prefix else "")


def _below(parts: Sequence[Node], prefix: str) -> Iterator[tuple[str, Node]]:
    for node in parts:
        path = prefix + node.name
        if node.type is not None:
            yield path, node
        yield from _inside(node, prefix if node.kind == "header" else f"{path}.")


def _inside(node: Node, prefix: str) -> Iterator[tuple[str, Node]]:
    if node.kind != "list":
        yield from _below(node.children, prefix)
        return
    for element in node.children:  # which has the list's name
        if element.type is not None:
            yield prefix[:-1], element
        yield from _inside(element, prefix)


def _unknown(message: NetlinkMessage, _: ConversationView | None) -> Iterator[Node]:
    yield value(message.counts.unknown)


def _summary(message: NetlinkMessage, _: ConversationView | None) -> Iterator[Node]:
    yield value(message.summary)


# -- how they are compared ---------------------------------------------------------------------------------------


def _names(*names: str) -> FieldType:
    return FieldType("text", {normal(name): name for name in names}, {}, names)


def _numbers(by_value: dict[int, str], prefix: str = "") -> FieldType:
    names = {normal(prefix + name): name for name in by_value.values()}
    names.update({normal(name): name for name in by_value.values()})
    return FieldType("number", names, {name: number for number, name in by_value.items()}, tuple(by_value.values()))


_NUMBER, _TEXT = FieldType("number"), FieldType("text")


def _errors() -> FieldType:
    """The names of errors. An alias, and a name that depends on the type of a set, mean the name that is shown."""
    others = {name: number for name in (*ALIASES, *BY_TYPE) if (number := errno_number(name)) is not None}
    shown = {name: errno_name(number) for name, number in others.items()}
    names = {normal(name): shown.get(name, name) for name in (*NUMBERS, *others)}
    numbers = NUMBERS | {shown[name]: number for name, number in others.items()}
    return FieldType("number", names, numbers, tuple(NUMBERS))


_ERRORS = _errors()
_PROTOCOLS = _numbers(PROTOCOL_NAMES, "netlink-")
_FLAGS = FieldType(
    "flags",
    {normal(f"{prefix}{name}"): name for name in FLAGS for prefix in ("", "NLM_F_")},
    FLAGS,
    tuple(FLAGS),
)

_FIELDS = (
    HeaderField("type", "u16 constant", "Message type: the kernel's constant (RTM_NEWROUTE) or its number.", _NUMBER),
    HeaderField("flags", "u16 flags", "Flags of the header, without NLM_F_; each is a field, too: flags.dump.",
                _FLAGS),
    HeaderField("seq", "u32", "Sequence number.", _NUMBER),
    HeaderField("port", "u32", "Port id in the header; 0 is the kernel, or a program that left it out.", _NUMBER),
    HeaderField("length", "u32", "Bytes of the message, as nlmsg_len says.", _NUMBER),
    HeaderField("frame", "number", "Number of the frame that holds the message, from 1.", _NUMBER),
    HeaderField("message", "number", "Number of the message in the file, from 1.", _NUMBER),
    HeaderField("time", "time", "When it was captured: a date in UTC, or seconds since 1970; with a unit (2s, 10ms) "
                "from the first message on.", FieldType("time")),
    HeaderField("protocol", "u16 enum", "Netlink protocol: route, xfrm, generic, NETLINK_ROUTE, 0.",
                _PROTOCOLS),
    HeaderField("direction", "text enum", "Who speaks to whom, as far as the message tells.",
                _names(*DIRECTIONS)),
    HeaderField("sender", "u32", "Port id of the socket that sent it, where the file says it; 0 is the kernel.",
                _NUMBER, _delivered("sender")),
    HeaderField("destination", "u32", "Port id that it was sent to, where the file says it; 0: kernel or group.",
                _NUMBER, _delivered("destination")),
    HeaderField("group", "number", "Multicast group that it was sent to, where the file says it: number or name; "
                "alone: any.", FieldType("number", closed=False), _delivered("group"), truth=True),
    HeaderField("socket", "number", "The program's socket, where the file says it; no other has its number.",
                _NUMBER, _delivered("socket")),
    HeaderField("descriptor", "number", "The program's file descriptor, where the file says it.",
                _NUMBER, _delivered("descriptor")),
    HeaderField("comment", "text", "What the file says of the frame, such as `process: ip[412]`; each line is a value.",
                _TEXT, _comments),
    HeaderField("marked", "yes/no", "You have marked it.", FieldType("flag")),
    HeaderField("family", "text", "Generic netlink family, by the name that the capture taught.",
                _TEXT, _family),
    HeaderField("genl.cmd", "u8", "Command of a generic netlink message as a number; `type` has its name.",
                _NUMBER, _generic(0)),
    HeaderField("genl.version", "u8", "Version in the header of a generic netlink message.",
                _NUMBER, _generic(1)),
    HeaderField("conversation", "number", "The conversation that it belongs to.", _NUMBER, _conversation),
    HeaderField("latency", "time", "From the conversation's request to the first answer (10ms, 1.5s).",
                FieldType("duration"), _of_conversation(lambda found: found.latency_ns), conversation=True),
    *(
        HeaderField(name, "time", f"From the conversation's first message to its last (10ms, 1.5s){other}.",
                    FieldType("duration"), _of_conversation(lambda found: found.duration_ns), conversation=True)
        for name, other in (("duration", ""), ("took", ", as duration"))
    ),
    HeaderField("parts", "number", "How many answers with data the conversation has; of a batch requests in it.",
                _NUMBER, _of_conversation(lambda found: found.parts), conversation=True),
    HeaderField("frames", "number", "How many frames hold the conversation: of a dump the request and each read.",
                _NUMBER, _of_conversation(lambda found: found.frames), conversation=True),
    HeaderField("errno", "number enum", "Error number of the answer, or of the conversation; 0 is success; alone: it "
                "failed.", _ERRORS, _errno, conversation=True, truth=True),
    HeaderField(EXTACK, "text", "The kernel's own words about an error, here or in the conversation.",
                _TEXT, _extack, body=True, conversation=True),
    HeaderField("status", "text enum", "How the conversation ended.",
                _names(*STATUSES), _of_conversation(lambda found: found.status), conversation=True),
    HeaderField("unanswered", "yes/no", "An answer was due to the conversation's request, and none came.",
                FieldType("flag"),
                _of_conversation(lambda found: found.status == "unanswered" or None), conversation=True),
    HeaderField("cause", "number", "The conversation that caused this notification.",
                _NUMBER, _of_conversation(lambda found: found.cause), conversation=True),
    HeaderField("process", "text", "Who asked, whose change this is, or who received it, where known: a name, a pid, "
                "or ip[412].", _TEXT, _process, conversation=True),
    HeaderField("problem", "text", "What is wrong with the bytes: `error` or `warning`, the code, and words.",
                _TEXT, _problems("error", "warning"), body=True),
    HeaderField("note", "text", "A difference that is no fault, such as a struct of another kernel: code and words.",
                _TEXT, _problems("note"), body=True),
    HeaderField("nested", "text", "Attributes with NLA_F_NESTED, by their names in filters: link.linkinfo.",
                _TEXT, _flagged(NLA_F_NESTED), body=True),
    HeaderField("unnested", "text", "Attributes that hold attributes without NLA_F_NESTED, by their names in filters.",
                _TEXT, _unnested, body=True),
    HeaderField("net-byteorder", "text", "Attributes with NLA_F_NET_BYTEORDER, by their names in filters.",
                _TEXT, _flagged(NLA_F_NET_BYTEORDER), body=True),
    HeaderField("unknown", "number", "How many of its bytes no dissector names; alone: any.",
                _NUMBER, _unknown, body=True, truth=True),
    HeaderField("summary", "text", "The line that describes it.", _TEXT, _summary, body=True),
)  # fmt: skip
# As other programs call these fields: Wireshark, libnl, and the kernel's own structs.
ELSEWHERE = {
    **dict.fromkeys(("frame.number", "frame-number"), "frame"),
    **dict.fromkeys(("frame.time", "frame.time-epoch", "frame.time-relative"), "time"),
    **dict.fromkeys(("netlink.hdr-len", "nlmsg-len"), "length"),
    **dict.fromkeys(("netlink.hdr-type", "netlink-route.nltype", "nlmsg-type", "nltype"), "type"),
    **dict.fromkeys(("netlink.hdr-flags", "nlmsg-flags"), "flags"),
    **dict.fromkeys(("netlink.hdr-seq", "nlmsg-seq"), "seq"),
    **dict.fromkeys(("netlink.hdr-pid", "nlmsg-pid"), "port"),
    **dict.fromkeys(("netlink.error", "netlink.errno"), "errno"),
    "netlink.protocol": "protocol",
    "genl.family": "family",
}
HEADER = {
    item.name: item
    for item in (
        *_FIELDS[:2],
        *(HeaderField(f"flags.{normal(name)}", "yes/no", f"NLM_F_{name} is set.", FieldType("flag")) for name in FLAGS),
        *_FIELDS[2:],
    )
}


def header_field(name: str) -> HeaderField | None:
    """The field of all messages that a name means, in any spelling or as one of `ELSEWHERE`; None for no such."""
    name = normal(name)
    return HEADER.get(ELSEWHERE.get(name, name))
