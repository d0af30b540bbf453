"""Every case in every output: an exit status that is documented, bytes that add up, the right value of each row.

The rows are those of `hostile/README.md` and `referee/README.md`; those of the README above them have tests beside what
they are about.
"""

from __future__ import annotations

import json
from functools import cache
from typing import TYPE_CHECKING, Any, Literal

import pytest

from nlsniff.output.json import message_line
from nlsniff.output.text import line, tree
from nlsniff.printer.printer import Printer
from nlsniff.reader import IndexedCapture, make_decoder
from tests.cases.files import every_case
from tests.cases.screen import visit
from tests.shared_cases import case
from tests.terminal.test_every_printer import check, run

if TYPE_CHECKING:
    from pathlib import Path

STYLES: tuple[Literal["line", "tree", "json"], ...] = ("line", "tree", "json")
CALLS = ("show", "show -V", "show --json", "show -e message -e type -e summary", "follow --all", "follow --all -V",
         "follow --all --json", "stats")  # fmt: skip
# Refused by all commands with status 2: what holds no netlink, or does not say that it does.
REFUSED = {"hostile/eth-snaplenmax.pcap", "no-cooked-header.pcap"}
# Refused by `redact` alone, which cannot judge what it cannot read.
DAMAGED = {"hostile/crc.pcapng.gz", "hostile/crc.pcapng.zst", "hostile/mid.pcapng.gz", "hostile/show-vs-follow.pcap"}
NAMES = every_case() or ["any"]  # of an absent folder: one test, which is skipped by name


def objects(printed: str) -> list[Any]:
    return [json.loads(text) for text in printed.splitlines() if text.startswith("{")]


@cache
def told(name: str) -> list[Any]:
    """The messages of a case as JSON has them."""
    return objects(run(["show", "--json", str(case(name))])[1])


@pytest.mark.parametrize("name", NAMES)
def test_every_output_of_a_case(name: str, tmp_path: Path) -> None:
    path = case(name)
    printed = {}
    for call in CALLS:
        status, printed[call] = run([*call.split(), str(path)])
        assert status == (2 if name in REFUSED else 0), printed[call][-300:]
        check(printed[call], "\n\t" if " -e " in call else "\n")
    messages = objects(printed["show --json"])
    for found in messages:
        counts = found["bytes"]
        assert counts["total"] == counts["named"] + counts["padding"] + counts["unknown"]
    shown = [found["message"] for found in messages]
    followed = [number for item in objects(printed["follow --all --json"]) for number in item["messages"]]
    assert shown == list(range(1, len(shown) + 1))
    assert sorted(followed) == shown
    for text in ("show", "show -e message -e type -e summary"):
        assert sum(row.strip()[:1].isdigit() for row in printed[text].splitlines()) == len(shown)
    plain = path.name.removesuffix(".gz").removesuffix(".zst")  # what is written is not compressed
    status, said = run(["redact", str(path), str(tmp_path / plain)])
    assert status == (2 if name in REFUSED | DAMAGED else 0), said
    assert said.startswith(f"nlsniff: {path}: " if status else "nlsniff: ")
    check(said)


def at(found: Any, path: str) -> Any:
    """What stands at a dotted path of a JSON object."""
    for step in path.split("."):
        found = found[int(step)] if isinstance(found, list) else found[step]
    return found


# Case, path, and what stands there in each message that has it.
VALUES: list[tuple[str, str, list[Any]]] = [
    ("flags-netfilter", "flags", [
        ["REQUEST", "CREATE"], ["REQUEST", "NONREC"], ["REQUEST", "EXCL"], ["REQUEST", "APPEND"],
        ["REQUEST", "REPLACE"], ["REQUEST", "NONREC"], ["ECHO", "REPLACE"], ["ECHO", "NONREC"], ["REPLACE"],
    ]),
    ("flags-noop-xfrm", "flags", [["REQUEST", "0x300"], ["ECHO", "0x100"]]),
    ("delaction-root", "flags", [["ROOT"], ["REQUEST", "ACK", "ROOT"]]),
    ("genl-dump-flags", "flags", [["REQUEST", "DUMP"]] * 6),
    ("sctp-locals", "body.locals.0.body", [{"addr": "18.52.86.120"}] * 2),
    ("sctp-locals", "body.peers.0.body", [{"addr": "18.52.86.120"}] * 2),
    ("mclist", "body.mclist.0.pdmc-addr", ["49.50.51.52"] * 2),
    ("uevent-order", "body.header-size", [40]),
    ("group-addr", "body.linkinfo.data.group-addr.2", ["ab:ac:db:cd:61:62"]),
    ("group-addr", "problems.1.text", ["group-addr: 4 bytes, 6 are wanted"]),
    ("flag-payload", "problems.0.text", ["blackhole has 4 bytes, a flag has none"] * 2),
    ("flag-payload", "bytes.unknown", [4, 4]),
    ("reserved", "notes.0.text", [
        "reserved is not zero: edfe", "pad2 is not zero: adde", "pad1 is not zero: de", "pad is not zero: 000102",
        "ifi-pad is not zero: aa", "ndm-pad1 is not zero: aa", "reserved is not zero: edfe", "pad1 is not zero: aa",
        "pad1 is not zero: aa",
    ]),
    ("reserved", "body.pad2", ["adde", "efbe", "ccbb", "ccbb"]),
    ("smc", "body.id.idiag-src", ["12.34.56.78", "43.21.56.78", "34.87.12.90"]),
    ("bytecode", "body.bytecode.0.code", ["s-cond", "s-cond", "dev-cond", "s-cond", "s-ge", "mark-cond"]),
    ("bytecode", "body.bytecode.0.argument.port", [44538, 22, 22]),
    ("bytecode", "body.bytecode.1.argument.ifindex", [3]),
    ("bytecode", "problems.0.code", ["jump"] * 3),
    ("bytecode", "bytes.unknown", [0, 0, 3, 0, 0, 0]),
    ("op-id", "body.ops.0.1.id-name", ["NL80211_CMD_GET_WIPHY"]),
    ("op-id", "body.ops.0.1.id", [3, 1]),
    ("ipproto", "body.protocol", ["igmp", "aggfrag", "smc"]),
    ("packet-proto-bpf", "body.pdiag-num", ["all", "all", "qinq1"]),
    ("packet-proto-bpf", "body.filter", [[
        {"code": "ldb [k]", "jt": 0, "jf": 0, "k": 0xFFFFF004}, {"code": "ret #k", "jt": 0, "jf": 0, "k": 42},
    ]]),
]  # fmt: skip


@pytest.mark.parametrize(("name", "path", "right"), VALUES, ids=lambda item: item if isinstance(item, str) else "")
def test_the_referee_is_right(name: str, path: str, right: list[Any]) -> None:
    found = []
    for message in told(f"referee/{name}.pcap"):
        try:
            found.append(at(message, path))
        except (LookupError, TypeError, ValueError):
            continue
    assert found == right


# The same in text: case, command, and parts of the lines that it prints.
TEXTS = [
    ("flags-netfilter", "-Y flags.create -e message", ["1\n"]),
    ("group-addr", "", ["[warning: group-addr: 2 bytes, 6 are wanted]"]),
    ("smc", "", ["smc active fallback-tcp 34.87.12.90 port 44510 -> 34.87.12.90 port 52653"]),
    ("ipproto", "", ["inet aggfrag", "inet smc"]),
    ("packet-proto-bpf", "-V", ["code: ldb [k] (48)", "code: ret #k (6)", "protocol qinq1"]),
    ("op-id", "-V", ["id: 1 (NL80211_CMD_GET_WIPHY)", "id: 167 (NL80211_CMD_STOP_PD)", "id: 168\n"]),
    ("bytecode", "-V", ["ifindex: 3", "! warning: yes leads 175 bytes on, 4 remain"]),
    ("uevent-order", "-V", ["header-size: 40"]),
    ("reserved", "-V", ["pad2: adde\n      ! note: pad2 is not zero: adde\n"]),
    ("delaction-root", "-V", ["flags: ROOT (0x0100)"]),
]


@pytest.mark.parametrize(("name", "call", "parts"), TEXTS, ids=lambda item: item if isinstance(item, str) else "")
def test_the_referee_is_right_in_text(name: str, call: str, parts: list[str]) -> None:
    _, printed = run(["show", *call.split(), str(case(f"referee/{name}.pcap"))])
    assert not [part for part in parts if part not in printed]
    if "-e" in call:
        assert printed == "".join(parts)


@pytest.mark.parametrize(
    ("name", "least", "most"),
    [("crc.pcapng.gz", 2028, 2028), ("crc.pcapng.zst", 2028, 2028), ("mid.pcapng.gz", 1134, 2028)],
)
def test_what_damaged_archives_still_hold_is_read_and_the_damage_told(name: str, least: int, most: int) -> None:
    status, printed = run(["show", "-e", "message", str(case(f"hostile/{name}"))])
    rows = [row for row in printed.splitlines() if row.isdigit()]
    assert status == 0
    assert least <= len(rows) <= most
    assert "damaged near byte" in printed


@pytest.mark.parametrize("name", ["stale", "stale-alone", "netorder", "netorder-alone"])
@pytest.mark.parametrize("backwards", [False, True])
def test_the_printer_says_what_the_walker_says(name: str, *, backwards: bool) -> None:
    with IndexedCapture(str(case(f"hostile/{name}.pcap")), make_decoder()).load() as capture:
        messages = [capture.message(number) for number in range(1, len(capture) + 1)]
        if backwards:
            messages.reverse()
        printers = {style: Printer(capture.decoder, style) for style in STYLES}
        for message in messages * 2:
            walked = {
                "line": line(message, messages[0].time_ns),
                "tree": "\n".join(tree(message)) + "\n\n",
                "json": message_line(message).decode(),
            }
            assert {style: printers[style]([message]).decode() for style in STYLES} == walked


def test_show_and_follow_agree_at_damage_whatever_the_byte_order() -> None:
    path = str(case("hostile/show-vs-follow.pcap"))
    for order in ("little", "big"):
        shown = objects(run(["show", "--json", "--endian", order, path])[1])
        followed = objects(run(["follow", "--all", "--json", "--endian", order, path])[1])
        assert [item["message"] for item in shown] == sorted(n for item in followed for n in item["messages"])


@pytest.mark.parametrize("name", ["bomb_doc.yaml", "neglen.yaml"])
def test_both_specs_are_refused(name: str) -> None:
    spec = str(case(f"hostile/{name}"))
    status, printed = run(["spec", "check", spec])
    assert status == 1
    assert ": error: " in printed
    status, printed = run(["spec", "list", "--spec", spec])
    assert status in {0, 1}
    assert spec in printed


# What must not be read in any of these: runs of a key.
KEYS = {
    "redact-bitflip": (b"kWZeiNNCiia3anXn9k3ksu9mI4ROnl89Sm995ytbxAk7jqevt0MLaMRTvetw0tES",),
    "redact-trailing-datagram": (b"kWZeiNNCiia3anXn9k3ksu9mI4ROnl89Sm995ytbxAk7jqevt0MLaMRTvetw0tES",),
    "redact-nla_len_other": (b"T6un2j1nMCFbmALD", b"NPzXe1Xo11kP7tsU"),
    "redact-nla_type_key": (b"7ujqCauSlxPGURq0eIO9pDN7mGwREQqX",),
    "redact-nlmsg_len": (b"9GvB13wgiesQ", b"PqbI1eQwE1juGfFTmY5vVGkZNTMx8pw4"),
    "wg-noctrl": (bytes.fromhex("585a1c0ffee00102030405060708090a0b0c0d0e0f1011121314151617181941"),),
}
RUN = 4  # bytes in a row


@pytest.mark.parametrize("name", KEYS)
def test_no_key_is_left_or_shown(name: str, tmp_path: Path) -> None:
    path, out = case(f"hostile/{name}.pcap"), tmp_path / "out.pcap"
    windows = [key[start : start + RUN] for key in KEYS[name] for start in range(len(key) - RUN + 1)]
    assert any(window in path.read_bytes() for window in windows)
    _, said = run(["redact", str(path), str(out)])
    assert "none of" not in said  # it guessed, so that it must not say that none is left
    left = out.read_bytes()
    assert not [window for window in windows if window in left]
    shown = "".join(run([*call.split(), str(path)])[1] for call in CALLS)
    texts = [window.decode("latin-1") for window in windows if window.isalnum()]
    texts += [window.hex() for window in windows] if name != "wg-noctrl" else [KEYS[name][0].hex()[:16]]
    assert not [text for text in texts if text in shown]


@pytest.mark.parametrize(
    "name",
    ["hostile/term.pcapng", "referee/bytecode.pcap", "hostile/redact-bitflip.pcap", "hostile/eth-snaplenmax.pcap"],
)
async def test_the_screen_opens_it(name: str) -> None:
    assert (await visit(case(name)) > 0) is (name not in REFUSED)
