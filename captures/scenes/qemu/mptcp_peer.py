"""One end of a connection over Multipath TCP: `serve ADDRESS` sends back what comes, `ask ADDRESS` sends and waits."""

from __future__ import annotations

import socket
import sys
import time

_MPTCP = 262
_PORT = 5201


def main() -> None:
    """Speak long enough for subflows to come up."""
    role, address = sys.argv[1:]
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM, _MPTCP) as sock:
        if role == "serve":
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            sock.bind((address, _PORT))
            sock.listen()
            peer = sock.accept()[0]
            while data := peer.recv(65536):
                peer.sendall(data)
            peer.close()
            return
        sock.settimeout(10)
        sock.connect((address, _PORT))
        for _ in range(5):
            sock.sendall(bytes(10000))
            got = 0
            while got < 10000:
                got += len(sock.recv(65536))
            time.sleep(0.3)
        print(f"{role}: done")


if __name__ == "__main__":
    main()
