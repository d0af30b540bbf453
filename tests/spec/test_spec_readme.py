"""dissectors/README.md must be enough to write a dissector, so what it shows must be so."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

from nlsniff.cli.spec import command
from nlsniff.spec import keys
from nlsniff.spec.load import parse_yaml
from tests.cli.invoke import invoke
from tests.conftest import ROOT
from tests.spec.make import Bench, attr, nest, problems, shown, u32, u64

if TYPE_CHECKING:
    from pathlib import Path

TEXT = (ROOT / "dissectors" / "README.md").read_text()
BLOCKS = re.findall(r"```yaml\n(.*?)```", TEXT, re.DOTALL)
WHOLE = [block for block in BLOCKS if block.startswith("name:") and "overlay" not in block]


def test_it_has_whole_dissectors_and_fragments() -> None:
    assert len(WHOLE) == 2
    assert len(BLOCKS) > 8


@pytest.mark.parametrize("block", WHOLE, ids=lambda block: block.split()[1])
def test_a_whole_dissector_is_without_fault(tmp_path: Path, block: str) -> None:
    path = tmp_path / "shown.yaml"
    path.write_text(block)
    result = invoke(command, ["check", "--strict", str(path)])
    assert result.exit_code == 0, result.output
    name = block.split()[1]
    if name == "tcp_metrics":
        assert result.output.replace(str(path), "tcp_metrics.yaml").strip() in TEXT


def test_the_first_one_dissects(tmp_path: Path) -> None:
    (tmp_path / "tcp_metrics.yaml").write_text(WHOLE[0])
    made = Bench(tmp_path)
    payload = attr(1, bytes([192, 0, 2, 1])) + attr(3, u64(1500)) + nest(6, attr(4, u32(10)), attr(6, u32(900)))
    message = made.generic("tcp_metrics", 1, payload, flags=2)
    assert message.type_name == "TCP_METRICS_CMD_GET"
    assert message.summary == "192.0.2.1 rtt 900 us cwnd 10 packets"
    assert shown(message) == {"addr-ipv4": "192.0.2.1", "age": 1500, "vals": {"cwnd": 10, "rtt-us": 900}}
    assert (message.counts.unknown, problems(message)) == (0, [])


KNOWN = {
    name
    for known in (
        keys.TOP, keys.DEFINITION, keys.ENTRY, keys.MEMBER, keys.BITS, keys.ATTRIBUTE, keys.CHECKS, keys.SET,
        keys.SUB_MESSAGE, keys.FORMAT, keys.OPERATIONS, keys.OPERATION, keys.MODE, keys.FORM, keys.GROUP,
    )
    for name in known
}  # fmt: skip


@pytest.mark.parametrize("block", BLOCKS, ids=range(len(BLOCKS)))
def test_every_key_that_is_shown_exists(block: str) -> None:
    def walk(value: Any) -> None:
        if isinstance(value, dict):
            for key, inner in value.items():
                if key in {"special", "when"}:
                    continue
                assert key in KNOWN | {"after", "remove"}, key
                walk(inner)
        elif isinstance(value, list):
            for inner in value:
                walk(inner)

    walk(parse_yaml(block.encode(), "README"))


# Keys of the kernel's that nlsniff reads over: they are for generating C.
FOR_C = {
    "async-enum", "attr-cnt-name", "attr-max-name", "c-define-name", "c-family-name", "c-version-name",
    "cmd-cnt-name", "cmd-max-name", "config-cond", "dont-validate", "enum-cnt-name", "enum-name", "exact-len",
    "flags", "flags-mask", "kernel-family", "kernel-policy", "max", "max-by-define", "max-len", "min", "min-len",
    "post", "pre", "render-max", "scope", "sparse", "unterminated-ok", "version",
}  # fmt: skip


@pytest.mark.parametrize("what", ["keys", "hints", "hooks", "types", "handles"])
def test_nothing_is_left_out(what: str) -> None:
    wanted = {
        "keys": KNOWN - FOR_C,
        "hints": keys.HINTS,
        "hooks": keys.HOOKS,
        "types": keys.ATTRIBUTE_TYPES,
        "handles": keys.HANDLES,
    }[what]
    words = set(re.findall(r"[\w-]+", TEXT))
    assert sorted(wanted - words) == []
