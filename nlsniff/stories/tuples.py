"""What a message says of a connection that netfilter tracks. Names are those of conntrack.yaml."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from nlsniff.decode.paths import MessageValues

# Status flags that nearly all have, or that something else tells: NAT, the helper, the master.
_OFTEN = frozenset({"confirmed", "src-nat", "dst-nat", "src-nat-done", "dst-nat-done", "dying", "helper", "expected"})
_ECHO = ("type", "code", "id")
_STATES = ("tcp.tcp-state", "sctp.sctp-state", "dccp.dccp-state")


class End(NamedTuple):
    """One side of a tuple: address, and port or None."""

    address: str | None
    port: int | None

    def __str__(self) -> str:
        if self.port is None:
            return self.address or "any"
        return (
            f"[{self.address}]:{self.port}" if ":" in (self.address or "") else f"{self.address or 'any'}:{self.port}"
        )


class Tuple(NamedTuple):
    """A packet of one direction. Of ICMP the ports are None, and `more` is type, code and id."""

    proto: str
    source: End
    target: End
    zone: int
    more: tuple[int | None, ...] = ()

    def __str__(self) -> str:
        echo = f" id {self.more[2]}" if self.more and self.more[2] is not None else ""
        zone = f" zone {self.zone}" if self.zone else ""
        return f"{self.proto} {self.source} -> {self.target}{echo}{zone}"


class Tracked(NamedTuple):
    """What a message says of a connection; None where it does not say it.

    Attributes:
        number: its id, a hash that the kernel makes.
        state: of TCP, SCTP or DCCP.
        status: the flags that say something to people.
        timeout: what was left of it, in seconds.
    """

    number: int | None
    state: str | None
    status: frozenset[str] | None
    timeout: int | None
    mark: int | None
    helper: str | None

    def over(self, old: Tracked) -> Tracked:
        """An older state with what this one says."""
        said = {name: value for name, value in self._asdict().items() if value is not None}
        return old._replace(**said)


def tuple_of(values: MessageValues, path: str) -> Tuple | None:
    """The tuple at a path, or None."""
    if values.get(path) is None:
        return None

    def value(*names: str) -> Any:
        return values.first(*(f"{path}.{name}" for name in names))

    def end(way: str) -> End:
        address = value(f"tuple-ip.ip-v4-{way}", f"tuple-ip.ip-v6-{way}")
        return End(_text(address), value(f"tuple-proto.proto-{way}-port"))

    echo = tuple(value(f"tuple-proto.proto-icmp-{name}", f"tuple-proto.proto-icmpv6-{name}") for name in _ECHO)
    zone = value("tuple-zone") or values.first("zone") or 0
    return Tuple(
        str(value("tuple-proto.proto-num")), end("src"), end("dst"), zone, echo if any(map(_is_there, echo)) else ()
    )


def state_of(values: MessageValues) -> Tracked:
    """What a message says of how its connection is."""
    flags = values.first("status")
    return Tracked(
        values.first("id"),
        _text(values.first(*(f"protoinfo.protoinfo-{name}" for name in _STATES))),
        frozenset(map(str, flags)) - _OFTEN if isinstance(flags, list) else None,
        values.first("timeout"),
        values.first("mark"),
        _text(values.first("help.help-name")),
    )


def translated(there: Tuple, back: Tuple | None) -> str:
    """What NAT makes of a connection, in words; "" where it makes nothing of it."""
    if back is None:
        return ""
    texts = (
        f"to {back.source}" if back.source != there.target else "",
        f"from {back.target}" if back.target != there.source else "",
    )
    return " ".join(filter(None, texts))


def counters(values: MessageValues) -> str:
    """How much went each way, in words; "" where the kernel does not count."""
    texts = []
    for way, name in (("there", "counters-orig"), ("back", "counters-reply")):
        packets, size = values.first(f"{name}.packets"), values.first(f"{name}.bytes")
        if packets is not None:
            texts.append(f"{packets} packets, {size} bytes {way}")
    return "; ".join(texts)


def changes(old: Tracked, new: Tracked) -> list[str]:
    """What is new in a state, in words."""
    texts = [new.state] if new.state is not None and new.state != old.state else []
    if new.status is not None:
        texts += sorted(new.status - (old.status or frozenset()))
    if new.mark is not None and new.mark != (old.mark or 0):
        texts.append(f"mark {new.mark}")
    if new.helper is not None and new.helper != old.helper:
        texts.append(f"helper {new.helper}")
    return texts


def _is_there(value: object) -> bool:
    return value is not None


def _text(value: object) -> str | None:
    return None if value is None else str(value)
