"""Which process owned a port id: as the comments of frames tell it, see `nlsniff.wire.comments`."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

# How many new owners of port ids, or programs, and how many askers a pass over a capture remembers: 10 and 0.4 MiB.
_MANY_OWNERS = 1 << 18
_MANY_ASKERS = 1 << 15
_NO_PID = 0xFFFFFFFF
_SPREAD = 0x9E3779B1  # an odd number near 2**32 divided by the golden ratio: neighbouring port ids fall apart


class Processes:
    """The owners of port ids by protocol and time: another process may use a port id when its owner has ended.

    A capture may name another process in every frame, so that arrays hold what objects would. An owner of a request
    takes 12 bytes, a new owner of a port id 30, a port id 8 more.
    """

    def __init__(self) -> None:
        self.clear()

    def clear(self) -> None:
        """Forget all."""
        self._programs: dict[str, int] = {}
        self._names: list[str] = []
        # New owners of port ids, in order: protocol, port id, from which message on, program, pid. For the same port
        # id: the entry before, how many there are before, and one far before, by which few steps find any of them (the
        # jump pointers of Myers' random-access lists). Entries count from 1; 0 is none.
        self._protocol, self._port, self._since = array("H", [0]), array("I", [0]), array("I", [0])
        self._program, self._pid = array("I", [0]), array("I", [0])
        self._earlier, self._depth, self._jump = array("I", [0]), array("I", [0]), array("I", [0])
        # A hash table with open addressing: the last entry of a port id, 0 for an empty place.
        self._table, self._used = array("I", [0]) * 64, 0
        # Requests without a port id, in order: message, program, pid.
        self._asked, self._asking_program, self._asking_pid = array("I"), array("I"), array("I")
        self._kept = 0  # of these when some were forgotten
        # Messages from the kernel of which it is known who received them, where that is not who asked.
        self._received, self._receiving_program, self._receiving_pid = array("I"), array("I"), array("I")

    def forget(self, needed: Callable[[], set[int]]) -> None:
        """Forget what one pass over a capture needs no more, when there is much.

        Args:
            needed: gives the messages whose askers will be asked for.
        """
        if len(self._port) > _MANY_OWNERS or len(self._names) > _MANY_OWNERS:
            self.clear()  # who still speaks is named again
        if len(self._received) > _MANY_ASKERS:
            del self._received[:], self._receiving_program[:], self._receiving_pid[:]
        if len(self._asked) > 2 * self._kept + _MANY_ASKERS:
            kept = needed()
            rows = [
                row for row in zip(self._asked, self._asking_program, self._asking_pid, strict=True) if row[0] in kept
            ]
            self._asked, self._asking_program, self._asking_pid = (
                array("I", [row[at] for row in rows]) for at in range(3)
            )
            self._kept = len(rows)

    def learn(self, protocol: int, port: int, name: str, message: int) -> None:
        """Set the owner of a port id from a message on; "" is an unknown owner. Messages come in order."""
        place = self._place(protocol, port)
        last = self._table[place]
        program, pid = self._encode(name)
        if last and self._program[last] == program and self._pid[last] == pid:
            return
        number = len(self._port)
        self._protocol.append(protocol)
        self._port.append(port)
        self._since.append(message)
        self._program.append(program)
        self._pid.append(pid)
        self._earlier.append(last)
        self._depth.append(self._depth[last] + 1)
        far = self._jump[last]
        even = self._depth[last] - self._depth[far] == self._depth[far] - self._depth[self._jump[far]]
        self._jump.append(self._jump[far] if even else last)
        self._table[place] = number
        if not last:
            self._used += 1
            if 2 * self._used > len(self._table):
                self._grow()

    def learn_asker(self, message: int, name: str) -> None:
        """Set the asker of a conversation by its first message: who sent a request that does not name its port id."""
        program, pid = self._encode(name)
        self._asked.append(message)
        self._asking_program.append(program)
        self._asking_pid.append(pid)

    def learn_receiver(self, message: int, name: str) -> None:
        """Set who received a message from the kernel. Messages come in order."""
        program, pid = self._encode(name)
        self._received.append(message)
        self._receiving_program.append(program)
        self._receiving_pid.append(pid)

    def receivers(self, messages: Sequence[int]) -> list[str]:
        """Who received messages, as far as `learn_receiver` was told; each once."""
        found: dict[str | None, None] = {}
        for message in messages:
            at = bisect_left(self._received, message)
            if at < len(self._received) and self._received[at] == message:
                found[self._decode(self._receiving_program[at], self._receiving_pid[at])] = None
        return [name for name in found if name]

    @property
    def programs(self) -> int:
        """How many programs are known, by their names."""
        return sum(map(bool, self._names))

    @property
    def knows_receivers(self) -> bool:
        """Whether `learn_receiver` was told anything."""
        return len(self._received) > 0

    def asker(self, message: int) -> str | None:
        """Whom `learn_asker` was told of a message."""
        at = bisect_left(self._asked, message)
        if at < len(self._asked) and self._asked[at] == message:
            return self._decode(self._asking_program[at], self._asking_pid[at])
        return None

    def knows(self, protocol: int, port: int) -> bool:
        """Whether a port id had an owner: then `find` will say the same of all conversations so far."""
        return self._table[self._place(protocol, port)] != 0

    def find(self, protocol: int, port: int, first: int, last: int) -> str | None:
        """The asker of a conversation from `first` to `last`: the last owner till then, else the next one, or None."""
        asker = self.asker(first)
        if asker:
            return asker
        entry = self._table[self._place(protocol, port)]
        since, earlier, jump = self._since, self._earlier, self._jump
        while since[entry] > last and earlier[entry]:
            far = jump[entry]
            entry = far if far and since[far] > last else earlier[entry]
        return self._decode(self._program[entry], self._pid[entry]) if entry else None

    # -- names -------------------------------------------------------------------------------------------------------

    def _encode(self, name: str) -> tuple[int, int]:
        """The number of `ip` and 412 for `ip[412]`; a name of another form has no pid."""
        program, bracket, rest = name.partition("[")
        digits = rest.removesuffix("]")
        pid = int(digits) if bracket and digits.isdecimal() and len(digits) < 10 else _NO_PID
        if pid == _NO_PID or f"{program}[{pid}]" != name:
            program, pid = name, _NO_PID
        number = self._programs.get(program)
        if number is None:
            number = self._programs[program] = len(self._names)
            self._names.append(program)
        return number, pid

    def _decode(self, program: int, pid: int) -> str | None:
        name = self._names[program]
        return name or None if pid == _NO_PID else f"{name}[{pid}]"

    # -- the table ---------------------------------------------------------------------------------------------------

    def _place(self, protocol: int, port: int) -> int:
        """The place of a port id in the table, or the empty one for it."""
        table, mask = self._table, len(self._table) - 1
        place = (port * _SPREAD ^ protocol * _SPREAD >> 7) & mask
        while entry := table[place]:
            if self._port[entry] == port and self._protocol[entry] == protocol:
                break
            place = place + 1 & mask
        return place

    def _grow(self) -> None:
        old = self._table
        self._table = array("I", [0]) * (2 * len(old))
        for entry in old:
            if entry:
                self._table[self._place(self._protocol[entry], self._port[entry])] = entry
