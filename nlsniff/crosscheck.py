"""The bridge to tshark: does Wireshark's engine see the same messages as we do?

pyshark runs tshark and gives its dissection; this is the only module that imports it.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple

from nlsniff.errors import NlsniffError
from nlsniff.file.messages import DatagramReader
from nlsniff.file.read import FrameReader
from nlsniff.wire.constants import HEADERLESS, NLMSG_ERROR
from nlsniff.wire.nlmsg import walk_messages

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any


class Header(NamedTuple):
    """What both sides say of a message header; tshark has no type for some protocols, which is -1 then."""

    length: int
    type: int
    seq: int
    port: int


class Report(NamedTuple):
    """Outcome of a comparison: how much was compared, and each difference as a line of text."""

    frames: int
    messages: int
    differences: list[str]


def crosscheck(path: str) -> Report:
    """Compare frames, message lengths, types, sequence numbers and ports of a capture with what tshark reads.

    tshark shows the header that an NLMSG_ERROR copies like one more message, so that many more are no difference. Nor
    is the one that tshark 4.6 makes of the first bytes of a uevent, which has none ("add@" as a length); 4.0 gives up
    there.

    Raises:
        NlsniffError: the file cannot be read, or tshark cannot be run.
    """
    differences = []
    theirs = _tshark(path)
    frames = messages = 0
    for number, headers, extra in _own(path):
        frames += 1
        other = next(theirs, None)
        if other is None:
            differences.append(f"frame {number}: tshark has no more frames")
            break
        messages += len(headers)
        differences += _compare(number, headers, extra, other[1])
    more = sum(1 for _ in theirs)
    if more:
        differences.append(f"tshark has {more} frames more")
    return Report(frames, messages, differences)


def _compare(frame: int, ours: list[Header], extra: int, theirs: list[Header]) -> Iterator[str]:
    """Look for our headers in theirs, in order; only `extra` of theirs may be left over."""
    left = iter(theirs)
    passed = 0
    for header in ours:
        for other in left:
            if header[0] == other[0] and header[2:] == other[2:] and other.type in {-1, header.type}:
                break
            passed += 1
        else:
            yield f"frame {frame}: tshark does not see {header}, it has {theirs}"
            return
    passed += sum(1 for _ in left)
    if passed > extra:
        yield f"frame {frame}: tshark sees {passed - extra} messages more: {theirs}"


def _own(path: str) -> Iterator[tuple[int, list[Header], int]]:
    datagrams = DatagramReader(FrameReader(path))
    for frame, cooked, order in datagrams:
        if cooked.protocol in HEADERLESS:
            yield frame.number, [], 1
            continue
        spans = [span for span in walk_messages(frame.data, cooked.size, order) if not span.broken]
        headers = [Header(span.length, span.type, span.seq, span.port) for span in spans]
        yield frame.number, headers, sum(span.type == NLMSG_ERROR for span in spans)
    datagrams.refuse_if_no_netlink()


def _tshark(path: str) -> Iterator[tuple[int, list[Header]]]:
    import asyncio

    import pyshark
    from pyshark.capture.capture import TSharkCrashException
    from pyshark.tshark.tshark import TSharkNotFoundException

    seen = status = 0

    async def end(process: asyncio.subprocess.Process) -> None:
        nonlocal status
        if process.stdout is not None and not process.stdout.at_eof():
            with suppress(ProcessLookupError):
                process.kill()
        status = await process.wait()

    # By itself pyshark takes the current event loop and sets a child watcher: from Python 3.14 on there is neither.
    with asyncio.Runner() as runner:
        packets = pyshark.FileCapture(path, keep_packets=False, eventloop=runner.get_loop())
        # pyshark kills tshark at the end of its output, while it may be ending by itself, and takes any exit status but
        # 0 for a crash: tshark has one for a damaged file, of which it gives what can be read.
        packets._cleanup_subprocess = end  # noqa: SLF001
        try:
            for packet in packets:
                seen += 1
                yield int(packet.number), [header for layer in packet.layers for header in _headers(layer)]
        except TSharkNotFoundException:
            raise NlsniffError(
                "tshark is not installed: install Wireshark's tshark (Debian: apt install tshark)"
            ) from None
        except TSharkCrashException:  # it had ended before pyshark looked at it for the first time
            status = 1
        finally:
            packets.close()
        if status and not seen:
            raise NlsniffError(f"tshark cannot read {path}: {packets._last_error_line}")  # noqa: SLF001


def _headers(layer: Any) -> Iterator[Header]:
    """The message headers in a layer of tshark's: one each, and for an error also the one that it copies."""

    def numbers(*names: str) -> list[int]:
        for name in names:
            field = layer.get_field(name)
            if field is not None:
                return [int(str(item.show), 0) for item in field.all_fields]
        return []

    lengths = numbers("netlink_hdr_len")
    types = numbers("netlink_hdr_type", "nltype", "family_id")
    types += [-1] * (len(lengths) - len(types))
    for length, type_, seq, port in zip(
        lengths, types, numbers("netlink_hdr_seq"), numbers("netlink_hdr_pid"), strict=False
    ):
        yield Header(length, type_, seq, port)
