"""What is tried: each target makes inputs and says what must hold of them."""

from __future__ import annotations

import functools
import gzip
import io
import struct
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import zstandard

from nlsniff.decode.classify import KEYED
from nlsniff.decode.node import MASKED
from nlsniff.errors import NlsniffError
from nlsniff.file.read import FrameReader
from nlsniff.wire.attr import walk_attrs
from nlsniff.wire.nlmsg import walk_messages
from tests import keys
from tests.file.made import Record, pcap
from tests.fuzz import (
    expected_texts,
    hex_texts,
    mutate,
    promises,
    rule_texts,
    seeds,
    strace_texts,
    texts,
    transcript_texts,
)
from tests.fuzz.promises import promise

if TYPE_CHECKING:
    from collections.abc import Callable
    from random import Random

    from nlsniff.wire.nlmsg import Order

_COOKED = 16


class Target(NamedTuple):
    """Something that takes bytes.

    Attributes:
        make: an input, decided by what a Random draws.
        check: raises where a promise is broken. It gets a Random, too, which is seeded by the input alone.
    """

    make: Callable[[Random], bytes]
    check: Callable[[bytes, Random], None]


# -- files -----------------------------------------------------------------------------------------------------------


def _file(random: Random) -> bytes:
    data = seeds.any_seed(random).data
    if random.random() < 0.2:
        path = random.choice(seeds.recordings())
        raw = path.read_bytes()[: 1 << 16]
        data = raw if path.suffix in {".pcap", ".pcapng"} else data
    if random.random() < 0.7:
        data = mutate.octets(random, data)
    how = random.random()
    if how < 0.15:
        return mutate.octets(random, gzip.compress(data, 1, mtime=0))
    if how < 0.3:
        return mutate.octets(random, zstandard.compress(data, 1))
    return data


def _file_holds(data: bytes, random: Random) -> None:
    order: Order | None = random.choice((None, "<", ">"))
    promises.readers_agree(data, order)


def _damage(random: Random) -> bytes:
    """A whole file, and behind it where it is damaged and how."""
    seed = seeds.any_seed(random)
    at = random.randrange(len(seed.data))
    return seed.data + struct.pack("<IB", at, random.choice((0, 1, 2))) + (b"<" if seed.order == "<" else b">")


def _damage_holds(data: bytes, random: Random) -> None:
    """What stood before the damage is read as before."""
    if len(data) < 30:
        return
    whole, (at, how), order = data[:-6], struct.unpack("<IB", data[-6:-1]), "<>"[data[-1:] == b">"]
    at %= len(whole)
    behind = (bytes(40), random.randbytes(40), b"\xff" * 40)[how % 3]
    damaged = whole[:at] + behind + whole[at + 40 :]
    wanted = list(promises.before_damage(whole, at, order))  # type: ignore[arg-type]
    found = promises.parsed(damaged, order) or []  # type: ignore[arg-type]
    promise(found[: len(wanted)] == wanted, "what stood before the damage is read otherwise", f"damage at {at}")


# -- messages --------------------------------------------------------------------------------------------------------


def _wire(random: Random) -> bytes:
    seed = seeds.any_seed(random)
    return mutate.octets(random, seed.data[40 + _COOKED :][: random.choice((64, 512, 4096))])


def _wire_holds(data: bytes, _random: Random) -> None:
    """Messages and attributes tile their bytes, in either order."""
    orders: tuple[Order, Order] = ("<", ">")
    for order in orders:
        spans = list(walk_messages(data, 0, order, data[0] % 10 if data else 0))
        ends = [span.end for span in spans]
        promise(ends == sorted(set(ends)) and all(end <= len(data) for end in ends), "messages overlap")
        at = 0
        for item in walk_attrs(data, 0, len(data), order):
            promise(item.start == at and item.start < item.end <= item.next <= len(data), "attributes overlap")
            at = item.next
        promise(at == len(data), "attributes do not reach the end")


def _messages(random: Random, family: str = "") -> bytes:
    seed = seeds.built(random, family) if family or random.random() < 0.6 else seeds.recorded(random)
    if random.random() < 0.3:
        return seed.data
    found = []
    rows = promises.parsed(seed.data, seed.order) or []
    for row, data in zip(rows, _datagrams(seed.data), strict=False):
        changed = data
        if random.random() < 0.3 and row.number > 3:
            changed = data[:_COOKED] + mutate.datagram(random, data[_COOKED:], seed.order)
        found.append(Record(row.time_ns, changed))
    return pcap(found, seed.order, snaplen=1 << 18)


def _datagrams(data: bytes) -> list[bytes]:
    """The frames of a pcap file of ours, each a whole record."""
    found, at = [], 24
    order = "<" if data[:1] == b"\x4d" else ">"
    while at + 16 <= len(data):
        size = struct.unpack_from(order + "I", data, at + 8)[0]
        found.append(data[at + 16 : at + 16 + size])
        at += 16 + size
    return found


def _messages_hold(data: bytes, random: Random) -> None:
    order: Order | None = random.choice((None, None, "<", ">"))
    messages = promises.readers_agree(data, order)
    promises.trees_hold(messages)
    promises.printers_agree(data, order, random)


# -- commands --------------------------------------------------------------------------------------------------------

_COMMANDS: tuple[tuple[str, ...], ...] = (
    ("show",), ("show", "-V"), ("show", "--json"), ("show", "-e", "message", "-e", "summary", "-e", "type"),
    ("show", "-e", "link.ifname", "-e", "route.dst", "-e", "xfrm.sel.daddr"), ("show", "-V", "-Y", "errno"),
    ("follow", "--all"), ("follow", "--all", "-V"), ("follow", "--all", "--json"), ("follow", "--stories"),
    ("follow", "--stories", "--json"), ("stats",), ("stats", "--json"), ("show", "-V", "--show-secrets"),
)  # fmt: skip


def _commands_hold(data: bytes, random: Random) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "x.pcap"
        path.write_bytes(data)
        argv = random.choice(_COMMANDS)
        endian = random.choice(("auto", "auto", "little", "big"))
        promises.command_holds(argv[0], str(path), *argv[1:], "--endian", endian)


def _long(random: Random) -> bytes:
    return seeds.long(random).data


_ARPHRD = (824).to_bytes(2)

# -- secrets ---------------------------------------------------------------------------------------------------------


@functools.cache
def _secrets(name: str) -> frozenset[bytes]:
    """Keys of a recording that are long and various enough to be no accident in an output."""
    return frozenset(key for key in keys.keys_of(name) if len(key) >= 16 and len(set(key)) >= 8)


def _secretive(random: Random) -> bytes:
    """A recording with keys, damaged beside them; its number stands before it."""
    number = random.randrange(len(keys.SECRETIVE))
    known = seeds.frames(keys.recording(keys.SECRETIVE[number]))
    holding = [
        at for at, frame in enumerate(known) if any(key in frame.data for key in _secrets(keys.SECRETIVE[number]))
    ]
    if not holding:
        return bytes([number])
    at = random.choice(holding)
    chosen = known[max(at - 3, 0) : at + 2] if random.random() < 0.5 else known[:12] + known[max(at - 3, 0) : at + 2]
    found = []
    for frame in chosen:
        data = frame.data
        if random.random() < 0.7:
            # Nobody can tell a key that was copied to where a number stands from a number.
            data = data[:_COOKED] + mutate.datagram(random, data[_COOKED:], "<", copies=False)
        found.append(Record(frame.time_ns, data))
    return bytes([number]) + pcap(found, snaplen=1 << 18)


def _is_whole(data: bytes) -> bool:
    """Whether nothing is wrong with a file itself."""
    reader = FrameReader(io.BytesIO(data))
    try:
        return sum(1 for _ in reader) > 0 and not reader.problems
    except NlsniffError:
        return False


def _is_told(data: bytes, key: bytes, *, undescribed: bool) -> bool:
    """Whether a message with which nothing is wrong calls a key something else: nobody can notice that.

    With `undescribed`, such is also one of a family with a name and no dissector, which is shown, but not passed on;
    damage changes nothing there.
    """
    return any(
        node.kind in {"value", "unknown"} and node.value != MASKED and key in message.data[node.payload : node.end]
        for message in promises.streamed(data, None) or []
        if (undescribed and message.family is not None and message.layout.family is None)
        or (
            all(item.severity == "note" for item in message.problems)
            and (not message.counts.unknown or (undescribed and message.layout.family is None))
        )
        for node in message.root.walk()
    )


def _secrets_hold(data: bytes, random: Random) -> None:
    if len(data) < 30 or not _is_whole(data[1:]):
        return  # records that run into each other make a key of one protocol a part of another's message
    frames = [frame.data for frame in FrameReader(io.BytesIO(data[1:]))]
    keyed = [frame for frame in frames if frame[2:4] == _ARPHRD and int.from_bytes(frame[14:16]) in KEYED]
    plain = b"".join(frame for frame in frames if frame not in keyed)  # of which nobody expects keys
    known = {
        key
        for key in _secrets(keys.SECRETIVE[data[0] % len(keys.SECRETIVE)])
        if key not in plain and any(key in frame for frame in keyed)
    }
    hidden = {key for key in known if not _is_told(data[1:], key, undescribed=False)}
    masked = {key for key in hidden if not _is_told(data[1:], key, undescribed=True)}
    with tempfile.TemporaryDirectory() as folder:
        path, clean = Path(folder) / "x.pcap", Path(folder) / "clean.pcap"
        path.write_bytes(data[1:])
        argv = random.choice((("show", "-V"), ("show", "--json"), ("show",), ("follow", "--all", "-V")))
        said = promises.command_holds(argv[0], str(path), *argv[1:])
        for leak in keys.leaks(said.out + said.err.encode(), masked):
            raise promises.BrokenError(f"a key in {' '.join(argv)}", leak)
        ran = promises.run("redact", str(path), str(clean))
        promise(ran.status in promises.STATUSES, "exit status of redact", str(ran.status))
        if clean.exists():
            left = [key.hex() for key in hidden if key in clean.read_bytes()]
            promise(not left, "a key in what redact wrote", ", ".join(left))


# -- all -------------------------------------------------------------------------------------------------------------

TARGETS: dict[str, Target] = {
    "file": Target(_file, _file_holds),
    "damage": Target(_damage, _damage_holds),
    "wire": Target(_wire, _wire_holds),
    "messages": Target(_messages, _messages_hold),
    "commands": Target(_messages, _commands_hold),
    "long": Target(_long, _commands_hold),
    "secrets": Target(_secretive, _secrets_hold),
    "filter": Target(texts.filter_text, texts.filter_holds),
    "spec": Target(texts.spec_text, texts.spec_holds),
    "rules": Target(rule_texts.rules_text, rule_texts.rules_hold),
    "expectations": Target(expected_texts.expected_text, expected_texts.expected_hold),
    "strace": Target(strace_texts.strace_text, strace_texts.strace_holds),
    "hex": Target(hex_texts.hex_text, hex_texts.hex_holds),
    "transcript": Target(transcript_texts.transcript_text, transcript_texts.transcript_holds),
} | {
    f"dissector:{name}": Target(functools.partial(_messages, family=name), _messages_hold)
    for name in sorted({operation.family.name for operation in seeds.every_operation()})
}
