"""Which objects the words of `nlsniff who` name: they are compared with the titles of stories.

Words are those that titles have: `route 10.0.0.0/8 table 100`, `dev eth0`, `inet filter input`, `spi 0x101`. A kind
before them chooses; without one all that is called so is wanted.
"""

from __future__ import annotations

import ipaddress
import re
import struct
from typing import TYPE_CHECKING, NamedTuple

from nlsniff.errors import NlsniffError
from nlsniff.terminal import escape

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from nlsniff.decode.message import NetlinkMessage
    from nlsniff.stories.story import ObjectStory, Step, Story

_ADDRESSED = frozenset({"address", "route", "neighbour", "rule", "connection", "state", "policy", "acquire"})
_HOLDERS = frozenset({"set", "ipset", "chain"})  # their steps name addresses
_ENDS = frozenset({"delete", "flush"})
_KINDS = {
    "link": ("link",), "interface": ("link",), "address": ("address",), "addr": ("address",), "route": ("route",),
    **dict.fromkeys(("neighbour", "neighbor", "neigh", "fdb"), ("neighbour",)), "rule": ("rule",),
    "nexthop": ("nexthop",), "state": ("state",), "sa": ("state",), "policy": ("policy",), "acquire": ("acquire",),
    **dict.fromkeys(("connection", "conntrack"), ("connection",)), "chain": ("chain",),
    **dict.fromkeys(("set", "map"), ("set", "ipset")), "ipset": ("ipset",), "object": ("object",),
    **dict.fromkeys(("counter", "quota", "limit"), ("object",)), "flowtable": ("flowtable",), "table": ("table",),
}  # fmt: skip
PAIRS = frozenset({"dev", "table", "metric", "tos", "spi", "reqid", "vlan", "handle", "priority", "zone", "mode"})
_FAMILIES = frozenset({"ip", "ip6", "inet", "arp", "bridge", "netdev"})
_TABLES = {"255": "local", "254": "main", "253": "default"}
_APART = re.compile(r"[\s,]+")
_VALUES = (0x1, 0x4001)  # NFTA_DATA_VALUE, and IPSET_ATTR_IPADDR_IPV4 with NLA_F_NET_BYTEORDER
_SHORT = re.compile(r"(\d+)(\.\d+)?(\.\d+)?(/\d+)")  # as iproute2 takes it: 10/8
_FAMILY_NAMES = {"ipv4": "ip", "ipv6": "ip6"}
_NEAR = 3


class _Named(NamedTuple):
    """What a story's title says.

    Attributes:
        names: its words behind the kind, but for those of pairs.
        pairs: what stands behind a word such as `dev`.
    """

    names: list[str]
    pairs: dict[str, set[str]]


class Wanted:
    """The objects that some words name.

    Args:
        words: one or more; words with blanks in them are several.

    Raises:
        NlsniffError: they name nothing.
    """

    def __init__(self, words: Iterable[str]) -> None:
        self._kinds: tuple[str, ...] = ()
        self._pairs: dict[str, str] = {}
        self._bare: list[str] = []
        rest = [part for word in words for part in word.split()]
        self.text = escape(" ".join(rest))
        if not rest:
            raise NlsniffError("who did what? Name an object: an address, a prefix, `dev eth0`, `inet filter input`")
        while rest:
            rest = self._take(rest)
        self._address, self._prefix, self._interval = "", "", ""
        self._attributes: tuple[bytes, ...] = ()
        for at, word in enumerate(self._bare):
            self._bare[at] = self._read(word)
        self._rule = self._pairs.pop("handle", "")
        if self._rule:
            self._kinds = ("chain",)

    def _take(self, rest: list[str]) -> list[str]:
        """Take one word, or two."""
        word, after = rest[0], rest[1:]
        of_nft = word == "table" and (not after or (len(after) > 1 and after[0] in _FAMILIES))
        if word in PAIRS and not of_nft:
            if not after:
                raise NlsniffError(f"{word} which? For example `{word} {'eth0' if word == 'dev' else '100'}`")
            self._pairs[word] = _value(word, after[0])
            return after[1:]
        if word in _KINDS and not self._kinds and not self._bare:
            self._kinds = _KINDS[word]
        else:
            self._bare.append(word)
        return after

    def _read(self, word: str) -> str:
        """A word as titles have it: addresses as the kernel's, a prefix of a host as its address."""
        found = _SHORT.fullmatch(word)
        if found is not None and not found[3]:
            word = ".".join([found[1], (found[2] or ".0")[1:], "0", "0"]) + found[4]
        try:
            address = ipaddress.ip_interface(word)
        except ValueError:
            return word
        length, longest = address.network.prefixlen, address.max_prefixlen
        text = str(address.ip)
        after = int(address.network.broadcast_address) + 1
        if length < longest and not after >> longest:
            self._interval = f"{text}, {type(address.ip)(after)} (end)"  # as nf_tables has it
        if not length and not int(address.ip):
            return "default"
        if length == longest:
            self._address = text
            self._attributes = tuple(
                struct.pack(f"{order}HH", 4 + longest // 8, kind) + address.packed
                for order in "<>" for kind in _VALUES
            )  # fmt: skip
            return text
        self._prefix = f"{text}/{length}"
        return self._prefix

    # -- what it says of stories ---------------------------------------------------------------------------------

    def steps(self, story: Story | ObjectStory, source: Callable[[int], NetlinkMessage]) -> Sequence[Step]:
        """The steps of a story that are wanted: all of such an object; of a set or chain those that name an address.

        Args:
            story: any.
            source: gives a message by its number, for elements that are too many for the text of a step.
        """
        if self._kinds and story.kind not in self._kinds:
            return ()
        if self._names(story):
            if self._rule:
                begin = f"rule {self._rule} "
                return [step for step in story.steps if step.text.startswith(begin)]
            return _all_steps(story)
        if story.kind in _HOLDERS and len(self._bare) == 1 and not self._pairs and (self._address or self._prefix):
            return self._about_element(story, source)
        return ()

    def _about_element(self, story: Story | ObjectStory, source: Callable[[int], NetlinkMessage]) -> list[Step]:
        """The steps of a set or chain that name an address, and those after them that end all that is in it."""
        found: list[Step] = []
        for step in _all_steps(story):
            if (found and (step.verb in _ENDS or step.text.startswith("all "))) or self._holds(step, source):
                found.append(step)
        return found

    def objects(
        self, stories: Iterable[Story | ObjectStory], source: Callable[[int], NetlinkMessage]
    ) -> list[list[tuple[Story | ObjectStory, Sequence[Step]]]]:
        """The wanted stories with their wanted steps: those of one title together, which are lives of one object."""
        found: dict[tuple[str, str], list[tuple[Story | ObjectStory, Sequence[Step]]]] = {}
        for story in stories:
            steps = self.steps(story, source)
            if steps:
                found.setdefault((story.kind, story.title), []).append((story, steps))
        return list(found.values())

    def _holds(self, step: Step, source: Callable[[int], NetlinkMessage]) -> bool:
        """Whether an element or a rule of a step names an address or a prefix."""
        word = self._bare[0]
        if (word in step.text and word in _APART.split(step.text)) or (self._interval and self._interval in step.text):
            return True
        if not self._address or not step.text.endswith(("…", " more")):
            return False
        messages = map(source, step.messages)
        return any(one.data.find(bytes_, one.start, one.end) >= 0 for one in messages for bytes_ in self._attributes)

    def _names(self, story: Story | ObjectStory) -> bool:
        kind = story.kind
        if not self._bare and not self._pairs:
            return bool(self._kinds)
        if kind == "link" and self._pairs.keys() == {"dev"} and not self._bare:
            return self._pairs["dev"] in _names_of_link(story)
        if kind == "table" and self._pairs.keys() == {"table"} and not self._bare:
            return (
                story.title.split()[-1] == self._pairs["table"]
            )  # `table filter` may be that of routes, or of nf_tables
        if kind not in _ADDRESSED:
            return not self._pairs and self._is_called(story)
        if set(self._pairs) == {"dev"} and not self._bare and not self._kinds:
            return False  # `dev eth0` alone is the link
        named = _named(story)
        if any(value not in named.pairs.get(name, ()) for name, value in self._pairs.items()):
            return False
        if not self._bare:
            return True
        if not (self._kinds or self._pairs or self._address or self._prefix or "default" in self._bare):
            return kind != "address" and self._bare == named.names[:1]  # the number of a rule, a protocol, a direction
        return all(self._is_in(word, named.names, kind) for word in self._bare)

    def _is_called(self, story: Story | ObjectStory) -> bool:
        """Whether words are the name of what has one: its end at least."""
        if story.kind == "link":
            return len(self._bare) == 1 and self._bare[0] in _names_of_link(story)
        words = [_FAMILY_NAMES.get(word, word) for word in story.title.split()[1:]]
        bare = [_FAMILY_NAMES.get(word, word) for word in self._bare]
        size = len(bare)
        if words[-size:] == bare:
            return True
        return any([*words[:-1], name][-size:] == bare for name in getattr(story, "earlier", ()))

    def _is_in(self, word: str, names: list[str], kind: str) -> bool:
        if word in names:
            return True
        if word != self._address:
            return False
        if kind == "address":
            return names[0].partition("/")[0] == word
        hosts = {f"{word}/32", f"{word}/128"}
        return any(name in hosts or _host(name) == word for name in names)

    # -- where there is none -------------------------------------------------------------------------------------

    def near(self, stories: Iterable[Story | ObjectStory]) -> list[Story | ObjectStory]:
        """The stories whose names are nearest, where none is wanted: prefixes that cover an address, and the like."""
        found: dict[str, Story | ObjectStory] = {}
        for story in stories:
            found.setdefault(story.title, story)
        asked = self._prefix or self._address
        if asked:
            return _nearest(asked, found.values())
        import difflib

        called: dict[str, Story | ObjectStory] = {}
        for story in found.values():
            words = story.title.split()[1:]
            for name in (" ".join(words), words[-1]) if words and story.kind not in _ADDRESSED else ():
                called.setdefault(name, story)
        name = " ".join(self._bare) or next(iter(self._pairs.values()), "")
        close = difflib.get_close_matches(name, called, n=_NEAR)
        return list({id(called[one]): called[one] for one in close}.values())


def _all_steps(story: Story | ObjectStory) -> Sequence[Step]:
    """Its steps, and the end of what it was part of."""
    fall = getattr(story, "fall", None)
    return story.steps if fall is None else [*story.steps, fall]


def _value(name: str, word: str) -> str:
    """What stands behind a word, as titles have it."""
    if name == "table":
        return _TABLES.get(word, word)
    if name == "spi":
        try:
            return f"0x{int(word, 0):08x}"
        except ValueError:
            raise NlsniffError(f"spi {word}: an SPI is a number, such as 0x101") from None
    return word


def _names_of_link(story: Story | ObjectStory) -> set[str]:
    found = {*story.title.split()[1:], *(map(escape, getattr(story, "earlier", ())))}
    index = getattr(story, "index", None)
    return found if index is None else {*found, str(index)}


def _named(story: Story | ObjectStory) -> _Named:
    """What the title of a story says, and which link it is on."""
    names: list[str] = []
    pairs: dict[str, set[str]] = {}
    words = story.title.split()[1:]
    at = 0
    while at < len(words):
        word = words[at].strip(",:")
        key = "table" if word == "lookup" else word
        if key in PAIRS and at + 1 < len(words):
            pairs.setdefault(key, set()).add(words[at + 1].strip(","))
            at += 1
        elif word != "->":
            names.append(word)
        at += 1
    if story.kind == "rule" and names:
        pairs.setdefault("priority", set()).add(names[0])
    if story.kind in {"route", "address", "neighbour"}:
        facts = getattr(story, "facts", {})
        if "table" in facts:
            pairs.setdefault("table", set()).add(str(facts["table"]))
        devices = pairs.setdefault("dev", set())
        devices.add(str(getattr(story, "index", "")))
        for step in story.steps if story.kind == "route" else ():
            devices.update(re.findall(r"(?<= dev )\S+", f" {step.text}"))
    return _Named(names, pairs)


def _host(name: str) -> str:
    """The address of `192.0.2.1:80` and `[2001:db8::1]:80`."""
    return name[1:].partition("]")[0] if name.startswith("[") else name.rpartition(":")[0] if "." in name else ""


def _nearest(asked: str, stories: Iterable[Story | ObjectStory]) -> list[Story | ObjectStory]:
    """Those with a prefix that covers the one that is asked for, or is covered by it, the nearest length first."""
    wanted = ipaddress.ip_interface(asked).network
    found = []
    for story in stories:
        for name in _named(story).names:
            try:
                other = ipaddress.ip_interface(name).network
            except ValueError:
                continue
            if other.version != wanted.version or not other.prefixlen or not other.overlaps(wanted):
                continue
            found.append((abs(other.prefixlen - wanted.prefixlen), story.id, story))
            break
    return [story for *_, story in sorted(found, key=lambda one: one[:2])[:_NEAR]]
