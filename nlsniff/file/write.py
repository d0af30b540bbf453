"""Write pcap and pcapng.

The headers of file, section and interface are dpkt's. Records are packed here: dpkt stamps time in floats, which cannot
hold nanoseconds since 1970, and packs a pcapng record ten times slower.
"""

from __future__ import annotations

import struct
import sys
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from nlsniff.errors import NlsniffError
from nlsniff.file.blocks import ENHANCED, STATISTICS
from nlsniff.file.closing import Closing
from nlsniff.file.sniff import format_of
from nlsniff.wire.comments import part_comment
from nlsniff.wire.constants import LINKTYPE_NETLINK
from nlsniff.wire.delivery import delivery_in, delivery_line
from nlsniff.wire.parts import divide

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nlsniff.file.sniff import Format
    from nlsniff.wire.nlmsg import Order

# What libpcap and Wireshark read at most. The kernel sends 32 KiB at most, but a program may send megabytes together.
SNAPLEN = 262144
BATCH = 1 << 18

_LITTLE = sys.byteorder == "little"
_RECORD = struct.Struct("=IIII")
_BLOCK = struct.Struct("=IIIIIII")
_WORD = struct.Struct("=I")
_OPTION = struct.Struct("=HH")
_COUNTER = struct.Struct("=HHQ")
_STATISTICS = struct.Struct("=IIIII")

_COMMENT, _FLAGS = 1, 2
_IF_RECEIVED, _IF_DROPPED = 4, 5
_TEXT_LIMIT = 0xFFFF
_PADDING = (b"", b"\0\0\0", b"\0\0", b"\0")
_TIME_LIMIT_PCAP = (1 << 32) * 10**9 - 1
_TIME_LIMIT_PCAPNG = (1 << 64) - 1


def open_writer(
    target: Path | BinaryIO,
    fmt: Format | None = None,
    *,
    interface: str = "",
    hardware: str = "",
    os: str = "",
    application: str = "",
    comments: Sequence[str] = (),
) -> Writer:
    """Create a capture file and write its headers.

    Args:
        target: a path, whose file is replaced, or a binary stream, which is written to but never closed.
        fmt: pcap or pcapng; by default a name that ends in `.pcap` gives pcap, all else pcapng.
        interface: name of the interface; like the texts after it, stored in pcapng only.
        hardware: description of the recording machine.
        os: its operating system.
        application: the program that writes.
        comments: what there is to say of the interface, stored in pcapng only.

    Raises:
        NlsniffError: the file cannot be created.
    """
    if isinstance(target, str | Path):
        path = Path(target)
        fmt = fmt or format_of(path)
        try:
            stream: BinaryIO = path.open("wb", buffering=0)
        except OSError as error:
            raise NlsniffError(f"{path}: cannot be written: {error.strerror}") from None
        name, owned = str(path), True
    else:
        stream, owned = target, False
        name = str(getattr(target, "name", "output"))
        fmt = fmt or "pcapng"
    if fmt == "pcap":
        writer = Writer(stream, name, owned=owned)
        head = _pcap_head()
    else:
        writer = NgWriter(stream, name, owned=owned)
        head = _pcapng_head((hardware, os, application), interface, comments)
    writer.start(head)
    return writer


class Writer(Closing):
    """Writes pcap with nanosecond time stamps; made by `open_writer`.

    Records are collected and written in batches of whole records, so that the file ends with a whole record whenever
    `flush` or `close` has returned.

    Attributes:
        format: pcap or pcapng.
        frames: number of frames written.
        cut: how many of these lack bytes of their datagram.
        bytes: size of the file so far, unflushed records included.
    """

    format: Format = "pcap"

    def __init__(self, stream: BinaryIO, name: str, *, owned: bool) -> None:
        self._stream: BinaryIO | None = stream
        self._name = name
        self._owned = owned
        self._parts: list[bytes] = []
        self._waiting = 0
        self.frames = 0
        self.cut = 0
        self.bytes = 0

    def start(self, head: bytes) -> None:
        """Write the file's headers at once, so that a reader who follows the file recognises it."""
        self._add(head)
        self.flush()

    def write(self, time_ns: int, data: bytes, length: int | None = None, comment: str = "") -> None:
        """Add a frame, or several where it is longer than SNAPLEN; see `nlsniff.wire.parts`.

        Args:
            time_ns: nanoseconds since 1970; what the format cannot hold is moved to the nearest time that it can.
            data: captured bytes, cooked header included; of a single message, bytes beyond SNAPLEN are cut off.
            length: bytes on the wire where that is more than `len(data)`.
            comment: text beside the frame, shown by Wireshark, too; a pcap file cannot hold it and leaves it out. Where
                it has a line of `nlsniff.wire.delivery`, the frame's flags say the direction, too.

        Raises:
            NlsniffError: the file cannot be written (the disk is full).
            BrokenPipeError: nobody reads the pipe any more.
        """
        size = len(data)
        if size > SNAPLEN:
            self._write_parts(time_ns, data, length or 0, comment)
        else:
            if length is None or length <= size:
                length = size
            else:
                self.cut += 1
            self.frames += 1
            self._add(self._record(time_ns, data, length, comment))
        if self._waiting >= BATCH:
            self.flush()

    def _write_parts(self, time_ns: int, data: bytes, length: int, comment: str) -> None:
        """Add a datagram that is too long for one frame."""
        frames = divide(data, SNAPLEN)
        way = delivery_line(comment)  # it holds for each of the frames
        lacking = max(0, length - len(data))
        for number, frame in enumerate(frames, start=1):
            on_wire = len(frame) + (lacking if number == len(frames) else 0)
            kept = frame[:SNAPLEN]
            self.cut += on_wire > len(kept)
            self.frames += 1
            part = part_comment(number, len(frames)) if len(frames) > 1 else ""
            words = "\n".join(filter(None, (comment if number == 1 else way, part)))
            self._add(self._record(time_ns, kept, on_wire, words))

    def flush(self) -> None:
        """Hand everything written so far to the operating system."""
        stream = self._stream
        if stream is None or not self._parts:
            return
        batch = memoryview(b"".join(self._parts))
        self._parts.clear()
        self._waiting = 0
        try:
            while batch:
                # A raw stream, a pipe above all, may take less than it was given.
                batch = batch[stream.write(batch) :]
            stream.flush()
        except OSError as error:
            # The file may now end inside a record; nothing that follows it could be found again.
            self._abandon()
            if isinstance(error, BrokenPipeError):
                raise
            raise NlsniffError(f"{self._name}: cannot be written: {error.strerror}") from None

    def close(self, received: int | None = None, dropped: int | None = None) -> None:
        """Flush and end the file; closing twice is no error.

        Args:
            received: frames that the kernel saw for this capture.
            dropped: frames among them that it could not deliver. Both are stored in pcapng only.
        """
        if self._stream is None:
            return
        end = self._end(received, dropped)
        if end:
            self._add(end)
        try:
            self.flush()
        finally:
            self._abandon()

    def _abandon(self) -> None:
        stream, self._stream = self._stream, None
        if stream is not None and self._owned:
            stream.close()

    def _add(self, part: bytes) -> None:
        self._parts.append(part)
        self._waiting += len(part)
        self.bytes += len(part)

    def _record(self, time_ns: int, data: bytes, length: int, comment: str) -> bytes:
        del comment
        seconds, fraction = divmod(min(max(time_ns, 0), _TIME_LIMIT_PCAP), 1_000_000_000)
        return _RECORD.pack(seconds, fraction, len(data), length) + data

    def _end(self, received: int | None, dropped: int | None) -> bytes:
        del received, dropped
        return b""


class NgWriter(Writer):
    """Writes pcapng: one section, one interface, nanosecond time stamps, comments, drop counts at the end."""

    format: Format = "pcapng"
    _last_time = 0

    def _record(self, time_ns: int, data: bytes, length: int, comment: str) -> bytes:
        stamp = self._last_time = min(max(time_ns, 0), _TIME_LIMIT_PCAPNG)
        size = len(data)
        body = data + _PADDING[size & 3]
        if comment:
            body += comment_options(comment) + bytes(4)
        total = 32 + len(body)
        return b"".join(
            (_BLOCK.pack(ENHANCED, total, 0, stamp >> 32, stamp & 0xFFFFFFFF, size, length), body, _WORD.pack(total))
        )

    def _end(self, received: int | None, dropped: int | None) -> bytes:
        counters = [
            (code, count) for code, count in ((_IF_RECEIVED, received), (_IF_DROPPED, dropped)) if count is not None
        ]
        if not counters and not self.cut:
            return b""
        stamp = self._last_time
        options = b"".join(_COUNTER.pack(code, 8, count) for code, count in counters)
        if self.cut:
            options += _option(_COMMENT, _text(f"{self.cut} frames cut"))
        options += bytes(4)
        total = 24 + len(options)
        head = _STATISTICS.pack(STATISTICS, total, 0, stamp >> 32, stamp & 0xFFFFFFFF)
        return head + options + _WORD.pack(total)


def comment_options(comment: str, order: Order | None = None) -> bytes:
    """Options with a comment, one for each line, as they are read; by default in this machine's byte order.

    Behind them are the packet's flags where one of the lines says how it was delivered.
    """
    options = [(_COMMENT, _text(line)) for line in comment.split("\n")]
    if (delivery := delivery_in(comment)) is not None and delivery.packet_flags:
        options.append((_FLAGS, struct.pack((order or "=") + "I", delivery.packet_flags)))
    if order is None:
        return b"".join(_option(*item) for item in options)
    head = struct.Struct(order + "HH")
    return b"".join(head.pack(code, len(value)) + value + _PADDING[len(value) & 3] for code, value in options)


def _text(text: str) -> bytes:
    """Encode a text for an option, cut at a whole character where it is longer than an option can be."""
    data = text.encode("utf-8", "replace")
    return data if len(data) <= _TEXT_LIMIT else data[:_TEXT_LIMIT].decode("utf-8", "ignore").encode()


def _option(code: int, value: bytes) -> bytes:
    return _OPTION.pack(code, len(value)) + value + _PADDING[len(value) & 3]


def _pcap_head() -> bytes:
    from dpkt import pcap  # dpkt costs 56 ms, which only a writer should pay

    header = pcap.LEFileHdr if _LITTLE else pcap.FileHdr
    return bytes(header(magic=pcap.TCPDUMP_MAGIC_NANO, snaplen=SNAPLEN, linktype=LINKTYPE_NETLINK))


def _pcapng_head(texts: tuple[str, str, str], interface: str, comments: Sequence[str]) -> bytes:
    from dpkt import pcapng

    option = pcapng.PcapngOptionLE if _LITTLE else pcapng.PcapngOption
    codes = (pcapng.PCAPNG_OPT_SHB_HARDWARE, pcapng.PCAPNG_OPT_SHB_OS, pcapng.PCAPNG_OPT_SHB_USERAPPL)
    about = [option(code=code, data=_text(text)) for code, text in zip(codes, texts, strict=True) if text]
    section = (pcapng.SectionHeaderBlockLE if _LITTLE else pcapng.SectionHeaderBlock)()
    section.opts = [*about, option()] if about else []
    described = [option(code=pcapng.PCAPNG_OPT_IF_TSRESOL, data=b"\x09")]
    if interface:
        described.insert(0, option(code=pcapng.PCAPNG_OPT_IF_NAME, data=_text(interface)))
    described += [option(code=_COMMENT, data=_text(comment)) for comment in comments]
    block = pcapng.InterfaceDescriptionBlockLE if _LITTLE else pcapng.InterfaceDescriptionBlock
    return bytes(section) + bytes(block(linktype=LINKTYPE_NETLINK, snaplen=SNAPLEN, opts=[*described, option()]))
