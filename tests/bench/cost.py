"""Run a command and print what it cost: `python -I -S cost.py OUTPUT COMMAND...`.

Apart from the bench, because a program inherits the peak memory of the process that starts it, and this one is small.
"""

import os
import sys


def main() -> None:
    """Print CPU seconds (user and system, children included), peak memory in KiB, and the exit status."""
    output, *command = sys.argv[1:]
    pid = os.fork()
    if not pid:
        os.dup2(os.open(output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), 1)
        os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
        os.execvp(command[0], command)  # noqa: S606
    _, status, usage = os.wait4(pid, 0)
    print(usage.ru_utime + usage.ru_stime, usage.ru_maxrss, os.waitstatus_to_exitcode(status))


if __name__ == "__main__":
    main()
