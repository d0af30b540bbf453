"""A message as Python programs see it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nlsniff.output.json import body, message_object

if TYPE_CHECKING:
    from nlsniff.api.capture import Capture
    from nlsniff.api.conversation import Conversation
    from nlsniff.api.paths import Paths
    from nlsniff.decode.message import NetlinkMessage as Decoded
    from nlsniff.decode.node import Counts, Node, Problem
    from nlsniff.wire.delivery import Delivery
    from nlsniff.wire.nlmsg import Direction


class Message:
    """One netlink message: its header at once, everything else when it is asked for.

    Attributes have the names and values of the JSON contract (docs/json.md), but for `number` (there `message`),
    `counts` (there `bytes`), `conversation` (there its id) and `problems` and `notes` (there objects). All offsets, of
    nodes and of problems, count from the nlmsghdr: they are positions in `data`.
    """

    __slots__ = ("_alone", "_capture", "_inner", "_paths")

    def __init__(self, inner: Decoded, paths: Paths, capture: Capture | None = None) -> None:
        assert inner.conversation, "it was not followed"  # noqa: S101  who makes a public message finishes it
        self._inner = inner
        self._paths = paths
        self._capture = capture
        self._alone: Decoded | None = None

    def __repr__(self) -> str:
        words = (f"<Message {self.number}", self.type, self.summary)
        return " ".join(filter(None, words)) + ">"

    def __eq__(self, other: object) -> bool:
        """Whether both are the same message of the same capture."""
        if not isinstance(other, Message):
            return NotImplemented
        if self._capture is None or self._capture is not other._capture:
            return self is other
        return self.number == other.number

    def __hash__(self) -> int:
        return hash((id(self._capture), self.number))

    def __bytes__(self) -> bytes:
        """The bytes of the message, as `data`."""
        return self.data

    # -- of the capture ------------------------------------------------------------------------------------------

    @property
    def number(self) -> int:
        """Counts from 1 through the whole capture."""
        return self._inner.number

    @property
    def frame(self) -> int:
        """Number of the frame that holds it; see `Capture.frame`."""
        return self._inner.frame

    @property
    def time(self) -> float:
        """Seconds since 1970, as scapy and dpkt have it; `time_ns` is exact.

        A number and no datetime, for that of Python stops at microseconds, and dumps answer in less.
        """
        return self._inner.time_ns / 10**9

    @property
    def time_ns(self) -> int:
        """Nanoseconds since 1970."""
        return self._inner.time_ns

    @property
    def comment(self) -> str:
        """What the file says of its frame, such as `process: ip[412]`, or ""."""
        return self._inner.comment

    @property
    def conversation(self) -> Conversation | None:
        """The conversation that it belongs to, as it stands now; None in a stream, which keeps none."""
        number = self.conversation_id
        return self._capture.conversation(number) if self._capture is not None and number is not None else None

    @property
    def conversation_id(self) -> int | None:
        """The id of its conversation, which a stream knows, too."""
        return self._inner.conversation or None

    # -- of the header -------------------------------------------------------------------------------------------

    @property
    def direction(self) -> Direction:
        """`to-kernel`, `to-user` or `unknown`."""
        return self._inner.direction

    @property
    def delivery(self) -> Delivery | None:
        """Who sent it to whom by which socket, where the file says it; see docs/carrier.md. None for most files."""
        return self._inner.delivery

    @property
    def group_name(self) -> str:
        """The name of the multicast group that it was sent to, or ""."""
        return self._inner.group_name

    @property
    def protocol(self) -> str:
        """`route`, `xfrm`, `generic`, ... or `protocol-N`."""
        return self._inner.protocol_name

    @property
    def family(self) -> str | None:
        """Name of the generic netlink family, where the capture taught it; None on other protocols."""
        return self._inner.family

    @property
    def type(self) -> str:
        """The kernel's constant: `RTM_NEWROUTE`; of generic netlink that of the command."""
        return self._inner.type_name

    @property
    def type_value(self) -> int:
        """nlmsg_type."""
        return self._inner.type

    @property
    def flags(self) -> list[str]:
        """Names without NLM_F_; bits without a name stand last as one hex number."""
        return self._inner.flag_names

    @property
    def seq(self) -> int:
        """nlmsg_seq."""
        return self._inner.seq

    @property
    def port(self) -> int:
        """nlmsg_pid."""
        return self._inner.port

    @property
    def length(self) -> int:
        """nlmsg_len, whatever is there."""
        return self._inner.length

    # -- of the body ---------------------------------------------------------------------------------------------

    @property
    def summary(self) -> str:
        """What it is about, in one line; "" where there is nothing to say beyond its type. The wording may change."""
        return self._decoded.summary

    @property
    def body(self) -> dict[str, Any]:
        """Fixed header and attributes as plain values; secrets are masked unless they were asked for."""
        return body(self._decoded.root)

    @property
    def root(self) -> Node:
        """The decoded tree, in which each byte of `data` has its place."""
        return self._decoded.root

    @property
    def data(self) -> bytes:
        """The bytes from the nlmsghdr to the end. Nothing is masked here."""
        return self._decoded.data

    @property
    def counts(self) -> Counts:
        """How many bytes are named, padding and unknown."""
        return self._decoded.counts

    @property
    def problems(self) -> list[Problem]:
        """Errors and warnings, by offset."""
        return [item for item in self._decoded.problems if item.severity != "note"]

    @property
    def notes(self) -> list[Problem]:
        """Normal differences, such as a struct of a newer kernel."""
        return [item for item in self._decoded.problems if item.severity == "note"]

    def get(self, path: str, default: Any = None) -> Any:
        """A value of the body, as `body` has it, or `default` where the message lacks it.

        Args:
            path: names with dots between, in either spelling (`rtm-table`, `rtm_table`), alone (`metrics.mtu`) or as
                filters have it (`route.metrics.mtu`). What may come several times gives a list, and so does what is
                inside of it. Of another attribute that comes twice the last one counts, as for the kernel.
            default: what is returned where the message lacks it, or is of another family.

        Raises:
            NlsniffError: no dissector knows such a field; says what may have been meant.
        """
        return self._paths.value(self._decoded, path, default)

    def to_dict(self) -> dict[str, Any]:
        """The object that `nlsniff show --json` prints; see docs/json.md."""
        return message_object(self._decoded)

    @property
    def _decoded(self) -> Decoded:
        """The message alone, so that offsets count from its nlmsghdr."""
        if self._alone is None:
            self._alone = self._inner.apart()
            self._alone.comment = self._inner.comment
            self._alone.conversation = self._inner.conversation
        return self._alone
