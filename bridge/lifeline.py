"""What ends a child process with the bridge, however the bridge ends: also while a vendor's module keeps the child from reading its pipe.

Linux kills the child itself (prctl(2), PR_SET_PDEATHSIG), whatever it is doing; but when the *thread* that started it ends, so that
`bridge.child` starts children in one that stays. Elsewhere a thread of the child waits for the bridge's end, which works while the
module's call holds no lock of Python (python-pkcs11 and ctypes hold none). The Windows part is written from Microsoft's reference and
**not run here**.
"""

import ctypes
import os
import select
import signal
import sys
import threading
from collections.abc import Callable
from typing import NoReturn

_PR_SET_PDEATHSIG = 1
_STDIN = 0
_FAILED = 1
_SYNCHRONIZE, _FOR_EVER = 0x00100000, 0xFFFFFFFF  # winnt.h, winbase.h


def end_with_the_bridge() -> None:
    """To be called by a child before it does anything else. Its standard input is the pipe from the bridge."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        if _hung_up(milliseconds=0):  # the bridge ended before
            os._exit(_FAILED)
    else:
        wait = _wait_for_parent if sys.platform == "win32" else wait_for_pipe
        threading.Thread(target=leave_after, args=(wait,), daemon=True, name="lifeline").start()


def leave_after(wait: Callable[[], None]) -> NoReturn:
    wait()
    os._exit(_FAILED)


def wait_for_pipe() -> None:
    """Until nobody holds the other end of the standard input (POSIX)."""
    _hung_up(milliseconds=None)


def _hung_up(milliseconds: int | None) -> bool:
    """What is there to be read is no event here: POLLHUP and POLLERR need not be asked for (poll(2))."""
    pipe = select.poll()
    pipe.register(_STDIN, 0)
    return bool(pipe.poll(milliseconds))


def _wait_for_parent() -> None:
    kernel32 = getattr(ctypes, "windll").kernel32  # noqa: B009 (exists on Windows only)
    kernel32.OpenProcess.restype = ctypes.c_void_p
    parent = ctypes.c_void_p(kernel32.OpenProcess(_SYNCHRONIZE, False, os.getppid()))
    kernel32.WaitForSingleObject(parent, _FOR_EVER)  # which fails at once for a parent that is gone already
