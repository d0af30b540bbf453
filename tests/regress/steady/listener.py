"""Listens to all news of rtnetlink and nf_tables until it is ended; prints its process id once it hears them.

The kernel tells nobody what nobody listens to. So without it a recording has the news that requests cause only where a
stranger listens.
"""

from __future__ import annotations

import os
import select

from tests.regress.steady.stranger import listen


def main() -> None:
    """Listen in a child; return when it does."""
    listeners = listen()
    child = os.fork()
    if child:
        print(child)
        return
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # who waits for the number waits for the end of the output
    while True:
        for listener in select.select(listeners, [], [])[0]:
            listener.recv(1 << 16)


if __name__ == "__main__":
    main()
