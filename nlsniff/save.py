"""Saving messages of a capture: as a capture of their frames, as JSON, or as text; without secrets, as everywhere."""

from __future__ import annotations

import tempfile
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, cast

from nlsniff.decode.decoder import Decoder
from nlsniff.errors import NlsniffError
from nlsniff.file.info import total
from nlsniff.file.merge import write_frame
from nlsniff.file.write import open_writer
from nlsniff.reader import Stream
from nlsniff.redact.files import publish
from nlsniff.redact.redact import redact
from nlsniff.save_name import format_named

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import BinaryIO

    from nlsniff.reader import IndexedCapture

_BETWEEN = 100  # messages or frames between two looks at the screen


class Saving:
    """Messages on their way into a file, which gets its name when all is written.

    Args:
        capture: where they are from.
        numbers: which, in order.
        own: the messages by which the recorder names links and families, which a capture is not read well without.
        name: of the file; its end says what is written.
        called: what a person is told that it is.

    Raises:
        NlsniffError: the file cannot be written; also from its methods.
    """

    def __init__(
        self, capture: IndexedCapture, numbers: Sequence[int], own: Sequence[int], name: str, called: str = ""
    ) -> None:
        self._capture = capture
        self._numbers = numbers
        self._own = own
        self._target = Path(name).expanduser()
        self._called = called or str(self._target)
        self._format = format_named(self._target)
        self._frames = 0
        try:
            # Without a name, so that no half of it is left whatever happens.
            self._stream: BinaryIO = cast("BinaryIO", tempfile.TemporaryFile(dir=self._target.parent))  # noqa: SIM115
        except OSError as error:
            raise self._failed(error) from None

    def run(self) -> Iterator[int]:
        """Write a piece after the other; gives after each how much is done, in per cent. `finish` then ends it."""
        try:
            yield from self._write_frames() if self._format else self._write_lines()
        except OSError as error:
            raise self._failed(error) from None

    def finish(self) -> str:
        """Take out the secrets and give the file its name; may run in a thread. Returns what was done."""
        said = f"saved {len(self._numbers):,} messages"
        try:
            with self._stream as stream:
                stream.seek(0)
                if not self._format:
                    publish(stream, self._target)
                    return f"{said} to {self._called}"
                said += f" in {self._frames:,} frames, which are whole, to {self._called}"
                if self._capture.decoder.show_secrets:
                    publish(stream, self._target)
                    return said
                decoder = Decoder(self._capture.decoder.registry)
                done = redact(
                    self._capture.path, self._target, decoder, partial(Stream, decoder=decoder), stream=stream
                )
        except OSError as error:
            raise self._failed(error) from None
        return f"{said}; {done.secrets} secrets overwritten" if done.secrets else said

    def _failed(self, error: OSError) -> NlsniffError:
        return NlsniffError(f"{self._target}: cannot be written: {error.strerror}")

    def _write_frames(self) -> Iterator[int]:
        index = self._capture.index
        numbers = sorted({index.frame_numbers[number - 1] for number in (*self._own, *self._numbers)})
        interfaces = self._capture.interfaces
        first = interfaces[0] if interfaces else None
        said = {"interface": first.name, "os": first.recorder.os} if first is not None else {}
        comments = list(dict.fromkeys(comment for interface in interfaces for comment in interface.comments))
        with open_writer(self._stream, self._format, application="nlsniff", comments=comments, **said) as writer:
            for at, number in enumerate(numbers):
                write_frame(writer, index.frame(number))
                if not at % _BETWEEN:
                    yield 100 * at // len(numbers)
            writer.close(total(interfaces, "received"), total(interfaces, "dropped"))
        self._frames = len(numbers)

    def _write_lines(self) -> Iterator[int]:
        from nlsniff.printer.printer import Printer

        capture, numbers = self._capture, self._numbers
        style = "json" if self._target.suffix == ".json" else "line"
        printer = Printer(capture.decoder, style, lambda: capture.start_ns)
        for at in range(0, len(numbers), _BETWEEN):
            self._stream.write(printer([capture.message(number) for number in numbers[at : at + _BETWEEN]]))
            yield 100 * at // len(numbers)
