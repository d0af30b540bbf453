"""Measures what commands take of memory for long messages: `python -m tests.model.memory`.

Each file has about 15.7 MB. None may take more than 256 MiB, whatever it is. `diff` holds all parts of both sides, and
gets files of a fourth of that.
"""

from __future__ import annotations

import argparse
import struct
import subprocess
import sys
import tempfile
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

from tests.model.traffic import Frame, capture

if TYPE_CHECKING:
    from collections.abc import Callable

MOST_MIB = 256
_SIZE = 15_700_000
_ROUTE, _XFRM, _AUDIT, _UEVENT = 0, 6, 9, 15

_NLSNIFF = ("-m", "nlsniff")
COMMANDS: dict[str, Callable[[Path], list[str]]] = {
    "line": lambda path: [*_NLSNIFF, "show", str(path)],
    "tree": lambda path: [*_NLSNIFF, "show", "-V", str(path)],
    "json": lambda path: [*_NLSNIFF, "show", "--json", str(path)],
    "fields": lambda path: [*_NLSNIFF, "show", "-e", "link.mtu", "-e", "summary", str(path)],
    "filter": lambda path: [*_NLSNIFF, "show", "-Y", "link.mtu == 3", str(path)],
    "follow": lambda path: [*_NLSNIFF, "follow", "--all", "-V", str(path)],
    "ladder": lambda path: [*_NLSNIFF, "follow", "--all", str(path)],
    "stories": lambda path: [*_NLSNIFF, "follow", "--stories", str(path)],
    "stats": lambda path: [*_NLSNIFF, "stats", str(path)],
    "diff": lambda path: [*_NLSNIFF, "diff", str(path), str(path)],
    "redact": lambda path: [*_NLSNIFF, "redact", str(path), f"{path}.out"],
    "open": lambda path: ["-m", "tests.tui.first_screen", str(path)],
}
# How many times smaller the files of a command are.
_SMALLER = {"diff": 4}
# What has nothing for a command: a program says none of it.
_REFUSED = {("properties", "diff"): 2}


def _attribute(number: int, payload: bytes = b"") -> bytes:
    return struct.pack("<HH", 4 + len(payload), number) + payload + bytes(-len(payload) % 4)


def _message(body: bytes, type_: int = 16, flags: int = 5, seq: int = 1) -> bytes:
    return struct.pack("<IHHII", 16 + len(body), type_, flags, seq, 1) + body


def _link(*attributes: bytes, seq: int = 1) -> bytes:
    return _message(bytes(16) + b"".join(attributes), seq=seq)


def _deep(size: int) -> bytes:
    inner = _attribute(900) * 16_000
    for _ in range(30):
        inner = _attribute(900 | 0x8000, inner)
    return _link(inner * (size // len(inner)))


def _shapes(size: int) -> list[Frame]:
    random = Random(1)  # noqa: S311  tests are no secret
    parts = _attribute(4, bytes(4)), _attribute(10, bytes(4))
    return [
        Frame(_ROUTE, (_link(*random.choices(parts, k=7300 + number), seq=number),)) for number in range(size // 60_000)
    ]


def _error(size: int) -> bytes:
    copy = _link(_attribute(900) * (size // 4))
    return _message(struct.pack("<i", -22) + copy + _attribute(2, struct.pack("<I", 16_000)), 2, 0x200)


def _keys(size: int) -> list[Frame]:
    """As many different keys as have room: a hundred in a message that adds a state of IPsec."""
    random = Random(1)  # noqa: S311  tests are no secret
    name = b"cbc(aes)".ljust(64, b"\0")
    return [
        Frame(_XFRM, (_message(bytes(224) + b"".join(_algorithm(name, random.randbytes(32)) for _ in range(100)), 16),))
        for _ in range(size // 10_640)
    ]


def _algorithm(name: bytes, key: bytes) -> bytes:
    return _attribute(2, name + struct.pack("<I", 8 * len(key)) + key)


# What makes the most of some bytes, by a name: a capture of so many.
FILES: dict[str, Callable[[int], bytes]] = {
    "attributes": lambda size: capture([Frame(_ROUTE, (_link(_attribute(900) * (size // 4)),))]),
    "numbers": lambda size: capture([Frame(_ROUTE, (_link(_attribute(4, bytes(4)) * (size // 8)),))]),
    "bytes": lambda size: capture([Frame(_ROUTE, (_message(b"\xa5" * size, 999),))]),
    "deep": lambda size: capture([Frame(_ROUTE, (_deep(size),))]),
    "shapes": lambda size: capture(_shapes(size)),
    "error": lambda size: capture([Frame(_ROUTE, (_error(size),))]),
    "together": lambda size: capture([Frame(_ROUTE, (_link(_attribute(900) * 250_000),) * (size // 1_000_000))]),
    "pairs": lambda size: capture([Frame(_AUDIT, (_message(b"audit(1.1:1): " + b"a=1 " * (size // 4), 1300),))]),
    "keys": lambda size: capture(_keys(size)),
    "properties": lambda size: capture([Frame(_UEVENT, (b"add@/x\0" + b"A=1\0" * (size // 4),))]),
}


# A process begins with the memory of the one that it comes from, so that a small one stands between.
_MEASURE = """
import os, sys
child = os.fork()
if not child:
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    os.execv(sys.executable, [sys.executable, *sys.argv[1:]])
_, status, usage = os.wait4(child, 0)
print(usage.ru_maxrss / 1024, os.waitstatus_to_exitcode(status))
"""


def peak(arguments: list[str]) -> tuple[float, int]:
    """The most memory that a command of Python took, in MiB, and its exit status."""
    command = [sys.executable, "-c", _MEASURE, *arguments]
    found = subprocess.run(command, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    used, status = found.stdout.split()
    return float(used), int(status)


def main() -> int:
    """Measure; exit status 1 where something takes too much."""
    parser = argparse.ArgumentParser(prog="python -m tests.model.memory", description=__doc__)
    parser.add_argument("--size", type=int, default=_SIZE, help="bytes of a file (default: %(default)s)")
    parser.add_argument("files", nargs="*", default=[*FILES], help=f"of {', '.join(FILES)}")
    parser.add_argument("--command", choices=[*COMMANDS], action="append", help="only this one; may be repeated")
    given = parser.parse_args()
    wrong = 0
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "file.pcap"
        for name in given.files:
            for command in given.command or COMMANDS:
                path.write_bytes(FILES[name](given.size // _SMALLER.get(command, 1)))
                used, status = peak(COMMANDS[command](path))
                wrong += used >= MOST_MIB or status != _REFUSED.get((name, command), 0)
                print(f"{name:<12}{command:<10}{used:>6.0f} MiB  exit {status}", flush=True)
    print(f"{wrong} take {MOST_MIB} MiB or more, or fail")
    return int(wrong > 0)


if __name__ == "__main__":
    sys.exit(main())
