"""Connections for netfilter to track, on the loopback device, and requests that conntrack's programs cannot make.

`connections.py traffic COMMAND...` carries out COMMAND while the helper of FTP expects a connection;
`connections.py accounts` makes counters of nfacct and a helper in user space.
"""

from __future__ import annotations

import socket
import struct
import subprocess
import sys
import threading

FTP, WEB, HERE = 21, 8000, "127.0.0.1"
NETFILTER, REQUEST, ACK, CREATE, DUMP = 12, 1, 4, 0x400, 0x300


def serve(listener: socket.socket) -> None:
    """Answer FTP's PASV with a port that sends one line; end when the asker does."""
    control, _ = listener.accept()
    control.sendall(b"220 here\r\n")
    control.recv(100)
    with socket.create_server((HERE, 2021)) as data:
        control.sendall(b"227 Entering Passive Mode (127,0,0,1,7,229)\r\n")  # 7 * 256 + 229 = 2021
        sender, _ = data.accept()
        sender.sendall(b"a line\r\n")
        sender.close()
    control.recv(100)
    control.close()


def speak(host: str, port: int) -> None:
    """A connection of TCP with a few bytes each way."""
    with socket.create_connection((host, port)) as asker:
        asker.sendall(b"a question")
        asker.recv(100)


def answer(listener: socket.socket, times: int) -> None:
    """Answer so many connections."""
    for _ in range(times):
        one, _ = listener.accept()
        one.recv(100)
        one.sendall(b"an answer")
        one.close()


def traffic(command: list[str]) -> None:
    """Say something by each protocol."""
    ftp = socket.create_server((HERE, FTP))
    threading.Thread(target=serve, args=(ftp,), daemon=True).start()
    with socket.create_connection((HERE, FTP)) as control:
        control.recv(100)
        control.sendall(b"PASV\r\n")
        control.recv(100)
        subprocess.run(command, check=True)
        with socket.create_connection((HERE, 2021)) as data:
            data.recv(100)
    web = socket.create_server(("", WEB), family=socket.AF_INET6, dualstack_ipv6=True)
    threading.Thread(target=answer, args=(web, 2), daemon=True).start()
    speak("127.0.0.2", 8001)  # nft leads it to WEB
    speak("::1", WEB)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as lonely:
        lonely.bind((HERE, 5000))
        lonely.sendto(b"nobody", ("127.0.0.3", 9))
    for family, protocol, host, packet in (
        (socket.AF_INET, 1, HERE, bytes([8, 0, 0xF7, 0xF7, 0, 7, 0, 1])),
        (socket.AF_INET6, 58, "::1", bytes([128, 0, 0, 0, 0, 7, 0, 1])),
        (socket.AF_INET, 47, "127.0.0.9", bytes([0x20, 1, 0x88, 0x0B, 0, 4, 0, 1, 0, 0, 0, 0])),
        (socket.AF_INET, 89, "127.0.0.9", bytes(20)),
    ):
        with socket.socket(family, socket.SOCK_RAW, protocol) as raw:
            raw.sendto(packet, (host, 0))
    try:
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_SCTP) as listener:
            listener.bind((HERE, 132))
            listener.listen()
            threading.Thread(target=answer, args=(listener, 1), daemon=True).start()
            with socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_SCTP) as asker:
                asker.connect((HERE, 132))
                asker.sendall(b"a question")
                asker.recv(100)
    except OSError as error:
        print(f"SCTP: {error}")


def attr(type_: int, *parts: bytes) -> bytes:
    """An attribute, a nest where there are several parts."""
    data = b"".join(parts)
    nested = 0x8000 if len(parts) > 1 else 0
    return struct.pack("=HH", 4 + len(data), type_ | nested) + data + bytes(-len(data) % 4)


def number(type_: int, value: int, size: int = 4) -> bytes:
    """An attribute with a number in network order."""
    return attr(type_, value.to_bytes(size, "big"))


def accounts() -> None:
    """Counters, quotas and a helper, as nfacct and nfct write them."""
    policy = attr(4, number(1, 1), attr(2, attr(1, b"rpc\0"), number(2, 1), number(3, 300)))
    helper = (
        attr(1, b"rpc\0"),
        attr(2, number(1, 2, 2), number(2, 17, 1)),
        number(3, 9),
        policy,
        number(5, 16),
        number(6, 1),
    )
    requests = (
        (0x700, CREATE | ACK, (attr(1, b"web\0"),)),
        (0x700, CREATE | ACK, (attr(1, b"limited\0"), number(5, 2), number(6, 1000, 8))),
        (0x700, CREATE | ACK, (attr(1, b"limited\0"),)),  # refused: EBUSY
        (0x701, DUMP, ()),
        (0x702, DUMP, (attr(7, number(1, 3), number(2, 2)),)),
        (0x703, ACK, (attr(1, b"web\0"),)),
        (0x703, ACK, (attr(1, b"web\0"),)),  # refused: ENOENT
        (0x703, ACK, ()),
        (0x900, CREATE | ACK, helper),
        (0x901, DUMP, ()),
        (0x902, ACK, (attr(1, b"rpc\0"),)),
    )
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETFILTER) as asker:
        asker.settimeout(2)
        for seq, (type_, flags, attributes) in enumerate(requests, 1):
            body = bytes(4) + b"".join(attributes)
            asker.send(struct.pack("=IHHII", 16 + len(body), type_, REQUEST | flags, seq, 0) + body)
            while True:
                got = asker.recv(1 << 16)
                if struct.unpack_from("=H", got, 4)[0] in (2, 3):
                    break


if __name__ == "__main__":
    traffic(sys.argv[2:]) if sys.argv[1] == "traffic" else accounts()
