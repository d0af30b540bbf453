"""Values and summaries by the shape of a message are those of its tree, for every message of the captures."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from nlsniff.decode.decoder import Decoder
from nlsniff.decode.node import nodes_at
from nlsniff.decode.summary import summarise
from nlsniff.reader import IndexedCapture, Stream
from tests.conftest import CAPTURES, ROOT
from tests.support import REGISTRY

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from nlsniff.decode.node import Node

NAMES = ("first-route", "link-life", "rules-neighbours", "xfrm", "wireguard", "tc-filters", "nl80211", "rejected")


def paths_of(node: Node, above: str = "") -> Iterator[str]:
    """The paths of all nodes below one."""
    for part in node.parts():
        inside = node.kind == "list"
        path = above if inside else f"{above}.{part.name}" if above else part.name
        yield path
        yield from paths_of(part, path)


def said(nodes: list[Node]) -> list[tuple[object, ...]]:
    """All that is said of nodes, but for where they stand."""
    return [
        (node.name, node.kind, node.raw, node.value, node.text, node.resolved, said(list(node.children)))
        for node in nodes
    ]


@pytest.mark.parametrize("name", NAMES)
def test_what_a_shape_says_at_a_path_the_tree_says(name: str) -> None:
    decoder = Decoder(REGISTRY)
    by_shape = 0
    for batch in Stream(ROOT / "captures" / f"{name}.pcapng", decoder).batches():
        for message in batch[::3]:
            tree, parts = message.apart().root, message.values
            every = sorted(set(paths_of(tree)))
            for path in (*every, "no-such.path"):
                mine, its = parts.get(path), tree.get(path)
                assert (mine and said([mine])) == (its and said([its])), (message.number, path)
                assert (parts.first("", path), parts.number(path)) == (tree.first("", path), tree.number(path))
                shown = f"{path}[ is {{{path}}}][{{?{path}==1}}, one]"
                assert parts.summarise(shown) == summarise(shown, tree)
            for wanted in [(path,) for path in every] + [tuple(every[:9])]:
                nodes = decoder.patterns.nodes(message, wanted)
                if nodes is not None:
                    assert said(list(nodes)) == said(nodes_at(tree, wanted)), (message.number, wanted)
                    by_shape += 1
    assert by_shape > 40


@pytest.mark.parametrize("path", CAPTURES, ids=lambda path: path.stem)
def test_a_shape_gives_the_summary_of_the_tree_in_any_order(path: Path) -> None:
    """Those who read conversations go forth and back, so that names of other times hold from one to the next."""
    with IndexedCapture(path, Decoder(REGISTRY)) as capture:
        capture.load()
        numbers = list(range(1, len(capture) + 1))
        for order in numbers, sorted(numbers, key=lambda number: number * 7919 % 1009):
            for number in order[:300]:
                message = capture.message(number)
                by_shape = message.summary
                assert by_shape == summarise(message.summary_template, message.root), number
        assert capture.decoder.patterns._hits > 0
