"""A child process that threads call and wait for: a card module, whose calls may take as long as a card or a person takes.

A child that dies or does not answer in time is killed, and the next call starts a new one.
"""

import os
import queue
import select
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from typing import IO, Any, Protocol

from bridge.channel import (
    ChannelBroken,
    Frames,
    child_environment,
    read_frame,
    request_frame,
    result_of,
)
from bridge.program import module_command

_AT_ONCE = 1024 * 1024


class Pipes(Protocol):
    """Both pipes of a child. `end` is a moment of `time.monotonic`."""

    def send(self, frame: bytes, end: float) -> None:
        """Raises TimeoutError or OSError."""

    def receive(self, end: float) -> Any:
        """The next value. Raises TimeoutError, OSError, or EOFError when the child is gone."""

    def close(self) -> None:
        """The child is dead."""


class PolledPipes:
    """The calling thread itself waits for the pipes, so that nothing stands between an answer and who asked (POSIX)."""

    def __init__(self, to_child: IO[bytes], from_child: IO[bytes]) -> None:
        self._streams = (to_child, from_child)
        self._to, self._from = to_child.fileno(), from_child.fileno()
        os.set_blocking(self._to, False)
        self._writable, self._readable = select.poll(), select.poll()
        self._writable.register(self._to, select.POLLOUT)
        self._readable.register(self._from, select.POLLIN)
        self._frames = Frames()

    def send(self, frame: bytes, end: float) -> None:
        left = memoryview(frame)
        while left:
            _wait(self._writable, end)
            left = left[os.write(self._to, left[:_AT_ONCE]) :]

    def receive(self, end: float) -> Any:
        while not (found := self._frames.take()):
            _wait(self._readable, end)
            data = os.read(self._from, _AT_ONCE)
            if not data:
                raise EOFError
            self._frames.feed(data)
        return found[0]

    def close(self) -> None:
        for stream in self._streams:
            stream.close()


def _wait(poll: select.poll, end: float) -> None:
    if not poll.poll(max(0.0, end - time.monotonic()) * 1000):
        raise TimeoutError


class PumpedPipes:
    """A thread hands the answers over, because pipes cannot be polled on Windows. Nothing limits how long `send` takes."""

    def __init__(self, to_child: IO[bytes], from_child: IO[bytes]) -> None:
        self._to = to_child
        self._answers: queue.Queue[Any] = queue.Queue()
        buffered = os.fdopen(os.dup(from_child.fileno()), "rb")
        from_child.close()
        threading.Thread(target=self._pump, args=(buffered,), daemon=True).start()

    def send(self, frame: bytes, _end: float) -> None:
        left = memoryview(frame)
        while left:
            left = left[self._to.write(left) :]

    def receive(self, end: float) -> Any:
        try:
            answer = self._answers.get(timeout=max(0.0, end - time.monotonic()))
        except queue.Empty:
            raise TimeoutError from None
        if answer is None:
            raise EOFError
        return answer

    def close(self) -> None:
        self._to.close()  # the thread closes what it reads

    def _pump(self, stream: IO[bytes]) -> None:
        try:
            with stream:
                while True:
                    self._answers.put(read_frame(stream))
        except (EOFError, OSError, ValueError):
            self._answers.put(None)


PIPES: type[PolledPipes] | type[PumpedPipes] = PumpedPipes if sys.platform == "win32" else PolledPipes


class Child:
    """A child process of the listener, started when first called and again after it broke. One call at a time."""

    def __init__(
        self,
        module: str,
        *arguments: str,
        on_start: Callable[[int], None] | None = None,
        pipes: Callable[[IO[bytes], IO[bytes]], Pipes] = PIPES,
    ) -> None:
        self._command = module_command(module, *arguments)
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._make_pipes = pipes
        self._on_start = on_start

    @property
    def pid(self) -> int | None:
        """The running child's process id, or None."""
        process = self._process
        return process.pid if process is not None and process.poll() is None else None

    @property
    def is_busy(self) -> bool:
        """Whether a call is under way."""
        return self._lock.locked()

    def start(self) -> None:
        """Start the child now, so that the first call need not wait for its imports."""
        with self._lock:
            self._running()

    def call(self, method: str, seconds: float, /, **params: Any) -> Any:
        """Ask the child, and wait `seconds` at most. Raises ChildError (its answer) or ChannelBroken (it has none)."""
        request = request_frame(method, params)
        with self._lock:
            pipes, end = self._running(), time.monotonic() + seconds
            try:
                pipes.send(request, end)
                answer = pipes.receive(end)
            except (OSError, EOFError) as error:  # TimeoutError is an OSError
                self._kill()
                raise ChannelBroken(method) from error
        return result_of(answer)

    def stop(self) -> None:
        with self._lock:
            self._kill()

    def _running(self) -> Pipes:
        if self._process is None or self._process.poll() is not None:
            self._kill()
            self._start()
        return self._pipes

    def _start(self) -> None:
        self._process = subprocess.Popen(
            self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0, env=child_environment()
        )
        assert self._process.stdin is not None and self._process.stdout is not None  # noqa: S101, PT018 (asked for)
        self._pipes = self._make_pipes(self._process.stdin, self._process.stdout)
        if self._on_start is not None:
            self._on_start(self._process.pid)

    def _kill(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        process.kill()
        process.wait()
        self._pipes.close()
