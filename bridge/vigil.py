"""Short waits with open eyes, for what comes within a millisecond: a core that fell asleep takes long to wake, with cold caches.

They are bounded, and they are a courtesy that a busy computer does not get: where one was in vain, or others wanted the core, the next
ones are left out. None is kept where there is one core only: whoever is waited for needs it.
"""

import asyncio
import os
import select
import time
from collections.abc import Callable

ANSWER_SECONDS = 0.003  # at most, for an answer
QUESTION_SECONDS = 0.0005  # at most, for a question that was announced
PUSHED_ASIDE_SECONDS = 0.0005  # without a look, or without a core: others want it
LEFT_OUT_FIRST, LEFT_OUT_MOST = 16, 256
CAN_WATCH = hasattr(select, "poll")  # not on Windows, whose pipes cannot be polled

Clock = Callable[[], float]


class Thrift:
    """Whether a wait may be kept. After one in vain not for the next 16, and for longer where it is in vain again."""

    def __init__(self, cores: int | None = None) -> None:
        self._is_alone = (_cores() if cores is None else cores) == 1
        self._left_out = 0
        self._next = LEFT_OUT_FIRST

    @property
    def allows(self) -> bool:
        return not self._is_alone and not self._left_out

    def count(self) -> None:
        """One was left out."""
        self._left_out = max(0, self._left_out - 1)

    def was_in_vain(self) -> None:
        self._left_out, self._next = self._next, min(2 * self._next, LEFT_OUT_MOST)

    def was_of_use(self) -> None:
        self._next = LEFT_OUT_FIRST


class Vigil:
    """Keeps the event loop turning until an answer is there: the loop sees it at once, and serves all others as ever."""

    def __init__(self, thrift: Thrift, clock: Clock = time.perf_counter) -> None:
        self._thrift = thrift
        self._clock = clock
        self._turn: asyncio.Handle | None = None
        self._begun = self._last = 0.0

    @property
    def is_kept(self) -> bool:
        return self._turn is not None

    def begin(self) -> None:
        """On the loop, where an answer is due within a millisecond or so."""
        if self._thrift.allows:
            self._begun = self._last = self._clock()
            self._go_on()
        else:
            self._thrift.count()

    def end(self) -> None:
        """The answer is there, or will not come."""
        if self._turn is not None:
            self._turn.cancel()
            self._turn = None
            self._thrift.was_of_use()

    def _go_on(self) -> None:
        self._turn = asyncio.get_running_loop().call_soon(self._look)

    def _look(self) -> None:
        now = self._clock()
        if now - self._begun > ANSWER_SECONDS or now - self._last > PUSHED_ASIDE_SECONDS:
            self._turn = None
            self._thrift.was_in_vain()
        else:
            self._last = now
            self._go_on()


def watch(descriptor: int, clock: Clock = time.perf_counter) -> None:
    """Until there is something to read, or the end of it, or QUESTION_SECONDS are over (POSIX)."""
    pipe, end = select.poll(), clock() + QUESTION_SECONDS
    pipe.register(descriptor, select.POLLIN)
    while not pipe.poll(0) and clock() < end:
        pass


def _cores() -> int:
    """How many this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
