"""A child process that threads call and wait for: a card module, whose calls may take as long as a card or a person takes.

A child that dies or does not answer in time is killed, and the next call starts a new one.
"""

import os
import queue
import select
import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import IO, Any, Protocol

from bridge.channel import (
    ChannelBroken,
    Frames,
    child_environment,
    read_frame,
    request_frame,
    result_of,
)
from bridge.patience import Patience, RunDelay
from bridge.program import module_command

_AT_ONCE = 1024 * 1024
_NURSERY = ThreadPoolExecutor(1, thread_name_prefix="nursery")  # children end with the thread that started them


class Pipes(Protocol):
    """Both pipes of a child."""

    def send(self, frame: bytes, patience: Patience) -> None:
        """Raises TimeoutError or OSError."""

    def receive(self, patience: Patience) -> Any:
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

    def send(self, frame: bytes, patience: Patience) -> None:
        left = memoryview(frame)
        while left:
            _wait(self._writable, patience)
            left = left[os.write(self._to, left[:_AT_ONCE]) :]

    def receive(self, patience: Patience) -> Any:
        while not (found := self._frames.take()):
            _wait(self._readable, patience)
            data = os.read(self._from, _AT_ONCE)
            if not data:
                raise EOFError
            self._frames.feed(data)
        return found[0]

    def close(self) -> None:
        for stream in self._streams:
            stream.close()


def _wait(poll: select.poll, patience: Patience) -> None:
    while not poll.poll(patience.left() * 1000):
        if not patience.left():
            raise TimeoutError


class PumpedPipes:
    """A thread hands the answers over, because pipes cannot be polled on Windows. Nothing limits how long `send` takes."""

    def __init__(self, to_child: IO[bytes], from_child: IO[bytes]) -> None:
        self._to = to_child
        self._answers: queue.Queue[Any] = queue.Queue()
        buffered = os.fdopen(os.dup(from_child.fileno()), "rb")
        from_child.close()
        threading.Thread(target=self._pump, args=(buffered,), daemon=True).start()

    def send(self, frame: bytes, _patience: Patience) -> None:
        left = memoryview(frame)
        while left:
            left = left[self._to.write(left) :]

    def receive(self, patience: Patience) -> Any:
        while True:
            try:
                answer = self._answers.get(timeout=patience.left())
            except queue.Empty:
                if patience.left():
                    continue
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
    """A child process of the listener, started when first called and again after it broke. One call at a time.

    Its first answer may take `first_seconds`, where that is longer than what the call allows: it has to start and to load.
    """

    def __init__(
        self,
        module: str,
        *arguments: str,
        first_seconds: float = 0.0,
        on_start: Callable[[int], None] | None = None,
        pipes: Callable[[IO[bytes], IO[bytes]], Pipes] = PIPES,
    ) -> None:
        self._command = module_command(module, *arguments)
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._make_pipes = pipes
        self._on_start = on_start
        self._first_seconds = first_seconds
        self._least = 0.0
        self._stopped = False

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
        """Start the child now, so that the first call need not wait for its imports. Raises OSError."""
        with self._lock:
            if not self._stopped:
                self._running()

    def call(self, method: str, seconds: float, /, **params: Any) -> Any:
        """Ask the child, and wait at most `seconds` in which it could work (bridge.patience).

        Raises ChildError (its answer) or ChannelBroken (it has none).
        """
        request = request_frame(method, params)
        with self._lock:
            if self._stopped:
                raise ChannelBroken(method)
            try:
                pipes = self._running()
                patience = Patience(max(seconds, self._least), self._delay.seconds)
                pipes.send(request, patience)
                answer = pipes.receive(patience)
                self._least = 0.0
                return result_of(answer)
            except (OSError, EOFError) as error:  # of the start too; TimeoutError is an OSError
                self._kill()
                raise ChannelBroken(method) from error

    def let_next_take(self, seconds: float) -> None:
        """The next answer may take so long, whoever asks."""
        self._least = max(seconds, self._least)

    def replace(self) -> None:
        """Kill the child, once nobody waits for its answer; the next call starts another."""
        with self._lock:
            self._kill()

    def stop(self) -> None:
        """Kill the child, once nobody waits for its answer; it is not started again."""
        with self._lock:
            self._stopped = True
            self._kill()

    def _running(self) -> Pipes:
        if self._process is None or self._process.poll() is not None:
            self._kill()
            self._start()
        return self._pipes

    def _start(self) -> None:
        self._process = _NURSERY.submit(_popen, self._command).result()
        assert self._process.stdin is not None and self._process.stdout is not None  # noqa: S101, PT018 (asked for)
        self._pipes = self._make_pipes(self._process.stdin, self._process.stdout)
        self._delay = RunDelay(self._process.pid)
        self._least = self._first_seconds
        if self._on_start is not None:
            self._on_start(self._process.pid)

    def _kill(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        process.kill()
        process.wait()
        self._pipes.close()
        self._delay.close()


def _popen(command: list[str]) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0, env=child_environment())
