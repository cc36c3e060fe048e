"""Sleep by two clocks: one stands still while the computer sleeps, the other does not."""

import sys
import threading
import time
from collections.abc import Callable

from bridge.presence.watch import Gone

_LOOK_SECONDS = 1.0
_SHORTEST_SLEEP = 1.0  # seconds; reading two clocks one after the other differs by far less

Clock = Callable[[], float]


class SleepMeter:
    """Compares the clocks at each look. `through` runs through sleep; `awake` does not."""

    def __init__(self, through: Clock, awake: Clock) -> None:
        self._through, self._awake = through, awake
        self._ahead = through() - awake()

    def slept(self) -> bool:
        """Whether the computer slept since the last look."""
        ahead = self._through() - self._awake()
        slept = ahead - self._ahead > _SHORTEST_SLEEP
        self._ahead = ahead
        return slept


class SleepClock:
    """A look each second; the first one after waking notices."""

    name = "sleep clock"

    def __init__(self, meter: SleepMeter | None = None, seconds: float = _LOOK_SECONDS) -> None:
        self._meter = meter or SleepMeter(*system_clocks())
        self._seconds = seconds

    def run(self, gone: Gone, stop: threading.Event) -> None:
        while not stop.wait(self._seconds):
            if self._meter.slept():
                gone("suspended")


def system_clocks() -> tuple[Clock, Clock]:
    """(a clock that runs through sleep, one that does not). macOS and Windows: not run here."""
    if sys.platform == "win32":
        import ctypes

        kernel = ctypes.windll.kernel32
        interrupt = ctypes.c_uint64()

        def awake() -> float:
            kernel.QueryUnbiasedInterruptTime(ctypes.byref(interrupt))
            return interrupt.value / 10_000_000

        kernel.GetTickCount64.restype = ctypes.c_uint64
        return (lambda: kernel.GetTickCount64() / 1000), awake
    if sys.platform == "darwin":
        return (lambda: time.clock_gettime(time.CLOCK_MONOTONIC_RAW)), (
            lambda: time.clock_gettime(time.CLOCK_UPTIME_RAW)
        )
    return (lambda: time.clock_gettime(time.CLOCK_BOOTTIME)), (lambda: time.clock_gettime(time.CLOCK_MONOTONIC))
