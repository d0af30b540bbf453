"""What the kernel says of a packet on its way through nf_tables: real bytes, and what `nft monitor trace` printed."""

from __future__ import annotations

import pytest

from tests.conftest import ROOT
from tests.spec.make import Bench, problems, shown

NETFILTER, TRACE = 12, 0xA11
PACKET = (
    "08000a000000000106000b0003040000180008004500001d372e4000401105a07f0000017f0000010d0009009def00090009fe1c78000000"
    "12000700000000000000000000000000080000000800150000000008050013000000000008001200548b70730800140000000008"
)  # iif, iiftype, headers, connection
# The payload, what nlsniff says of it, and what nft 1.1.7 did.
TRACES = [
    (
        "0100000008000f0000000002080004000000000308000600e650e86007000200696e000006000100660000000c00030000000000"
        "000000081800050008000100fffffffd0a0002006f74686572000000" + PACKET,
        "trace 0xe650e860 inet f in rule handle 8 jump other iif 1",
        "trace id e650e860 inet f in unknown rule handle 8 (verdict jump other)",
    ),
    (
        "0500000008000f000000000508000400000000010800060034e38f090700020065670000060001006e0000000800100000000001",
        "trace 0x34e38f09 netdev n eg policy accept",
        "trace id 34e38f09 netdev n eg policy accept",
    ),
]


@pytest.fixture(scope="module")
def bench() -> Bench:
    return Bench(ROOT / "dissectors" / "nftables.yaml")


@pytest.mark.parametrize(("payload", "summary", "printed"), TRACES)
def test_a_trace_says_what_nft_prints(bench: Bench, payload: str, summary: str, printed: str) -> None:
    message = bench.message(NETFILTER, TRACE, bytes.fromhex(payload), flags=0)
    assert message.summary == summary
    assert (message.counts.unknown, problems(message)) == (0, [])
    words = printed.replace("(verdict ", "").replace(")", "").replace(" id ", " 0x").replace(" unknown ", " ")
    assert summary.startswith(words)


def test_a_trace_has_the_packet_and_its_connection(bench: Bench) -> None:
    """`nft monitor trace` printed: ct direction original ct state new ct status confirmed ct id 1418424435."""
    said = shown(bench.message(NETFILTER, TRACE, bytes.fromhex(TRACES[0][0]), flags=0))
    assert said["ct-direction"] == "original"
    assert said["ct-state"] == ["new"]
    assert said["ct-status"] == ["confirmed"]
    assert said["ct-id"] == 1418424435
    assert said["nfproto"] == "ip"
    assert said["network-header"] == "4500001d372e4000401105a07f0000017f000001"
    assert said["transport-header"] == "9def00090009fe1c78"
    assert said["verdict"] == {"code": "jump", "chain": "other"}
