"""A capture by nlmon and the log of strace of one run: do they say the same of the programs that strace ran?

captures/record asks this of each scene whose programs run under strace (`captures/record --into FOLDER at-once zebra
charon-at-once`), and tests/live of a small one.
"""

from __future__ import annotations

import struct
from collections import defaultdict
from typing import TYPE_CHECKING

from nlsniff.file.write import open_writer
from nlsniff.reader import IndexedCapture, make_decoder
from nlsniff.wire.constants import ARPHRD_NETLINK
from nlsniff.wire.delivery import delivery_comment
from tests.follow.sockets import SEEN, find_frames

if TYPE_CHECKING:
    from pathlib import Path

    from nlsniff.file.strace import StraceLog


def disagreements(capture: Path, log: StraceLog, scratch: Path) -> list[str]:
    """What the two say otherwise, in words; the log is written into a capture file `scratch` to be followed."""
    pairs, lost = find_frames(capture, log)
    found = [f"no frame of {told.delivery}, {len(told.data)} bytes: {told.data[:32].hex()}" for told in lost]
    frames = {id(told): frame for told, frame in pairs}
    found += _out_of_order(log, frames)
    found += _unseen(capture, log, set(frames.values()))
    written = [told for told in log.datagrams if told.protocol in SEEN and id(told) in frames]
    with open_writer(scratch) as writer:
        for told in written:
            assert told.delivery
            head = struct.pack(">HH10xH", 4, ARPHRD_NETLINK, told.protocol)
            writer.write(told.time_ns, head + told.data, len(head) + told.length, delivery_comment(told.delivery))
        writer.close(len(written), 0)
    return found + _paired_otherwise(capture, scratch, [frames[id(told)] for told in written])


def _out_of_order(log: StraceLog, frames: dict[int, int]) -> list[str]:
    """Requests and answers of a socket that nlmon saw in another order."""
    last: dict[tuple[int | None, str], int] = defaultdict(int)
    found = []
    for told in log.datagrams:
        known = told.delivery
        frame = frames.get(id(told))
        if known is None or frame is None or known.group:
            continue  # copies of one notification are alike, and nobody knows whose is which
        key = (known.socket, known.way)
        if frame < last[key]:
            found.append(f"frame {frame} of {known} stands before frame {last[key]}")
        last[key] = max(last[key], frame)
    return found


def _unseen(capture: Path, log: StraceLog, matched: set[int]) -> list[str]:
    """Requests that the traced programs sent as nlmon says, and strace does not."""
    processes = {told.delivery.process for told in log.datagrams if told.delivery}
    begin, end = log.datagrams[0].time_ns, log.datagrams[-1].time_ns
    found = []
    with IndexedCapture(capture, make_decoder()) as loaded:
        loaded.load()
        for message in loaded:
            conversation = loaded.conversation(message.number)
            asked = conversation.request == message.number and conversation.process in processes
            if asked and message.frame not in matched and begin <= message.time_ns <= end:
                found.append(f"frame {message.frame} of {conversation.process} is not in the log")
    return found


def _paired_otherwise(capture: Path, scratch: Path, frames: list[int]) -> list[str]:
    """Answers that are uncertain in the strace recording, and those whose request is another one in nlmon's."""
    found = []
    with IndexedCapture(capture, make_decoder()) as one, IndexedCapture(scratch, make_decoder()) as other:
        one.load()
        other.load()
        theirs = {(message.frame, message.start): message for message in one}
        place: dict[int, int] = {}  # message number of the strace recording: that of nlmon's
        for message in other:
            its = theirs.get((frames[message.frame - 1], message.start))
            if its is None or its.data[its.start : its.end] != message.data[message.start : message.end]:
                if message.end - message.start == message.length:
                    found.append(f"message {message.number} is another one in frame {frames[message.frame - 1]}")
                continue
            place[message.number] = its.number
        for message in other:
            conversation = other.conversation(message.number)
            if not conversation.certain and conversation.request is not None:  # else a cause, which nobody says
                found.append(f"message {message.number} ({message.type_name}) is paired uncertainly: {conversation}")
            if message.number not in place or conversation.request not in place:
                continue
            its_conversation = one.conversation(place[message.number])
            if its_conversation.certain and its_conversation.request != place[conversation.request]:
                found.append(
                    f"message {message.number} answers {conversation.request}, there {its_conversation.request}"
                )
    return found
