"""Tell what a file is by its name, where it is written, and by its first bytes, where it is no capture."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from nlsniff.errors import BadArgumentError

if TYPE_CHECKING:
    import os

Format = Literal["pcap", "pcapng"]

GZIP, ZSTD = b"\x1f\x8b\x08", b"\x28\xb5\x2f\xfd"  # how what they compressed begins

_KNOWN = (
    (b"\x7fELF", "an ELF program"),
    (b"#!", "a script"),
    (b"BZh", "a bzip2 file; unpack it first"),
    (b"\xfd7zXZ\0", "an xz file; unpack it first"),
    (b"\x04\x22\x4d\x18", "an lz4 file; unpack it first"),
    (b"PK\x03\x04", "a zip archive; unpack it first"),
    (b"\x89PNG", "a PNG picture"),
    (b"%PDF", "a PDF document"),
    (b"SQLite format 3\0", "an SQLite database"),
    (b"PAR1", "a Parquet file"),
    (b"snoop\0\0\0", "a Solaris snoop capture; convert it with editcap"),
    (b"BTSN", "a Bluetooth capture"),
)
_SHOWN = 8
_SECTION = b"\n\r\r\n"  # a capture begins so, which might be text
_TEXT = bytes((*range(7, 14), 27, *range(32, 127), *range(128, 256)))
_LOOKED_AT = 512


def format_of(path: str | os.PathLike[str]) -> Format:
    """What to write to a file of that name: pcap where it ends in `.pcap`, else pcapng.

    Raises:
        BadArgumentError: it ends as that of a compressed file.
    """
    name = str(path).lower()
    for ending in (".gz", ".zst"):
        if name.endswith(ending):
            raise BadArgumentError(f"{path}: what is written is not compressed: give a name without {ending}")
    return "pcap" if name.endswith(".pcap") else "pcapng"


def is_text(head: bytes) -> bool:
    """Whether a file that begins so may be text: no control characters but those of texts, and not a capture."""
    if head.startswith(_SECTION) or head[:_LOOKED_AT].translate(None, _TEXT):
        return False
    try:
        head[:4].decode()
    except UnicodeDecodeError as error:
        return error.reason == "unexpected end of data"  # no pcap file begins so
    return True


def describe(head: bytes) -> str:
    """Say in a few words what the first bytes of a file look like."""
    for magic, words in _KNOWN:
        if head.startswith(magic):
            return words
    if not any(head):
        return "nothing but zero bytes"
    try:
        text = head.decode()
    except UnicodeDecodeError as error:
        # The last character may be cut; everything else must be text.
        text = head[: error.start].decode() if error.start > len(head) - 4 else ""
    if text and all(character.isprintable() or character.isspace() for character in text):
        stripped = text.lstrip()
        if stripped.startswith(("{", "[")):
            return "JSON; nlsniff reads captures, not its own or tshark's output"
        if stripped.startswith("<"):
            return "XML or HTML"
        return "text"
    return f"unknown data that begins with {head[:_SHOWN].hex(' ')}"
