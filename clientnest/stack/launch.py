"""Becomes another program that ends when its starter does: `python -I -S launch.py STARTER_PID PROGRAM ARGUMENT...`.

A program of its own instead of code between fork and exec, which is not safe in a process with threads. Standard
library only, and little of it: this runs before each child.
"""

import contextlib
import ctypes
import os
import signal
import sys

_SET_PARENT_DEATH_SIGNAL = 1


def main() -> None:
    """Ask the kernel for SIGTERM at the starter's death (Linux; elsewhere the next start cleans up), then exec."""
    starter = int(sys.argv[1])
    # A shell's `make run &` ignores interrupts, and whatever it starts inherits that; programs here are to heed them.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT):
        signal.signal(number, signal.SIG_DFL)
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(_SET_PARENT_DEATH_SIGNAL, signal.SIGTERM)
    if os.getppid() != starter:  # it died before the kernel was asked
        sys.exit(1)
    os.execv(sys.argv[2], sys.argv[2:])  # noqa: S606 - the stack's own command line


if __name__ == "__main__":
    main()
