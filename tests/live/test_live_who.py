"""`nlsniff who` without a file: who does what to an object of this very kernel, as it happens."""

from __future__ import annotations

import signal
import subprocess
import threading

from tests.live.tool import NLSNIFF, ip, nlmons


def test_who_tells_of_a_route_as_it_comes_and_goes() -> None:
    """Of the route that is made, refused a second time, and goes with its link; another is left out."""
    process = subprocess.Popen(
        [*NLSNIFF, "who", "198.51.100.0/24"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stderr is not None
    limit = threading.Timer(90, process.kill)  # or a line that does not come would be waited for
    limit.start()
    assert next(process.stderr).startswith("watching 198.51.100.0/24 on nlmon")
    try:
        ip("link", "add", "who0", "type", "dummy")
        ip("link", "set", "who0", "up")
        ip("route", "add", "198.51.100.0/25", "dev", "who0")
        added = subprocess.Popen(["ip", "route", "add", "198.51.100.0/24", "dev", "who0"])
        added.wait()
        lines = iter(process.stdout)
        first = [next(lines) for _ in range(4)]
        assert first[0] == "route 198.51.100.0/24\n"
        assert first[1].endswith("added: dev who0\n")
        assert f"by ip[{added.pid}]: message " in first[2] or "by not known (port " in first[2]
        assert first[3].strip().startswith("ok, answered by message ")
        ip("route", "add", "198.51.100.0/24", "dev", "who0", check=False)
        refused = [next(lines) for _ in range(3)]
        assert "refused: added" in refused[0]
        assert refused[2].strip().startswith("refused: ")
        assert "(EEXIST), answered by message " in refused[2]
        ip("link", "del", "who0")
        gone = [next(lines) for _ in range(2)]
        assert "deleted" in gone[0] or "gone with its link" in gone[0]
        assert "RTM_DELLINK who0" in gone[1]
    finally:
        ip("link", "del", "who0", check=False)
        process.send_signal(signal.SIGINT)
        rest, said = process.communicate(timeout=60)
        limit.cancel()
    assert process.returncode == 0, said
    assert "198.51.100.0/25" not in rest
    assert "0 dropped, not kept" in said
    assert nlmons() == []
