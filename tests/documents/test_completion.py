"""What `nlsniff completion` prints is read by the shells themselves, which then complete."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from tests.documents.shell import furnish, run, surroundings
from tests.support_tools import need
from tests.tui.terminal import Terminal

if TYPE_CHECKING:
    from pathlib import Path

# How each is started without anybody's settings, and reads the file.
STARTED = {
    "bash": (["bash", "--norc", "--noprofile", "-i"], "PS1='> '; source ./_nlsniff"),
    "zsh": (["zsh", "-f", "-i"], "PS1='> '; fpath=($PWD $fpath); autoload -Uz compinit; compinit -u -D"),
    "fish": (["fish", "--no-config", "-i"], "source ./_nlsniff"),
}
LINES = {
    "nlsniff transc": "nlsniff transcript",
    "nlsniff show --show-s": "nlsniff show --show-secrets",
    "nlsniff show --endian bi": "nlsniff show --endian big",
    "nlsniff stats trac": "nlsniff stats trace.pcapng",
    "nlsniff man redac": "nlsniff man redact",
    "nlsniff show --linktype sock": "nlsniff show --linktype sock-diag",
    "nlsniff show -Y link.broadc": "nlsniff show -Y link.broadcast",
}


@pytest.mark.parametrize("shell", STARTED)
def test_a_shell_completes(shell: str, tmp_path: Path) -> None:
    if shell == "bash":
        need("bash")
    elif shutil.which(shell) is None:
        pytest.skip(f"{shell} is not installed")
    furnish(tmp_path)
    (tmp_path / "trace.pcapng.gz").unlink()
    (tmp_path / "_nlsniff").write_text(run(f"nlsniff completion {shell}", tmp_path).printed)
    arguments, begin = STARTED[shell]
    own = {"HISTFILE": "", "TERM": "xterm", "XDG_CONFIG_HOME": str(tmp_path), "XDG_DATA_HOME": str(tmp_path)}
    call = ["sh", "-c", f'cd {tmp_path} && exec "$@"', "sh", *arguments]
    screen = Terminal(call, **surroundings(tmp_path) | own)
    screen.settle(1)
    screen.press(f"{begin}; echo rea''dy\n")
    screen.shows("ready")
    screen.settle(0.5)
    for line, whole in LINES.items():
        screen.press(f"{line}\t")
        screen.shows(whole)
        screen.press("\x15")
    screen.press("exit\n")
    screen.settle(1)


def test_what_is_no_shell_is_refused(tmp_path: Path) -> None:
    furnish(tmp_path)
    done = run("nlsniff completion csh", tmp_path)
    assert done.status == 2
    assert "invalid choice: 'csh'" in done.printed
