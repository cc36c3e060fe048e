"""How much a page may ask per mailbox, so that a stolen page session is not an oracle and not a vacuum cleaner."""

import threading
import time
from collections import defaultdict, deque
from collections.abc import Callable, Mapping
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
_LONGEST = 3600


class Budgets:
    """Sliding windows per mailbox, origin and kind. One call is never refused on an empty budget."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._spent: dict[tuple[str, str, str], deque[tuple[float, int]]] = defaultdict(deque)
        self._lock = threading.Lock()

    def spend(self, mailbox: str, origin: str, kind: Kind, count: int) -> None:
        """Raises RpcError RATE_LIMITED with `retryAfter` seconds; then nothing was spent."""
        now = self._clock()
        with self._lock:
            spent = self._spent[mailbox, origin, kind]
            while spent and spent[0][0] <= now - _LONGEST:
                spent.popleft()
            for seconds, limit in WINDOWS[kind]:
                _check(spent, now, seconds, limit, count)
            spent.append((now, count))


def _check(spent: deque[tuple[float, int]], now: float, seconds: int, limit: int, count: int) -> None:
    recent = [(when, uses) for when, uses in spent if when > now - seconds]
    used = sum(uses for _, uses in recent)
    if recent and used + count > limit:
        raise RpcError("RATE_LIMITED", retryAfter=max(1, int(recent[0][0] + seconds - now) + 1))
