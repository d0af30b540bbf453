"""The kernel's own specs, unchanged: all load, and dissect traffic in the place of ours.

Not part of the suite, because no package of every machine has them: `tests/run tests/spec/kernel_specs.py`.
Their folder is NLSNIFF_KERNEL_SPECS, or that of an unpacked kernel source under /usr/src, or of an installed ynl.
"""

from __future__ import annotations

import os
import re
import shutil
from collections import Counter, defaultdict
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import nlsniff.decode.decoder  # noqa: F401  decoders register themselves
from nlsniff.decode.decoder import Decoder
from nlsniff.decode.fields.registry import made
from nlsniff.reader import Stream
from nlsniff.spec.check import check
from nlsniff.spec.folders import shipped_dir
from nlsniff.spec.load import parse_yaml
from nlsniff.spec.registry import Registry
from nlsniff.wire.constants import NETLINK_GENERIC
from tests.conftest import CAPTURES
from tests.spec.kernel_gaps import DIFFERENT, LACKING, PROBLEMS, UNKNOWN_SHARE
from tests.support import check_tree

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nlsniff.decode.message import NetlinkMessage
    from nlsniff.decode.node import Node


def _folders() -> list[Path]:
    named = os.environ.get("NLSNIFF_KERNEL_SPECS")
    if named:
        return [Path(named)]
    return [*Path("/usr/src").glob("linux-source-*/Documentation/netlink/specs"), Path("/usr/share/ynl/specs")]


SPECS = next((folder for folder in _folders() if folder.is_dir()), None)
pytestmark = pytest.mark.skipif(SPECS is None, reason="no kernel specs: NLSNIFF_KERNEL_SPECS names their folder")


def specs() -> Path:
    assert SPECS is not None
    return SPECS


def test_all_load_and_everything_in_them_resolves(tmp_path: Path) -> None:
    """Without ours, so that none of theirs is hidden."""
    registry = Registry([specs()], shipped=tmp_path)
    assert len(registry.names) == len(list(specs().glob("*.yaml")))
    assert registry.complaints == []
    for name in registry.names:
        family = registry.family(name)
        assert family is not None, registry.complaints
        for known in family.struct_names:
            family.struct(known)
        for known in family.sets:
            for attribute in family.attribute_set(known).by_number.values():
                made(attribute)
    assert registry.complaints == []


def test_no_key_of_theirs_is_unknown() -> None:
    for path in sorted(specs().glob("*.yaml")):
        found = [(item.path, item.text) for item in check(parse_yaml(path.read_bytes(), path.name))]
        assert found == [], path.name


def test_ours_win_over_theirs() -> None:
    registry = Registry([specs()])
    assert Path(registry.path("rt-link")).parent == shipped_dir()
    assert Path(registry.path("ethtool")).parent == specs()


COMMON = sorted(path.stem for path in shipped_dir().glob("*.yaml") if SPECS and (SPECS / path.name).is_file())
# Recorded for what the specs describe and nlsniff has no dissector for.
GENERIC = ("devlink", "ethtool", "mptcp", "netdev", "nl80211", "openvswitch", "ovpn", "team", "wireguard")


def capture(name: str) -> Path:
    return next(path for path in CAPTURES if path.stem == name)


def described(message: NetlinkMessage) -> str:
    """The family of a message, or of the request whose copy it holds, where it is generic and theirs describes it."""
    root = message.root.get("request") or message.root
    type_ = root.get("nlmsghdr.type")
    if message.protocol != NETLINK_GENERIC or type_ is None:
        return ""
    family = message._decoder.registry.generic(message._decoder.names.resolve("genl", type_.raw, message.number))
    return family.name if family is not None and family.source.startswith(str(specs())) else ""


def gaps(message: NetlinkMessage) -> Iterator[tuple[str, int]]:
    """What is unknown in a message, or differs from the spec: path and bytes. A blob is one by the spec itself."""

    def walk(node: Node, path: str) -> Iterator[tuple[str, int]]:
        size = node.end - node.start
        if node.kind == "unknown":
            yield path, size
        elif node.problems:
            yield f"{path}: {node.problems[0].code}", size
        blob = node.kind == "value" and node.spec is not None and node.spec.type == "binary" and not node.spec.struct
        for child in node.children:
            if blob and child.kind == "unknown":
                yield f"{path}: a blob", child.end - child.start
            else:
                yield from walk(child, path if child.name.isdigit() else f"{path}.{child.name}")

    # A notification of the kernel itself has neither sequence number nor port.
    event = message.direction == "to-user" and not message.seq and not message.port
    yield from walk(message.root, ("event " if event else "") + message.type_name)


@pytest.mark.parametrize("name", GENERIC)
def test_theirs_dissect_generic_netlink(tmp_path: Path, name: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Every unknown byte and every problem is one that the spec is to blame for; prints how many."""
    for path in shipped_dir().glob("*.yaml"):
        if path.stem not in COMMON:
            shutil.copy(path, tmp_path)
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    unexplained: Counter[str] = Counter()
    for message in Stream(capture(name), Decoder(Registry([specs()], shipped=tmp_path))):
        check_tree(message)
        family = described(message)
        if not family:
            continue
        total = counts[family]
        total.update(messages=1, bytes=message.counts.total, unknown=message.counts.unknown)
        total.update(problems=len(message.problems))
        lacking = [pattern for known, pattern, _ in LACKING if known == family]
        for gap, size in gaps(message):
            if gap.endswith(": a blob"):
                total["of them blobs"] += size
            elif not any(re.search(pattern, gap) for pattern in lacking):
                unexplained[gap] += size
    with capsys.disabled():
        for family, total in sorted(counts.items()):
            print(f"\n{name}: {family}: {dict(total)}", end="")
    assert counts
    assert not unexplained, "\n".join(sorted(unexplained))


@pytest.mark.parametrize("gone", COMMON)
def test_theirs_dissect_where_ours_is_deleted(tmp_path: Path, gone: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Over all recordings: a number that both name has one value, but for those that are known to differ."""
    shutil.copytree(shipped_dir(), tmp_path / "ours")
    (tmp_path / "ours" / f"{gone}.yaml").unlink()
    registry = Registry([specs()], shipped=tmp_path / "ours")
    total: Counter[str] = Counter()
    different: Counter[str] = Counter()
    problems: Counter[str] = Counter()
    for path in CAPTURES:
        for message, ours in zip(Stream(path, Decoder(registry)), Stream(path, Decoder()), strict=True):
            family = ours.layout.family
            if family is None or family.name != gone:
                continue
            check_tree(message)
            if message.layout.family is None:  # a type that the spec leaves out
                total["left out"] += 1
                continue
            assert message.layout.family.source == str(specs() / f"{gone}.yaml")
            counts = message.counts
            total.update(messages=1, bytes=counts.total, unknown=counts.unknown)
            problems.update(f"{node.name}: {item.code}" for node in message.root.walk() for item in node.problems)
            mine = {(node.start, node.end): node for node in ours.root.walk() if node.kind == "value"}
            for node in message.root.walk():
                other = mine.get((node.start, node.end)) if node.kind == "value" else None
                # Numbers: a blob and what it holds are the same bytes.
                if other is None or not isinstance(node.raw, int) or not isinstance(other.raw, int):
                    continue
                total["values"] += 1
                if node.raw != other.raw:
                    different[node.name] += 1
    with capsys.disabled():
        print(f"\n{gone}: {dict(total)}, different: {dict(different)}, problems: {dict(problems)}", end="")
    assert total["messages"] > 0
    assert set(different) <= set(DIFFERENT.get(gone, {}))
    assert set(problems) <= set(PROBLEMS.get(gone, {}))
    assert total["unknown"] <= UNKNOWN_SHARE.get(gone, 0) * total["bytes"]
