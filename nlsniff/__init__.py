"""See Linux netlink: captures as messages, trees and conversations.

    import nlsniff

    for message in nlsniff.Capture("captures/first-route.pcapng").messages("type == RTM_NEWROUTE"):
        print(message.number, message.summary, message.get("dst"), message.conversation)

What `__all__` lists is public, and docs/python.md explains it; everything else is private and may change. Each name is
loaded when it is first used.
"""

from __future__ import annotations

TYPE_CHECKING = False  # that of typing, which takes longer to import than all else here
if TYPE_CHECKING:
    from typing import Any

    from nlsniff.api.capture import Capture as Capture
    from nlsniff.api.conversation import Conversation as Conversation
    from nlsniff.api.live import live as live
    from nlsniff.api.message import Message as Message
    from nlsniff.api.record import record as record
    from nlsniff.api.stream import stream as stream
    from nlsniff.api.write import write as write
    from nlsniff.decode.node import Node as Node
    from nlsniff.decode.node import Problem as Problem
    from nlsniff.errors import NlsniffError as NlsniffError
    from nlsniff.file.frame import Frame as Frame
    from nlsniff.file.info import FileProblem as FileProblem
    from nlsniff.file.info import Interface as Interface
    from nlsniff.filter.errors import FilterError as FilterError
    from nlsniff.follow.extack import Extack as Extack
    from nlsniff.wire.delivery import Delivery as Delivery

_HOMES = {
    "Capture": "nlsniff.api.capture",
    "Conversation": "nlsniff.api.conversation",
    "Delivery": "nlsniff.wire.delivery",
    "Extack": "nlsniff.follow.extack",
    "FileProblem": "nlsniff.file.info",
    "FilterError": "nlsniff.filter.errors",
    "Frame": "nlsniff.file.frame",
    "Interface": "nlsniff.file.info",
    "Message": "nlsniff.api.message",
    "NlsniffError": "nlsniff.errors",
    "Node": "nlsniff.decode.node",
    "Problem": "nlsniff.decode.node",
    "live": "nlsniff.api.live",
    "record": "nlsniff.api.record",
    "stream": "nlsniff.api.stream",
    "write": "nlsniff.api.write",
}
__all__ = list(_HOMES)


def __dir__() -> list[str]:
    return __all__


if not TYPE_CHECKING:  # type checkers have the names above, and know that there are no others

    def __getattr__(name: str) -> Any:
        home = _HOMES.get(name)
        if name == "__version__":
            from importlib.metadata import version

            return version("nlsniff")
        if home is None:
            raise AttributeError(f"module 'nlsniff' has no attribute {name!r}")
        import importlib

        found = globals()[name] = getattr(importlib.import_module(home), name)
        return found
