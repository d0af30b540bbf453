"""What a message says of a link, and in which words that changes what was known of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from nlsniff.terminal import escape

if TYPE_CHECKING:
    from nlsniff.decode.paths import MessageValues

_EVERYTHING = 0xFFFFFFFF  # ifi_change of the word that a link has come
_GONE = ("new-netnsid", "new-ifindex")  # of an event: where it went, and what its index is there
_SENDS = ("net-ns-fd", "net-ns-pid", "new-netnsid")  # of a request
_UP, _LOWER_UP = 0x1, 0x10000  # IFF_UP, IFF_LOWER_UP


class State(NamedTuple):
    """A link as one message has it; None where that says nothing.

    Attributes:
        number: its index.
        master: name, or number, of the link that it belongs to; "" for none.
        changed: the flags that a request sets or an event tells of (ifi_change).
        moves: the message sends it to another namespace, or says that it went there.
        event: everything is told, so that what is not there is absent.
    """

    number: int | None
    name: str
    kind: str
    flags: int
    changed: int
    mtu: int | None
    master: str | None
    address: str | None
    alias: str | None
    moves: bool
    event: bool

    @property
    def is_new(self) -> bool:
        """Whether the kernel says that this link has come."""
        return self.event and self.changed == _EVERYTHING

    @property
    def of_kind(self) -> str:
        """Its kind, as the end of a text."""
        return f": {escape(self.kind)}" if self.kind else ""

    @property
    def up(self) -> bool | None:
        """Whether it is, or shall be, up; None where a request leaves that as it is."""
        return bool(self.flags & _UP) if self.event or self.changed & _UP or self.flags & _UP else None

    def makes(self, create: bool) -> bool:
        """Whether a request makes a link."""
        return create and bool(self.kind) and self.number is None

    def wishes(self, known: State | None) -> list[str]:
        """What a request wants to change, in words."""
        words = []
        if self.moves:
            words.append("moved to another namespace")
        if self.name and known is not None and known.name and self.name != known.name:
            words.append(f"renamed from {escape(known.name)} to {escape(self.name)}")
        if self.up is not None:
            words.append("up" if self.up else "down")
        if self.mtu is not None:
            words.append(f"mtu {self.mtu}")
        if self.master is not None:
            words.append(f"joined {self.master}" if self.master else "left its master")
        if self.address is not None:
            words.append(f"hardware address {self.address}")
        if self.alias is not None:
            words.append(f"alias {escape(self.alias)}")
        return words or ["changed"]


def state_of(values: MessageValues) -> State | None:
    """What a message of rtnetlink says of a link.

    None for what is about a bridge's port (AF_BRIDGE), and for a request that names no link: programs send such to see
    what the kernel can do.
    """
    if values.first("ifi-family") == "bridge":
        return None
    index = values.first("ifi-index") or None
    name = values.first("ifname")
    if index is None and name is None:
        name = values.first("prop-list.alt-ifname", "alt-ifname")
        if name is None:
            return None
    master = values.get("master")
    event = values.get("operstate") is not None  # requests may set it, but hardly ever do
    named = None if master is None else (str(master.resolved or master.value) if master.raw else "")
    return State(
        index, str(name or ""), str(values.first("linkinfo.kind") or ""), values.number("ifi-flags"),
        values.number("ifi-change"), values.first("mtu"), "" if event and named is None else named,
        values.first("address"), values.first("ifalias") if not event else None,
        any(values.get(path) is not None for path in (_GONE if event else _SENDS)), event,
    )  # fmt: skip


class Known:
    """The links as they were when last somebody spoke of them."""

    def __init__(self) -> None:
        self._states: dict[int, State] = {}
        self._names: dict[str, int] = {}

    def get(self, index: int | None) -> State | None:
        """A link by its index."""
        return self._states.get(index) if index is not None else None

    def find(self, state: State) -> State | None:
        """The link that a message is about, by its index or its name."""
        return self.get(state.number if state.number is not None else self._names.get(state.name))

    def keep(self, state: State) -> None:
        """Take over what a message says."""
        index = state.number
        if index is None:
            return
        old = self._states.get(index)
        if old is not None and not state.event:
            flags = (old.flags & ~_UP) | (_UP if (old.up if state.up is None else state.up) else 0)
            state = old._replace(
                name=state.name or old.name, flags=flags, mtu=old.mtu if state.mtu is None else state.mtu,
                master=old.master if state.master is None else state.master,
                address=old.address if state.address is None else state.address,
            )  # fmt: skip
        elif old is not None:
            state = state._replace(kind=state.kind or old.kind)
        if old is not None and old.name != state.name:
            self._names.pop(old.name, None)
        self._states[index] = state
        if state.name:
            self._names[state.name] = index

    def drop(self, index: int | None) -> None:
        """A link is gone."""
        state = self._states.pop(index, None) if index is not None else None
        if state is not None:
            self._names.pop(state.name, None)

    def changes(self, new: State) -> list[str]:
        """What is new in what the kernel tells of a link; nothing where that is not known."""
        old = self.get(new.number)
        if old is None:
            return []
        words = []
        if new.name and old.name and new.name != old.name:
            words.append(f"renamed from {escape(old.name)} to {escape(new.name)}")
        if (new.flags ^ old.flags) & _UP:
            words.append("up" if new.flags & _UP else "down")
        if old.event and (new.flags ^ old.flags) & _LOWER_UP:
            words.append("carrier" if new.flags & _LOWER_UP else "no carrier")
        if new.mtu is not None and old.mtu is not None and new.mtu != old.mtu:
            words.append(f"mtu {old.mtu} -> {new.mtu}")
        if new.master is not None and old.master is not None and new.master != old.master:
            words.append(f"joined {new.master}" if new.master else f"left {old.master}")
        if new.address and old.address and new.address != old.address:
            words.append(f"hardware address {new.address}")
        return words
