"""No number of a file header stops the reading of the file."""

from __future__ import annotations

import io
import struct
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlsniff.file.read import FrameReader
from tests.file import made

if TYPE_CHECKING:
    from nlsniff.wire.nlmsg import Order

FRAMES = made.records(3)
LINKTYPES = st.sampled_from([253, 113, 276, 1, 0, 147])
ANY = st.sampled_from([0, 1, 0x5B0000, 0x200000, 0xFFFFFF, 0x1000000, 0x7FFFFFFF, 0xFFFFFFFF]) | st.integers(
    0, 2**32 - 1
)


@given(order=st.sampled_from(["<", ">"]), unit=st.sampled_from([1, 1000]), snaplen=ANY, linktype=LINKTYPES)
def test_any_snap_length_is_as_good_as_another(order: Order, unit: int, snaplen: int, linktype: int) -> None:
    data = made.pcap(FRAMES, order, unit, linktype, snaplen)
    # Damage, so that records are searched for.
    for damage in (b"", b"?" * 50):
        reader = FrameReader(io.BytesIO(data[:24] + damage + data[24:]))
        found = [frame.data for frame in reader]
        if not damage:
            assert found == [frame.data for frame in FRAMES]
            assert not reader.problems
        else:
            assert found[-2:] == [frame.data for frame in FRAMES[-2:]]


@pytest.mark.parametrize("size", [(1 << 24) - 1, 1 << 24, 1 << 25])
def test_records_below_16_mib_are_read_where_the_snap_length_allows_them(size: int) -> None:
    frame = made.Record(10**18, made.COOKED + bytes(size - 16))
    reader = FrameReader(io.BytesIO(made.pcap([frame, *FRAMES], snaplen=0x7FFFFFFF)))
    sizes = [len(frame.data) for frame in reader]
    assert sizes[-3:] == [len(frame.data) for frame in FRAMES]
    assert (sizes[0] == size) == (size < 1 << 24)
    assert bool(reader.problems) == (size >= 1 << 24)


@pytest.mark.parametrize("order", ["<", ">"])
def test_any_number_in_an_interface_description(order: Order) -> None:
    for resolution in range(256):
        for offset in (0, -(2**63), 2**63 - 1):
            options = made.option(9, bytes([resolution]), order) + made.option(
                14, struct.pack(order + "q", offset), order
            )
            data = made.section(order) + made.interface(order, snaplen=2**32 - 1, options=options)
            for stamp in (0, 2**64 - 1):
                data += made.packet(FRAMES[0], order, stamp=stamp)
            frames = list(FrameReader(io.BytesIO(data)))
            assert [frame.data for frame in frames] == [FRAMES[0].data] * 2
            assert all(-(2**63) < frame.time_ns < 2**63 for frame in frames)
