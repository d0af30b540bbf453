"""Programs in other languages are recorded by strace: a CNI plugin, which is Go, and netavark, which is Rust.

Both make a bridge and a pair of veth by the netlink library of their language.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

import nlsniff
from tests.support_tools import need, need_file

BRIDGE: Final = Path("/usr/lib/cni/bridge")
NETAVARK: Final = Path("/usr/lib/podman/netavark")

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="these programs want to be root")


def record(path: Path, command: list[str], text: str = "", **environment: str) -> None:
    """Record a command, which gets a text to read."""
    need("strace")
    done = subprocess.run(
        [sys.executable, "-m", "nlsniff", "record", "-q", "--via", "strace", "-w", str(path), "--", *command],
        input=text,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert (done.returncode, done.stderr) == (0, ""), done.stdout


def changes(path: Path, program: str) -> list[tuple[str, str]]:
    """What a program had the kernel change, in order: type, and what it is about. All of it was done."""
    found = []
    with nlsniff.Capture(path) as capture:
        for conversation in capture.conversations:
            request, *answers = conversation.messages
            assert conversation.certain, request
            assert answers, request
            assert (request.direction, {answer.direction for answer in answers}) == ("to-kernel", {"to-user"})
            if f"process={program}[" in request.comment and not request.type.startswith("RTM_GET"):
                assert conversation.errno is None
                found.append((request.type, request.summary))
    return found


def test_a_program_in_go(tmp_path: Path) -> None:
    need_file(BRIDGE, "containernetworking-plugins")
    addresses = [{"address": "10.9.0.2/24", "gateway": "10.9.0.1"}]
    network = {
        "cniVersion": "0.4.0",
        "name": "net",
        "type": "bridge",
        "bridge": "cni0",
        "isGateway": True,
        "ipam": {"type": "static", "addresses": addresses},
    }
    record(
        tmp_path / "x.pcapng",
        [str(BRIDGE)],
        json.dumps(network),
        CNI_COMMAND="ADD",
        CNI_CONTAINERID="c1",
        CNI_IFNAME="eth0",
        CNI_NETNS="/proc/self/ns/net",
        CNI_PATH=str(BRIDGE.parent),
    )
    found = changes(tmp_path / "x.pcapng", "bridge")
    wanted = [
        ("RTM_NEWLINK", "cni0 kind bridge"),
        ("RTM_NEWLINK", "cni0 <up>"),
        ("RTM_NEWLINK", "eth0 kind veth"),
        ("RTM_NEWADDR", "10.9.0.2/24 brd 10.9.0.255 dev eth0"),
        ("RTM_NEWLINK", "eth0 <up>"),
        ("RTM_NEWADDR", "10.9.0.1/24 brd 10.9.0.255 dev cni0"),
    ]
    assert [change for change in found if change in wanted] == wanted, found


def test_a_program_in_rust(tmp_path: Path) -> None:
    need_file(NETAVARK, "netavark")
    network = {
        "name": "net",
        "id": "a" * 64,
        "driver": "bridge",
        "network_interface": "podman9",
        "subnets": [{"subnet": "10.8.0.0/24", "gateway": "10.8.0.1"}],
        "ipv6_enabled": False,
        "internal": True,
        "dns_enabled": False,
        "ipam_options": {"driver": "host-local"},
    }
    container = {
        "container_id": "c1",
        "container_name": "one",
        "networks": {"net": {"static_ips": ["10.8.0.2"], "interface_name": "eth0"}},
        "network_info": {"net": network},
    }
    (tmp_path / "container.json").write_text(json.dumps(container))
    (tmp_path / "configuration").mkdir()
    (tmp_path / "inside").touch()
    # It locks files in /run.
    script = (
        "mount -t tmpfs none /run && unshare --net=inside true && "
        f"exec {NETAVARK} --config configuration --rootless false --file container.json setup $PWD/inside"
    )
    record(tmp_path / "x.pcapng", ["unshare", "--mount", "sh", "-c", f"cd {tmp_path} && {script}"])
    found = changes(tmp_path / "x.pcapng", "netavark")
    wanted = [
        ("RTM_NEWLINK", "podman9 kind bridge"),
        ("RTM_NEWADDR", "10.8.0.1/24 brd 10.8.0.255 dev podman9"),
        ("RTM_SETLINK", "podman9 <up>"),
        ("RTM_NEWLINK", "master podman9 kind veth"),
        ("RTM_NEWADDR", "10.8.0.2/24 brd 10.8.0.255 dev eth0"),
        ("RTM_SETLINK", "eth0 <up>"),
    ]
    assert [change for change in found if change in wanted] == wanted, found
