"""What every guest has to do, whatever runs it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.guest import Result


def check_what_comes_out(run: Callable[..., Result], share: Path) -> None:
    """Run a script in a guest: its output, its status and shared files come out, and nothing else does."""
    script = """
    echo "to stdout, $GREETING"; echo to stderr >&2
    echo shared > "$NLSNIFF_SHARE/left"
    echo lost > /etc/nlsniff-was-here
    python -c 'import nlsniff, orjson; print("python works")'
    ip link add n0 type nlmon && ip -br link show n0
    exit 7
    """
    result = run(script, share=share, env={"GREETING": 'it\'s "quoted"'})
    assert result.status == 7, result.console
    assert result.output.splitlines()[:3] == ['to stdout, it\'s "quoted"', "to stderr", "python works"]
    assert result.output.splitlines()[3].split()[0] == "n0"
    assert (share / "left").read_text() == "shared\n"
    assert not Path("/etc/nlsniff-was-here").exists()
