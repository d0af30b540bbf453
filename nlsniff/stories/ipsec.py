"""What one XFRM message means to the life of a state or policy. Names of types and fields are those of xfrm.yaml."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from nlsniff.stories.story import ObjectKey

if TYPE_CHECKING:
    from nlsniff.decode.message import NetlinkMessage
    from nlsniff.decode.paths import MessageValues
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
        proto = message.values.first("proto") if kind == "FLUSHSA" else "ip"
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
    values = message.values
    if verb == "reserve":
        # The SPI is in the answer; what was refused is about no state.
        if answer is None:
            return None
        values, place = answer.values, ""
    prefix = f"{place}." if place and values.get(place) is not None else ""
    daddr = values.first(f"{prefix}id.daddr", f"{prefix}daddr", "daddr", "id.daddr")
    proto = values.first(f"{prefix}id.proto", f"{prefix}proto", "proto", "id.proto")
    spi = values.first(f"{prefix}id.spi", f"{prefix}spi", "spi", "id.spi")
    if daddr is None or proto is None or spi is None:
        return None
    found = About(
        "state", verb, f"{_WORDS.get(verb, verb)} by {kind}", ObjectKey(daddr, str(proto), spi, _mark(values))
    )
    found.saddr = values.first(f"{prefix}saddr", "saddr", "srcaddr", "old-saddr") or ""
    found.mode = str(values.first(f"{prefix}mode") or "") if verb != "reserve" else ""
    found.reqid = values.first(f"{prefix}reqid", "reqid") or 0
    found.algorithms = values.summarise(_ALGORITHMS)
    if verb == "expire":
        found.hard = bool(values.number("hard"))
        found.text = f"{'hard' if found.hard else 'soft'} limit reached ({kind})"
    elif kind == "NEWAE" and message.direction == "to-user":
        found.text = values.summarise("counters told by NEWAE[ ({flags})]: [{replay-esn-val|replay-val}][ {ltime-val}]")
    elif kind == "MAPPING":
        found.text = values.summarise("peer is now at {new-saddr} port {new-sport} (MAPPING)")
    return found


def _policy(message: NetlinkMessage, answer: NetlinkMessage | None, kind: str, verb: str, place: str) -> About | None:
    values = message.values
    if answer is not None and answer.type_name.endswith("POLICY"):
        # A request by index has no selector.
        values = answer.values
    if not place or values.get(place) is None:
        place = "policy" if values.get("policy.sel") is not None else ""
    prefix = f"{place}." if place else ""
    direction = values.first(f"{prefix}dir", "dir")
    if direction is None or values.get(f"{prefix}sel") is None:
        return None
    selector = values.summarise(f"{{{prefix}sel}}")
    type_ = values.first("policy-type.type")
    rest = " ".join(filter(None, (selector, str(type_ or "").replace("main", ""), _mark(values), _interface(values))))
    daddr = values.first(f"{prefix}sel.daddr") or ""
    found = About("policy", verb, f"{_WORDS.get(verb, verb)} by {kind}", ObjectKey(daddr, str(direction), 0, rest))
    if verb in {"add", "update"}:
        found.text += values.summarise(f": {{{prefix}action}} priority {{{prefix}priority}}[ tmpl {{tmpl}}]")
    elif verb == "expire":
        found.hard = bool(values.number("hard"))
        found.text = f"{'hard' if found.hard else 'soft'} limit reached ({kind})"
    return found


def _acquire(message: NetlinkMessage) -> About | None:
    values = message.values
    daddr, proto = values.first("id.daddr"), values.first("id.proto")
    if daddr is None or proto is None:
        return None
    found = About("acquire", "acquire", values.summarise("wanted for {sel} (ACQUIRE)"), ObjectKey(daddr, str(proto), 0))
    found.saddr = values.first("saddr") or ""
    template = next(iter(values.all("tmpl.reqid")), None)
    found.reqid = template.raw if template is not None and isinstance(template.raw, int) else 0
    return found


def _mark(values: MessageValues) -> str:
    """The mark by which a state or policy is found, where it has one."""
    return values.summarise("mark {mark}") if values.number("mark.m") else ""


def _interface(values: MessageValues) -> str:
    return values.summarise("if-id {if-id}") if values.number("if-id") else ""
