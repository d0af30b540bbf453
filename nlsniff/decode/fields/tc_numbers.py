"""Numbers of traffic control as `tc` writes them. Each takes a number and its size in bytes, and gives its text."""

from __future__ import annotations

_HANDLES = {0: "none", 0xFFFFFFFF: "root", 0xFFFFFFF1: "ingress"}  # TC_H_UNSPEC, TC_H_ROOT, TC_H_INGRESS
_JUMP, _GOTO_CHAIN, _OPERAND = 0x10000000, 0x20000000, 0x0FFFFFFF  # linux/pkt_cls.h, TC_ACT_EXT_*
TICK_NS = 64  # of the packet scheduler, PSCHED_SHIFT 6


def handle(raw: int, _size: int) -> str:
    """A handle: major and minor number in hex, a 0 left out."""
    found = _HANDLES.get(raw)
    if found is not None:
        return found
    major, minor = raw >> 16 & 0xFFFF, raw & 0xFFFF
    return f"{major:x}:{minor:x}" if major and minor else f"{major:x}:" if major else f":{minor:x}"


def u32_handle(raw: int, _size: int) -> str:
    """A handle of the u32 classifier: hash table, bucket and node in hex, a 0 left out."""
    parts = raw >> 20 & 0xFFF, raw >> 12 & 0xFF, raw & 0xFFF
    return ":".join(f"{part:x}" if part else "" for part in parts)


def rate(raw: int, _size: int) -> str:
    """Bytes per second, as bits per second."""
    return _scaled(8 * raw, 1000, ("bit/s", "kbit/s", "Mbit/s", "Gbit/s", "Tbit/s"))


def ticks(raw: int, _size: int) -> str:
    """Ticks of the packet scheduler, as a time."""
    return _scaled(TICK_NS * raw, 1000, ("ns", "us", "ms", "s"))


def fraction(raw: int, size: int) -> str:
    """Parts of all that the number can hold, in percent."""
    return f"{100 * raw / ((1 << 8 * size) - 1):.3g} %"


def action(raw: int, _size: int) -> str:
    """What becomes of a packet, where that has an operand: a count of actions, or the number of a chain."""
    kind = raw & 0xFFFFFFFF & ~_OPERAND
    if kind == _JUMP:
        return f"jump {raw & _OPERAND}"
    return f"goto chain {raw & _OPERAND}" if kind == _GOTO_CHAIN else str(raw)


def _scaled(number: int, step: int, units: tuple[str, ...]) -> str:
    value, at = float(number), 0
    while value >= step and at + 1 < len(units):
        value /= step
        at += 1
    return f"{value:.6g} {units[at]}"
