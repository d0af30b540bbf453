"""The loop: makes inputs, tries them with time and memory watched, and keeps what breaks a promise."""

from __future__ import annotations

import base64
import json
import os
import re
import resource
import signal
import time
import traceback
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, NamedTuple

import nlsniff
from tests.fuzz.promises import BrokenError
from tests.fuzz.shrink import SECONDS, shrink
from tests.fuzz.targets import TARGETS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from types import FrameType
    from typing import Any, NoReturn

# CPU seconds that an input may take: the machine may be slow, and some commands compile what the next one will need.
_EACH, _PER_BYTE = 4.0, 100e-6
_MEMORY = 400 << 10  # KiB that the process may grow by in one check
_PACKAGE = str(Path(nlsniff.__file__).parent) + os.sep


class Finding(NamedTuple):
    """An input that breaks a promise.

    Attributes:
        target: its name.
        kind: in which way; two findings of one kind are one mistake, or so it is taken.
        seen: what was seen.
        seed: of the Random that the check was given.
        data: the input.
    """

    target: str
    kind: str
    seen: str
    seed: int
    data: bytes

    @property
    def name(self) -> str:
        """A name for a file."""
        return re.sub(r"[^A-Za-z0-9.-]+", "-", f"{self.target}-{self.kind}")[:100] + ".json"

    def save(self, folder: Path) -> Path:
        """Write it down, to be read again by `load`."""
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / self.name
        fields = {**self._asdict(), "data": base64.b64encode(self.data).decode()}
        path.write_text(json.dumps(fields, indent=1) + "\n")
        return path


def load(path: Path) -> Finding:
    """A finding that was saved."""
    found = json.loads(path.read_text())
    return Finding(**{**found, "data": base64.b64decode(found["data"])})


class _SlowError(Exception):
    """An input took longer than its size allows."""


def _stop(_signal: int, _frame: FrameType | None) -> NoReturn:
    raise _SlowError


def attempt(target: str, data: bytes, seed: int) -> tuple[str, str] | None:
    """What is wrong with an input, as kind and what was seen; None where nothing is."""
    allowed = _EACH + _PER_BYTE * len(data)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    old: Any = signal.signal(signal.SIGPROF, _stop)
    signal.setitimer(signal.ITIMER_PROF, allowed)
    try:
        TARGETS[target].check(data, Random(seed))  # noqa: S311  tests are no secret
    except _SlowError as error:
        return f"slow in {_place(error)}", f"more than {allowed:.1f} s of CPU for {len(data)} bytes"
    except BrokenError as error:
        return error.kind, str(error)
    except Exception as error:  # noqa: BLE001  this is what is looked for
        return f"{type(error).__name__} in {_place(error)}", "".join(traceback.format_exception(error))[-3000:]
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, old)
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    return ("memory", f"{grown >> 10} MiB more for {len(data)} bytes") if grown > _MEMORY else None


def _place(error: BaseException) -> str:
    """The innermost function of nlsniff that was running."""
    frames = [item for item in traceback.extract_tb(error.__traceback__) if item.filename.startswith(_PACKAGE)]
    return f"{Path(frames[-1].filename).name} {frames[-1].name}" if frames else "the check"


@dataclass
class Search:
    """What a search did.

    Attributes:
        inputs: tried, by target.
        findings: one of each kind.
        again: how many more inputs showed a kind that was known.
    """

    inputs: dict[str, int] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    again: int = 0

    def run(
        self,
        names: Iterable[str],
        seed: int,
        *,
        seconds: float = float("inf"),
        each: float = float("inf"),
        most: int = 1000,
        shrinking: float = SECONDS,
        tell: Callable[[Finding], object] = lambda _: None,
    ) -> None:
        """Try inputs of some targets in turn, until time is up, each had so many, or there are findings enough.

        Args:
            names: of the targets.
            seed: decides all inputs.
            seconds: of CPU time.
            each: inputs of a target.
            most: findings.
            shrinking: seconds for making a finding small.
            tell: is given each finding as it is made.
        """
        names = list(names)
        until = time.process_time() + seconds
        number = 0
        while number < each:
            for name in names:
                if time.process_time() >= until or len(self.findings) >= most:
                    return
                self._try(name, seed * 1_000_003 + number, shrinking, tell)
            number += 1

    def _try(self, name: str, seed: int, shrinking: float, tell: Callable[[Finding], object]) -> None:
        data = TARGETS[name].make(Random(f"{name} {seed}"))  # noqa: S311
        self.inputs[name] = self.inputs.get(name, 0) + 1
        wrong = attempt(name, data, seed)
        if wrong is None:
            return
        kind = wrong[0]
        if any(item.kind == kind for item in self.findings):
            self.again += 1
            return
        small = shrink(data, lambda other: (attempt(name, other, seed) or ("",))[0] == kind, shrinking)
        seen = (attempt(name, small, seed) or wrong)[1]
        found = Finding(name, kind, seen, seed, small)
        self.findings.append(found)
        tell(found)
