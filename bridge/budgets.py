"""How much a page may ask per mailbox, so that a stolen page session is not an oracle and not a vacuum cleaner."""

import threading
import time
from collections import defaultdict, deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from bridge.protocol import RpcError

Kind = Literal["message", "summary", "object", "signature"]

# (seconds, uses) windows; docs/PROTOCOL.md, *No oracle*.
WINDOWS: Mapping[str, tuple[tuple[int, int], ...]] = {
    "message": ((60, 600), (3600, 5000)),
    "summary": ((3600, 20_000),),
    "object": ((3600, 20_000),),
    "signature": ((60, 30),),
}


# What is encrypted inside a stored message, each with a key of its own: as many layers as a reader takes off one.
LAYERS = 2


@dataclass
class _Session:
    """What a session that opens so many messages has asked for, each once: the seals of messages, and what lies inside them."""

    seals: frozenset[bytes] = frozenset()
    layers: frozenset[bytes] = frozenset()


class _Window:
    """The uses of the last `seconds`, and their sum."""

    def __init__(self, seconds: int, limit: int) -> None:
        self._seconds, self._limit = seconds, limit
        self._spent: deque[tuple[float, int]] = deque()
        self._used = 0

    def check(self, now: float, count: int) -> None:
        """Raises RpcError RATE_LIMITED with `retryAfter` seconds."""
        while self._spent and self._spent[0][0] <= now - self._seconds:
            self._used -= self._spent.popleft()[1]
        if self._spent and self._used + count > self._limit:
            raise RpcError("RATE_LIMITED", retryAfter=max(1, int(self._spent[0][0] + self._seconds - now) + 1))

    def spend(self, now: float, count: int) -> None:
        self._spent.append((now, count))
        self._used += count


class Budgets:
    """Sliding windows per mailbox, origin and kind. One call is never refused on an empty budget."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._windows: dict[tuple[str, str, str], tuple[_Window, ...]] = {}
        self._sessions: defaultdict[str, _Session] = defaultdict(_Session)
        self._lock = threading.Lock()

    def spend_session(self, handle: str, seals: frozenset[bytes], layers: frozenset[bytes], limit: int) -> None:
        """A session may open `limit` messages and no more: a message is one seal, opened again it counts no more, and neither does the
        S/MIME inside it, within reason. Both are named by their digests. Raises RpcError KEY_USE_DENIED; then nothing was spent.
        """
        with self._lock:
            session = self._sessions[handle]
            asked = _Session(session.seals | seals, session.layers | layers)
            if len(asked.seals) > limit or len(asked.layers) > limit * LAYERS:
                raise RpcError("KEY_USE_DENIED", reason="session-limit")
            self._sessions[handle] = asked

    def spend(self, mailbox: str, origin: str, kind: Kind, count: int) -> None:
        """Raises RpcError RATE_LIMITED with `retryAfter` seconds; then nothing was spent."""
        now = self._clock()
        with self._lock:
            windows = self._windows.get((mailbox, origin, kind))
            if windows is None:
                windows = self._windows[mailbox, origin, kind] = tuple(_Window(*limits) for limits in WINDOWS[kind])
            for window in windows:
                window.check(now, count)
            for window in windows:
                window.spend(now, count)
