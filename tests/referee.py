"""Other people's tools that read the same file: dpkt and tshark. What nlsniff wrote must be what they see."""

from __future__ import annotations

import struct
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

COOKED = 16
NLMSG_ERROR, NLMSG_DONE = 2, 3
FIRST_OF_PROTOCOL = 16
ROUTE, NETFILTER, UEVENT, GENERIC = 0, 12, 15, 16


@dataclass(frozen=True)
class Row:
    """One frame of a file as dpkt reads it: a second opinion on what nlsniff wrote."""

    time: float
    data: bytes

    @property
    def protocol(self) -> int:
        """The netlink protocol of the cooked header."""
        return int.from_bytes(self.data[14:16], "big")

    @property
    def messages(self) -> list[tuple[int, int, int, int, int]]:
        """Length, type, flags, sequence number and port id of each message; a uevent has no such header."""
        found = []
        at = COOKED
        while self.protocol != UEVENT and len(self.data) - at >= 16:
            header = struct.unpack_from("=IHHII", self.data, at)
            if header[0] < 16:
                break
            found.append(header)
            at += (header[0] + 3) & ~3
        return found

    @property
    def ends_in_zeros(self) -> bool:
        """Whether zeros follow the last message, as iproute2 sends them in some dumps; tshark takes 4 for a length."""
        if self.protocol == UEVENT:
            return False
        used = sum((message[0] + 3) & ~3 for message in self.messages)
        return len(self.data) - COOKED - used >= 4


def rows(path: Path) -> list[Row]:
    """Read a capture with dpkt."""
    import dpkt

    with path.open("rb") as file:
        kind = dpkt.pcap.Reader if path.suffix == ".pcap" else dpkt.pcapng.Reader
        return [Row(float(time), bytes(data)) for time, data in kind(file)]


def types(path: Path, protocol: int = 0) -> list[int]:
    """Return the message types of one protocol, in order."""
    return [message[1] for row in rows(path) if row.protocol == protocol for message in row.messages]


def tshark(path: Path, *fields: str) -> list[list[str]]:
    """Return tshark's values of these fields, a list for each frame."""
    command = ["tshark", "-r", str(path), "-T", "fields", "-E", "separator=/t", "-E", "occurrence=a"]
    for field in fields:
        command += ["-e", field]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return [line.split("\t") for line in done.stdout.splitlines()]


def assert_tshark_agrees(path: Path) -> int:
    """Compare frames, lengths, types, sequence numbers and port ids of a capture; return the number of frames."""
    ours = rows(path)
    theirs = tshark(
        path,
        "frame.len",
        "netlink.family",
        "netlink.hdr_len",
        "netlink.hdr_seq",
        "netlink.hdr_pid",
        "netlink.hdr_type",
        "netlink-route.nltype",
        "genl.family_id",
        "_ws.malformed",
    )
    assert len(theirs) == len(ours)
    for row, (length, protocol, lengths, seqs, ports, general, route, generic, malformed) in zip(
        ours, theirs, strict=True
    ):
        headers = _with_quoted(row)
        assert int(length) == len(row.data)
        assert int(protocol, 0) == row.protocol
        if row.protocol == UEVENT:
            # It has no header, but tshark looks for one: 4.0 gives up, 4.6 takes the text's first bytes for a length,
            # in whichever order that is the smaller.
            text = row.data[COOKED : COOKED + 4]
            smaller = min(int.from_bytes(text, "little"), int.from_bytes(text, "big"))
            assert malformed or _numbers(lengths) == [smaller]
            continue
        assert _numbers(lengths) == [header[0] for header, _ in headers] + [0] * row.ends_in_zeros
        assert _numbers(seqs) == [header[3] for header, _ in headers]
        assert _numbers(ports) == [header[4] for header, _ in headers]
        # The type is in a field of its own for each protocol: netlink.hdr_type stays empty for rtnetlink and genetlink.
        special = {ROUTE: iter(_numbers(route)), GENERIC: iter(_numbers(generic))}
        rest = iter(_numbers(general))
        for header, quoted in headers:
            source = rest if quoted or header[1] < FIRST_OF_PROTOCOL else special.get(row.protocol, rest)
            assert next(source, None) == header[1], (row.protocol, headers, general, route, generic)
        # tshark 4.0 knows no request with the short rtgenmsg header (charon's RTM_GETLINK) and calls it malformed.
        short = row.protocol == ROUTE and any(header[0] <= 20 for header, _ in headers)
        # It takes the EAPOL frames of nl80211 (NL80211_CMD_CONTROL_PORT_FRAME) for frames of the air.
        # What ends a datagram of logged packets (NFLOG) has a struct nfgenmsg, and no error number as tshark thinks.
        logged = row.protocol == NETFILTER and headers[-1][0][:2] == (20, NLMSG_DONE)
        assert malformed == "" or short or logged or "IEEE 802.11" in malformed
    return len(ours)


def _with_quoted(row: Row) -> list[tuple[tuple[int, int, int, int, int], bool]]:
    """Return all headers that tshark shows: the messages', and after an error the one that it quotes (True)."""
    found = []
    at = COOKED
    for header in row.messages:
        found.append((header, False))
        if header[1] == NLMSG_ERROR:
            found.append((struct.unpack_from("=IHHII", row.data, at + 20), True))
        at += (header[0] + 3) & ~3
    return found


def _numbers(text: str) -> list[int]:
    return [int(part, 0) for part in text.split(",") if part]
