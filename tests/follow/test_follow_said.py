"""What becomes of traffic in which everything happens at once: golden text in tests/follow/golden/crossed.txt.

NLSNIFF_UPDATE=1 writes it anew. Recordings show what kernels do; here requests cross, numbers are used twice, answers
are missing or come without a request, and times lie on both sides of each bound.
"""

from __future__ import annotations

import random
from pathlib import Path
from typing import TYPE_CHECKING

from tests.follow.talk import (
    ACK,
    DELROUTE,
    DUMP,
    ECHO,
    EINVAL,
    ENOENT,
    FILTERED,
    GENERIC,
    GETADDR,
    GETLINK,
    GETROUTE,
    IFADDR,
    INTR,
    MULTI,
    NETFILTER,
    NEWADDR,
    NEWLINK,
    NEWNEXTHOP,
    NEWROUTE,
    REQUEST,
    ROUTE,
    RTMSG,
    USERSOCK,
    XFRM,
    Talk,
    answer,
    attr,
    done,
    nlmsg,
)  # fmt: skip
from tests.golden import check_golden

if TYPE_CHECKING:
    from collections.abc import Iterator

GOLDEN = Path(__file__).parent / "golden" / "crossed.txt"
TALKS = 30
GETS, CHANGES = (GETLINK, GETADDR, GETROUTE), (NEWLINK, NEWADDR, NEWROUTE, DELROUTE, NEWNEXTHOP)
REPLIES = {GETLINK: NEWLINK, GETADDR: NEWADDR, GETROUTE: NEWROUTE}
PAUSES = (1, 10, 10, 10, 60, 400, 900, 1100, 9_000, 2_000_000)  # microseconds


class Crowd:
    """Programs that speak at once, and a kernel that answers some of them."""

    def __init__(self, seed: int) -> None:
        self.draw = random.Random(seed)  # noqa: S311  the same each time
        self.talk = Talk()
        self.asked: list[tuple[int, bytes, int, int, int]] = []  # protocol, message, type, seq, port

    def run(self, count: int) -> None:
        acts = [self.ask, self.ask, self.acknowledge, self.acknowledge, self.reply, self.reply, self.end, self.tell,
                self.tell, self.batch, self.other]  # fmt: skip
        for _ in range(count):
            self.draw.choice(acts)()

    def say(self, *parts: bytes, protocol: int = ROUTE) -> None:
        comment = self.draw.choice(["", "", "", "process: ip[7]"])
        self.talk(*parts, protocol=protocol, after_us=self.draw.choice(PAUSES), comment=comment)

    def ask(self) -> None:
        type_ = self.draw.choice(GETS + CHANGES)
        flags = REQUEST | self.draw.choice([0, ACK, ACK]) | self.draw.choice([0, 0, 0, ECHO])
        if type_ in GETS:
            flags |= self.draw.choice([0, DUMP, DUMP])
        seq, port = self.draw.choice([0, 1, 1, 2, 3]), self.draw.choice([0, 0, 0, 500, 501])
        protocol = self.draw.choice([ROUTE] * 6 + [XFRM, GENERIC])
        request = nlmsg(type_, flags, seq, port, self.body())
        self.asked.append((protocol, request, type_, seq, port or self.draw.choice([500, 501])))
        self.say(request, protocol=protocol)

    def body(self) -> bytes:
        return self.draw.choice([IFADDR, RTMSG, RTMSG]) + self.draw.choice(
            [b"", attr(1, b"\x0a\0\0\1"), attr(4, bytes(8))]
        )

    def one(self) -> tuple[int, bytes, int, int, int]:
        unasked = (ROUTE, nlmsg(GETLINK, REQUEST, 9, 0, IFADDR), GETLINK, 9, 500)
        return self.draw.choice([*self.asked[-4:], unasked] if self.asked else [unasked])

    def acknowledge(self) -> None:
        protocol, request, _, _, port = self.one()
        code = self.draw.choice([0, 0, 0, ENOENT, EINVAL])
        tlvs = attr(1, b"no such thing\0") if code and self.draw.random() < 0.4 else b""
        self.say(answer(request, port, code, whole=self.draw.random() < 0.5, tlvs=tlvs), protocol=protocol)

    def reply(self) -> None:
        protocol, _, type_, seq, port = self.one()
        flags = self.draw.choice([0, MULTI, MULTI, MULTI | FILTERED, MULTI | INTR])
        new = REPLIES.get(type_, type_)
        parts = [nlmsg(new, flags, seq, port, self.body()) for _ in range(self.draw.choice([1, 1, 2, 3]))]
        if self.draw.random() < 0.2:
            parts.append(done(seq, port))
        self.say(*parts, protocol=protocol)

    def end(self) -> None:
        protocol, _, _, seq, port = self.one()
        self.say(done(seq, port, self.draw.choice([0, 0, EINVAL])), protocol=protocol)

    def tell(self) -> None:
        protocol, _, type_, seq, port = self.one()
        seq, port = self.draw.choice([(seq, port), (seq, 0), (0, 0), (0, port)])
        told = nlmsg(REPLIES.get(type_, type_), self.draw.choice([0, 0x600]), seq, port, self.body())
        for _ in range(self.draw.choice([1, 2, 2, 3])):
            self.say(told, protocol=protocol)

    def batch(self) -> None:
        start = self.draw.choice([0, 1, 7])
        parts = [nlmsg(16, REQUEST, start, 0, bytes(4))]
        for number in range(1, self.draw.choice([2, 3])):
            parts.append(nlmsg(0xA00, REQUEST | self.draw.choice([0, ACK]), start + number, 0, bytes(4)))
            self.asked.append((NETFILTER, parts[-1], 0xA00, start + number, 600))
        self.say(*parts, nlmsg(17, REQUEST, start + len(parts), 0, bytes(4)), protocol=NETFILTER)

    def other(self) -> None:
        what = self.draw.choice([nlmsg(4, 0, 1, 500), nlmsg(1, 0, 0, 0), nlmsg(40, 0, 0, 0, b"hello"), b"\1\2\3"])
        self.say(what, protocol=self.draw.choice([ROUTE, USERSOCK, 31]))


def lines() -> Iterator[str]:
    for seed in range(TALKS):
        crowd = Crowd(seed)
        crowd.run(18)
        yield f"talk {seed}: {len(crowd.talk.messages)} messages"
        for found in crowd.talk.follower.conversations:
            told = found.to_json()
            sure = "" if found.certain else " perhaps"
            names = (
                "parts",
                "errno",
                "cause",
                "copies",
                "effects",
                "interrupted",
                "filtered",
                "process",
                "port",
                "seq",
            )
            rest = ", ".join(f"{name} {told[name]}" for name in names if told[name] not in (None, 0, [], False))
            said = f", says {told['extack']['text']}" if told["extack"] else ""
            took = f"{told['latency']} of {told['duration']}"
            yield f"    {found.id} {found.kind} {found.status}{sure} {told['messages']} {took} s: {rest}{said}"


def test_golden_crossed_talks() -> None:
    text = "\n".join(lines()) + "\n"
    check_golden(GOLDEN, text)
