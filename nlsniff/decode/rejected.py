"""The attribute of a request that the kernel rejects, as the extended ACK of an NLMSG_ERROR names it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nlsniff.decode.ipset import refused_entry

if TYPE_CHECKING:
    from nlsniff.decode.node import Node


def locate(root: Node, offset: int) -> tuple[Node | None, str]:
    """The node that begins at an offset from the start of its message, else the smallest one there; and its path.

    Of several attributes of one name the path says which: `expressions.elem.3`.
    """
    at = root.start + offset
    names: list[str] = []
    found, around = None, root
    for node in root.at(at)[1:]:
        found = node
        if node.kind != "header":
            names.append(node.name)
            if node.repeats and (place := _place(node, around)):
                names.append(str(place))
        around = node
        if node.start == at and node.type is not None:
            break
    return found, ".".join(names)


def _place(node: Node, around: Node) -> int:
    """Which one of its name it is, from 1; 0 where it is the only one."""
    same = [part for part in around.children if part.name == node.name]
    return same.index(node) + 1 if len(same) > 1 else 0


def rejected(answer: Node) -> tuple[Node, str] | None:
    """What an NLMSG_ERROR rejects in the copy of the request that it holds, and its path; None where it says none."""
    copy, offs = answer.get("request"), answer.get("offs")
    if copy is None or offs is None or not isinstance(offs.raw, int):
        code = answer.get("error")
        return refused_entry(copy, abs(code.raw)) if copy is not None and code is not None else None
    node, path = locate(copy, offs.raw)
    known = node is not None and (node.kind != "unknown" or node.type is not None)
    return (node, path) if node is not None and known else None
