"""Types at a terminal while the kernel records what is typed: AUDIT_TTY_SET for itself, a shell's line, a password.

The password is `open sesame`; tests look for it where it must not be.
"""

import os
import pty
import socket
import struct
import sys
import termios

NETLINK_AUDIT = 9
AUDIT_SIGNAL_INFO, AUDIT_TTY_GET, AUDIT_TTY_SET, AUDIT_USER_TTY = 1010, 1016, 1017, 1124
REQUEST_AND_ACK = 5


def ask(audit: socket.socket, seq: int, type_: int, body: bytes = b"", answers: int = 1) -> None:
    """Send one request and take its answers."""
    audit.sendto(struct.pack("=IHHII", 16 + len(body), type_, REQUEST_AND_ACK, seq, 0) + body, (0, 0))
    for _ in range(answers):
        audit.recv(8192)


def main() -> None:
    """Turn recording on, type, turn it off."""
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_AUDIT) as audit:
        ask(audit, 1, AUDIT_TTY_GET, answers=2)
        ask(audit, 2, AUDIT_TTY_SET, struct.pack("=II", 1, 1))
        child, terminal = pty.fork()
        if child == 0:
            sys.stdin.readline()
            settings = termios.tcgetattr(0)
            settings[3] &= ~termios.ECHO
            termios.tcsetattr(0, termios.TCSANOW, settings)
            sys.stdin.readline()
            os._exit(0)
        os.write(terminal, b"ls -l\n")
        os.read(terminal, 64)
        os.write(terminal, b"open sesame\n")
        os.waitpid(child, 0)
        ask(audit, 3, AUDIT_USER_TTY, b"open sesame\0")
        ask(audit, 4, AUDIT_SIGNAL_INFO, answers=2)
        ask(audit, 5, AUDIT_TTY_SET, struct.pack("=II", 0, 0))


main()
