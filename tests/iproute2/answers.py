"""What a tool printed, and what the kernel told it: the questions of NAME.tool.txt beside the dumps of NAME.pcapng."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

from nlsniff.output.json import body
from nlsniff.reader import Stream, make_decoder

if TYPE_CHECKING:
    from pathlib import Path

NLM_F_REQUEST = 0x001
NLMSG_ERROR, NLMSG_DONE = 2, 3
PID_MAX = 1 << 22


class Question(NamedTuple):
    """A command, the JSON that it printed, and the bodies of the messages that it got, by their type, in order."""

    command: str
    printed: Any
    told: dict[str, list[dict[str, Any]]]


class Repeated(list[Any]):
    """The values of a key that a tool printed more than once in one object, as tc does with `match`."""


def read_questions(capture: Path) -> list[Question]:
    """Read a capture and what the tool said beside it.

    The commands ran one after another, nothing else spoke, and nothing came after them, so the last processes of the
    capture are theirs, in their order.
    """
    commands = _read_printed(capture.with_suffix(".tool.txt"))
    processes = _read_told(capture)[-len(commands) :]
    if len(commands) != len(processes):
        raise AssertionError(f"{capture.name}: {len(commands)} commands, but {len(processes)} processes asked")
    return [Question(command, printed, told) for (command, printed), told in zip(commands, processes, strict=True)]


def _read_printed(path: Path) -> list[tuple[str, Any]]:
    found: list[tuple[str, Any]] = []
    for line in path.read_text().splitlines():
        if line.startswith("$ "):
            found.append((line[2:], None))
        elif line.strip():
            found[-1] = (found[-1][0], json.loads(line, object_pairs_hook=_object))
    return found


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key not in found:
            found[key] = value
        elif isinstance(found[key], Repeated):
            found[key].append(value)
        else:
            found[key] = Repeated([found[key], value])
    return found


def _read_told(capture: Path) -> list[dict[str, list[dict[str, Any]]]]:
    """The bodies of what each process was told, in the order of the processes.

    A process's first socket has its pid as port, further ones have ports beyond all pids. nlsniff's own questions come
    first.
    """
    processes: list[tuple[int, dict[str, list[dict[str, Any]]]]] = []
    for message in Stream(capture, make_decoder()):
        asked = message.flags & NLM_F_REQUEST and message.direction == "to-kernel"
        if asked or message.protocol != 0 or not message.port:
            continue
        if message.port < PID_MAX and (not processes or message.port != processes[-1][0]):
            processes.append((message.port, {}))
        if message.type not in {NLMSG_ERROR, NLMSG_DONE}:
            processes[-1][1].setdefault(message.type_name, []).append(body(message.root))
    return [told for _, told in processes[1:]]
