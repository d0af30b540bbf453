"""Which process owned a port id, as the capture tells it: a frame's comment `process: ip[412]` names its port.

`process: ip[412] (by pid)` says that the process had that pid, and the socket was closed before it could be looked up;
`process: unknown`, that the port id is another's from here on, and nobody knows whose.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left

_PREFIX = "process: "
_BY_PID = " (by pid)"
_UNKNOWN = "unknown"
_NO_PID = 0xFFFFFFFF
_SPREAD = 0x9E3779B1  # an odd number near 2**32 divided by the golden ratio: neighbouring port ids fall apart


def process_in(comment: str) -> str | None:
    """The process that a frame's comment names, "" where it says that it is unknown, None where it says nothing."""
    for line in comment.split("\n"):
        if line.startswith(_PREFIX):
            name = line.removeprefix(_PREFIX).strip().removesuffix(_BY_PID)
            return "" if name == _UNKNOWN else name
    return None


class Processes:
    """Port ids of a protocol to processes, by time: a port id is used again when its process has ended.

    A capture may name a process in every frame, and each may be another one. So nothing here is an object: what a frame
    says takes 12 bytes where it says it of a request, and 30 where it is news about a port id; a port id takes 8 more.
    """

    def __init__(self) -> None:
        self._programs: dict[str, int] = {}
        self._names: list[str] = []
        # News about port ids, in order: protocol, port id, since which message, program, pid. Of the same port id: the
        # news before it, how many there are before it, and one far before it, by which any is found in few steps (the
        # jump pointers of Myers' random-access lists). Numbers of news count from 1; 0 is none.
        self._protocol, self._port, self._since = array("H", [0]), array("I", [0]), array("I", [0])
        self._program, self._pid = array("I", [0]), array("I", [0])
        self._earlier, self._depth, self._jump = array("I", [0]), array("I", [0]), array("I", [0])
        # A hash table with open addressing: the number of the last news of a port id, 0 for an empty place.
        self._table, self._used = array("I", [0]) * 64, 0
        # Requests that hide their port id, in order: message, program, pid.
        self._asked, self._asking_program, self._asking_pid = array("I"), array("I"), array("I")

    def learn(self, protocol: int, port: int, name: str, message: int) -> None:
        """From this message on, the port is that process's, or an unknown one's. Messages come in order."""
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
        """A request that hides its port was sent by this process."""
        program, pid = self._encode(name)
        self._asked.append(message)
        self._asking_program.append(program)
        self._asking_pid.append(pid)

    def find(self, protocol: int, port: int, first: int, last: int) -> str | None:
        """Who asked in a conversation from one message to another: whom the port last named till then, else next."""
        at = bisect_left(self._asked, first)
        if at < len(self._asked) and self._asked[at] == first:
            return self._decode(self._asking_program[at], self._asking_pid[at])
        news = self._table[self._place(protocol, port)]
        since, earlier, jump = self._since, self._earlier, self._jump
        while since[news] > last and earlier[news]:
            far = jump[news]
            news = far if far and since[far] > last else earlier[news]
        return self._decode(self._program[news], self._pid[news]) if news else None

    # -- names -------------------------------------------------------------------------------------------------------

    def _encode(self, name: str) -> tuple[int, int]:
        """`ip[412]` as the number of `ip` and 412; what is named otherwise has no pid."""
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
        """Where in the table a port id is, or would be put."""
        table, mask = self._table, len(self._table) - 1
        place = (port * _SPREAD ^ protocol * _SPREAD >> 7) & mask
        while news := table[place]:
            if self._port[news] == port and self._protocol[news] == protocol:
                break
            place = place + 1 & mask
        return place

    def _grow(self) -> None:
        old = self._table
        self._table = array("I", [0]) * (2 * len(old))
        for news in old:
            if news:
                self._table[self._place(self._protocol[news], self._port[news])] = news
