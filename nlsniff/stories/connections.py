"""Stories of connections that netfilter tracks: new, its states, its end, in all conversations about it.

The key of a connection is the tuple of its first packet with its zone. Packets move a connection, and so do requests; a
request and what the kernel told everybody of it are one step. The kernel does not say why a connection ends: where no
request ended it, its last state and its timeout are told.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nlsniff.stories.collector import Collector
from nlsniff.stories.story import ObjectStory, Step
from nlsniff.stories.tuples import Tracked, changes, counters, state_of, translated, tuple_of
from nlsniff.terminal import escape
from nlsniff.wire.constants import NLM_F_CREATE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from nlsniff.decode.message import NetlinkMessage
    from nlsniff.decode.paths import MessageValues
    from nlsniff.follow.conversation import ConversationView
    from nlsniff.follow.follower import Follower
    from nlsniff.stories.story import Story
    from nlsniff.stories.tuples import Tuple

_NEW, _DELETE = 0x100, 0x102  # NFNL_SUBSYS_CTNETLINK << 8 | IPCTNL_MSG_CT_*
_UNKNOWN = Tracked(None, None, None, None, None, None)
_FILTERS = ("mark", "status", "zone", "filter")


class Connections(Collector):
    """Collects the stories of connections. Feed it every conversation of netfilter in order."""

    def __init__(
        self, stories: list[Story | ObjectStory], follower: Follower, source: Callable[[int], NetlinkMessage]
    ) -> None:
        super().__init__(stories, follower, source)
        self._open: dict[Tuple, ObjectStory] = {}
        self._ended: dict[Tuple, ObjectStory] = {}  # the last of each key

    def feed(self, conversation: ConversationView) -> None:
        """Take in a conversation of netfilter."""
        message = self._source(conversation.first_message)
        if message.type not in {_NEW, _DELETE}:
            return
        if conversation.kind == "event":
            self._event(conversation, message)
        elif conversation.request is not None:
            self._request(conversation, message)

    # -- what programs ask -----------------------------------------------------------------------------------------

    def _request(self, conversation: ConversationView, message: NetlinkMessage) -> None:
        values = message.values
        key = tuple_of(values, "tuple-orig")
        if key is None or values.get("filter") is not None:
            if message.type == _DELETE and conversation.errno is None and not conversation.effects:
                self._flush(conversation, message)
            return
        story = self._open.get(key)
        state = state_of(values)
        if message.type == _DELETE:
            step = self._step(conversation, message, "delete", "deleted")
        elif story is None and message.flags & NLM_F_CREATE:
            step = self._step(conversation, message, "add", _said(["made", *changes(_UNKNOWN, state)]))
        else:
            old = story.now if story is not None else _UNKNOWN
            step = self._step(conversation, message, "change", _said(["changed", *changes(old, state)]))
        if story is None:
            story = self._begin(key, values, new=step.verb == "add" and step.errno != "EEXIST")
            if step.errno not in {None, "EEXIST"}:
                story.before, story.end = False, "refused"
                self._open.pop(key)
        story.steps.append(step)
        if step.errno is None and message.type == _DELETE:
            self._end(key, story, "deleted")
        elif step.errno is None:
            story.now = state.over(story.now)

    def _flush(self, conversation: ConversationView, message: NetlinkMessage) -> None:
        """End all that a request without a tuple ends; where somebody listens, events tell which."""
        values = message.values
        if any(values.get(name) is not None for name in _FILTERS) or values.number("version"):
            return
        for key, story in [*self._open.items()]:
            story.steps.append(self._step(conversation, message, "flush", "deleted with all others"))
            self._end(key, story, "deleted")

    # -- what the kernel tells -------------------------------------------------------------------------------------

    def _event(self, conversation: ConversationView, message: NetlinkMessage) -> None:
        values = message.values
        key = tuple_of(values, "tuple-orig")
        if key is None:
            return
        state, gone = state_of(values), message.type == _DELETE
        story = self._known(key, state)
        joined = story is not None and story.join(conversation)
        if story is None or (story.end and not joined):
            story = self._begin(key, values, new=not gone and bool(message.flags & NLM_F_CREATE))
        self._translate(story, key, values)
        old, story.now = story.now, state.over(story.now)
        if gone:
            if not joined:
                story.steps.append(self._step(conversation, message, *_gone(conversation, message, story.now, old)))
            self._count(story, values)
            if not story.end:
                self._end(key, story, "deleted" if message.port else "gone")
        elif not joined:
            new = not story.before and not story.steps
            texts = [*self._first(values), *changes(_UNKNOWN, state)] if new else changes(old, state)
            story.steps.append(
                self._step(conversation, message, "new" if new else "change", _said(texts) or "told again")
            )

    def _known(self, key: Tuple, state: Tracked) -> ObjectStory | None:
        """The story of a connection. Of two with one tuple the id tells which; there is only one at a time."""
        for stories in (self._open, self._ended):
            story = stories.get(key)
            if story is None:
                continue
            if None in {story.now.number, state.number} or story.now.number == state.number:
                return story
            if stories is self._open:
                self._end(key, story, "gone, which nothing tells")
        return None

    def _first(self, values: MessageValues) -> Iterator[str]:
        """What is said of a connection when it is new."""
        yield "new"
        master = tuple_of(values, "tuple-master")
        if master is not None:
            story = self._open.get(master) or self._ended.get(master)
            yield f"expected by {f'story {story.id}' if story is not None else f'connection {master}'}"

    def _translate(self, story: ObjectStory, key: Tuple, values: MessageValues) -> None:
        """Note what NAT makes of a connection."""
        text = translated(key, tuple_of(values, "tuple-reply"))
        if text:
            story.facts["translation"] = text
            story.title = escape(f"connection {key}, {text}")

    def _count(self, story: ObjectStory, values: MessageValues) -> None:
        """Note how much went each way."""
        text = counters(values)
        if text:
            story.steps[-1].text += f" ({text})"
            story.facts["packets"] = [values.number(f"counters-{way}.packets") for way in ("orig", "reply")]
            story.facts["bytes"] = [values.number(f"counters-{way}.bytes") for way in ("orig", "reply")]

    # -- steps -----------------------------------------------------------------------------------------------------

    def _step(self, conversation: ConversationView, message: NetlinkMessage, verb: str, text: str) -> Step:
        cause = conversation.cause
        asker = conversation.process if cause is None else self._follower.conversation(cause).process
        if conversation.kind == "event" and cause is None:
            asker = None  # the process is a listener
        numbers = list(conversation.messages)
        return Step(message.time_ns, verb, text, numbers, conversation.id, conversation.errno, cause, asker,
                    conversation.certain or cause is None)  # fmt: skip

    def _begin(self, key: Tuple, values: MessageValues, *, new: bool) -> ObjectStory:
        facts: dict[str, Any] = {
            "family": str(values.first("nfgen-family")),
            "protocol": key.proto,
            "source": key.source.address,
            "source_port": key.source.port,
            "destination": key.target.address,
            "destination_port": key.target.port,
            "zone": key.zone,
            "translation": None,
            "packets": None,
            "bytes": None,
        }
        number = len(self._stories) + 1
        story = ObjectStory(number, "connection", escape(f"connection {key}"), facts, None, not new, now=_UNKNOWN)
        self._stories.append(story)
        self._open[key] = story
        return story

    def _end(self, key: Tuple, story: ObjectStory, end: str) -> None:
        story.end = end
        self._open.pop(key, None)
        self._ended[key] = story


def _gone(conversation: ConversationView, message: NetlinkMessage, now: Tracked, old: Tracked) -> tuple[str, str]:
    """The verb and the text of an end; where no program asked for it, nothing tells why it came."""
    verb, text = ("delete", "deleted") if message.port else ("end", "gone")
    if message.port and conversation.cause is None:
        text = f"deleted by the program of port id {message.port}"
    texts = [text, f"last state {now.state}" if now.state is not None else ""]
    if not message.port:
        left = message.values.first("timeout")
        texts.append(f"last timeout {old.timeout} s" if old.timeout is not None else "")
        texts.append(f"{left} s left" if left else "")
    return verb, _said(texts)


def _said(texts: Iterable[str]) -> str:
    return escape(", ".join(filter(None, texts)))
