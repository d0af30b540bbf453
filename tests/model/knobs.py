"""How far messages may be from what a correct sender sends: each knob is the chance of one imperfection."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Knobs:
    """Chances between 0 and 1.

    Attributes:
        length: that an attribute's payload is shorter, longer or empty (its nla_len says so).
        behind_nul: that other bytes than zeros stand behind the NUL of a text.
        nested_flag: that NLA_F_NESTED is set on an attribute that is no nest.
        net_order: that NLA_F_NET_BYTEORDER is set, with a content in network order in every second case.
        unknown: that an attribute without a name stands in a chain.
        duplicate: that an attribute comes twice.
        attribute_length: that an nla_len is a lie.
        message_length: that nlmsg_len is a lie.
        truncated: that a message ends early.
        deep: that nests go on far deeper than any sender's do.
        dirty: that padding is not zero.
        free: that a selector says something else than what follows it.
    """

    length: float = 0.0
    behind_nul: float = 0.0
    nested_flag: float = 0.0
    net_order: float = 0.0
    unknown: float = 0.0
    duplicate: float = 0.0
    attribute_length: float = 0.0
    message_length: float = 0.0
    truncated: float = 0.0
    deep: float = 0.0
    dirty: float = 0.0
    free: float = 0.0


PERFECT = Knobs()
ODD = Knobs(  # what no correct sender sends, but in frames that a reader finds its way through
    length=0.1, behind_nul=0.2, nested_flag=0.05, net_order=0.06, unknown=0.05, duplicate=0.05, deep=0.01, dirty=0.05,
    free=0.05,
)  # fmt: skip
DAMAGED = Knobs(
    length=0.05, behind_nul=0.1, nested_flag=0.05, net_order=0.05, unknown=0.05, duplicate=0.05, attribute_length=0.03,
    truncated=0.05, deep=0.01, dirty=0.05, free=0.05,
)  # fmt: skip
