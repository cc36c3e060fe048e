"""How long a child process may take to answer, in time in which it could work.

A clock on the wall alone calls a slow machine a crash: a worker that a busy computer gives no core is not hung. So the time in which
it was ready to run and had none does not count, where the system tells it.
"""

import os
import time
from collections.abc import Callable

_RUN_DELAY = 1  # the second number: nanoseconds on a run queue (Linux, Documentation/scheduler/sched-stats.rst)
_NANOSECONDS = 1e-9
_ENOUGH = 128  # octets for three numbers


class RunDelay:
    """The time a process waited for a core, of its first thread, which does the work of our children. 0 where the system tells nothing."""

    def __init__(self, pid: int) -> None:
        self._file: int | None = None
        try:
            self._file = os.open(f"/proc/{pid}/schedstat", os.O_RDONLY)
        except OSError:
            return  # another system, or a kernel that does not count

    def seconds(self) -> float:
        if self._file is None:
            return 0.0
        try:
            return int(os.pread(self._file, _ENOUGH, 0).split()[_RUN_DELAY]) * _NANOSECONDS
        except (OSError, ValueError, IndexError):
            return 0.0  # it is gone

    def close(self) -> None:
        if self._file is not None:
            os.close(self._file)
        self._file = None


class Patience:
    """A time limit of so many seconds from now on. `delayed` says how long the one who is waited for was kept waiting itself."""

    def __init__(self, seconds: float, delayed: Callable[[], float]) -> None:
        self._delayed = delayed
        self._end = time.monotonic() + seconds - delayed()

    def left(self) -> float:
        """Seconds; 0 once it is over."""
        return max(0.0, self._end + self._delayed() - time.monotonic())
