"""`ip xfrm` as referee: what it printed while captures/xfrm-options.pcapng was recorded is what nlsniff reads there."""

from __future__ import annotations

import itertools
import json
from collections import Counter
from functools import cache
from typing import TYPE_CHECKING, Any

from nlsniff.output.json import message_line
from nlsniff.reader import IndexedCapture, make_decoder
from tests import ip_xfrm
from tests.conftest import ROOT

if TYPE_CHECKING:
    from tests.ip_xfrm import Block, Body

CAPTURES = ROOT / "captures"
NAME = "xfrm-options"


@cache
def messages() -> list[Body]:
    """Every message of the recording as JSON, keys included."""
    with IndexedCapture(str(CAPTURES / f"{NAME}.pcapng"), make_decoder(show_secrets=True)).load() as capture:
        return [json.loads(message_line(message)) for message in capture]


def text(what: str) -> str:
    return (CAPTURES / f"{NAME}.{what}.txt").read_text()


def dump(kind: str, count: int) -> list[Body]:
    """The bodies of the last dump that has so many parts: the one whose text was kept."""
    dumps: dict[int, list[Body]] = {}
    for message in messages():
        if message["type"] == kind and "MULTI" in message["flags"]:
            dumps.setdefault(message["conversation"], []).append(message["body"])
    whole = [bodies for bodies in dumps.values() if len(bodies) == count]
    assert whole, f"no dump has {count} parts, there are {[len(bodies) for bodies in dumps.values()]}"
    return whole[-1]


def same(ours: list[Block], theirs: list[Block]) -> None:
    for own, other in zip(ours, theirs, strict=True):
        assert own[0] == other[0]
        assert sorted(own[1].elements()) == sorted(other[1].elements()), own[0]


def test_states() -> None:
    theirs = ip_xfrm.blocks(text("states"))
    assert len(theirs) > 40
    same([ip_xfrm.state(body, body, full=True) for body in dump("XFRM_MSG_NEWSA", len(theirs))], theirs)


def test_policies() -> None:
    theirs = ip_xfrm.blocks(text("policies"))
    assert len(theirs) > 10
    same([ip_xfrm.policy(body, body, full=True) for body in dump("XFRM_MSG_NEWPOLICY", len(theirs))], theirs)


def test_monitor() -> None:
    theirs = ip_xfrm.blocks(text("monitor"))
    told = [told_of(message) for message in messages()]
    # Other listeners came in the end; the kernel tells each, so a message is there again right behind itself.
    copies = [False, *(one == other for one, other in itertools.pairwise(told))]
    ours = [block for block, copy in zip(told, copies, strict=True) if block is not None and not copy]
    same(ours, theirs)
    assert len({block[0].split()[0] for block in theirs}) >= 7


def told_of(message: Body) -> Block | None:
    """What `ip xfrm monitor` prints of a message, None where it is no notification."""
    if message["protocol"] != "xfrm" or message["direction"] != "to-user" or "MULTI" in message["flags"]:
        return None
    if message["conversation"] in answered():
        return None
    body = message["body"]
    kind = message["type"].removeprefix("XFRM_MSG_")
    heads = {"UPDSA": "Updated ", "UPDPOLICY": "Updated ", "DELSA": "Deleted ", "DELPOLICY": "Deleted "}
    head = heads.get(kind, "")
    if kind in {"NEWSA", "UPDSA", "DELSA"}:
        return ip_xfrm.state(body.get("sa", body), body, full=False, head=head)
    if kind in {"NEWPOLICY", "UPDPOLICY", "DELPOLICY"}:
        return ip_xfrm.policy(body.get("policy", body), body, full=False, head=head)
    if kind == "EXPIRE":
        first, lines = ip_xfrm.state(body["state"], {}, full=False, head="Expired ")
        return first, lines + Counter([f"hard {body['hard']}"])
    if kind == "ACQUIRE":
        return acquire(body)
    if kind == "NEWAE":
        return event(body)
    if kind == "GETDEFAULT":
        names = (("in:  ", "in"), ("fwd: ", "fwd"), ("out: ", "out"))
        return "Default policies:", Counter(name + body[member] for name, member in names)
    if kind == "FLUSHSA":
        proto = 0 if body["proto"] == "ip" else body["proto"]
        return f"Flushed state proto {proto}", Counter()
    if kind == "FLUSHPOLICY":
        return f"Flushed policy ptype {body['policy-type']['type']}", Counter()
    return None


def acquire(body: Body) -> Block:
    policy = body["policy"]
    head = f"acquire proto {body['id']['proto']}"
    lines = [f"sel {ip_xfrm.selector(body['sel'], full=False)}"]
    first, rest = ip_xfrm.policy(policy, body, full=False)
    return head, Counter(lines) + Counter([f"policy {first}"]) + rest


def event(body: Body) -> Block:
    # Bits 4 to 6 of the flags say why (XFRM_AE_CR, CE, CU).
    names = {"cr": (0x10, "replay update"), "ce": (0x20, "timer expired"), "cu": (0x40, "policy updated")}
    (bit, why) = names[body["flags"][0]]
    ident = body["sa-id"]
    ends = f"src {body['saddr']} dst {ident['daddr']}"
    rest = f"reqid 0x{body['reqid']:x} protocol {ident['proto']}  SPI 0x{ident['spi']:x}"
    return f"Async event  (0x{bit:x})  {why}", Counter([f"{ends}  {rest}"])


@cache
def answered() -> frozenset[int]:
    """Conversations in which somebody asked: what is told in them is told to one."""
    return frozenset(message["conversation"] for message in messages() if message["direction"] == "to-kernel")


def any_state(**wanted: Any) -> bool:
    bodies = [message["body"] for message in messages() if message["type"] == "XFRM_MSG_NEWSA"]
    return any(all(body.get(name.replace("_", "-")) == value for name, value in wanted.items()) for body in bodies)


def test_the_recording_has_what_it_is_for() -> None:
    assert any_state(mode="beet", family="inet6")
    assert any_state(sa_extra_flags=["dont-encap-dscp", "oseq-may-wrap"])
    assert any_state(tfcpad=256)
    assert any_state(if_id=0x2B)
    assert any_state(coaddr="2001:db8::9")
