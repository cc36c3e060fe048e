"""What many callers at once cost: those who say nothing make room for those who do, and refused ones are served slowly.

Every limit here bears on callers that no door has let in. A page that is let in has limits of its own
(bridge.handshake_limits, bridge.budgets).
"""

import time
from collections import deque
from collections.abc import Callable, Hashable

HEAD_SECONDS = 3.0  # a browser sends its request at once; whoever drips it is cut off
MAX_HALF_OPEN = 100
MAX_SOCKETS_PER_ORIGIN = 32
MAX_SOCKETS = 128
_FREE_REFUSALS = 60
_WINDOW_SECONDS = 10.0
_SLOW_SECONDS = 1.0


class HalfOpen:
    """Connections that no door has let in yet. The oldest goes where there are too many: an honest one takes milliseconds."""

    def __init__(self, limit: int = MAX_HALF_OPEN) -> None:
        self._limit = limit
        self._waiting: dict[Hashable, Callable[[], None]] = {}

    def enter(self, caller: Hashable, drop: Callable[[], None]) -> None:
        """`drop` is called where this caller has to make room."""
        if len(self._waiting) >= self._limit:
            self._waiting.pop(next(iter(self._waiting)))()
        self._waiting[caller] = drop

    def leave(self, caller: Hashable) -> None:
        self._waiting.pop(caller, None)

    def clear(self) -> None:
        """Drop all: the bridge stops."""
        while self._waiting:
            self._waiting.popitem()[1]()


class RefusalPace:
    """How long the next refusal waits: not at all, until they come by the dozen."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._recent: deque[float] = deque(maxlen=_FREE_REFUSALS)

    def delay(self) -> float:
        """Seconds, for one more refusal."""
        now = self._clock()
        crowded = len(self._recent) == _FREE_REFUSALS and self._recent[0] > now - _WINDOW_SECONDS
        self._recent.append(now)
        return _SLOW_SECONDS if crowded else 0.0
