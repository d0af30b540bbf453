"""A capture as Python programs see it."""

from __future__ import annotations

from typing import TYPE_CHECKING, overload

from nlsniff.api.arguments import decoder_of, filter_of, source_of
from nlsniff.api.conversation import Conversation
from nlsniff.api.message import Message
from nlsniff.api.paths import Paths
from nlsniff.api.refusals import NoSuchNumberError
from nlsniff.errors import NlsniffError
from nlsniff.file.closing import Closing
from nlsniff.reader import IndexedCapture
from nlsniff.select import IndexSelection
from nlsniff.terminal import escape
from nlsniff.wire.cooked import bare_linktype
from nlsniff.wire.nlmsg import byte_order

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any, BinaryIO

    from nlsniff.api.arguments import Path
    from nlsniff.file.frame import Frame
    from nlsniff.file.info import FileProblem, Interface
    from nlsniff.filter.filter import Filter
    from nlsniff.stories.story import ObjectStory, Story


class Capture(Closing):
    """A capture that was read to its end: messages by number, filters, conversations.

    Messages count from 1, as everywhere in nlsniff: `capture[22]` is message 22, `capture[22:30]` are the messages 22
    to 29, `capture[-1]` is the last one.

    Args:
        source: a path, "-" for standard input, or a binary stream; pcap or pcapng, plain, gzip or zstd. Or a strace log
            or hex text, which is read as a capture of what it tells; `problems` say what could not be read.
        endian: byte order of the machine that was recorded: `auto`, `little` or `big`.
        linktype: the netlink protocol of frames that are bare datagrams, without a cooked header: `route`,
            `NETLINK_ROUTE` or 0; whatever link type the file says. None reads what has a cooked header.
        specs: more dissectors, folders or files, which win over the shipped ones. What cannot be used of them is warned
            of; the others work.
        show_secrets: keep keys readable instead of masking them.

    Attributes:
        closed: whether it was closed.
        returncode: what the command of `nlsniff.record` returned; None for other captures.
        notes: what `nlsniff.record` could not see of it, one line each.

    Raises:
        NlsniffError: nothing in it can be read, or an argument means nothing; the message says why.
    """

    def __init__(
        self,
        source: Path | BinaryIO,
        *,
        endian: str = "auto",
        linktype: str | int | None = None,
        specs: Path | Iterable[Path] = (),
        show_secrets: bool = False,
    ) -> None:
        order, frames = byte_order(endian), bare_linktype(linktype)
        self._begin(IndexedCapture(source_of(source), decoder_of(specs, show_secrets=show_secrets), order, frames))
        try:
            self._inner.load()
        except BaseException:
            self.close()
            raise

    def _begin(self, inner: IndexedCapture) -> None:
        """Set up, over a capture that may still have to be read."""
        self.returncode: int | None = None
        self.notes: list[str] = []
        self._inner = inner
        self._stories: tuple[int, list[Story | ObjectStory]] | None = None  # of so many messages
        self._paths = Paths(inner.decoder.registry)
        self.closed = False

    def __repr__(self) -> str:
        words = "closed" if self.closed else f"{len(self)} messages"
        return f"<Capture {escape(self.path)!r} {words}>"

    def __len__(self) -> int:
        """How many messages it has; of a live capture, how many have come."""
        return len(self._inner)

    @overload
    def __getitem__(self, number: int) -> Message: ...
    @overload
    def __getitem__(self, number: slice) -> list[Message]: ...
    def __getitem__(self, number: int | slice) -> Message | list[Message]:
        """A message by its number, from 1; a negative one counts from the end. Of a slice, those in [start, stop).

        Raises:
            NlsniffError: there is no such message; it is an IndexError, too.
        """
        count = len(self)
        if isinstance(number, slice):
            return [self._message(one) for one in range(count + 1)[number] if one]
        if not isinstance(number, int):
            raise TypeError(f"messages are numbered, so that {number!r} names none")
        return self._message(number + count + 1 if number < 0 else number, number)

    def __iter__(self) -> Iterator[Message]:
        """All messages, as `messages()`."""
        return self.messages()

    def __reversed__(self) -> Iterator[Message]:
        """The messages from the last to the first."""
        return map(self._message, range(len(self), 0, -1))

    @property
    def path(self) -> str:
        """The file, as it was named."""
        return self._inner.path

    def messages(self, filter: str | None = None) -> Iterator[Message]:
        """The messages that match a display filter, in order; all without one. Of a live capture, as they come.

        Raises:
            FilterError: the filter cannot be used; says where and why.
        """
        self._refuse_closed()
        wanted = filter_of(filter, self._inner.decoder)
        return map(self._message, self._numbers(wanted))

    @property
    def conversations(self) -> list[Conversation]:
        """All conversations, in the order of their first messages; that of id 1 comes first."""
        self._refuse_closed()
        return [Conversation(item, self) for item in self._inner.follower.conversations]

    def conversation(self, number: int) -> Conversation:
        """A conversation by its id, which counts from 1.

        Raises:
            NlsniffError: there is none; it is an IndexError, too.
        """
        self._refuse_closed()
        follower = self._inner.follower
        if not 1 <= number <= len(follower):
            raise NoSuchNumberError(_no("conversation", number, len(follower)))
        return Conversation(follower.conversation(number), self)

    def who(self, *words: str) -> list[dict[str, Any]]:
        """Who made, changed and deleted an object: `who("10.0.0.0/8")`, `who("dev eth0")`, `who("inet filter input")`.

        Returns:
            The steps, as `nlsniff who --json` has them, those of one object together; [] where nothing is known of it.
            The first call reads all conversations, others do not. Of a live capture, what has come so far.

        Raises:
            NlsniffError: the words name nothing.
        """
        from nlsniff.stories.account import Accountant
        from nlsniff.stories.wanted import Wanted

        self._refuse_closed()
        wanted, follower, source = Wanted(words), self._inner.follower, self._inner.message
        if self._stories is None or self._stories[0] != len(self):
            from nlsniff.stories.stories import tell

            self._stories = len(self), tell(follower, source)
        find = Accountant(follower, source).account
        return [
            find(story, step).to_json()
            for lives in wanted.objects(self._stories[1], source)
            for story, steps in lives
            for step in steps
        ]

    def frames(self) -> Iterator[Frame]:
        """All frames of the file, also those that hold no netlink."""
        self._refuse_closed()
        return map(self.frame, range(1, self._inner.index.frames + 1))

    def frame(self, number: int) -> Frame:
        """A frame by its number, which counts from 1; `Message.frame` tells it.

        Raises:
            NlsniffError: there is none; it is an IndexError, too.
        """
        self._refuse_closed()
        count = self._inner.index.frames
        if not 1 <= number <= count:
            raise NoSuchNumberError(_no("frame", number, count))
        return self._inner.frame(number)

    @property
    def problems(self) -> list[FileProblem]:
        """What is wrong with the file itself, in the order of its bytes."""
        return list(self._inner.problems)

    @property
    def interfaces(self) -> list[Interface]:
        """What the file says about where it was recorded, drop counts included."""
        return list(self._inner.interfaces)

    def close(self) -> None:
        """Close the file. Messages that were not decoded yet still can be, but no other can be had."""
        if not self.closed:
            self.closed = True
            self._inner.close()

    def _message(self, number: int, asked: int | None = None) -> Message:
        self._refuse_closed()
        if not 1 <= number <= len(self):
            raise NoSuchNumberError(_no("message", number if asked is None else asked, len(self)))
        return Message(self._inner.message(number), self._paths, self)

    def _numbers(self, wanted: Filter | None) -> Iterator[int]:
        """The numbers of the messages that match, also of those that come meanwhile."""
        selection, done = IndexSelection(self._inner, wanted), 0
        while True:
            stop = len(self)
            yield from selection.numbers(done, stop)
            done = stop
            if not self._more():
                return

    def _more(self) -> bool:
        """Read on, of what grows: wait for messages, and tell whether there are new ones."""
        return False

    def _refuse_closed(self) -> None:
        """Raise NlsniffError where nothing can be read any more."""
        if self.closed:
            raise NlsniffError(f"{self.path}: the capture is closed")


def _no(kind: str, number: int, count: int) -> str:
    if not number:
        return f"there is no {kind} 0: they count from 1"
    return f"there is no {kind} {number}: " + (f"the capture has {count}" if count else "the capture has none")
