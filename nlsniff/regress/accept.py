"""Take what a run left (`check --new DIR`) into the goldens."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from nlsniff.errors import NlsniffError
from nlsniff.regress.files import CAPTURES, FIRST, GOLDEN, NEW, REPORT, TEXT, GoldenFiles, publish, read_text

if TYPE_CHECKING:
    from collections.abc import Iterable

    from nlsniff.regress.model import Transcript


class Proposal(NamedTuple):
    """What a golden could be.

    Attributes:
        text: the file `NAME.nlt.new`.
        capture: the file `NAME.pcapng.new` beside it, or None.
        pair: the golden that it is for.
        transcript: what the text says.
    """

    text: Path
    capture: Path | None
    pair: GoldenFiles
    transcript: Transcript


def proposals(folder: Path, base: Path) -> list[Proposal]:
    """What there is to accept in a folder and below it, each read and found whole.

    Args:
        folder: such as an artifact of a CI run, unpacked.
        base: the folder that names of goldens are relative to. An artifact is somebody else's word, so a golden
            outside of it is refused.

    Raises:
        NlsniffError: there is nothing, or something of it cannot be accepted.
    """
    if not folder.is_dir():
        raise NlsniffError(f"{folder}: is no folder; name the one that `nlsniff check --new` wrote")
    found = [_proposal(path, base) for path in sorted(folder.rglob(f"*{TEXT}{NEW}"))]
    if not found:
        raise NlsniffError(f"{folder}: nothing here ends in {TEXT}{NEW}; `nlsniff check --new {folder}` writes such")
    return found


def take(proposal: Proposal) -> list[Path]:
    """Make it the golden; returns the files that were written. What was accepted is removed where it lay."""
    text = "\n".join(accepted_lines(proposal.text)) + "\n"
    data = None
    if proposal.capture is not None:
        from nlsniff.file.source import ByteSource

        source = ByteSource(str(proposal.capture))
        data = b"".join(iter(source.read, b""))
        source.close()
    only_text = proposal.pair.text.exists() and proposal.pair.capture is None
    written = publish(proposal.pair, text, None if only_text else data)
    for path in (proposal.text, proposal.capture):
        if path is not None:
            path.unlink()
    return written


def accepted_lines(path: Path) -> list[str]:
    """The lines of a `NAME.nlt.new` without the one that says which golden it is for."""
    lines = path.read_text(encoding="utf-8").splitlines()
    said = (f"# {GOLDEN}", f"# {FIRST}")
    return [line for at, line in enumerate(lines) if at > 2 or not line.startswith(said)]


def forget(proposals: Iterable[Proposal]) -> None:
    """Remove the reports beside what was accepted, for they do not tell of what is now."""
    for folder in {proposal.text.parent for proposal in proposals}:
        (folder / REPORT).unlink(missing_ok=True)


def _proposal(path: Path, base: Path) -> Proposal:
    transcript = read_text(path)
    said = next((line for line in transcript.comments if line.startswith((GOLDEN, FIRST))), "")
    named = said.removeprefix(FIRST if said.startswith(FIRST) else GOLDEN)
    target = Path(named) if named else path.with_name(path.name.removesuffix(NEW))
    whole = (base / target).resolve()
    if named and (not whole.is_relative_to(base.resolve()) or not whole.name.endswith(TEXT)):
        raise NlsniffError(f"{path}: is for {target}, which is no golden below {base}: run this where the check ran")
    stem = path.name.removesuffix(f"{TEXT}{NEW}")
    captures = [path.with_name(f"{stem}{ending}{NEW}") for ending in CAPTURES]
    there = next((capture for capture in captures if capture.exists()), None)
    pair = GoldenFiles(base / target if named else target)
    if said.startswith(GOLDEN) and not pair.text.exists():
        raise NlsniffError(f"{path}: changes {target}, which is not here: `cd` to where the check ran, above that file")
    if there is None and pair.capture is not None:
        raise NlsniffError(
            f"{path}: {captures[0].name} is not beside it, and {target} has a capture: nothing is accepted without it"
        )
    return Proposal(path, there, pair, transcript)
