"""Messages made from what the dissectors say: of every operation, well-formed or damaged in chosen ways.

- `operations.operations(registry)`: every message that some dissector describes, request and answer apart.
- `build.build(operation, random, knobs)`: the bytes of one such message; `build.build_like` repeats its shape.
- `traffic.Traffic`: messages of all operations in any order, errors that copy them, and families' ids before them.
- `traffic.capture(frames)`: frames as a pcap file.
- `python -m tests.model`: compares what the fast printer and the walker say of them.
"""
