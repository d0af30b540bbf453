"""The filter that a node of a message stands for: what one would type to see all messages that say the same there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nlsniff.errors import NlsniffError
from nlsniff.filter.compile import compile_filter
from nlsniff.filter.complete import written
from nlsniff.filter.values import values_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nlsniff.decode.message import NetlinkMessage
    from nlsniff.decode.node import Node
    from nlsniff.follow.conversation import ConversationView
    from nlsniff.spec.registry import Registry

# Members of a struct nlmsghdr, and what an NLMSG_ERROR has, as filters call them.
_HEADER = {"len": "length", "pid": "port"}
_ERROR = {"error": "errno", "msg": "extack"}


def about(message: NetlinkMessage, conversation: ConversationView, node: Node, registry: Registry) -> str:
    """A filter that matches a message for what one of its nodes says; for that it is there, where it has no value.

    Args:
        message: whose node it is.
        conversation: that of the message.
        node: in the tree of the message; its root stands for the type.
        registry: the dissectors.

    Returns:
        The filter. What no filter can ask, such as padding, has that of what is around it.
    """
    for name, inner in names_of(message, node):
        for filter_ in _filters(name, inner, message, conversation, registry):
            if _matches(filter_, message, conversation, registry):
                return filter_
    return f"type == {message.type_name}"


def joined(before: str, word: str, text: str) -> str:
    """A filter that wants what another one wants, and what `text` wants, or with the word `not` all else."""
    if word:
        text = f"{word} ({text})" if " and " in text else f"{word} {text}"
    return " and ".join([f"({before})" if " or " in before else before, text]) if before else text


def names_of(message: NetlinkMessage, node: Node) -> Iterator[tuple[str, Node]]:
    """The field of a node with it, then those of what is around it, outward."""
    way = list(_way(message.root, node) or ())
    if way and way[0].name in {"nlmsghdr", "genlmsghdr"}:
        if len(way) > 1:
            yield _HEADER.get(node.name, node.name), node
        return
    family = message.layout.family
    if family is None:
        if node.name in _ERROR:
            yield _ERROR[node.name], node
        return
    while way:
        # What a header holds is beside it, and a list stands for its elements.
        inside = zip(way, [message.root, *way], strict=False)
        named = [part.name for part, around in inside if part.kind != "header" and around.kind != "list"]
        yield ".".join([family.prefix, *named]), way[-1]
        way.pop()


def _way(inside: Node, node: Node) -> list[Node] | None:
    """The nodes from below one down to another."""
    for child in inside.children:
        if child is node:
            return [child]
        if child.start <= node.start and node.end <= child.end:
            found = _way(child, node)
            if found is not None:
                return [child, *found]
    return None


def _filters(
    name: str, node: Node, message: NetlinkMessage, conversation: ConversationView, registry: Registry
) -> Iterator[str]:
    """What may be asked of a field, what says most first."""
    values = values_of(name, registry) if node.kind not in {"nest", "header"} else None
    texts = list(dict.fromkeys(values(message, conversation))) if values is not None else []
    flags = node.value if isinstance(node.value, list) else node.text.split("|")
    if set(flags) <= set(texts):
        yield " and ".join(f"{name} == {written(flag)}" for flag in flags)
    own = {node.resolved, node.text, str(node.value)}
    for text in sorted(texts, key=lambda text: text not in own):
        yield f"{name} == {written(text)}"
    if isinstance(node.raw, int) and not node.secret:
        yield f"{name} == {node.raw}"
    yield name


def _matches(text: str, message: NetlinkMessage, conversation: ConversationView, registry: Registry) -> bool:
    try:
        filter_ = compile_filter(text, registry)
    except NlsniffError:
        return False
    filter_.begin(message.time_ns)
    return filter_.matches(message, conversation)
