"""A story and its steps, as text and JSON."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field, replace
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from nlsniff.terminal import escape

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from nlsniff.follow.conversation import ConversationView
    from nlsniff.stories.ipsec import About

_ANY = ("0.0.0.0", "::")  # noqa: S104  compared with, not bound to

_FEW = 16  # numbers of messages that a line has one by one

Kind = Literal["state", "policy", "acquire"]
ObjectKind = Literal[
    "link", "address", "route", "neighbour", "rule", "nexthop", "connection", "table", "chain", "set", "object",
    "flowtable", "ipset",
]  # fmt: skip


class ObjectKey(NamedTuple):
    """What tells states apart, or policies: of a policy `proto` is its direction and `rest` its selector."""

    daddr: str
    proto: str
    spi: int
    rest: str = ""


@dataclass(slots=True)
class Step:
    """Something that happened to a state or a policy.

    Attributes:
        time_ns: nanoseconds since 1970.
        verb: `reserve`, `add`, `complete`, `update`, `get`, `expire`, `delete`, `flush`, `acquire`, `count`, `move`.
        text: the same for people, with its details.
        numbers: of the messages, in any order; see `messages`.
        conversation: id of the first of the conversations.
        errno: name of the error where the kernel refused, else None.
        cause: id of the conversation that caused it, where that was about something else; else None.
        process: who asked for it, as `ip[412]`, where the capture says so.
        certain: False where it is a guess that the cause is the cause.
    """

    time_ns: int
    verb: str
    text: str
    numbers: list[int]
    conversation: int
    errno: str | None = None
    cause: int | None = None
    process: str | None = None
    certain: bool = True

    @property
    def messages(self) -> tuple[int, ...]:
        """The numbers of its messages, in order: request, answer, and what everybody was told of it."""
        return tuple(sorted(set(self.numbers)))  # not when each is added: a request may cause a thousand events

    def line(self, start: int) -> str:
        """Seconds since `start` (in ns since 1970), what happened, who asked, and the numbers of the messages.

        Of many numbers those that follow each other are told by the first and the last.
        """
        numbers = " ".join(_in_words(self.messages))
        refused = f", refused: {self.errno}" if self.errno else ""
        who = f" by {escape(self.process)}" if self.process else ""
        because = "because" if self.certain else "probably because"
        cause = f" {because} of conversation {self.cause}" if self.cause is not None else ""
        return f"  {(self.time_ns - start) / 1e9:11.6f} s  {self.text}{who}{refused}{cause}  [{numbers}]"

    def to_json(self) -> dict[str, Any]:
        """The step as JSON has it; times in seconds."""
        return {
            "time": self.time_ns / 10**9,
            "time_ns": self.time_ns,
            "verb": self.verb,
            "text": self.text,
            "messages": list(self.messages),
            "conversation": self.conversation,
            "errno": self.errno,
            "cause": self.cause,
            "process": self.process,
            "certain": self.certain,
        }


def _in_words(numbers: Sequence[int]) -> Iterator[str]:
    if len(numbers) <= _FEW:
        yield from map(str, numbers)
        return
    first = last = numbers[0]
    for number in (*numbers[1:], 0):
        if number != last + 1:
            yield str(first) if first == last else f"{first}-{last}"
            first = number
        last = number


class BaseStory:
    """What the stories of all kinds of objects have in common: steps, and their text."""

    __slots__ = ()
    id: int
    before: bool
    end: str
    steps: list[Step]
    if TYPE_CHECKING:

        @property
        def title(self) -> str:
            """What it is about, in one line."""

    @property
    def related(self) -> str:
        """The stories that it is tied to, as the end of a title."""
        return ""

    def join(self, conversation: ConversationView) -> bool:
        """Add a notification to the step of the request that caused it; False where no step has that request."""
        cause = conversation.cause
        # The conversations of steps only ascend.
        at = bisect_right(self.steps, cause, key=attrgetter("conversation")) if cause is not None else 0
        if not at or self.steps[at - 1].conversation != cause:
            return False
        self.steps[at - 1].numbers += conversation.messages
        return True

    def lines(self, below: Callable[[Step], Iterable[str]] = lambda _: ()) -> Iterator[str]:
        """The story as text: a title, a line a step with those of `below`, and its end."""
        yield f"story {self.id}: {self.title}{self.related}"
        if self.before:
            yield "  was there before"
        for step in self.steps:
            yield step.line(self.steps[0].time_ns)
            yield from below(step)
        yield from self.ending()

    def ending(self) -> Iterator[str]:
        """Its end."""
        yield f"  {self.end}" if self.end else "  is there at the end of the capture"


@dataclass(slots=True)
class Story(BaseStory):
    """What became of a state, of a policy, or of the kernel's wish for a state.

    Attributes:
        id: counts from 1, in the order in which the stories begin.
        queries: how often somebody asked for it and got it, which is no step.
        end: `deleted`, `expired`, `flushed`, `refused` where it never was, or "" where it outlives the capture.
        follows, successor: id of the story of the state that this one replaces, and of the one that replaces it.
        answers, answered: id of the ACQUIRE that this state answers; of an ACQUIRE the id of the first state for it.
        soft: time of the first soft EXPIRE, nanoseconds since 1970.
        before: it was there before the capture, or the capture does not show how it came.
        larval: nothing has happened to it but that its SPI was reserved.
    """

    id: int
    kind: Kind
    key: ObjectKey
    saddr: str = ""
    mode: str = ""
    reqid: int = 0
    algorithms: str = ""
    steps: list[Step] = field(default_factory=list)
    queries: int = 0
    end: str = ""
    follows: int | None = None
    successor: int | None = None
    answers: int | None = None
    answered: int | None = None
    soft: int | None = None
    before: bool = False
    larval: bool = True

    def learn(self, found: About) -> None:
        """Take over what a message says of it; later messages know more."""
        if found.saddr and found.saddr not in _ANY:
            self.saddr = found.saddr
        self.mode = found.mode or self.mode
        self.reqid = found.reqid or self.reqid
        self.algorithms = found.algorithms or self.algorithms

    @property
    def title(self) -> str:
        """What it is about, in one line."""
        if self.kind == "policy":
            return f"policy {self.key.proto} {self.key.rest}"
        who = f"{self.key.proto} {self.saddr or 'any'} -> {self.key.daddr}"
        if self.kind == "acquire":
            return f"wanted: {who}" + (f" reqid {self.reqid}" if self.reqid else "")
        more = (f"mode {self.mode}" if self.mode else "", f"reqid {self.reqid}" if self.reqid else "", self.algorithms)
        return " ".join((f"state {who} spi 0x{self.key.spi:08x}", *filter(None, (self.key.rest, *more))))

    @property
    def related(self) -> str:
        """The stories that it is tied to, as the end of a title."""
        ties = (
            ("follows", self.follows),
            ("is followed by", self.successor),
            ("answers", self.answers),
            ("is answered by", self.answered),
        )
        return "".join(f", {text} story {number}" for text, number in ties if number is not None)

    def ending(self) -> Iterator[str]:
        """How often somebody asked for it, and its end."""
        if self.queries:
            yield f"  asked for {self.queries} times" if self.queries > 1 else "  asked for once"
        if self.kind != "acquire":
            yield from BaseStory.ending(self)
        elif self.answered is None:
            yield "  was not answered"

    def to_json(self) -> dict[str, Any]:
        """The object that `nlsniff follow --stories --json` prints; times in seconds."""
        policy = self.kind == "policy"
        return {
            "id": self.id,
            "kind": self.kind,
            "title": self.title,
            "source": self.saddr or None,
            "destination": self.key.daddr or None,
            "protocol": None if policy else self.key.proto,
            "spi": None if policy or self.kind == "acquire" else self.key.spi,
            "direction": self.key.proto if policy else None,
            "selector": self.key.rest if policy else None,
            "reqid": self.reqid,
            "mode": self.mode or None,
            "before": self.before,
            "end": self.end or None,
            "follows": self.follows,
            "successor": self.successor,
            "answers": self.answers,
            "answered": self.answered,
            "queries": self.queries,
            "steps": [step.to_json() for step in self.steps],
        }


@dataclass(slots=True)
class ObjectStory(BaseStory):
    """What became of a link, an address, a route, a neighbour, a rule, a connection, or an object of nf_tables.

    Attributes:
        id: counts from 1, in the order in which the stories begin, those of IPsec among them.
        title: what it is, in one line.
        facts: what tells it from others, as JSON has it.
        before: it was there before the capture, or the capture does not show how it came.
        end: `deleted`, `moved` to another namespace, `gone with its link` or table, `refused` where it never was, or
            "" where it outlives the capture.
        now: what it is at present; of a link its state, of a route where it leads.
        index: of the link that it is, or is on.
        earlier: other names that it has had.
        fall: the end of what it was part of, where nothing but that tells of its own.
    """

    id: int
    kind: ObjectKind
    title: str
    facts: dict[str, Any]
    index: int | None
    before: bool = False
    end: str = ""
    now: Any = None
    steps: list[Step] = field(default_factory=list)
    earlier: set[str] = field(default_factory=set)
    fall: Step | None = None

    def falls(self, end: str, step: Step) -> None:
        """It goes with what it was part of, by a step of that."""
        self.end = end
        cause = step.conversation if step.cause is None else step.cause
        self.fall = replace(step, verb="delete", text=end, numbers=[], cause=cause, errno=None)

    def to_json(self) -> dict[str, Any]:
        """The object that `nlsniff follow --stories --json` prints; times in seconds."""
        return {
            "id": self.id, "kind": self.kind, "title": self.title, **self.facts, "before": self.before,
            "end": self.end or None, "steps": [step.to_json() for step in self.steps],
        }  # fmt: skip
