"""Where nft sends packets: address translation, queues, copies, other devices."""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING, Any

from tests.netfilter.nft_fields import LINKS, Form, digits
from tests.netfilter.nft_loads import load
from tests.netfilter.nft_rules import DifferentError
from tests.netfilter.nft_values import value_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.netfilter.nft_rules import Rule

Said = Any
PORT = Form(2)


def queue(rule: Rule, said: Said) -> None:
    """Take a queue, or one of several."""
    flags = [name.replace("fanout", "cpu-fanout") for name in said.get("flags", [])]
    if isinstance(said["num"], dict) and "range" not in said["num"]:
        load(rule, said["num"])
        rule.take("queue", flags=flags)
        return
    first, last = said["num"]["range"] if isinstance(said["num"], dict) else (said["num"], said["num"])
    rule.take("queue", num=first, total=last - first + 1, flags=flags)


NAT_FLAGS = {"random": "proto-random", "fully-random": "proto-random-fully"}


def nat(kind: str) -> Callable[[Rule, Said], None]:
    """Take a translation."""

    def take(rule: Rule, said: Said) -> None:
        said = said or {}
        for name, form in (("addr", None), ("port", PORT)):
            _ends(rule, said.get(name), form)
        given = said.get("flags", [])
        flags = {NAT_FLAGS.get(flag, flag) for flag in ([given] if isinstance(given, str) else given)}
        fields = {"type": kind} if kind in {"snat", "dnat"} else {}
        told = rule.take({"masquerade": "masq", "redirect": "redir"}.get(kind, "nat"), **fields)
        if set(told.get("flags", [])) - {"map-ips", "proto-specified"} != flags:
            raise DifferentError(f"nft says {kind} {flags}, we say {told}")
        rule.equal += len(flags)

    return take


def _ends(rule: Rule, said: Said, form: Form | None) -> None:
    """An address or a port, or from one to the other."""
    if isinstance(said, dict) and "range" not in said and "prefix" not in said:
        value_of(rule, said, form or Form(4))
        return
    if isinstance(said, dict) and "prefix" in said:
        net = ipaddress.ip_network(f"{said['prefix']['addr']}/{said['prefix']['len']}")
        said = {"range": [str(net[0]), str(net[-1])]}
    for end in said["range"] if isinstance(said, dict) else [] if said is None else [said]:
        given = form or Form(len(ipaddress.ip_address(end).packed))
        rule.take("immediate", data={"value": digits(end, given)})


def tproxy(rule: Rule, said: Said) -> None:
    """Take what hands a packet to a program."""
    _ends(rule, said.get("addr"), None)
    _ends(rule, said.get("port"), PORT)
    rule.take("tproxy")


def _device(rule: Rule, name: str) -> None:
    rule.take("immediate", data={"value": LINKS[name].to_bytes(4, "little").hex()})


def dup(rule: Rule, said: Said) -> None:
    """Take what copies a packet."""
    if "dev" in said:
        _ends(rule, said["addr"], None)
    _device(rule, said.get("dev", said["addr"]))
    rule.take("dup")


def fwd(rule: Rule, said: Said) -> None:
    """Take what sends a packet elsewhere."""
    _device(rule, said["dev"])
    rule.take("fwd")
