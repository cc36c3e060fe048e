"""What tells that the person left, on this system."""

import logging
import sys
import threading
from collections.abc import Callable, Iterator
from typing import Literal, Protocol

log = logging.getLogger("pli.bridge")

_AGAIN_SECONDS = 10.0

Absence = Literal["screen-locked", "suspended"]
Gone = Callable[[Absence], None]


class Watch(Protocol):
    """One source. `run` is called in a thread of its own and returns once `stop` is set, or where the source is missing."""

    name: str

    def run(self, gone: Gone, stop: threading.Event) -> None:
        """Call `gone` for each absence; it returns when the sessions are ended."""


class Presence:
    """All sources of this system. `gone` may be called more than once for one absence."""

    def __init__(
        self, gone: Gone, watches: list[Watch] | None = None, *, again_seconds: float = _AGAIN_SECONDS
    ) -> None:
        self._gone = gone
        self._again_seconds = again_seconds
        self._watches = list(system_watches()) if watches is None else watches
        self._stop = threading.Event()

    def start(self) -> None:
        for watch in self._watches:
            threading.Thread(target=self._run, args=(watch,), daemon=True, name=watch.name).start()

    def stop(self) -> None:
        self._stop.set()

    def _run(self, watch: Watch) -> None:
        """One source that fails must not silence the others, nor itself for ever: sessions would outlast the next absence."""
        while not self._stop.is_set():
            try:
                watch.run(self._gone, self._stop)
            except Exception as error:  # noqa: BLE001 (see above)
                log.warning("%s: %s", watch.name, type(error).__name__)
                self._stop.wait(self._again_seconds)
            else:
                return


def system_watches() -> Iterator[Watch]:
    """The sources this system has. The clocks are everywhere: sleep is noticed at the latest on waking."""
    from bridge.presence.clocks import SleepClock

    yield SleepClock()
    if sys.platform == "linux":
        from bridge.presence.logind import Logind

        yield Logind()
    elif sys.platform == "darwin":
        from bridge.presence.macos import ScreenLockNotifications

        yield ScreenLockNotifications()
    elif sys.platform == "win32":
        from bridge.presence.windows import SessionMessages

        yield SessionMessages()
