"""How often pages may begin a handshake that could be a try to hit the digits.

Each one is a chance in a million, some work for this process, and perhaps a window in front of a person. One that ends in `ready`,
or in `not-paired` without having asked for digits, is none: reloads keep no page of the same origin out.
"""

import time
from collections import Counter, deque
from collections.abc import Callable

PER_ORIGIN = 10
IN_ALL = 60
WINDOW_SECONDS = 60.0


class HandshakeLimits:
    """Sliding windows over such handshakes, and those under way. Used by the listener's loop alone."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._begun: deque[tuple[float, str]] = deque()

    def has_room(self, origin: str) -> bool:
        """Whether this origin may begin one now. A socket on which nobody says hello costs nothing and counts for nothing."""
        now = self._clock()
        while self._begun and self._begun[0][0] <= now - WINDOW_SECONDS:
            self._begun.popleft()
        return len(self._begun) < IN_ALL and Counter(name for _, name in self._begun)[origin] < PER_ORIGIN

    def begin(self, origin: str) -> bool:
        """A page of this origin said hello: whether it is answered. It counts until it proves harmless, or for a minute."""
        if not self.has_room(origin):
            return False
        self._begun.append((self._clock(), origin))
        return True

    def harmless(self, origin: str) -> None:
        """One handshake of this origin ended in `ready`, or asked for no digits to hit: its newest no longer counts."""
        for position in range(len(self._begun) - 1, -1, -1):
            if self._begun[position][1] == origin:
                del self._begun[position]
                return
