"""Bytes as hex text, in the forms in which people paste them, written as the tool that each is named by writes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    Form = Callable[[bytes], str]


def _lines(data: bytes, width: int = 16) -> list[tuple[int, bytes]]:
    return [(at, data[at : at + width]) for at in range(0, len(data), width)]


def _shown(row: bytes) -> str:
    return "".join(chr(byte) if 32 <= byte < 127 else "." for byte in row)


def xxd(data: bytes) -> str:
    return "".join(f"{at:08x}: {row.hex(' ', -2):<39}  {_shown(row)}\n" for at, row in _lines(data))


def hexdump_c(data: bytes) -> str:
    rows = (
        f"{at:08x}  {row[:8].hex(' ')}  {row[8:].hex(' ')}".ljust(60) + f"|{_shown(row)}|\n" for at, row in _lines(data)
    )
    return "".join(rows) + f"{len(data):08x}\n"


def wireshark(data: bytes) -> str:
    """Copied "as hex dump"."""
    return "".join(f"{at:04x}   {row.hex(' '):<47}   {_shown(row)}\n" for at, row in _lines(data))


def od(data: bytes) -> str:
    """`od -A x -t x1`."""
    return "".join(f"{at:06x} {row.hex(' ')}\n" for at, row in _lines(data)) + f"{len(data):06x}\n"


def tcpdump(data: bytes) -> str:
    rows = (f"\t0x{at:04x}:  {row.hex(' ', -2):<39}  {_shown(row)}\n" for at, row in _lines(data))
    return "19:10:58.478254 IP\n" + "".join(rows)


def kernel(data: bytes) -> str:
    """print_hex_dump with DUMP_PREFIX_OFFSET."""
    rows = _lines(data)
    return "".join(f"[   12.{at:06d}] nl: {at:08x}: {row.hex(' '):<47}  {_shown(row)}\n" for at, row in rows)


def kernel_words(data: bytes) -> str:
    """print_hex_dump in groups of four bytes, which it writes as numbers."""
    words = ((at, [row[i : i + 4][::-1].hex() for i in range(0, len(row), 4)], row) for at, row in _lines(data))
    return "".join(f"<7>[   12.{at:06d}] {at:08x}: {' '.join(row)}  {_shown(raw)}\n" for at, row, raw in words)


def kernel_address(data: bytes) -> str:
    """print_hex_dump with DUMP_PREFIX_ADDRESS."""
    return "".join(f"[ 1.000000] rx ffff8880{0x1230 + at:08x}: {row.hex(' ')}\n" for at, row in _lines(data))


def gdb(data: bytes) -> str:
    """`x/N xb`."""
    rows = _lines(data, 8)
    return "".join(f"0x7ffe{at + 0x1000:08x}:\t" + "\t".join(f"0x{b:02x}" for b in row) + "\n" for at, row in rows)


def strace(data: bytes) -> str:
    """What `strace -e write=all` shows below a call."""
    rows = (
        f" | {at:05x}  {row[:8].hex(' ')}  {row[8:].hex(' ')}".ljust(59) + f" {_shown(row):<16} |\n"
        for at, row in _lines(data)
    )
    return "".join(rows)


def c_array(data: bytes) -> str:
    rows = "".join("\t" + " ".join(f"0x{byte:02X}," for byte in row) + " /* part */\n" for _, row in _lines(data, 8))
    return f"static const u8 buf[{len(data)}] = {{\n{rows}}};\n"


def c_words(data: bytes) -> str:
    words = (int.from_bytes(row, "little") for _, row in _lines(data, 4))
    return f"u32 buf[] = {{ {', '.join(f'0x{word:08x}' for word in words)} }};\n"


def c_string(data: bytes) -> str:
    rows = "\n".join('    "' + "".join(f"\\x{byte:02x}" for byte in row) + '"' for _, row in _lines(data))
    return f"static const char buf[] =\n{rows};\n"


def octal_string(data: bytes) -> str:
    return 'send(3, "' + "".join(f"\\{byte:03o}" for byte in data) + '", 20, 0)\n'


def mail(data: bytes) -> str:
    return "".join(f"> > {line}\n" for line in hexdump_c(data).splitlines())


def squeezed(data: bytes) -> str:
    """Spaces lost on the way, as some web pages do."""
    return re.sub(" +", " ", xxd(data))


FORMS: dict[str, Form] = {
    "xxd": xxd,
    "xxd -p": lambda data: "".join(f"{row.hex()}\n" for _, row in _lines(data, 30)),
    "hexdump -C": hexdump_c,
    "od": od,
    "wireshark": wireshark,
    "tcpdump": tcpdump,
    "kernel": kernel,
    "kernel words": kernel_words,
    "kernel address": kernel_address,
    "gdb": gdb,
    "strace": strace,
    "plain": lambda data: data.hex() + "\n",
    "upper": lambda data: f"sent {data.hex(' ').upper()}\n",
    "colons": lambda data: data.hex(":") + "\n",
    "0x": lambda data: f"msg = 0x{data.hex()}\n",
    "C array": c_array,
    "C words": c_words,
    "C string": c_string,
    "octal string": octal_string,
    "Rust bytes": lambda data: "let buf = vec![" + ", ".join(f"0x{byte:02x}" for byte in data) + "];\n",
    "Rust debug": lambda data: f"received {list(data)} from kernel\n",
    "Rust debug lines": lambda data: "[\n" + "".join(f"    {byte},\n" for byte in data) + "]\n",
    "Rust debug hex": lambda data: "[" + ", ".join(f"{byte:x}" for byte in data) + "]\n",
    "Go": lambda data: "b := []byte{" + ", ".join(f"{byte:#x}" for byte in data) + "}\n",
    "Go print": lambda data: f"[{' '.join(map(str, data))}]\n",
    "Python": lambda data: f"data = {data!r}\n",
    "Python bytearray": lambda data: f"bytearray({list(data)})\n",
    "mail": mail,
    "squeezed": squeezed,
}
