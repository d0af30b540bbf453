"""Our pairing against what the programs' own system calls say: `python -m tests.follow.truth [CAPTURE...]`.

The truth knows the socket of each frame (tests/follow/sockets.py). Within one socket there is little to guess: an
answer carries the sequence number of its request, an error its header besides, and one socket's requests are served in
turn.
Nothing of nlsniff.follow is used to find the truth.
"""

from __future__ import annotations

import sys
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from nlsniff.reader import IndexedCapture, make_decoder
from tests.follow.sockets import Truth

if TYPE_CHECKING:
    from nlsniff.decode.message import NetlinkMessage
    from tests.follow.sockets import Owner

CAPTURES = Path(__file__).resolve().parent.parent.parent / "captures"
SUFFIXES = (".truth.json", ".truth.json.gz")
NLMSG_ERROR, NLMSG_DONE = 2, 3
NEIGHBOURS = {28, 29}  # RTM_NEWNEIGH, RTM_DELNEIGH
MULTI, ECHO, DUMP = 2, 8, 0x300


@dataclass
class Score:
    """How far we agree, counted in messages.

    Attributes:
        messages: of which the truth knows the socket.
        requests, answers, causes: what the truth says of them. A cause is the request that a notification names by
            port and sequence number.
        found: answers (or causes) that we attach to a request; right: to the right one.
        certain, certain_right: those of which we say that the pairing is no guess.
        named, named_right: requests for which the capture names a process; that is the one that strace ran.
        wrong: what disagrees, in words.
    """

    messages: int = 0
    requests: int = 0
    answers: int = 0
    found: int = 0
    right: int = 0
    certain: int = 0
    certain_right: int = 0
    named: int = 0
    named_right: int = 0
    causes: int = 0
    causes_found: int = 0
    causes_right: int = 0
    wrong: list[str] = field(default_factory=list)

    def add(self, other: Score) -> None:
        """Count another capture's messages, too."""
        for name, value in vars(other).items():
            setattr(self, name, getattr(self, name) + value)

    @property
    def precision(self) -> float:
        """The part of our answers that is right."""
        return self.right / self.found if self.found else 1.0

    @property
    def recall(self) -> float:
        """The part of all answers that we have right."""
        return self.right / self.answers if self.answers else 1.0


@dataclass
class _Asked:
    """A request on its socket. `answered`: the one answer to it has come."""

    message: NetlinkMessage
    answered: bool = False


class _Sockets:
    """Knows which request of a socket an answer is for."""

    def __init__(self, truth: Truth) -> None:
        self.whose: dict[int, tuple[Owner, str]] = {}
        for owner in truth.owners:
            for what in ("sent", "received", "told"):
                self.whose.update((frame, (owner, what)) for frame in getattr(owner, what))
        self._open: dict[tuple[int, int], list[_Asked]] = defaultdict(list)
        self._last: dict[tuple[int, int, int], NetlinkMessage] = {}
        self._latest: dict[tuple[int, int], NetlinkMessage] = {}

    def send(self, owner: Owner, message: NetlinkMessage) -> None:
        """A request leaves. The kernel is done with what came before in other datagrams, but for dumps."""
        key = (id(owner), message.seq)
        self._open[key] = [
            asked for asked in self._open[key] if asked.message.flags & DUMP or asked.message.frame == message.frame
        ]
        self._open[key].append(_Asked(message))
        if owner.port is not None:
            self._last[owner.protocol, owner.port, message.seq] = message
            self._latest[owner.protocol, owner.port] = message

    def receive(self, owner: Owner, message: NetlinkMessage) -> NetlinkMessage | None:
        """The request that this answers."""
        waiting = self._open[id(owner), message.seq]
        if message.type == NLMSG_ERROR:
            at = message.start + 20  # length and type in the copied header
            copied = message.data[at : at + 6]
            fitting = [it for it in waiting if it.message.data[it.message.start :][:6] == copied]
        elif message.type == NLMSG_DONE or message.flags & MULTI:
            fitting = [it for it in waiting if it.message.flags & DUMP] or waiting
        else:
            # A dump whose end the recorder lost still waits, but its parts say NLM_F_MULTI.
            fitting = [it for it in waiting if not it.answered and not it.message.flags & DUMP]
            fitting = fitting or [it for it in waiting if not it.answered] or waiting[-1:]
        if not fitting:
            return None
        found = fitting[0]
        if message.type in {NLMSG_ERROR, NLMSG_DONE}:
            waiting.remove(found)
        found.answered = True
        return found.message

    def cause(self, message: NetlinkMessage) -> NetlinkMessage | None:
        """The request that a notification names; neighbours are told with a port id and without a sequence number."""
        if not message.port:
            return None
        if message.protocol == 0 and message.type in NEIGHBOURS:
            return self._latest.get((0, message.port))
        return self._last.get((message.protocol, message.port, message.seq))


class _Judge:
    """Compares message by message."""

    def __init__(self, capture: IndexedCapture, truth: Truth) -> None:
        self.score = Score()
        self._capture = capture
        self._sockets = _Sockets(truth)
        self._group = {frame: number for number, group in enumerate(truth.alike) for frame in group}
        self._places: dict[int, dict[int, int]] = defaultdict(dict)  # of a group: socket to the frame that we say

    def judge(self) -> Score:
        """Compare all of it."""
        for message in self._capture:
            owner, what = self._sockets.whose.get(message.frame, (None, ""))
            if owner is None or message.length < 16:
                continue
            self.score.messages += 1
            if message.direction != ("to-kernel" if what == "sent" else "to-user"):
                self._wrong(message, f"was {what}, but goes {message.direction}")
            if what == "sent":
                self._sent(owner, message)
            elif what == "received":
                self._received(owner, message)
            else:
                self._told(message)
        return self.score

    def _sent(self, owner: Owner, message: NetlinkMessage) -> None:
        self.score.requests += 1
        found = self._capture.conversation(message.number)
        if found.request is None or (found.request != message.number and found.kind != "batch"):
            self._wrong(message, f"is a request, but belongs to {found} of request {found.request}")
        self._sockets.send(owner, message)
        if found.process:
            # A process's own name may be cut or changed; its id is not.
            right = found.process.partition("[")[2] == owner.process.partition("[")[2]
            self.score.named += 1
            self.score.named_right += right
            if not right:
                self._wrong(message, f"was sent by {owner.process}, not {found.process}")

    def _received(self, owner: Owner, message: NetlinkMessage) -> None:
        score = self.score
        request = self._sockets.receive(owner, message)
        found = self._capture.conversation(message.number)
        if owner.port is None and message.port:
            owner.port = message.port
        if request is None:
            if found.request is not None:
                score.found += 1
                self._wrong(message, f"answers nothing, but belongs to {found} of request {found.request}")
            return
        score.answers += 1
        attached = found.request is not None
        score.found += attached
        right = attached and self._is_same(owner, request, found.id)
        score.right += right
        score.certain += attached and found.certain
        score.certain_right += right and found.certain
        if not right:
            self._wrong(message, f"answers {request.number}, but belongs to {found} of request {found.request}")

    def _is_same(self, owner: Owner, request: NetlinkMessage, conversation: int) -> bool:
        """Whether a conversation is that of a request, or of one that nobody can tell from it."""
        group = self._group.get(request.frame)
        if group is None:
            return self._capture.conversation(request.number).id == conversation
        ours = self._capture.message(self._capture.follower.conversation(conversation).request or 1).frame
        places = self._places[group]
        if self._group.get(ours) != group or (id(owner) not in places and ours in places.values()):
            return False
        return places.setdefault(id(owner), ours) == ours

    def _told(self, message: NetlinkMessage) -> None:
        score = self.score
        cause = self._sockets.cause(message)
        found = self._capture.conversation(message.number)
        echoed = cause is not None and cause.flags & ECHO and found.request == cause.number
        if found.kind != "event" and not echoed:
            score.found += 1
            self._wrong(message, f"was told to a group, but belongs to {found} of request {found.request}")
        if cause is None:
            return
        score.causes += 1
        if not echoed and found.cause is None:
            self._wrong(message, f"comes of {cause.number}, but we know no cause")
            return
        score.causes_found += 1
        if echoed or found.cause == self._capture.conversation(cause.number).id:
            score.causes_right += 1
        else:
            self._wrong(message, f"comes of {cause.number}, but we say of conversation {found.cause}")

    def _wrong(self, message: NetlinkMessage, what: str) -> None:
        self.score.wrong.append(f"message {message.number} ({message.type_name}): {what}")


def truth_of(capture: Path) -> Path | None:
    """The truth beside a capture, if there is one."""
    name = capture.name.partition(".pcapng")[0]
    return next((path for suffix in SUFFIXES if (path := capture.with_name(name + suffix)).exists()), None)


def captures_with_truth() -> list[Path]:
    """Every stored capture that has a truth."""
    return sorted(path for path in CAPTURES.glob("*.pcapng*") if truth_of(path))


def compare(path: Path) -> Score:
    """Compare a capture with the truth beside it."""
    beside = truth_of(path)
    if beside is None:
        raise FileNotFoundError(f"{path} has no truth beside it")
    with IndexedCapture(path, make_decoder()) as capture:
        return _Judge(capture.load(), Truth.load(beside)).judge()


def main(names: list[str]) -> int:
    """Print precision and recall of each capture, and what is wrong."""
    total = Score()
    print(f"{'capture':24}{'messages':>9}{'requests':>9}{'answers':>9}{'precision':>11}{'recall':>9}"
          f"{'certain':>9}{'right':>9}{'causes':>8}{'right':>9}{'named':>9}{'right':>9}")  # fmt: skip
    for path in [Path(name) for name in names] or captures_with_truth():
        score = compare(path)
        _line(path.name.partition(".")[0], score)
        total.add(score)
        for text in score.wrong[:20]:
            print(f"  {text}")
    _line("all", total)
    return 0


def _line(name: str, score: Score) -> None:
    def part(of: int, all_: int) -> str:
        return f"{of / all_:.3%}" if all_ else "-"

    print(f"{name:24}{score.messages:9}{score.requests:9}{score.answers:9}{score.precision:11.3%}{score.recall:9.3%}"
          f"{part(score.certain, score.found):>9}{part(score.certain_right, score.certain):>9}"
          f"{score.causes:8}{part(score.causes_right, score.causes):>9}"
          f"{part(score.named, score.requests):>9}{part(score.named_right, score.named):>9}")  # fmt: skip


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
