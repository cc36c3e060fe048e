"""A child process on the event loop's own pipes: the vault, whose answers a page waits for.

Nothing but the loop stands between the page's socket and the child: no thread is woken on the way. Other threads may
call too, and wait. A child that dies or does not answer in time is killed, and the next call starts a new one.
"""

import asyncio
import threading
from collections.abc import Callable
from typing import Any

from bridge.channel import ChannelBroken, Frames, child_environment, request_frame, result_of
from bridge.program import module_command

_STDIN, _STDOUT = 0, 1
_FAREWELL_SECONDS = 2.0


class _Exchange(asyncio.SubprocessProtocol):
    """The pipes of one process, one question at a time."""

    def __init__(self) -> None:
        self._frames = Frames()
        self._answer: asyncio.Future[Any] | None = None
        self._transport: asyncio.SubprocessTransport | None = None
        self.gone = False
        self.exited = asyncio.Event()

    @property
    def pid(self) -> int | None:
        return None if self.gone or self._transport is None else self._transport.get_pid()

    async def ask(self, frame: bytes) -> Any:
        """Raises EOFError when the process ends instead of answering."""
        if self.gone or self._transport is None:
            raise EOFError
        self._answer = asyncio.get_running_loop().create_future()
        pipe = self._transport.get_pipe_transport(_STDIN)
        assert isinstance(pipe, asyncio.WriteTransport)  # noqa: S101 (stdin is a pipe)
        pipe.write(frame)
        return await self._answer

    def close(self) -> None:
        """Kill the process; whoever waits is told."""
        if not self.gone and self._transport is not None:
            self._transport.close()
        self.gone = True
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(EOFError())

    # ---- what the transport calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.SubprocessTransport)  # noqa: S101
        self._transport = transport

    def pipe_data_received(self, _fd: int, data: bytes) -> None:
        self._frames.feed(data)
        try:
            found = self._frames.take()
        except (EOFError, ValueError):
            self.close()
            return
        if found and self._answer is not None and not self._answer.done():
            self._answer.set_result(found[0])

    def pipe_connection_lost(self, fd: int, _error: Exception | None) -> None:
        if fd == _STDOUT:
            self.close()

    def process_exited(self) -> None:
        self.exited.set()
        self.close()


class LoopChild:
    """Started once on the loop, and again by the next call after it broke. One call at a time, in the order of asking."""

    def __init__(self, module: str, *, on_start: Callable[[int], None] | None = None) -> None:
        self._command = module_command(module)
        self._on_start = on_start
        self._turn = asyncio.Lock()
        self._exchange: _Exchange | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread = 0
        self._stopped = False

    @property
    def pid(self) -> int | None:
        """The running child's process id, or None."""
        exchange = self._exchange
        return None if exchange is None else exchange.pid

    async def start(self) -> None:
        """Adopt the running loop, and start the child before anybody waits for its imports."""
        self._loop, self._thread = asyncio.get_running_loop(), threading.get_ident()
        async with self._turn:
            await self._running()

    async def ask(self, method: str, seconds: float, /, **params: Any) -> Any:
        """On the loop. Raises ChildError (the child's answer) or ChannelBroken (it has none, after `seconds` at most)."""
        frame = request_frame(method, params)
        async with self._turn:
            exchange = await self._running()
            try:
                async with asyncio.timeout(seconds):
                    answer = await exchange.ask(frame)
            except (OSError, EOFError) as error:  # TimeoutError is an OSError
                exchange.close()
                raise ChannelBroken(method) from error
            except asyncio.CancelledError:
                exchange.close()  # its answer would be taken for the next call's
                raise
        return result_of(answer)

    def call(self, method: str, seconds: float, /, **params: Any) -> Any:
        """As `ask`, from any thread but the loop's own, which it would stop for ever: RuntimeError."""
        if self._loop is None or self._stopped or self._loop.is_closed():
            raise ChannelBroken(method)
        if threading.get_ident() == self._thread:
            raise RuntimeError("The event loop may not wait for itself.")
        return asyncio.run_coroutine_threadsafe(self.ask(method, seconds, **params), self._loop).result()

    async def stop(self) -> None:
        """Kill the child; it is not started again."""
        self._stopped = True
        exchange, self._exchange = self._exchange, None
        if exchange is None:
            return
        exchange.close()
        try:
            async with asyncio.timeout(_FAREWELL_SECONDS):
                await exchange.exited.wait()
        except TimeoutError:
            return  # it does not let itself be killed: the system's matter

    async def _running(self) -> _Exchange:
        if self._stopped:
            raise ChannelBroken("stopped")
        if self._exchange is None or self._exchange.gone:
            loop = asyncio.get_running_loop()
            _, self._exchange = await loop.subprocess_exec(
                _Exchange, *self._command, stderr=None, env=child_environment()
            )
            if self._on_start is not None and self._exchange.pid is not None:
                self._on_start(self._exchange.pid)
        return self._exchange
