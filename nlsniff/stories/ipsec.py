"""What one XFRM message means to the life of a state or policy. Names of types and fields are those of xfrm.yaml."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from nlsniff.decode.summary import summarise
from nlsniff.stories.story import ObjectKey

if TYPE_CHECKING:
    from nlsniff.decode.message import NetlinkMessage
    from nlsniff.decode.node import Node
    from nlsniff.stories.story import Kind

_ALGORITHMS = "[aead {alg-aead}][ auth {alg-auth-trunc|alg-auth}][ enc {alg-crypt}][ comp {alg-comp}]"

# Type of the message: what it is about, what it does, and where in the message the state or policy is.
_STATE: dict[str, tuple[str, str]] = {
    "NEWSA": ("add", ""),
    "UPDSA": ("update", ""),
    "DELSA": ("delete", "sa"),
    "GETSA": ("get", ""),
    "ALLOCSPI": ("reserve", "info"),
    "EXPIRE": ("expire", "state"),
    "GETAE": ("get", "sa-id"),
    "NEWAE": ("count", "sa-id"),
    "MAPPING": ("move", ""),
    "MIGRATE_STATE": ("move", ""),
}
_POLICY: dict[str, tuple[str, str]] = {
    "NEWPOLICY": ("add", ""),
    "UPDPOLICY": ("update", ""),
    "DELPOLICY": ("delete", "policy"),
    "GETPOLICY": ("get", ""),
    "POLEXPIRE": ("expire", "pol"),
    "MIGRATE": ("move", ""),
}
_WORDS = {
    "add": "added", "update": "changed", "delete": "deleted", "get": "asked for", "reserve": "SPI reserved",
    "count": "counters set", "move": "moved",
}  # fmt: skip


@dataclass(slots=True)
class About:
    """What a message says of a state or policy.

    Attributes:
        kind: what it is about; of a flush what is flushed.
        verb: see `Step`.
        text: the same for people.
        key: which one; None where the message does not say.
        hard: an EXPIRE of the hard kind.
        proto: what a flush is limited to, "" for all.
    """

    kind: Kind
    verb: str
    text: str
    key: ObjectKey | None = None
    saddr: str = ""
    mode: str = ""
    reqid: int = 0
    algorithms: str = ""
    hard: bool = False
    proto: str = ""


def about(message: NetlinkMessage, answer: NetlinkMessage | None) -> About | None:
    """Read a message; `answer` is what came back of it, or what was told to everybody, and says more.

    None for what is about no state or policy: statistics, thresholds, defaults.
    """
    kind = message.type_name.removeprefix("XFRM_MSG_")
    if kind == "ACQUIRE":
        return _acquire(message)
    if kind in {"FLUSHSA", "FLUSHPOLICY"}:
        proto = message.root.first("proto") if kind == "FLUSHSA" else "ip"
        if proto is None:
            return None
        # IPSEC_PROTO_ANY is 0, or 255; the latter is what IPsec is made of.
        limit = "" if proto in {"ip", "raw"} else str(proto)
        return About("state" if kind == "FLUSHSA" else "policy", "flush", f"flushed by {kind}", proto=limit)
    if kind in _STATE:
        verb, place = _STATE[kind]
        return _state(message, answer, kind, verb, place)
    if kind in _POLICY:
        verb, place = _POLICY[kind]
        return _policy(message, answer, kind, verb, place)
    return None


def _state(message: NetlinkMessage, answer: NetlinkMessage | None, kind: str, verb: str, place: str) -> About | None:
    root = message.root
    if verb == "reserve":
        # The SPI is in the answer; what was refused is about no state.
        if answer is None:
            return None
        root, place = answer.root, ""
    prefix = f"{place}." if place and root.get(place) is not None else ""
    daddr = root.first(f"{prefix}id.daddr", f"{prefix}daddr", "daddr", "id.daddr")
    proto = root.first(f"{prefix}id.proto", f"{prefix}proto", "proto", "id.proto")
    spi = root.first(f"{prefix}id.spi", f"{prefix}spi", "spi", "id.spi")
    if daddr is None or proto is None or spi is None:
        return None
    found = About("state", verb, f"{_WORDS.get(verb, verb)} by {kind}", ObjectKey(daddr, str(proto), spi, _mark(root)))
    found.saddr = root.first(f"{prefix}saddr", "saddr", "srcaddr", "old-saddr") or ""
    found.mode = str(root.first(f"{prefix}mode") or "") if verb != "reserve" else ""
    found.reqid = root.first(f"{prefix}reqid", "reqid") or 0
    found.algorithms = summarise(_ALGORITHMS, root)
    if verb == "expire":
        found.hard = bool(root.number("hard"))
        found.text = f"{'hard' if found.hard else 'soft'} limit reached ({kind})"
    elif kind == "NEWAE" and message.direction == "to-user":
        found.text = summarise("counters told by NEWAE[ ({flags})]: [{replay-esn-val|replay-val}][ {ltime-val}]", root)
    elif kind == "MAPPING":
        found.text = summarise("peer is now at {new-saddr} port {new-sport} (MAPPING)", root)
    return found


def _policy(message: NetlinkMessage, answer: NetlinkMessage | None, kind: str, verb: str, place: str) -> About | None:
    root = message.root
    if answer is not None and answer.type_name.endswith("POLICY"):
        # A request by index has no selector.
        root = answer.root
    if not place or root.get(place) is None:
        place = "policy" if root.get("policy.sel") is not None else ""
    prefix = f"{place}." if place else ""
    direction = root.first(f"{prefix}dir", "dir")
    if direction is None or root.get(f"{prefix}sel") is None:
        return None
    selector = summarise(f"{{{prefix}sel}}", root)
    type_ = root.first("policy-type.type")
    rest = " ".join(filter(None, (selector, str(type_ or "").replace("main", ""), _mark(root), _interface(root))))
    daddr = root.first(f"{prefix}sel.daddr") or ""
    found = About("policy", verb, f"{_WORDS.get(verb, verb)} by {kind}", ObjectKey(daddr, str(direction), 0, rest))
    if verb in {"add", "update"}:
        found.text += summarise(f": {{{prefix}action}} priority {{{prefix}priority}}[ tmpl {{tmpl}}]", root)
    elif verb == "expire":
        found.hard = bool(root.number("hard"))
        found.text = f"{'hard' if found.hard else 'soft'} limit reached ({kind})"
    return found


def _acquire(message: NetlinkMessage) -> About | None:
    root = message.root
    daddr, proto = root.first("id.daddr"), root.first("id.proto")
    if daddr is None or proto is None:
        return None
    found = About("acquire", "acquire", summarise("wanted for {sel} (ACQUIRE)", root), ObjectKey(daddr, str(proto), 0))
    found.saddr = root.first("saddr") or ""
    template = next(iter(root.all("tmpl.reqid")), None)
    found.reqid = template.raw if template is not None and isinstance(template.raw, int) else 0
    return found


def _mark(root: Node) -> str:
    """The mark by which a state or policy is found, where it has one."""
    return summarise("mark {mark}", root) if root.number("mark.m") else ""


def _interface(root: Node) -> str:
    return summarise("if-id {if-id}", root) if root.number("if-id") else ""
