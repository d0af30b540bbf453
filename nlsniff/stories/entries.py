"""Stories of neighbours, forwarding entries of bridges, policy rules and next hops: entries that come, change and go.

Names of types and fields are those of rt-neigh.yaml, rt-rule.yaml and rt-nexthop.yaml. A request and the notifications
that it caused about the entry are one step.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from nlsniff.stories.collector import RequestCollector
from nlsniff.stories.story import ObjectStory

if TYPE_CHECKING:
    from collections.abc import Callable

    from nlsniff.decode.message import NetlinkMessage
    from nlsniff.decode.paths import MessageValues
    from nlsniff.follow.conversation import ConversationView
    from nlsniff.follow.follower import Follower
    from nlsniff.stories.story import ObjectKind, Step, Story

_Key = tuple[str, ...]
_ABSENT = frozenset({"ENOENT", "ESRCH"})


class _Sort(NamedTuple):
    """A sort of entries.

    Attributes:
        places: of what tells one from another, in a message.
        title, detail: templates of summaries; the detail is what may change.
    """

    kind: ObjectKind
    places: tuple[str, ...]
    title: str
    detail: str


_NEIGHBOUR = _Sort(
    "neighbour", ("ndm-family", "dst", "ndm-ifindex"),
    "neighbour {dst} dev {ndm-ifindex}[{?ndm-flags==proxy} proxy]", "[{lladdr} ][{?ndm-state!=0}{ndm-state}]",
)  # fmt: skip
_FORWARDING = _Sort(
    "neighbour", ("lladdr", "ndm-ifindex", "vlan", "vni"),
    "fdb entry {lladdr|'all'} dev {ndm-ifindex}[ vlan {vlan}][ vni {vni}]", "[dst {dst} ][{?ndm-state!=0}{ndm-state}]",
)  # fmt: skip
_RULE = _Sort(
    "rule",
    ("family", "priority", "src", "src-len", "dst", "dst-len", "tos", "fwmark", "fwmask", "iifname", "oifname",
     "uid-range", "ip-proto", "sport-range", "dport-range", "l3mdev", "tun-id", "dscp", "table", "action"),
    "", "",
)  # fmt: skip
_NEXTHOP = _Sort(
    "nexthop", ("id",), "nexthop {id}",
    "[group {group}][ encap {encap-type}][ via {gateway}][ dev {oif}][{?blackhole} blackhole]",
)  # fmt: skip
_TYPES = {
    f"RTM_{verb}{name}": (sort, "add" if verb == "NEW" else "delete")
    for verb in ("NEW", "DEL")
    for name, sort in (("NEIGH", _NEIGHBOUR), ("RULE", _RULE), ("NEXTHOP", _NEXTHOP))
}


class TableEntries(RequestCollector):
    """Collects these stories. Feed it every conversation of rtnetlink in order."""

    def __init__(
        self, stories: list[Story | ObjectStory], follower: Follower, source: Callable[[int], NetlinkMessage]
    ) -> None:
        super().__init__(stories, follower, source)
        self._open: dict[_Key, ObjectStory] = {}
        self._ended: dict[_Key, ObjectStory] = {}  # the last of each key

    def feed(self, conversation: ConversationView) -> None:
        """Take in a conversation of rtnetlink."""
        asked = conversation.kind == "request"
        if (not asked and conversation.kind != "event") or (asked and conversation.request is None):
            return
        message = self._source(conversation.first_message)
        found = _TYPES.get(message.type_name)
        if found is None:
            return
        sort, verb = found
        if sort is _NEIGHBOUR and message.values.first("ndm-family") == "bridge":
            sort = _FORWARDING
        about = message
        if asked and conversation.errno is None:
            about = self._effect(conversation, message, lambda _: True) or message
        values = about.values
        key = (sort.kind, *(str(values.first(place)) for place in sort.places))
        title = _title_of_rule(about) if sort is _RULE else values.summarise(sort.title)
        if sort is _NEIGHBOUR and title.endswith(" proxy"):
            key = (*key, "proxy")
        if any(key in stories and stories[key].join(conversation) for stories in (self._open, self._ended)):
            return
        story = self._open.get(key)
        detail = values.summarise(sort.detail).strip()
        if not asked and detail.endswith("noarp"):
            return  # the kernel's own, of multicast
        if story is not None and not asked and verb == "add" and story.now == detail:
            return  # the kernel tells again what is known
        text = {"add": "added", "delete": "deleted"}[verb]
        if verb == "add" and story is not None and conversation.errno is None:
            verb, text = "change", "changed"
        if verb != "delete" and detail:
            text += f": {detail}"
        step = self._step(conversation, message, verb, text)
        if story is None:
            story = self._begin(sort, key, title, values, step)
        story.steps.append(step)
        absent = verb == "delete" and step.errno in _ABSENT and not story.end
        if absent or (verb == "delete" and step.errno is None):
            # The kernel drops some with their link, and tells nobody.
            story.end = "gone, which nothing tells" if absent else "deleted"
            self._ended[key] = story
            self._open.pop(key, None)
        elif step.errno is None:
            story.now = detail

    def _begin(self, sort: _Sort, key: _Key, title: str, values: MessageValues, step: Step) -> ObjectStory:
        facts: dict[str, Any] = {
            "family": str(values.first("ndm-family", "family", "nh-family") or "unspec"),
            "address": values.first("dst" if sort is _NEIGHBOUR else "lladdr") if sort.kind == "neighbour" else None,
            "number": values.first("priority", "id"),
        }
        index = values.first("ndm-ifindex", "oif")
        story = ObjectStory(len(self._stories) + 1, sort.kind, title, facts, index if isinstance(index, int) else None)
        self._stories.append(story)
        if step.errno in {None, "EEXIST"}:
            story.before = step.verb != "add" or step.errno is not None
            self._open[key] = story
        else:
            story.end = "refused"
        return story


def _title_of_rule(message: NetlinkMessage) -> str:
    family = str(message.values.first("family"))
    return f"rule {message.summary}" + (f" of {family}" if family != "inet" else "")
