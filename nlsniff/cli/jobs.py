"""Work on several cores, for `--jobs`: one process reads, and others that it forks print or judge what it has read.

A forked process has all that its parent has learned so far: names, conversations, byte order, shapes of messages. So it
says what one process alone would say, wherever a file is cut into parts, and nothing but its output goes back.
"""

from __future__ import annotations

import os
import signal
import sys
from collections import deque
from itertools import chain
from typing import TYPE_CHECKING, NamedTuple, NoReturn, Self, TypeVar

from nlsniff.cli import told
from nlsniff.errors import EXIT_INTERNAL, NlsniffError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

Task = TypeVar("Task")
Result = TypeVar("Result")

_KEPT = 1 << 10  # results that may wait for an earlier one; what is printed is larger, and none is kept
_PIECE = 1 << 20


class WorkerError(NlsniffError):
    """What a process that worked for us came to; its words are what one process alone would have said."""

    def __init__(self, words: str, exit_code: int) -> None:
        super().__init__(words)
        self.exit_code = exit_code


class _Worker(NamedTuple):
    """A process, and the file in memory into which it writes."""

    pid: int
    output: int


class Workers:
    """Processes that work on tasks; those still at work when the `with` block is left are ended.

    Args:
        jobs: how many may work at a time, beside this one; 1 for this one alone.
    """

    def __init__(self, jobs: int) -> None:
        self._jobs = jobs if hasattr(os, "memfd_create") else 1  # of Linux alone; the output is the same
        self._workers: deque[_Worker] = deque()  # in the order of their tasks
        self._running: set[int] = set()
        self._ended: dict[int, int] = {}  # what `waitpid` said, by pid

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for pid in self._running:
            os.kill(pid, signal.SIGKILL)
        while self._running:
            self._wait()
        while self._workers:
            os.close(self._workers.popleft().output)

    def run(self, tasks: Iterable[tuple[bool, Task]], work: Callable[[Task], Iterable[bytes]]) -> Iterator[bytes]:
        """What `work` says of each task, in their order.

        Args:
            tasks: each behind whether it is worth a process. What this process learns by doing a task, those know that
                are forked later.
            work: does a task; what it changes is not seen outside.

        Raises:
            NlsniffError: no process can be started.
            WorkerError: one failed, or was killed.
        """
        return chain.from_iterable(self._run(tasks, work, 0))

    def results(self, tasks: Iterable[Task], work: Callable[[Task], Result]) -> Iterator[Result]:
        """What `work` returns for each task, in their order; raises as `run`."""
        if self._jobs == 1:
            yield from map(work, tasks)
            return
        import pickle  # takes milliseconds

        every = ((True, task) for task in tasks)
        for pieces in self._run(every, lambda task: [pickle.dumps(work(task))], _KEPT):
            yield pickle.loads(b"".join(pieces))  # noqa: S301  this very program wrote it

    def _run(
        self, tasks: Iterable[tuple[bool, Task]], work: Callable[[Task], Iterable[bytes]], kept: int
    ) -> Iterator[Iterable[bytes]]:
        for large, task in tasks:
            if not large or self._jobs == 1:
                yield from self._rest()
                yield work(task)
                continue
            while len(self._running) >= self._jobs or len(self._workers) >= self._jobs + kept:
                self._wait()
                yield from self._done()
            self._fork(task, work)
            del task  # it may be large, and so may be the next
        yield from self._rest()

    def _rest(self) -> Iterator[Iterable[bytes]]:
        """What all say that are at work."""
        while self._workers:
            yield from self._done()
            if self._workers:
                self._wait()

    def _done(self) -> Iterator[Iterable[bytes]]:
        """What those say that are done, up to the first that is not."""
        workers = self._workers
        while workers and workers[0].pid in self._ended:
            status, output = self._ended.pop(workers[0].pid), workers[0].output
            if os.WIFSIGNALED(status):
                number = os.WTERMSIG(status)
                raise WorkerError(
                    f"a process of --jobs was killed by signal {number} ({signal.strsignal(number)}); "
                    "with --jobs 1 there is only one, which takes less memory",
                    EXIT_INTERNAL,
                )
            if status:
                words = os.pread(output, _PIECE, 0).decode(errors="replace")
                raise WorkerError(words, os.waitstatus_to_exitcode(status))
            workers.popleft()
            yield _pieces(output)

    def _wait(self) -> None:
        """Wait until a process has ended."""
        pid, status = os.waitpid(-1, 0)
        if pid in self._running:
            self._running.discard(pid)
            self._ended[pid] = status

    def _fork(self, task: Task, work: Callable[[Task], Iterable[bytes]]) -> None:
        output = -1
        try:
            output = os.memfd_create("nlsniff")
            pid = os.fork()
        except OSError as error:
            if output >= 0:
                os.close(output)
            raise NlsniffError(f"--jobs: no process can be started: {error.strerror}; --jobs 1 needs none") from None
        if not pid:
            _work(task, work, output)
        self._workers.append(_Worker(pid, output))
        self._running.add(pid)


def _pieces(output: int) -> Iterator[bytes]:
    """What a process has written; its file is closed when all was taken."""
    try:
        at = 0
        while piece := os.pread(output, _PIECE, at):
            at += len(piece)
            yield piece
    finally:
        os.close(output)


def _work(task: Task, work: Callable[[Task], Iterable[bytes]], output: int) -> NoReturn:
    """Do a task in a process of its own, which leaves what it says, or why it failed, in a file."""
    status = EXIT_INTERNAL
    try:
        signal.signal(signal.SIGINT, signal.SIG_DFL)  # whoever waits for us says what that means
        with os.fdopen(output, "wb", closefd=False) as stream:
            for piece in work(task):
                stream.write(piece)
        status = 0
    except BaseException as error:  # noqa: BLE001  the parent raises it again
        status, words = told(error)
        if status == EXIT_INTERNAL and os.environ.get("NLSNIFF_TRACEBACK"):
            sys.excepthook(type(error), error, error.__traceback__)
        os.ftruncate(output, 0)
        os.pwrite(output, words.encode(), 0)
    finally:
        os._exit(status)  # not sys.exit: the parent's buffers and exit handlers are not ours to run
