"""Where a record of a pcap file may begin.

Nothing marks it. So after damage a record is where a netlink frame's own header follows a plausible record header, or
where several plausible record headers follow each other.
"""

from __future__ import annotations

import re
import struct
from typing import TYPE_CHECKING

from nlsniff.file.order import UNAMBIGUOUS
from nlsniff.wire.constants import ARPHRD_NETLINK, HEADERLESS, LINKTYPE_LINUX_SLL2, LINKTYPE_NETLINK
from nlsniff.wire.cooked import LINKTYPES, parse_cooked
from nlsniff.wire.order import chain_end

if TYPE_CHECKING:
    from nlsniff.wire.nlmsg import Order

# libpcap's own limit for most link types. A record that claims more than this and more than the snap length is damage;
# the hard limit bounds what a snap length can make us wait for and allocate. Up to it, the upper byte of a length is 0.
USUAL_LIMIT = 262144
HARD_LIMIT = (16 << 20) - 1

_TEN_YEARS = 10 * 365 * 86400
_CHAIN = 3
_BEHIND = 64
_COOKED = 20  # bytes of the longest cooked header
SIGNATURE = struct.pack(">H", ARPHRD_NETLINK)
# A record header: time fraction below 2**30, captured length not 0 and with an upper half of at most %02x, wire length
# below 2**24. Of zero width, so that candidates may overlap.
_HEADER = {
    "<": rb"(?s)(?=.{7}[\0-\x3b](?!\0{4})..[\0-\x%02x]\0.{3}\0)",
    ">": rb"(?s)(?=.{4}[\0-\x3b].{3}(?!\0{4})\0[\0-\x%02x]..\0.{3})",
}
# The mark of netlink, and before it such a header. A literal first: it is searched for a hundred times faster.
_MARKED = {
    "<": rb"(?s)\x03\x38(?<=[\0-\x3b].{3}\0.{3}\0.{%d}\x03\x38)",
    ">": rb"(?s)\x03\x38(?<=[\0-\x3b].{3}\0.{3}\0.{%d}\x03\x38)",
}


class RecordScan:
    """Judges and finds records in a buffer.

    Args:
        order: byte order of the record headers.
        head: bytes of a record header, of which only the first 16 are looked at.
        linktype: LINKTYPE_* of the frames.
        snaplen: what the file header says.
        fractions: time units per second.

    Attributes:
        unpack: seconds, fraction, captured length and wire length of the record header at a place in a buffer.
        near: seconds since 1970 of the last good record, 0 before the first. A record decades away from it is damage.
        candidate, shift: where this pattern matches, a record may begin `shift` bytes before.
        signed_at: where in a frame's data the mark of netlink stands.
    """

    def __init__(self, order: Order, head: int, linktype: int, snaplen: int, fractions: int) -> None:
        self.head = head
        self.linktype = linktype
        self.fractions = fractions
        self.unpack = struct.Struct(order + "IIII").unpack_from
        self.limit = min(max(snaplen, USUAL_LIMIT), HARD_LIMIT)
        self.near = 0
        self.signed_at = 8 if linktype == LINKTYPE_LINUX_SLL2 else 2
        if linktype == LINKTYPE_NETLINK:
            between = head - (14 if order == "<" else 11)
            self._candidate, self.shift = _MARKED[order] % between, head + self.signed_at
        else:
            self._candidate, self.shift = _HEADER[order] % (self.limit >> 16), 0

    @property
    def candidate(self) -> re.Pattern[bytes]:
        """See above; compiled when there is damage."""
        return re.compile(self._candidate)

    def clean(self, buffer: bytes, at: int, about: int = 0) -> bool:
        """Whether a record header that a correct writer may have written about that time stands here."""
        seconds, fraction, captured, length = self.unpack(buffer, at)
        near = self.near or about
        if near and abs(seconds - near) > _TEN_YEARS:
            return False
        return bool(fraction < self.fractions and 0 < captured <= length and captured <= self.limit)

    def believe(self, buffer: bytes, at: int, *, final: bool) -> bool | None:
        """Whether a record begins here; None when that cannot be told before more of the file is there."""
        size = len(buffer)
        if at + self.head > size:
            return False if final else None
        if not self.clean(buffer, at):
            return False
        mark = at + self.head + self.signed_at
        if buffer[mark : mark + 2] == SIGNATURE and self.linktype in LINKTYPES:
            return True
        chained = self.chained(buffer, at, final=final)
        return False if chained is None and final else chained

    def confirmed(self, buffer: bytes, start: int, stop: int) -> bool:
        """Whether the frame in [start, stop) itself shows that its length is right: its messages end where it does.

        The length of such a record is never doubted, whatever follows it. So it can be given before more of the file
        is there.
        """
        cooked = parse_cooked(self.linktype, buffer[start : min(start + _COOKED, stop)])
        if cooked is None or cooked.protocol in HEADERLESS or stop - start > UNAMBIGUOUS:
            return False
        start += cooked.size
        little, big = chain_end(buffer, start, "<", stop), chain_end(buffer, start, ">", stop)
        return start < stop <= max(little, big)

    def chained(self, buffer: bytes, at: int, *, final: bool) -> bool | None:
        """Whether good headers follow the record at `at`, or the end of the file does; None when that is not there."""
        size = len(buffer)
        seconds = self.unpack(buffer, at)[0]
        for _ in range(_CHAIN - 1):
            at += self.head + self.unpack(buffer, at)[2]
            if at == size and final:
                return True
            if at + self.head > size:
                return None
            if not self.clean(buffer, at, seconds):
                return False
        return True

    def inside(self, buffer: bytes, owner: int, stop: int, *, final: bool) -> int | None:
        """Find a record that begins inside the data of another, whose length must then be wrong.

        Args:
            buffer: bytes of the file.
            owner: where the other record begins, or -1 for none.
            stop: where it ends, as its length says.
            final: no more of the file will ever come.

        Returns:
            Its position; 0 where there is no such record; None where more of the file must be there to tell.
        """
        if owner < 0:
            return 0
        # The last candidate may need bytes behind `stop` to be seen.
        for match in self.candidate.finditer(buffer, owner + self.head + self.shift, stop + _BEHIND):
            at = match.start() - self.shift
            if at >= stop:
                return 0
            verdict = self.believe(buffer, at, final=final)
            if verdict is not False:
                return at if verdict else None
        return 0 if final or len(buffer) >= stop + _BEHIND else None
