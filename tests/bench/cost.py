"""Run a command and print what it cost: `python -I -S cost.py OUTPUT COMMAND...`.

Apart from the bench, because a program inherits the peak memory of the process that starts it, and this one is small.
"""

import os
import sys
import time


def main() -> None:
    """Print seconds of CPU (user and system, children included) and of the clock, peak KiB, and the exit status."""
    output, *command = sys.argv[1:]
    began = time.perf_counter()
    pid = os.fork()
    if not pid:
        os.dup2(os.open(output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), 1)
        os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
        os.execvp(command[0], command)  # noqa: S606
    _, status, usage = os.wait4(pid, 0)
    took = time.perf_counter() - began
    print(usage.ru_utime + usage.ru_stime, took, usage.ru_maxrss, os.waitstatus_to_exitcode(status))


if __name__ == "__main__":
    main()
