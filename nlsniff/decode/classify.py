"""What of a message may be a key: one judge, for what is masked when shown and for what `redact` blanks.

A dissector says of fields that they are a key. That is certain only where the message is what it seems to be. So there
are three grades of what must not be passed on:

- `key`: a field that its dissector calls secret, where nothing before it is damaged.
- `suspect`: what may be a key: bytes that nobody can name beside keys, and whatever stands behind damage there.
- `unread`: what nobody can read, with no reason to think that it holds a key.

Printers mask the first two, `redact` blanks all three. What is shown is a person's own capture, who can ask for
`--show-secrets`; what is redacted goes to others, who cannot be asked to look away.

What is suspected, and why so much of it:

- A generic netlink family without a name (no answer of nlctrl in the capture, or read in the wrong byte order) may be
  WireGuard. Its keys are 32 bytes that look like any other 32 bytes, passwords look like names, and a nest looks like a
  blob: no rule on size or randomness tells them apart. So all payloads are suspected; types and lengths stay readable.
- Where a length is wrong, attributes are looked for at wrong places, and a key is read as whatever the dissector has
  there. So nothing behind the first sign of damage is trusted, nor what takes any bytes (blobs, arrays) before it: a
  length that is too large shows only where the next attribute should begin. Fixed headers, and numbers, addresses and
  texts before the damage are what they seem to be. A header with damage right behind it, in bytes that do not look like
  an attribute, is not passed on, for it may lack bytes.
- Signs of damage are errors, lengths that do not fit a type, a struct that ends inside of a member, and a text that has
  no end or cannot be printed. That an attribute comes twice is none: hostapd and strongSwan send some so. Where no keys
  are near, what programs get wrong is none either: a number of at most four bytes where two belong, a name of a family
  that is too long or has no end.
- A nlmsg_type that is wrong makes a message of another family. So no family of generic netlink is trusted where a
  message is damaged, nlctrl included, nor with what it cannot name in a command that it does not know, nor where it
  can name none of the attributes. A dissector that a user begins to write names few, so that there only keys count. Of
  a family that no dissector describes there is nothing to see damage by but its genlmsghdr; what has a fixed id, so
  that nobody needs to have said that the family exists, is suspected as a whole.
- A text with something wrong may be another record than its type says: what its dissector does not list is suspected.
- An NLMSG_ERROR that lacks bytes before the copy of its request has parts of that where the copy's header should be.
- A nlmsg_len that is wrong makes a message of the middle of another; `nlsniff.wire.nlmsg.is_astray` finds those.

What changes a message into another valid one (a private key that is called a public key) cannot be noticed by anybody.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from nlsniff.decode.context import UNPACK
from nlsniff.decode.look import Grade, Judgement, Look, Piece, is_error, leaves
from nlsniff.decode.names import FIXED_FAMILIES
from nlsniff.decode.node import MASKED, masked_problem
from nlsniff.wire.constants import (
    GENL_ID_CTRL,
    NETLINK_AUDIT,
    NETLINK_ECRYPTFS,
    NETLINK_GENERIC,
    NETLINK_ISCSI,
    NETLINK_SOCK_DIAG,
    NETLINK_XFRM,
    NLMSG_DONE,
    NLMSG_ERROR,
)
from nlsniff.wire.nlmsg import ERROR_SIZE, HEADER, HEADER_SIZE, align, is_control

if TYPE_CHECKING:
    from nlsniff.decode.context import Context
    from nlsniff.decode.decoder import Decoder
    from nlsniff.decode.layouts import Layout
    from nlsniff.decode.message import NetlinkMessage
    from nlsniff.decode.node import Node

# Protocols that carry keys: those of IPsec, of TCP signatures, what was typed at a terminal, CHAP secrets of iSCSI,
# pass phrases of eCryptfs, and the keys of generic netlink families.
KEYED = frozenset({NETLINK_XFRM, NETLINK_SOCK_DIAG, NETLINK_AUDIT, NETLINK_ISCSI, NETLINK_ECRYPTFS, NETLINK_GENERIC})
# Generic netlink families that no dissector describes and that carry keys or passwords: TIPC_NLA_NODE_KEY,
# NL802154_ATTR_SEC_KEY, PSP_A_KEYS_KEY, ksmbd's hashes, CIFS_GENL_ATTR_SWN_PASSWORD, OpenVPN's older module.
KEYED_FAMILIES = frozenset({"TIPCv2", "nl802154", "psp", "SMBD_GENL", "cifs", "ovpn-dco", "ovpn-dco-v2"})

_LENGTH_SIZE = 4
# Type and payload of what holds numbers only: an ACK with the header that it is for, the end of a dump.
_PLAIN = {(NLMSG_ERROR, ERROR_SIZE + HEADER_SIZE), (NLMSG_DONE, ERROR_SIZE)}
_ERRORS = range(-4095, 1)  # of the kernel: -MAX_ERRNO to 0; only netfilter has others, and carries no keys
_RESERVED, _GENERIC_SIZE = 2, 4  # of a genlmsghdr: where it begins to be zeros, and its size
_TYPED = (NETLINK_GENERIC, GENL_ID_CTRL)  # its texts are names of families
_COOKIE = 8  # bytes, of all that the kernel sends in an extended ACK

_NOTHING = Judgement([], [])


def judge(decoder: Decoder, ctx: Context, message: NetlinkMessage, root: Node) -> Judgement:
    """Find what a decoded message has to hide; the same of a tree that is masked already."""
    if is_innocent(decoder, ctx, message):
        return _NOTHING
    found = _judged(decoder, ctx, message, root)
    if message.broken and not message.stray and message.protocol in KEYED:
        # Its length is wrong, so bytes may be missing anywhere, and a key stand where a header has numbers. Whoever cut
        # his own frames short may still look at those.
        whole = Piece(message.body, message.end, "unread")
        return Judgement(sorted([*found.pieces, whole]), found.nodes)
    return found


def _judged(decoder: Decoder, ctx: Context, message: NetlinkMessage, root: Node) -> Judgement:
    protocol, body, end = message.protocol, message.body, message.end
    if message.stray:
        # Nothing tells what this is, other messages may be in it. Its length, which is at fault, may stay.
        start = message.start if message.headless else min(message.start + _LENGTH_SIZE, end)
        return _whole(root, start, end, "suspect" if protocol in KEYED else "unread")
    if is_control(protocol, message.type):
        return _control(decoder, ctx, message, root)
    stance = _stance(decoder, ctx, message.type, message.layout)
    if stance in {"suspect", "unread"}:
        return _whole(root, body, end, _grade(ctx, stance, body, end))
    textual = message.layout.textual
    look = Look(ctx, strict=stance == "strict" or _is_foreign(decoder, message.layout, root), textual=textual)
    look.typed = (protocol, message.type) == _TYPED
    look.at_message(root.children, lacking=message.broken)
    if textual and (look.torn or message.broken):
        look.strict = True
        look.unknown += [node for node in look.any if node.spec is None]
    return look.judgement(root, end)


def is_innocent(decoder: Decoder, ctx: Context, message: NetlinkMessage) -> bool:
    """Whether a message has nothing to hide whatever its body says; most have not."""
    if message.stray:
        return False
    if message.end <= message.body:
        return True
    if is_control(message.protocol, message.type):
        return (message.type, message.end - message.body) in _PLAIN and not message.broken
    return _stance(decoder, ctx, message.type, message.layout) == "open"


def mask(node: Node) -> None:
    """Make a node say no more than that it is secret."""
    if node.value is not None or node.text:
        node.text = MASKED
        node.resolved = ""
        if node.kind in {"value", "unknown", "padding"}:
            node.value = node.raw = MASKED
    if node.problems:
        node.problems = list(map(masked_problem, node.problems))


def _stance(
    decoder: Decoder, ctx: Context, type_: int, layout: Layout
) -> Literal["open", "wary", "strict", "suspect", "unread"]:
    """How a message is read: `wary` only where it is damaged, `strict` beside keys; without a form as a whole."""
    protocol = ctx.protocol
    if layout.form is not None:
        if protocol == NETLINK_XFRM or layout.holds_secret:
            return "strict"
        if protocol == NETLINK_GENERIC and layout.operation is None:
            return "strict"
        return "wary" if protocol in KEYED else "open"
    if protocol != NETLINK_GENERIC:
        return "suspect" if protocol in KEYED else "unread"
    name = decoder.names.resolve("genl", type_, ctx.number)
    if not name or name in KEYED_FAMILIES or type_ in FIXED_FAMILIES:
        return "suspect"
    family = decoder.registry.generic(name)
    if family is None:  # a dissector that cannot be used may have told of keys
        return "suspect" if name in decoder.registry else "unread"
    return "suspect" if family.holds_secret or decoder.registry.is_shipped(name) else "unread"


def _is_foreign(decoder: Decoder, layout: Layout, root: Node) -> bool:
    """Whether none of a message's attributes has a name in its family: they may be those of another.

    Of a shipped family, which lists them all; who begins to write a dissector need not begin with secrets.
    """
    family = layout.family
    if family is None or not family.generic or not decoder.registry.is_shipped(family.name):
        return False
    attributes = [node for node in root.children if node.type is not None]
    return bool(attributes) and all(node.kind == "unknown" for node in attributes)


def _grade(ctx: Context, stance: str, body: int, end: int) -> Grade:
    """How much a body without a form is doubted: where its genlmsghdr cannot be one, it is not what its type says."""
    start, stop = min(body + _RESERVED, end), min(body + _GENERIC_SIZE, end)
    if stance == "suspect" or (ctx.protocol == NETLINK_GENERIC and not ctx.zeros(start, stop)):
        return "suspect"
    return "unread"


def _whole(root: Node, start: int, end: int, grade: Grade) -> Judgement:
    if start >= end:
        return _NOTHING
    nodes = list(leaves(root.children)) if grade == "suspect" else []
    return Judgement([Piece(start, end, grade)], nodes)


def _control(decoder: Decoder, ctx: Context, message: NetlinkMessage, root: Node) -> Judgement:
    """NLMSG_ERROR and its kin. The copy of a request inside is judged as the request itself is.

    Around it are numbers and words of the kernel; where the copy's length is wrong, a part of it is read as those.
    """
    copy = root.get("request") if message.type == NLMSG_ERROR else None
    keyed = ctx.protocol in KEYED
    look = Look(ctx, strict=keyed)
    whole = _NOTHING
    if copy is not None and copy.end - copy.start > HEADER_SIZE:
        _, type_, flags, _, _ = HEADER[ctx.order].unpack_from(ctx.data, copy.start)
        body = copy.start + HEADER_SIZE
        layout = decoder.layouts.find(ctx, type_, flags, "to-kernel", body, copy.end)
        stance = _stance(decoder, ctx, type_, layout)
        if stance in {"strict", "wary"}:
            look.strict = stance == "strict" or _is_foreign(decoder, layout, copy)
            look.typed = (ctx.protocol, type_) == _TYPED
            look.at_problems(copy)
            look.at_message(copy.children)
        elif stance != "open":
            whole = _whole(copy, body, copy.end, _grade(ctx, stance, body, copy.end))
    if copy is not None and keyed and not _has_header(ctx, message, copy):
        header = Piece(copy.start, copy.start + HEADER_SIZE, "suspect")
        whole = Judgement([header, *whole.pieces], [*copy.children[0].walk(), *whole.nodes])
    around = Look(ctx, strict=keyed or look.strict)
    around.at_all(child for child in root.children if child is not copy and not is_error(child))
    if not around.strict:
        pieces = [Piece(node.payload, node.end, "unread") for node in around.unknown]
        return Judgement(sorted(whole.pieces + pieces), whole.nodes)
    look.first = min(look.first, around.first)
    look.unknown += around.unknown
    look.opened += around.opened
    look.unknown += [node for node in around.any if node.end - node.payload > _COOKIE]
    found = look.judgement(root, root.end)
    return Judgement(sorted(whole.pieces + found.pieces), whole.nodes + found.nodes)


def _has_header(ctx: Context, message: NetlinkMessage, copy: Node) -> bool:
    """Whether what is read as the header of a copied request is one, by its length and the error number before it.

    A header alone says the length of the whole request. Where a module sends an error of its own making, nothing but
    the length speaks for it.
    """
    ctx.decide(copy.start - ERROR_SIZE, copy.start + _LENGTH_SIZE)
    length, *_ = HEADER[ctx.order].unpack_from(ctx.data, copy.start)
    error = UNPACK[ctx.order]["s32"](ctx.data, copy.start - ERROR_SIZE)[0]
    room = message.end - copy.start
    if error not in _ERRORS:
        return align(length) == align(room)
    alone = copy.end - copy.start == HEADER_SIZE
    return length >= HEADER_SIZE and (length <= room or alone or message.broken)
