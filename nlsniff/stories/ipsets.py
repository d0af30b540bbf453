"""Stories of the sets of ipset: made, filled, renamed, swapped, deleted. Names are those of ipset.yaml.

The kernel tells nobody of them, so each step is a request with its answer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from nlsniff.stories.collector import Collector
from nlsniff.stories.story import ObjectStory, Step
from nlsniff.terminal import escape

if TYPE_CHECKING:
    from collections.abc import Callable

    from nlsniff.decode.message import NetlinkMessage
    from nlsniff.follow.conversation import ConversationView
    from nlsniff.follow.follower import Follower
    from nlsniff.stories.story import Story

# Verb, words, and what else is said of it.
_TYPES = {
    "IPSET_CMD_CREATE": ("make", "made", "[{typename}][{?family==ipv6} family inet6][{data}]"),
    "IPSET_CMD_DESTROY": ("delete", "deleted", ""),
    "IPSET_CMD_FLUSH": ("flush", "all entries deleted", ""),
    "IPSET_CMD_RENAME": ("rename", "renamed", "to {setname2}"),
    "IPSET_CMD_SWAP": ("swap", "swapped", "with {setname2}"),
    "IPSET_CMD_ADD": ("add-entries", "added", "[{data}][ {adt}]"),
    "IPSET_CMD_DEL": ("delete-entries", "deleted", "[{data}][ {adt}]"),
}


class IpSets(Collector):
    """Collects these stories. Feed it every conversation of netfilter in order."""

    def __init__(
        self, stories: list[Story | ObjectStory], follower: Follower, source: Callable[[int], NetlinkMessage]
    ) -> None:
        super().__init__(stories, follower, source)
        self._open: dict[str, ObjectStory] = {}  # by name
        self._filled: dict[int, ObjectStory] = {}  # those that may have entries, by id

    def feed(self, conversation: ConversationView) -> None:
        """Take in a conversation of netfilter."""
        if conversation.kind != "request" or conversation.request is None:
            return
        message = self._source(conversation.first_message)
        found = _TYPES.get(message.type_name)
        if found is None:
            return
        verb, words, template = found
        values = message.values
        detail = values.summarise(template).strip() if template else ""
        step = Step(message.time_ns, verb, f"{words}{':' * (verb == 'make')} {detail}".strip(": "),
                    list(conversation.messages), conversation.id, conversation.errno,
                    process=conversation.process)  # fmt: skip
        name = values.first("setname")
        if name is None:
            if step.errno is None:
                # Of all that are flushed, those tell it that had something: no set has two such steps in a row.
                for story in [*(self._open if verb == "delete" else self._filled).values()]:
                    story.steps.append(step)
                    self._apply(story.facts["name"], story, verb, "")
            return
        story = self._open.get(str(name)) or self._begin(str(name), step)
        story.steps.append(step)
        if step.errno is None:
            self._apply(str(name), story, verb, str(values.first("setname2") or ""))

    def _apply(self, name: str, story: ObjectStory, verb: str, other: str) -> None:
        """Note what has become of a set."""
        if verb in {"delete", "flush"}:
            self._filled.pop(story.id, None)
        if verb == "delete":
            story.end = "deleted"
            self._open.pop(name, None)
        elif verb == "add-entries":
            self._filled[story.id] = story
        elif verb in {"rename", "swap"}:
            second = self._open.pop(other, None)
            self._open.pop(name, None)
            self._call(story, other)
            if second is not None:
                second.steps.append(story.steps[-1])
                self._call(second, name)

    def _call(self, story: ObjectStory, name: str) -> None:
        story.earlier.add(story.facts["name"])
        story.facts["name"], story.title = name, f"ipset {escape(name)}"
        self._open[name] = story

    def _begin(self, name: str, step: Step) -> ObjectStory:
        story = ObjectStory(len(self._stories) + 1, "ipset", f"ipset {escape(name)}", {"name": name}, None)
        self._stories.append(story)
        if step.verb != "make":
            self._filled[story.id] = story
        if step.errno is None or step.verb != "make" or "EXIST" in step.errno:
            story.before = step.verb != "make" or step.errno is not None
        if step.errno == "ENOENT" or (step.errno is not None and step.verb == "make" and "EXIST" not in step.errno):
            story.before, story.end = False, "refused"
        else:
            self._open[name] = story
        return story
