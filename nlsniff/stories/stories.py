"""Stories of IPsec states and policies: what became of each, in all conversations about it.

`nlsniff.stories.objects` has those of links, addresses and routes, `nlsniff.stories.connections` those of connections
that netfilter tracks, `nlsniff.stories.rulesets` those of nf_tables, `nlsniff.stories.entries` those of neighbours,
policy rules and next hops, `nlsniff.stories.ipsets` those of ipset; `tell` gives all in one list.

The key of a state is destination, protocol and SPI (RFC 4301), and the mark if there is one. Its story begins when its
SPI is reserved or it is added, and ends when it is deleted, flushed or expired. A request and the notifications that it
caused are one step.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from nlsniff.steps import finish
from nlsniff.stories.connections import Connections
from nlsniff.stories.entries import TableEntries
from nlsniff.stories.ipsec import about
from nlsniff.stories.ipsets import IpSets
from nlsniff.stories.objects import Objects
from nlsniff.stories.rulesets import Rulesets
from nlsniff.stories.story import Step, Story
from nlsniff.wire.constants import NETLINK_NETFILTER, NETLINK_ROUTE, NETLINK_XFRM, NLMSG_MIN_TYPE

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from nlsniff.decode.message import NetlinkMessage
    from nlsniff.follow.conversation import ConversationView
    from nlsniff.follow.follower import Follower
    from nlsniff.stories.ipsec import About
    from nlsniff.stories.story import Kind, ObjectKey, ObjectStory

# How long after an ACQUIRE or a soft EXPIRE a new state counts as its answer: the kernel drops a larval state after 165
# seconds (net.core.xfrm_acq_expires has 30 by default).
_PATIENCE_NS = 165 * 10**9

# A program moves a state to another address by deleting it and adding it there at once, with its SPI and reqid.
_MOVE_NS = 10**9


class Stories:
    """Collects the stories of a capture's IPsec states and policies.

    Feed it every conversation of XFRM that has ended, or all of them at the end of the file, in their order.

    Args:
        stories: where they go, those of other objects among them.
    """

    def __init__(self, stories: list[Story | ObjectStory]) -> None:
        self.stories = stories
        self._open: dict[tuple[Kind, str], dict[ObjectKey, Story]] = {}  # by what a flush is of: kind and protocol
        self._latest: dict[ObjectKey, Story] = {}  # of each key, ended or not
        # Unanswered, by source, destination, protocol and reqid.
        self._acquires: dict[tuple[str, str, str, int], list[Story]] = {}
        self._newest: dict[tuple[str, str, str, int], Story] = {}  # working states, by the same and reqid
        self._deleted: dict[tuple[str, int, int], Story] = {}  # by protocol, SPI, reqid

    def feed(self, conversation: ConversationView, message: NetlinkMessage, answer: NetlinkMessage | None) -> None:
        """Take in a conversation.

        Args:
            conversation: of the XFRM protocol.
            message: its request, or of an event the notification.
            answer: the first answer that carries data, where there is one.
        """
        found = about(message, answer)
        if found is None:
            return
        failed = conversation.status == "error"
        numbers = list(conversation.messages)
        step = Step(message.time_ns, found.verb, found.text, numbers, conversation.id, conversation.errno,
                    process=conversation.process)  # fmt: skip
        if found.verb == "flush":
            if not failed:
                self._flush(found, step)
        elif found.verb == "acquire":
            self._acquire(found, step)
        elif found.key is not None:
            story = self._latest.get(found.key)
            if story is not None and story.join(conversation):
                return
            self._take(found.key, found, step)

    def _take(self, key: ObjectKey, found: About, step: Step) -> None:
        """A step in the life of one state or policy."""
        opened = self._open.setdefault((found.kind, key.proto), {})
        story = opened.get(key)
        if story is None and found.verb == "get" and step.errno is not None:
            return
        if story is None and found.verb in {"delete", "expire", "count"}:
            # A program deletes a state that has just expired.
            story = self._latest.get(key)
        if story is None:
            story = self._begin(key, found, step)
            if step.errno is None:
                opened[key] = story
        story.learn(found)
        if found.verb == "get":
            story.queries += 1
            if step.errno is None:
                return
        if found.verb == "update" and story.steps and story.larval:
            step.verb, step.text = "complete", step.text.replace("changed", "completed")
        story.steps.append(step)
        story.larval = story.larval and found.verb == "reserve"
        if step.errno is not None:
            return
        if found.verb == "expire":
            story.soft = story.soft or (step.time_ns if not found.hard else None)
        if found.verb in {"add", "complete", "update"}:
            self._answers(story, step)
        if found.verb == "delete" or (found.verb == "expire" and found.hard):
            story.end = "deleted" if found.verb == "delete" else "expired"
            opened.pop(key, None)
            self._deleted[key.proto, key.spi, story.reqid] = story

    def _begin(self, key: ObjectKey, found: About, step: Step) -> Story:
        story = Story(len(self.stories) + 1, found.kind, key)
        self.stories.append(story)
        self._latest[key] = story
        if step.errno is None:
            story.before = found.verb not in {"add", "reserve"}
        else:
            story.end = "refused"
        return story

    def _acquire(self, found: About, step: Step) -> None:
        """The kernel asks for a state. The answer may never come, so the question is a story of its own."""
        if found.key is None:
            return
        story = Story(len(self.stories) + 1, "acquire", found.key)
        story.learn(found)
        story.steps.append(step)
        self.stories.append(story)
        self._acquires.setdefault((story.saddr, story.key.daddr, story.key.proto, story.reqid), []).append(story)

    def _answers(self, story: Story, step: Step) -> None:
        """Tie a state that works now to what it answers: an ACQUIRE, a state that grows old, or one that has moved."""
        if story.kind != "state" or story.answers is not None or story.follows is not None:
            return
        ends = (story.saddr, story.key.daddr, story.key.proto)
        newest = self._newest.get((*ends, story.reqid))
        if story.reqid:
            self._newest[*ends, story.reqid] = story
        waiting = [self._acquires.get((*ends, reqid)) for reqid in {0, story.reqid}]
        # The last one: an earlier asker has asked again.
        last = max(filter(None, waiting), key=lambda asked: asked[-1].id, default=None)
        if last is not None and step.time_ns - last[-1].steps[0].time_ns <= _PATIENCE_NS:
            asked = last.pop()
            asked.answered, story.answers = story.id, asked.id
            return
        if newest is None or newest is story:
            newest = self._deleted.get((story.key.proto, story.key.spi, story.reqid))
            if newest is None or step.time_ns - newest.steps[-1].time_ns > _MOVE_NS:
                return
        if newest is not story and newest.successor is None:
            newest.successor, story.follows = story.id, newest.id

    def _flush(self, found: About, step: Step) -> None:
        """Everything of a kind, or of one protocol, is gone."""
        for (kind, proto), opened in self._open.items():
            if kind == found.kind and found.proto in {"", proto}:
                for story in opened.values():
                    story.steps.append(step)
                    story.end = "flushed"
                opened.clear()


def tell(follower: Follower, source: Callable[[int], NetlinkMessage]) -> list[Story | ObjectStory]:
    """What `telling` gives, at once."""
    return finish(telling(follower, source))


def telling(
    follower: Follower, source: Callable[[int], NetlinkMessage]
) -> Generator[None, None, list[Story | ObjectStory]]:
    """The stories of a capture that has been read to its end, in the order in which they begin; a step a conversation.

    Args:
        follower: knows the capture's conversations.
        source: gives a message by its number.
    """
    teller = Teller(follower, source)
    for conversation in follower.conversations:
        teller.feed(conversation)
        yield
    teller.finish()
    return teller.stories


class Teller:
    """Collects the stories of all kinds of objects. Feed it every conversation in order, when that has all effects.

    Args:
        follower, source: as those of `telling`.

    Attributes:
        stories: those that have begun, in this order.
    """

    def __init__(self, follower: Follower, source: Callable[[int], NetlinkMessage]) -> None:
        self.stories: list[Story | ObjectStory] = []
        self._follower, self._source = follower, source
        self._states = Stories(self.stories)
        self._objects = Objects(self.stories, follower, source)
        self._entries = TableEntries(self.stories, follower, source)
        self._connections = Connections(self.stories, follower, source)
        self._rulesets = Rulesets(self.stories, follower, source)
        self._ipsets = IpSets(self.stories, follower, source)

    def feed(self, conversation: ConversationView) -> None:
        """Take in the next conversation."""
        protocol = conversation.protocol_number
        if protocol == NETLINK_ROUTE:
            self._objects.feed(conversation)
            self._entries.feed(conversation)
        elif protocol == NETLINK_NETFILTER:
            self._connections.feed(conversation)
            self._rulesets.feed(conversation)
            self._ipsets.feed(conversation)
        elif protocol == NETLINK_XFRM and conversation.kind in {"request", "event"}:
            message = self._source(conversation.first_message)
            self._states.feed(conversation, message, _answer(self._follower, self._source, conversation))

    def finish(self) -> None:
        """Say that there are no more conversations."""
        self._objects.finish()


def _answer(
    follower: Follower, source: Callable[[int], NetlinkMessage], conversation: ConversationView
) -> NetlinkMessage | None:
    """What says more than the request: the answer with data, else the event that it caused."""
    if conversation.kind == "event":
        return None
    numbers = conversation.messages
    if len(numbers) > 1:
        answer = source(numbers[1])
        if answer.type >= NLMSG_MIN_TYPE:
            return answer
    effects = conversation.effects
    return source(follower.conversation(effects[0]).first_message) if effects else None
