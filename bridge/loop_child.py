"""A child process on the event loop's own pipes: the vault, whose answers a page waits for.

Nothing but the loop stands between the page's socket and the child: no thread is woken on the way, and an answer is passed on in
the very turn of the loop that reads it. Other threads may call too, and wait. A child that dies or does not answer in time is
killed, and the next call starts a new one.
"""

import asyncio
import contextlib
import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, wait
from dataclasses import dataclass, field
from typing import Any

from bridge.channel import ChannelBroken, ChildError, Frames, child_environment, request_frame, result_of
from bridge.patience import Patience, RunDelay
from bridge.program import module_command

_STDIN, _STDOUT = 0, 1
_FAREWELL_SECONDS = 2.0
_GLANCE_SECONDS = 1.0  # whether the loop that a thread waits for is still there

# Told once: the result, or ChildError (the child's answer) or ChannelBroken (it has none).
Then = Callable[[Any, Exception | None], None]


@dataclass(slots=True)
class _Question:
    method: str
    frame: bytes = field(repr=False)
    seconds: float
    then: Then

    def end(self, answer: Any | None) -> None:
        """Tell what the child answered, None if it ended instead."""
        if answer is None:
            self.then(None, ChannelBroken(self.method))
            return
        try:
            result = result_of(answer)
        except ChildError as error:
            self.then(None, error)
        except EOFError:
            self.then(None, ChannelBroken(self.method))
        else:
            self.then(result, None)


class _Exchange(asyncio.SubprocessProtocol):
    """The pipes of one process, one question at a time. `answered` is told its answer, or None if the process ends instead."""

    def __init__(self, answered: Callable[[Any | None], None]) -> None:
        self._frames = Frames()
        self._answered = answered
        self._asked = False
        self._transport: asyncio.SubprocessTransport | None = None
        self._stdin: asyncio.WriteTransport | None = None
        self.gone = False
        self.exited = asyncio.Event()

    @property
    def pid(self) -> int | None:
        return None if self.gone or self._transport is None else self._transport.get_pid()

    def ask(self, frame: bytes) -> None:
        assert self._stdin is not None  # noqa: S101 (made before it was given to us)
        self._asked = True
        self._stdin.write(frame)

    def close(self) -> None:
        """Kill the process; whoever waits is told."""
        if not self.gone and self._transport is not None:
            self._transport.close()
        self.gone = True
        self._end(None)

    async def end(self) -> None:
        """As `close`, and wait for the end of the process."""
        self.close()
        with contextlib.suppress(TimeoutError):  # it does not let itself be killed: the system's matter
            async with asyncio.timeout(_FAREWELL_SECONDS):
                await self.exited.wait()

    def read(self, data: bytes) -> None:
        self._frames.feed(data)
        try:
            found = self._frames.take()
        except EOFError:
            self.close()
            return
        if found:
            self._end(found[0])

    def _end(self, answer: Any | None) -> None:
        asked, self._asked = self._asked, False
        if asked:
            self._answered(answer)

    # ---- what the transport calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.SubprocessTransport)  # noqa: S101
        self._transport = transport
        stdin, pipe = map(transport.get_pipe_transport, (_STDIN, _STDOUT))
        assert isinstance(stdin, asyncio.WriteTransport) and pipe is not None  # noqa: S101, PT018 (both are pipes)
        self._stdin = stdin
        pipe.set_protocol(_Stdout(self, pipe.get_protocol()))

    def pipe_connection_lost(self, fd: int, _error: Exception | None) -> None:
        if fd == _STDOUT:
            self.close()

    def process_exited(self) -> None:
        self.exited.set()
        self.close()


class _Stdout(asyncio.Protocol):
    """Hands over what the child says at once; the transport's own protocol, which comes back to it in another turn, hears only the end."""

    def __init__(self, exchange: _Exchange, own: asyncio.BaseProtocol) -> None:
        self._own = own
        self.data_received = exchange.read  # type: ignore[method-assign]

    def connection_lost(self, exc: Exception | None) -> None:
        self._own.connection_lost(exc)


class LoopChild:
    """Started once on the loop, and again by the next call after it broke. One call at a time, in the order of asking."""

    def __init__(self, module: str, *, on_start: Callable[[int], None] | None = None) -> None:
        self._command = module_command(module)
        self._on_start = on_start
        self._waiting: deque[_Question] = deque()
        self._asked: _Question | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._patience: Patience | None = None
        self._delay: RunDelay | None = None
        self._exchange: _Exchange | None = None
        self._starting: asyncio.Task[None] | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread = 0
        self._stopped = False

    @property
    def pid(self) -> int | None:
        """The running child's process id, or None."""
        exchange = self._exchange
        return None if exchange is None else exchange.pid

    async def start(self) -> None:
        """Adopt the running loop, and start the child before anybody waits for its imports. Raises OSError."""
        self._loop, self._thread = asyncio.get_running_loop(), threading.get_ident()
        await self._start()

    def begin(self, method: str, seconds: float, then: Then, /, **params: Any) -> None:
        """On the loop: ask, and call `then` in a later turn with what comes of it.

        The child has `seconds` in which it could work (bridge.patience), from when it heard the question.
        """
        if self._stopped:
            asyncio.get_running_loop().call_soon(then, None, ChannelBroken(method))
            return
        self._waiting.append(_Question(method, request_frame(method, params), seconds, then))
        self._next()

    async def ask(self, method: str, seconds: float, /, **params: Any) -> Any:
        """On the loop. Raises ChildError or ChannelBroken."""
        told: asyncio.Future[Any] = asyncio.get_running_loop().create_future()

        def then(result: Any, error: Exception | None) -> None:
            if told.done():
                return  # who asked is gone
            if error is None:
                told.set_result(result)
            else:
                told.set_exception(error)

        self.begin(method, seconds, then, **params)
        return await told

    def call(self, method: str, seconds: float, /, **params: Any) -> Any:
        """As `ask`, from any thread but the loop's own, which it would stop for ever: RuntimeError."""
        if self._loop is None or self._stopped or self._loop.is_closed():
            raise ChannelBroken(method)
        if threading.get_ident() == self._thread:
            raise RuntimeError("The event loop may not wait for itself.")
        answer = asyncio.run_coroutine_threadsafe(self.ask(method, seconds, **params), self._loop)
        while not _is_told(answer):
            if self._loop.is_closed():
                raise ChannelBroken(method)
        return answer.result()

    async def stop(self) -> None:
        """Kill the child, also one that is just being started; it is not started again."""
        self._stopped = True
        self._give_up()
        if self._starting is not None:
            await asyncio.wait({self._starting})
        exchange, self._exchange = self._exchange, None
        if self._delay is not None:
            self._delay.close()
        if exchange is not None:
            await exchange.end()

    def _next(self) -> None:
        """Ask the oldest question that waits, unless another is being answered or the child has to be started first."""
        if self._stopped:
            self._give_up()
        if self._asked is not None or not self._waiting or self._starting is not None:
            return
        if self._exchange is None or self._exchange.gone:
            self._starting = asyncio.get_running_loop().create_task(self._restart())
            return
        self._asked = question = self._waiting.popleft()
        self._exchange.ask(question.frame)
        assert self._delay is not None  # noqa: S101 (made with the exchange)
        self._patience = Patience(question.seconds, self._delay.seconds)
        self._timer = asyncio.get_running_loop().call_later(question.seconds, self._overdue)

    def _overdue(self) -> None:
        """The clock on the wall says so: the child may have had no core meanwhile."""
        assert self._patience is not None and self._exchange is not None  # noqa: S101, PT018 (somebody was asked)
        left = self._patience.left()
        if left:
            self._timer = asyncio.get_running_loop().call_later(left, self._overdue)
        else:
            self._exchange.close()

    def _answered(self, answer: Any | None) -> None:
        question, self._asked = self._asked, None
        assert question is not None and self._timer is not None  # noqa: S101, PT018 (only what was asked is answered)
        self._timer.cancel()
        try:
            question.end(answer)
        finally:
            self._next()

    async def _restart(self) -> None:
        try:
            await self._start()
        except (OSError, ChannelBroken):  # there is no such program; or it was stopped meanwhile
            self._give_up()
        finally:
            self._starting = None
            self._next()

    async def _start(self) -> None:
        if self._stopped:
            raise ChannelBroken("stopped")
        _, exchange = await asyncio.get_running_loop().subprocess_exec(
            lambda: _Exchange(self._answered), *self._command, stderr=None, env=child_environment()
        )
        if self._stopped:
            await exchange.end()
            return
        if self._delay is not None:
            self._delay.close()
        self._exchange, self._delay = exchange, RunDelay(exchange.pid or 0)
        if self._on_start is not None and exchange.pid is not None:
            self._on_start(exchange.pid)

    def _give_up(self) -> None:
        waiting, self._waiting = self._waiting, deque()
        for question in waiting:
            question.end(None)


def _is_told(answer: Future[Any]) -> bool:
    """Whether it is there after a while."""
    return bool(wait([answer], _GLANCE_SECONDS).done)
