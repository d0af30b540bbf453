"""Whatever prints, prints no control character and no forged line: every command, every error line, the screen."""

from __future__ import annotations

import ast
import contextlib
import io
import re
from typing import TYPE_CHECKING, Any

import pytest

import nlsniff
from nlsniff.cli import COMMANDS, commands, load, main
from nlsniff.filter.compile import compile_filter
from nlsniff.filter.errors import FilterError
from nlsniff.reader import IndexedCapture, make_decoder
from nlsniff.terminal import LOOKS, coloured
from tests.conftest import ROOT
from tests.support import REGISTRY
from tests.terminal.hostile import FORGED, WORDS, Hostile, make

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# How each command is called, {FIELD} for a file of `Hostile`, {words} for hostile words. A command that is not here
# fails the test, and so does an option that no call has.
CALLS: dict[str, tuple[str, ...]] = {
    "show": (
        "{capture}", "-V {capture}", "--json {capture}", "-V --show-secrets --endian little {capture}",
        "-c 3 {capture}", "--spec {specs} {capture}", "--spec {missing} {capture}", "{missing}", "{specs}",
        "-e type -e family -e summary -e comment -e link.ifname -e nlctrl.family-name -e sock-diag.name {capture}",
        "-e link.ifalias -e audit.comm -e uevent.path -e nl80211.ssid -e conversation {capture}",
        "-e frame -e protocol {capture}", "-e {words} {capture}", "-Y {words} {capture}",
        "-Y link.ifname=={words} {capture}", "-Y errno==EINVAL {capture}", "--json -Y process~E {capture}",
        "-V --linktype route {capture}", "--linktype {words} {capture}",
        "--jobs 2 {capture}", "--jobs {words} {capture}", "-w {out}.pcapng {capture}", "-w {missing}/x {capture}",
        "-x {capture}", "-x -V {capture}", "-t ad {capture}", "-t {words} {capture}", "{capture} {capture}",
        "-e type -e link.ifname --separator , --header {capture}", "-e type --separator {words} {capture}",
        "--color {capture}", "--color -V {capture}", "--color -x -t ad {capture}", "--color --json {capture}",
        "--pager -e type --color {capture}", "-w - --color={words} {capture}",
    ),
    "follow": (
        "--all {capture}", "--all --width 60 {capture}", "--all -V {capture}", "--all --json {capture}", "{capture} 1",
        "--stories {capture}", "--stories -V {capture}", "--stories --json {capture}", "{capture} 99999",
        "-Y {words} {capture}", "-Y errno==EINVAL {capture}", "{missing} 1", "--all --spec {specs} {capture}",
        "--all --show-secrets --endian little {capture}", "{capture} {words}",
        "--all --linktype route {capture}", "--all --linktype {words} {capture}",
        "--all --jobs 2 {capture}", "--all --jobs {words} {capture}", "--all --color {capture}", "--pager {capture} 1",
        "--all -V --color {capture}", "--stories --color {capture}", "--stories -V --color {capture}",
    ),
    "who": (
        "dev E {capture}", "default {capture}", "{words} {capture}", "route --json {capture}",
        "link {capture} {capture}", "address {capture} --spec {specs} --show-secrets --endian little",
        "ipset {capture} --linktype {words}",
        "{words} --groups {words}", "{words} -i {words} --no-describe --no-names", "dev", "{missing}", "spi {words}",
        "10.0.0.0/8 {missing}", "chain {capture}", "state {capture}", "rule {capture}",
    ),
    "stats": (
        "--jobs 2 -Y summary {capture}", "--jobs {words} {capture}",
        "{capture}", "--json {capture}", "--top 1 {capture}", "--top {words} {capture}", "-Y {words} {capture}",
        "-Y errno==EINVAL {capture}", "{missing}", "--spec {specs} --show-secrets --endian little {capture}",
        "--linktype route {capture}", "--linktype {words} {capture}", "--color --pager {capture}",
    ),
    "completion": ("bash", "{words}"),
    "man": ("show", "{words}"),
    "fields": (
        "", "--json", "--names", "{words}", "good --spec {specs}", "good --json --spec {specs}", "--spec {missing}",
    ),
    "spec": (
        "check {specs}", "check {missing}", "check {refused}", "check --strict --layout {good}", "list --spec {specs}",
        "list --json --spec {specs}", "list --spec {missing}", "{words}", "check --spec {specs} {good}",
    ),
    "redact": (
        "{capture} {out}", "{capture} {out}/{words}", "{missing} {out}", "--keep-unreadable {capture} {out}",
        "--spec {specs} --endian little {capture} {out}", "{specs} {out}",
        "--linktype route {capture} {out}", "--linktype {words} {capture} {out}",
    ),
    "crosscheck": ("{capture}", "{missing}"),
    "open": (
        "{capture}", "{missing}", "-Y {words} {capture}", "--spec {missing} --show-secrets --endian {words} {capture}",
        "--linktype {words} {capture}",
    ),
    "capture": (
        "-w {missing}/x -i {words}", "-w {out} -a {words}", "-w {out} -b {words}", "-w {out} --groups {words}",
        "-w {out} -c {words} --no-describe --no-names -q", "--groups help", "-D", "{words}",
    ),
    "diff": (
        "{capture} {capture}", "{capture} {missing}", "{capture}:{words} {capture}", "{missing} {words}",
        "--requests --endian little {capture} {capture}:8", "--json --answers full {capture}:8 {capture}",
        "--color {capture}:8 {capture}", "--pager {capture} {missing}", "-U 1 --spec {specs} {capture}:8 {capture}",
        "--linktype route {capture} {capture}", "-U {words} {capture} x",
    ),
    "check": (
        "{capture} --golden {missing}", "{missing} --golden {out}.nlt", "{capture} --golden {out}.nlt --update",
        "{capture} --golden {out}.nlt --update --force --allow-drops --endian little --spec {specs}",
        "{capture} --golden {out}.nlt --allow-drops", "{capture} --golden {out}.nlt --allow-drops --answers full",
        "{capture} --golden {out}.nlt --json --new {out}.new", "{capture} --golden {out}.nlt --rules {missing}",
        "{capture} --golden {out}.nlt --update={words}", "{words} --golden {words} --strict-rules",
        "{capture} --expect {missing} --linktype {words}", "{capture} --expect {refused} --junit {out}.xml --github",
        "{capture} --expect {words} --junit {missing}/x --github", "{capture} --golden {out}.nlt --github --json",
        "{capture} --golden {out}.nlt --color --pager", "{capture} --golden {out}.nlt --jobs 2",
        "{capture} --golden {missing} --jobs {words}",
    ),
    "doctor": ("", "--json", "--color --pager", "{words}"),
    "accept": ("{missing}", "{out}.new", "--ask {out}.new", "{words}"),
    "transcript": (
        "{capture}", "{missing}", "--answers full --endian little {capture}", "--check {missing}",
        "--spec {missing} {capture}", "-o {missing}/x {capture}", "--rules {missing} {capture}",
        "--linktype {words} {capture}", "--answers {words} {capture}", "--check {capture}",
    ),
    "record": (
        "-w {out} --netns {words} -- true", "-w {missing}/x --calm --no-describe --no-names -q -- {words}",
        "--here --netns {words} -w x -- {words}",
        "{words}", "-w {out}", "--via {words} -w {out} -- {words}", "--via strace -w {missing}/x -- {words}",
    ),
    "import": (
        "{capture} -w {out}", "{missing} -w {out}", "{specs} -w {missing}/x", "{words} -w {out}", "{words}",
        "--protocol {words} {missing} -w {out}", "--spec {missing} {capture} -w {out}",
    ),
    "live": (
        "-Y {words}", "-i {words} -w {missing}/x --no-describe --no-names", "--groups {words}", "--spec {missing}",
        "--show-secrets --endian {words}", "{words}",
    ),
}  # fmt: skip


# The codes of our own colours.
OURS = re.compile(
    "|".join(
        {
            re.escape(code)
            for meaning, look in LOOKS.items()
            if "not" not in look
            for code in coloured(meaning, "?").split("?")
            if code
        }
    )
)


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Hostile:
    return make(tmp_path_factory.mktemp("hostile"))


def run(argv: list[str]) -> tuple[int, str]:
    """Run the command line; gives the exit status, and all that it printed on stdout and stderr."""
    out, err = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True) for _ in range(2))
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err), pytest.raises(SystemExit) as ended:
        main(argv)
    printed = [stream.buffer.getvalue().decode() for stream in (out, err)]
    return int(ended.value.code or 0), "".join(printed)


def check(text: str, mine: str = "\n") -> None:
    """Hold that a text has no control character but our own, and no line that others made."""
    wrong = {f"U+{ord(char):04X}" for char in text if char not in mine and not char.isprintable()}
    assert not wrong, text[:2000]
    assert not [line for line in text.splitlines() if line.lstrip().startswith(FORGED)]


def _call(call: str, files: Hostile) -> list[str]:
    return [word.format(**files._asdict(), words=WORDS) for word in call.split()]


def test_every_command_is_called() -> None:
    assert set(CALLS) == set(COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_is_called(name: str) -> None:
    found = _options(load(name))
    called = {word for call in CALLS[name] for word in call.split()}
    missing = [names for names in found if called.isdisjoint(names)]
    assert not missing, "an option may be one more way to print: add a call to CALLS"


def _options(command: commands.Command | commands.CommandGroup) -> Iterator[list[str]]:
    if isinstance(command, commands.CommandGroup):
        for name in command.lines:
            yield from _options(command._get(name))
        return
    for names, _ in command._function.__dict__.get("parameters", []):
        if names[0].startswith("-"):
            yield names


@pytest.mark.parametrize("call", [f"{name} {call}" for name, calls in CALLS.items() for call in calls])
def test_no_command_prints_what_steers_a_terminal(call: str, hostile: Hostile, tmp_path: Path) -> None:
    files = hostile._replace(out=str(tmp_path / f"out{WORDS}"))
    status, printed = run(_call(call, files))
    if " --color " in f"{call} ":
        printed = OURS.sub("", printed)
        assert printed == run(_call(call.replace("--color", "--color=never"), files))[1]
    check(printed, "\n\t" if " -e " in call else "\n")
    assert status != 70, printed
    assert printed or status in {0, 125, 126, 127}


def test_what_was_hostile_is_shown(hostile: Hostile) -> None:
    _, printed = run(["show", "-V", hostile.capture])
    for line in (
        "ifname: \\x1b[2J\\x1b[31mE", "ifalias: a\\nFORGED", "msg: b\\rFORGED", "family-name: \\x07\\x08\\x7f\\tx",
        "ssid: r\\u202etxt.\\u2066exe\\x00\\x00", "name: @c\\u009b31m\\x00x", "name: \\x9b31m\\xff\\xfe",
        "name: \\x40\\x9b31m\\xff\\xfe", "z\\u200bw\\u200d\\ufeff\\U000e0001_CMD_1",
    ):  # fmt: skip
        assert line in printed
    assert "process: pa\\nFORGED[13]\\na\\nFORGED" in printed


def test_the_fast_way_prints_what_the_tree_says(hostile: Hostile) -> None:
    """Patterns come from the first message of a shape; the file twice, so that there are others."""
    from nlsniff.output.json import message_line
    from nlsniff.output.text import line, tree
    from nlsniff.printer.printer import Printer

    for style in ("line", "tree", "json"):
        with IndexedCapture(hostile.capture, make_decoder()).load() as capture:
            messages = [capture.message(number) for number in range(1, len(capture) + 1)] * 2
            printer = Printer(capture.decoder, style)
            for message in messages:
                walked = {
                    "line": line(message, messages[0].time_ns),
                    "tree": "\n".join(tree(message)) + "\n\n",
                    "json": message_line(message).decode(),
                }
                assert printer([message]).decode() == walked[style]


def test_what_python_shows_of_objects(hostile: Hostile) -> None:
    with nlsniff.Capture(hostile.capture) as capture:
        seen: list[Any] = [capture, *capture.interfaces, *capture.problems, *capture.frames()]
        for message in capture:
            seen += [message, *message.root.walk(), *message.problems, *message.notes, message.type, message.family]
            seen += [message.summary]
        seen += [item for one in capture.conversations for item in (one, one.extack, one.errno, one.meaning)]
        for wrong in (WORDS, f"route.{WORDS}", f"{WORDS}.dst"):
            with pytest.raises(nlsniff.NlsniffError) as unknown:
                capture[1].get(wrong)
            seen.append(str(unknown.value))
    with pytest.raises(FilterError) as refused:
        compile_filter(f"type == {WORDS}", REGISTRY)
    seen += [str(refused.value), refused.value.reason, refused.value, str(nlsniff.NlsniffError(WORDS))]
    for item in seen:
        check(item if isinstance(item, str) else repr(item))


# Who may write to the terminal: whoever else wants to, asks `commands`.
WRITERS = {
    "cli/__init__.py": "flushes", "cli/commands.py": "makes lines safe",
    "cli/stats.py": "lines made of escaped texts",
    "cli/printing.py": "gives both to a pager, and takes them back",
    "cli/live.py": "rows of a printer", "cli/transcript.py": "a text of escaped texts",
    "cli/check_reports.py": "lines made of escaped texts", "cli/accept.py": "asks",
    "cli/copy.py": "writes a capture into a pipe; refuses a terminal", "cli/import_.py": "writes a capture into a pipe",
    "testing/child.py": "flushes; opens what a function prints to",
    "testing/netlink.py": "hands on what a command printed, for pytest to show",
    "cli/diff.py": "lines made of escaped texts",
    "cli/completion.py": "a text of our own", "cli/man.py": "a text of our own",
    "capture/run.py": "makes its line safe; gives the command its output",
    "capture/traced.py": "refuses a terminal",
    "capture/engine.py": "flushes; refuses a terminal", "capture/target.py": "writes a capture into a pipe",
}  # fmt: skip


def test_nobody_else_writes() -> None:
    found = set()
    for path in (ROOT / "nlsniff").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            called = isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print"
            named = isinstance(node, ast.Attribute) and node.attr in {"stdout", "stderr", "__stdout__", "__stderr__"}
            asks = (
                named
                and isinstance(node, ast.Attribute)
                and isinstance(node.value, ast.Name)
                and node.value.id == "sys"
            )
            if called or asks:
                found.add(str(path.relative_to(ROOT / "nlsniff")))
    only_ask = {"cli/open.py", "cli/capture.py", "cli/habits.py", "doctor.py"}  # whether there is a terminal
    assert found - only_ask == set(WRITERS)
