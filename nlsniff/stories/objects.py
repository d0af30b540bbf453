"""Stories of links, addresses and routes: what became of each, in all conversations about it.

The key of a link is its index, that of an address link and prefix, that of a route table, destination, TOS and metric.
Names of types and fields are those of rt-link.yaml, rt-addr.yaml and rt-route.yaml. A request and the notifications
that it caused about the object are one step. A step of an address is one of its link, too.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any, Literal

from nlsniff.stories import links, routes
from nlsniff.stories.collector import RequestCollector
from nlsniff.stories.opened import Opened
from nlsniff.stories.story import ObjectStory
from nlsniff.terminal import escape
from nlsniff.wire.constants import NLM_F_APPEND, NLM_F_CREATE, NLM_F_REPLACE

if TYPE_CHECKING:
    from collections.abc import Callable

    from nlsniff.decode.message import NetlinkMessage
    from nlsniff.decode.paths import MessageValues
    from nlsniff.follow.conversation import ConversationView
    from nlsniff.follow.follower import Follower
    from nlsniff.stories.routes import Key
    from nlsniff.stories.story import Step, Story

_LINKS = {"RTM_NEWLINK": "set", "RTM_SETLINK": "set", "RTM_DELLINK": "delete"}
_ADDRESSES = {"RTM_NEWADDR": "add", "RTM_DELADDR": "delete"}
_ROUTES = {"RTM_NEWROUTE": "add", "RTM_DELROUTE": "delete"}
_FAMILIES = {"inet", "inet6", "mpls"}


class Objects(RequestCollector):
    """Collects the stories of links, addresses and routes.

    Feed it every conversation of rtnetlink in order, when the whole capture has been followed.
    """

    def __init__(
        self, stories: list[Story | ObjectStory], follower: Follower, source: Callable[[int], NetlinkMessage]
    ) -> None:
        super().__init__(stories, follower, source)
        self._open = Opened()
        self._ended: dict[Key, ObjectStory] = {}  # the last of each key
        self._links = links.Known()
        self._later: deque[tuple[int, Callable[[], None]]] = (
            deque()
        )  # actions, each due after the conversation of this id

    def feed(self, conversation: ConversationView) -> None:
        """Take in a conversation of rtnetlink."""
        self._take(conversation)
        while self._later and conversation.id >= self._later[0][0]:
            self._later.popleft()[1]()

    def _take(self, conversation: ConversationView) -> None:
        message = self._source(conversation.first_message)
        name = message.type_name
        if name == "RTM_GETLINK":
            self._look(conversation)
        elif conversation.kind not in {"request", "event"} or (conversation.request is None) is (
            conversation.kind == "request"
        ):
            return  # an answer without its request tells nothing new
        elif name in _LINKS:
            self._link(conversation, message, _LINKS[name])
        elif name in _ADDRESSES:
            self._address(conversation, message, _ADDRESSES[name])
        elif name in _ROUTES:
            self._route(conversation, message, _ROUTES[name])

    def finish(self) -> None:
        """Say that there are no more conversations."""
        for _, action in self._later:
            action()
        self._later.clear()

    # -- links ---------------------------------------------------------------------------------------------------

    def _look(self, conversation: ConversationView) -> None:
        """Take the state of links from an answer."""
        for number in conversation.messages[1:]:
            answer = self._source(number)
            state = links.state_of(answer.values) if answer.type_name == "RTM_NEWLINK" else None
            if state is not None:
                self._meet(state)
                self._links.keep(state)

    def _meet(self, state: links.State) -> None:
        """Give the story of a link its index, if only its name was known."""
        if state.number is None:
            return
        story = self._open.pop(("link", state.name))
        if story is not None:
            story.index = story.facts["index"] = state.number
            self._open.put(("link", state.number), story)

    def _link(self, conversation: ConversationView, message: NetlinkMessage, verb: str) -> None:
        asked = links.state_of(message.values)
        if asked is None:  # about a bridge's port, or the probe of a program that tries what the kernel accepts
            return
        notified = asked
        makes = conversation.kind == "request" and verb == "set" and asked.makes(message.flags & NLM_F_CREATE != 0)
        if conversation.kind == "request":
            effect = self._effect(conversation, message, lambda values: _is_link(values, asked, makes=makes))
            notified = links.state_of(effect.values) or asked if effect is not None else asked
        elif verb == "set":
            self._meet(asked)
        known = self._links.find(notified) if not makes or conversation.errno is not None else None
        index = notified.number if notified.number is not None else known.number if known is not None else None
        key = ("link", notified.name if index is None else index)
        if self._joined(key, conversation):
            self._links.keep(notified)
            return
        new = makes or (verb == "set" and conversation.kind == "event" and asked.is_new)
        if conversation.kind == "event" and verb == "set":
            texts = [f"made{asked.of_kind}"] if new else self._links.changes(asked)
        else:
            end = "moved to another namespace" if notified.moves else "deleted"
            texts = [f"made{asked.of_kind}"] if new else [end] if verb == "delete" else asked.wishes(known)
        if not texts and conversation.errno is None:
            self._links.keep(notified)
            return
        step = self._step(conversation, message, "make" if new else verb, ", ".join(texts) or "changed")
        story = self._open.get(key)
        if story is None:
            name = notified.name or (known.name if known is not None else "") or f"{index}"
            facts = {"index": index, "name": name, "type": notified.kind or (known.kind if known is not None else None)}
            story = self._begin("link", key, f"link {escape(name)}", facts, index, step, new=new)
        story.steps.append(step)
        if conversation.errno is not None:
            return
        if verb == "delete":
            gone = notified.moves or story.now == "moving"
            self._end(key, story, "moved to another namespace" if gone else "deleted")
            self._after(conversation, lambda: self._forget(index, step))
            self._links.drop(index)
            return
        if asked.moves:
            story.now = "moving"
        if notified.up is False and (known is None or known.up):
            self._after(conversation, lambda: self._take_down(index, step))
        self._links.keep(notified if notified.number is not None else asked._replace(number=index))
        self._name(story, index)

    def _name(self, story: ObjectStory, index: int | None) -> None:
        """Give the story the last name of its link."""
        state = self._links.get(index)
        if state is not None and state.name:
            story.earlier.add(story.facts["name"])
            story.title, story.facts["name"] = f"link {escape(state.name)}", state.name
            story.facts["type"] = story.facts["type"] or state.kind or None

    def _after(self, conversation: ConversationView, action: Callable[[], None]) -> None:
        """Do something after the last effect of a request: the kernel's own notifications come first."""
        self._later.append((max(conversation.effects, default=conversation.id), action))

    def _take_down(self, index: int | None, step: Step) -> None:
        """End the IPv4 routes of a link that goes down, but those to its own addresses; the kernel does not notify."""
        for key, story in self._open.on(index, falling=True):
            self._end(key, story, "gone with its link, which went down", step)

    def _forget(self, index: int | None, step: Step) -> None:
        """End the stories on a deleted link; the kernel notifies of some only."""
        for key, story in self._open.on(index):
            self._end(key, story, "gone with its link", step)

    # -- addresses -----------------------------------------------------------------------------------------------

    def _address(self, conversation: ConversationView, message: NetlinkMessage, verb: str) -> None:
        values = message.values
        local, index = values.first("local", "address"), values.first("ifa-index")
        if local is None or index is None:
            return
        family, length = values.first("ifa-family"), values.first("ifa-prefixlen")
        key = ("address", index, family, local, length)
        shown = values.first("flags", "ifa-flags")
        flags = {str(name) for name in shown} if isinstance(shown, list) else set()
        story = self._open.get(key)
        if self._joined(key, conversation):
            self._joined(("link", index), conversation)
            if story is not None:
                story.now = flags
            return
        text = {"add": "added", "delete": "deleted"}[verb]
        if story is not None and verb == "add" and conversation.errno is None:
            verb, text = "change", "changed"
            if conversation.kind == "event":
                text = _text_of_flags(story.now, flags)
                story.now = flags
                if not text:
                    return
        step = self._step(conversation, message, verb, text)
        name = values.get("ifa-index")
        prefix = f"{local}/{length}"
        if story is None:
            facts = {"family": family, "address": local, "prefix_length": length, "index": index}
            title = f"address {prefix} dev {name.resolved or index if name is not None else index}"
            story = self._begin("address", key, title, facts, index, step, new=verb == "add")
        story.steps.append(step)
        link = self._open.get(("link", index))
        if link is not None:
            link.steps.append(self._step(conversation, message, "address", f"address {prefix} {text}"))
        if conversation.errno is None:
            story.now = flags
            if verb == "delete":
                self._end(key, story, "deleted")

    # -- routes --------------------------------------------------------------------------------------------------

    def _route(self, conversation: ConversationView, message: NetlinkMessage, verb: str) -> None:
        if message.values.first("rtm-family") not in _FAMILIES or "cloned" in (message.values.first("rtm-flags") or ()):
            return
        values, flags = message.values, message.flags
        if conversation.kind == "request":
            asked = routes.key_of(values)[:4]
            effect = self._effect(conversation, message, lambda other: routes.key_of(other)[:4] == asked)
            values = effect.values if effect is not None else values
        key = routes.key_of(values)
        # A request may omit the metric. Where the kernel found no such route (ESRCH), it was about none of those.
        if verb == "delete" and key not in self._open and conversation.errno != "ESRCH":
            key = self._open.nearest(key)
        if self._joined(key, conversation):
            return
        story, via = self._open.get(key), routes.via(values)
        count = story.now[1] if story is not None else 0
        text = f"{'added' if verb == 'add' else 'deleted'}: {via}".rstrip(": ")
        if verb == "add" and story is not None and conversation.errno is None:
            if flags & NLM_F_REPLACE or not flags & (NLM_F_APPEND | NLM_F_CREATE):
                verb, text = "replace", f"replaced: {story.now[0]} by {via}" if story.now[0] != via else "changed"
            else:
                verb, text, count = "append", f"another added: {via}", count + 1
        step = self._step(conversation, message, verb, text)
        if story is None:
            story = self._begin("route", key, routes.title_of(values), routes.facts_of(key), values.first("oif"), step,
                                new=verb == "add")  # fmt: skip
            count = 1
        story.steps.append(step)
        if story.now is None:
            story.now = (via, 1)
        if conversation.errno is None:
            if verb == "delete":
                count -= 1
                if count <= 0:
                    self._end(key, story, "deleted")
            story.now = (story.now[0] if verb == "delete" else via, count)
            story.index = values.first("oif") if verb in {"add", "replace"} else story.index
        self._open.settle(key)

    # -- steps ---------------------------------------------------------------------------------------------------

    def _joined(self, key: Key, conversation: ConversationView) -> bool:
        """Add a notification to the step of the request that caused it; False where there is none."""
        # A program may delete a route and add it again before the kernel notifies of either.
        stories = (self._open.get(key), self._ended.get(key))
        return any(story is not None and story.join(conversation) for story in stories)

    def _begin(
        self, kind: Literal["link", "address", "route"], key: Key, title: str, facts: dict[str, Any],
        index: int | None, step: Step, *, new: bool,
    ) -> ObjectStory:  # fmt: skip
        story = ObjectStory(len(self._stories) + 1, kind, title, facts, index, before=not new)
        self._stories.append(story)
        if step.errno is None or step.errno == "EEXIST":
            story.before = not new or step.errno is not None
            self._open.put(key, story)
        else:  # the object to change or delete is not there, and perhaps never was
            story.before, story.end = False, "refused"
        return story

    def _end(self, key: Key, story: ObjectStory, end: str, fall: Step | None = None) -> None:
        story.end = end
        if fall is not None:
            story.falls(end, fall)
        self._open.pop(key)
        self._ended[key] = story


def _is_link(values: MessageValues, asked: links.State, *, makes: bool) -> bool:
    """Whether an event is about the link that a request is about."""
    notified = links.state_of(values)
    if notified is None:
        return False
    if makes:
        return notified.name == asked.name if asked.name else notified.is_new and notified.kind == asked.kind
    return notified.number == asked.number if asked.number is not None else notified.name == asked.name


def _text_of_flags(old: set[str] | None, new: set[str]) -> str:
    """The change of an address's flags as text."""
    texts = [f"{name} no more" for name in sorted((old or set()) - new)] + sorted(new - (old or set()))
    return ", ".join(texts)
