"""Run a program that the kernel ends when its parent dies, also when the parent is killed.

Used as a script (`python die_with_parent.py <parent pid> <program> [arguments]`): it asks for
the signal and becomes the program, so there is one process and the pid stays. Standard library
only, so that it starts in milliseconds with an isolated interpreter. Linux; elsewhere the
program runs without the guarantee.
"""

import ctypes
import os
import signal
import sys
from collections.abc import Sequence

_PR_SET_PDEATHSIG = 1


def command(arguments: Sequence[str]) -> list[str]:
    """The command line that runs `arguments` as a child of the calling process.

    The kernel watches the thread that starts the child: start it from one that lives on.
    """
    return [sys.executable, "-I", "-S", __file__, str(os.getpid()), *arguments]


def _main(parent_pid: int, arguments: list[str]) -> None:
    if sys.platform == "linux":
        libc = ctypes.CDLL(None, use_errno=True)
        if libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0) != 0:
            raise OSError(ctypes.get_errno(), "prctl(PR_SET_PDEATHSIG) failed")
        if os.getppid() != parent_pid:
            raise SystemExit("the parent ended while its child was starting")
    os.execv(arguments[0], arguments)


if __name__ == "__main__":
    _main(int(sys.argv[1]), sys.argv[2:])
