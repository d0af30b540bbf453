"""The kernel's own specs, unchanged: all load, and dissect traffic in the place of ours.

Not part of the suite, because no package of every machine has them: `tests/run tests/spec/kernel_specs.py`.
Their folder is NLSNIFF_KERNEL_SPECS, or that of an unpacked kernel source under /usr/src, or of an installed ynl.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

import nlsniff.decode.decoder  # noqa: F401  decoders register themselves
from nlsniff.decode.decoder import Decoder
from nlsniff.decode.fields import decoder
from nlsniff.reader import Stream
from nlsniff.spec.check import check
from nlsniff.spec.load import parse_yaml
from nlsniff.spec.registry import Registry, shipped_dir
from tests.conftest import CAPTURES
from tests.support import check_tree


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
                decoder(attribute)
    assert registry.complaints == []


def test_no_key_of_theirs_is_unknown() -> None:
    for path in sorted(specs().glob("*.yaml")):
        found = [(item.path, item.text) for item in check(parse_yaml(path.read_bytes(), path.name))]
        assert found == [], path.name


def test_ours_win_over_theirs() -> None:
    registry = Registry([specs()])
    assert Path(registry.path("rt-link")).parent == shipped_dir()
    assert Path(registry.path("ethtool")).parent == specs()


@pytest.mark.parametrize(
    ("gone", "capture", "least"),
    [
        ("rt-route", "routes", 0.85),
        ("rt-link", "link-life", 0.9),
        ("nlctrl", "route-dump", 1),
        ("rt-addr", "link-life", 1),
    ],
)
def test_theirs_dissect_where_ours_is_deleted(tmp_path: Path, gone: str, capture: str, least: float) -> None:
    shutil.copytree(shipped_dir(), tmp_path / "ours")
    (tmp_path / "ours" / f"{gone}.yaml").unlink()
    path = next(path for path in CAPTURES if path.stem == capture)
    theirs = Decoder(Registry([specs()], shipped=tmp_path / "ours"))
    named = total = 0
    for message, ours in zip(Stream(path, theirs), Stream(path, Decoder()), strict=True):
        family = ours.layout.family
        if family is None or family.name != gone:
            continue
        check_tree(message)
        assert message.layout.family is not None
        assert message.layout.family.source == str(specs() / f"{gone}.yaml")
        for name in ("dst", "gateway", "oif", "ifname", "mtu", "address", "family-name"):
            assert message.get(name) == ours.get(name), (message, name)
        named += message.counts.total - message.counts.unknown
        total += message.counts.total
    assert total
    assert named >= least * total
