"""Load a BPF program that only returns, and pin it: `bpf_pin.py TYPE RETURNS FILE`, for links and routes to run.

TYPE is a number of enum bpf_prog_type, RETURNS what the program says: 2 lets a packet pass an XDP program.
"""

from __future__ import annotations

import ctypes
import os
import struct
import sys

SYS_BPF = 321  # on x86-64
BPF_PROG_LOAD, BPF_OBJ_PIN = 5, 6
ATTR_SIZE = 144  # bytes of union bpf_attr; zeros after what a command uses


def bpf(command: int, attr: bytes) -> int:
    """The bpf system call; a refusal ends the program."""
    libc = ctypes.CDLL(None, use_errno=True)
    result: int = libc.syscall(SYS_BPF, command, ctypes.create_string_buffer(attr, ATTR_SIZE), ATTR_SIZE)
    if result < 0:
        sys.exit(f"bpf command {command}: {os.strerror(ctypes.get_errno())}")
    return result


def main() -> None:
    """Load `r0 = RETURNS; exit` as a program of that type, and pin it."""
    kind, returns, path = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
    code = struct.pack("<BBhi", 0xB7, 0, 0, returns) + struct.pack("<BBhi", 0x95, 0, 0, 0)
    instructions, licence, name = (ctypes.create_string_buffer(text) for text in (code, b"GPL", path.encode()))
    load = struct.pack("<IIQQ", kind, len(code) // 8, ctypes.addressof(instructions), ctypes.addressof(licence))
    program = bpf(BPF_PROG_LOAD, load)
    bpf(BPF_OBJ_PIN, struct.pack("<QI", ctypes.addressof(name), program))


if __name__ == "__main__":
    main()
