"""Which conversations and messages of a capture are the recorder's own, and not of what was recorded.

The recorder marks its frames (`nlsniff: own`) and tells the ifindex of its device, see `nlsniff.wire.comments`. News of
the device are known by that; to look for them while recording would cost time at each frame.

A recording without any mark was made before there were marks. There its self-description is recognised: the two dumps
at the start, asked for in always the same bytes by the process that made the capture device. Nothing of another nlsniff
that was recorded is taken for it.
"""

from __future__ import annotations

import re
import struct
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol

from nlsniff.follow.devices import device_of
from nlsniff.wire.attr import payloads
from nlsniff.wire.comments import device_in, is_own, process_in
from nlsniff.wire.constants import (
    GENL_ID_CTRL,
    NETLINK_GENERIC,
    NETLINK_ROUTE,
    NETLINK_SOCK_DIAG,
    NLM_F_DUMP,
    NLM_F_REQUEST,
    NLMSG_MIN_TYPE,
    RTM_GETLINK,
    RTM_NEWLINK,
)
from nlsniff.wire.nlmsg import HEADER_SIZE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nlsniff.decode.message import NetlinkMessage
    from nlsniff.follow.conversation import ConversationView
    from nlsniff.follow.follower import Follower
    from nlsniff.wire.nlmsg import Order

# A device that a recorder makes in a namespace that others use, too; the letter is there where that name was taken.
_DEVICE: Final = re.compile(r"nlmon(\d+)[abc]?")
# Its alias; in a namespace of the recording's own it has no pid.
_ALIAS: Final = re.compile(rb"nlsniff(?: pid=(\d+) started=-?\d+ pidns=\d+)?\0?")
_PROCESS: Final = re.compile(r"nlsniff\[(\d+)\]")
# The bodies of the two requests. CTRL_CMD_GETFAMILY, version 2; all links with IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS.
_FAMILIES: Final = b"\3\2\0\0"
_LINKS: Final[dict[Order, bytes]] = {
    "<": bytes(16) + struct.pack("<HHI", 8, 29, 8),
    ">": bytes(16) + struct.pack(">HHI", 8, 29, 8),
}
_DUMP: Final = NLM_F_REQUEST | NLM_F_DUMP
_IFLA_IFNAME, _IFLA_IFALIAS, _IFINFOMSG_SIZE = 3, 20, 16
# A description comes before what is recorded; where a namespace is shared, others may have spoken before.
_SEARCHED: Final = 64
_AF_NETLINK: Final = 16
_DESCRIBED: Final = frozenset({NETLINK_GENERIC, NETLINK_ROUTE})


class RecordedOn(Protocol):
    """What a file says of where it was recorded, as far as it is needed here; `nlsniff.file.info.Interface` is one."""

    name: str
    comments: list[str]


class _Recorder(NamedTuple):
    """Who described a capture.

    Attributes:
        marked: its frames are marked, so that what is not marked is not its.
        port: port id of its sockets.
        process: `nlsniff[412]`, or "" where the file has no names.
        pid: 412, as digits.
    """

    marked: bool
    port: int
    process: str
    pid: str


class Own:
    """Tells what of a capture is the recorder's own.

    It may be asked while the capture grows.

    Args:
        follower: of a capture whose messages can be had again (`IndexedCapture.follower`).
        interfaces: what the file says of where it was recorded (`IndexedCapture.interfaces`).
    """

    def __init__(self, follower: Follower, interfaces: Sequence[RecordedOn]) -> None:
        self._follower = follower
        self._interfaces = interfaces
        self._searched = 0  # conversations
        self._recorder: _Recorder | None = None
        self._name = ""  # of its device, by its alias

    def conversation(self, view: ConversationView) -> bool:
        """Whether the recorder asked it, or the kernel tells of the recorder's device unasked.

        A program that asks for the device has a conversation of its own.
        """
        message = self._message(view.first_message)
        if view.kind == "event":
            return self.message(message)
        if is_own(message.comment):
            return True
        self._search()
        return view.kind == "dump" and view.request is not None and self._describes(message)

    def message(self, message: NetlinkMessage) -> bool:
        """Whether a message is marked, or from the kernel and about the recorder's device or one of its sockets.

        So are the device's entries in a program's dumps: its link, addresses, neighbours, qdiscs, settings, statistics,
        and its sockets in dumps of packet and netlink sockets. What a program says is never the recorder's.
        """
        if is_own(message.comment):
            return True
        if message.type < NLMSG_MIN_TYPE or message.direction != "to-user":
            return False
        self._search()
        index = device_of(message)
        return self._is_device(index, message.number) if index else self._is_socket(message)

    def description(self) -> list[int]:
        """The numbers of the messages that describe the capture, in order; they stand at its start.

        Only the first conversations are looked at, so that this takes no time in a capture of any length.
        """
        first = map(self._follower.conversation, range(1, min(len(self._follower), _SEARCHED) + 1))
        dumps = (view for view in first if view.kind == "dump" and self.conversation(view))
        return sorted(number for view in dumps for number in view.messages)

    @property
    def described(self) -> bool:
        """Whether so much has come that `description` says all that it will ever say."""
        return len(self._follower) > _SEARCHED

    def _message(self, number: int) -> NetlinkMessage:
        source = self._follower.source
        assert source is not None, "a capture is read once, and its messages are not kept"  # noqa: S101
        return source(number)

    # -- its device and its sockets ------------------------------------------------------------------------------

    def _is_device(self, index: int, number: int) -> bool:
        """Whether a link is the recorder's device, as of a message."""
        if told := device_in(comment for interface in self._interfaces for comment in interface.comments):
            return index == told
        known = self._follower.decoder.names.resolve("link", index, number)
        return known != "" and (known == self._name or known in self._devices())

    @property
    def _interface_names(self) -> list[str]:
        return [interface.name for interface in self._interfaces]

    def _devices(self) -> set[str]:
        """The names of the devices that a recorder without marks made, of those on which the file was recorded.

        Their pid is the recorder's: `nlmon0` was there before (`capture -i nlmon0`).
        """
        found = map(_DEVICE.fullmatch, self._interface_names)
        pid = self._recorder.pid if self._recorder is not None else ""
        return {match[0] for match in found if match is not None and pid in {"", match[1]}}

    def _is_socket(self, message: NetlinkMessage) -> bool:
        """Whether an entry of a dump of netlink sockets (struct netlink_diag_msg) is a socket of the recorder's."""
        body = message.start + HEADER_SIZE
        if message.protocol != NETLINK_SOCK_DIAG or message.end - body < 8 or self._recorder is None:
            return False
        family, _, protocol = message.data[body : body + 3]
        port = int.from_bytes(message.data[body + 4 : body + 8], "little" if message.order == "<" else "big")
        return family == _AF_NETLINK and protocol in _DESCRIBED and port == self._recorder.port

    # -- its self-description ------------------------------------------------------------------------------------

    def _search(self) -> None:
        """Look for the description in the first conversations, as far as they have come."""
        while self._searched < min(len(self._follower), _SEARCHED):
            self._searched += 1
            view = self._follower.conversation(self._searched)
            if view.kind != "dump" or view.request is None:
                continue
            request = self._message(view.request)
            if self._recorder is None and request.protocol == NETLINK_GENERIC and _is_description(request):
                self._recorder = self._recorder_of(request)
            elif request.protocol == NETLINK_ROUTE and (self._describes(request) or is_own(request.comment)):
                self._name = self._name or self._device_in(view)

    def _recorder_of(self, request: NetlinkMessage) -> _Recorder | None:
        """Who asks for the families; None for another nlsniff than the one that made the file.

        What describes a file comes first in it, unless others use the device's namespace, too.
        """
        process = process_in(request.comment) or ""
        match = _PROCESS.fullmatch(process)
        pid = match[1] if match is not None else str(request.port)
        marked = is_own(request.comment)
        recorder = _Recorder(marked, request.port, process, pid)
        named = any(match is not None and match[1] == pid for match in map(_DEVICE.fullmatch, self._interface_names))
        return recorder if marked or named or request.number == 1 else None

    def _describes(self, request: NetlinkMessage) -> bool:
        """Whether this is a request of a recorder without marks."""
        recorder = self._recorder
        if recorder is None or recorder.marked or not _is_description(request):
            return False
        return request.port == recorder.port or (process_in(request.comment) or None) == recorder.process

    def _device_in(self, view: ConversationView) -> str:
        """The name of the link whose alias says that it is the recorder's, or ""."""
        for number in view.messages:
            message, recorder = self._message(number), self._recorder
            if message.type == RTM_NEWLINK and recorder is not None:
                start = message.start + HEADER_SIZE + _IFINFOMSG_SIZE
                found = payloads(message.data, start, message.end, message.order, (_IFLA_IFNAME, _IFLA_IFALIAS))
                alias = _ALIAS.fullmatch(found.get(_IFLA_IFALIAS, b""))
                if alias is not None and (alias[1] is None or alias[1].decode() == recorder.pid):
                    return found[_IFLA_IFNAME].rstrip(b"\0").decode(errors="replace")
        return ""


def _is_description(request: NetlinkMessage) -> bool:
    """Whether these are the bytes of one of a recorder's two requests, which name the port id.

    Of several files of one recording each has a description, and their sequence numbers count on.
    """
    body = request.data[request.start + HEADER_SIZE : request.end]
    if not request.port or request.flags != _DUMP:
        return False
    seq = 2 - request.seq % 2 if is_own(request.comment) else request.seq
    return (request.protocol, request.type, seq, body) in (
        (NETLINK_GENERIC, GENL_ID_CTRL, 1, _FAMILIES),
        (NETLINK_ROUTE, RTM_GETLINK, 2, _LINKS[request.order]),
    )
