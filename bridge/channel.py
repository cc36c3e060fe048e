"""The pipe between the listener and its child processes (card modules, vault).

One request, one answer, each a 4-byte big-endian length and a JSON value; bytes travel as `{"$bytes": base64}`. A child
that dies or does not answer in time is killed, and the next call starts a new one.
"""

import base64
import json
import os
import queue
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import IO, Any

MAX_FRAME = 128 * 1024 * 1024
_PACKAGE_ROOT = str(Path(__file__).resolve().parent.parent)


class ChannelBroken(Exception):
    """The child died or did not answer in time."""


class ChildError(Exception):
    """The child answered with an error: its class `name`, message and public `data`."""

    def __init__(self, name: str, message: str, data: dict[str, Any]) -> None:
        super().__init__(message)
        self.name = name
        self.data = data


def _encode(value: Any) -> bytes:
    def tag(item: Any) -> Any:
        if isinstance(item, bytes | bytearray | memoryview):
            return {"$bytes": base64.b64encode(item).decode("ascii")}
        raise TypeError(type(item).__name__)

    return json.dumps(value, default=tag).encode()


def _decode(frame: bytes) -> Any:
    def untag(item: dict[str, Any]) -> Any:
        return base64.b64decode(item["$bytes"]) if item.keys() == {"$bytes"} else item

    return json.loads(frame, object_hook=untag)


def write_frame(stream: IO[bytes], value: Any) -> None:
    frame = _encode(value)
    stream.write(len(frame).to_bytes(4, "big") + frame)
    stream.flush()


def read_frame(stream: IO[bytes]) -> Any:
    """The next value. Raises EOFError when the other side is gone."""
    head = stream.read(4)
    size = int.from_bytes(head, "big")
    body = stream.read(size) if len(head) == 4 and size <= MAX_FRAME else b""  # noqa: PLR2004
    if len(head) < 4 or len(body) < size:  # noqa: PLR2004
        raise EOFError
    return _decode(body)


class Child:
    """A child process of the listener, started when first called and again after it broke."""

    def __init__(self, module: str, *arguments: str, on_start: Callable[[int], None] | None = None) -> None:
        self._command = [sys.executable, "-m", module, *arguments]
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._answers: queue.Queue[Any] = queue.Queue()
        self._on_start = on_start

    @property
    def pid(self) -> int | None:
        """The running child's process id, or None."""
        process = self._process
        return process.pid if process is not None and process.poll() is None else None

    def start(self) -> None:
        """Start the child now, so that the first call need not wait for its imports."""
        with self._lock:
            self._running()

    def call(self, method: str, timeout: float, **params: Any) -> Any:
        """Ask the child. `timeout` in seconds. Raises ChildError (its answer) or ChannelBroken (it has none)."""
        with self._lock:
            process = self._running()
            try:
                answer = self._exchange(process, {"method": method, "params": params}, timeout)
            except (OSError, EOFError, queue.Empty) as error:
                self._kill()
                raise ChannelBroken(method) from error
        if "error" in answer:
            raise ChildError(answer["error"], answer["message"], answer["data"])
        return answer["result"]

    def stop(self) -> None:
        with self._lock:
            self._kill()

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is not None and self._process.poll() is None:
            return self._process
        self._kill()
        search_path = os.pathsep.join(filter(None, [_PACKAGE_ROOT, os.environ.get("PYTHONPATH", "")]))
        self._process = subprocess.Popen(
            self._command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": search_path},
        )
        self._answers = queue.Queue()
        assert self._process.stdout is not None  # noqa: S101 (a PIPE was asked for)
        threading.Thread(target=_pump, args=(self._process.stdout, self._answers), daemon=True).start()
        if self._on_start is not None:
            self._on_start(self._process.pid)
        return self._process

    def _exchange(self, process: subprocess.Popen[bytes], request: Any, timeout: float) -> Any:
        assert process.stdin is not None  # noqa: S101
        write_frame(process.stdin, request)
        answer = self._answers.get(timeout=timeout)
        if answer is None:
            raise EOFError
        return answer

    def _kill(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        process.kill()
        process.wait()
        for stream in (process.stdin, process.stdout):
            if stream is not None:
                _close(stream)


def _close(stream: IO[bytes]) -> None:
    try:
        stream.close()
    except OSError:
        return  # what was left in its buffer has no reader any more


def _pump(stream: IO[bytes], answers: queue.Queue[Any]) -> None:
    """Hand the child's answers over, and None at its end. A thread, because pipes cannot be selected on Windows."""
    try:
        while True:
            answers.put(read_frame(stream))
    except (EOFError, OSError, ValueError):
        answers.put(None)


def serve(handlers: Mapping[str, Callable[..., Any]], public_errors: tuple[type[Exception], ...]) -> None:
    """The child's loop on its standard streams, until the listener closes them.

    Only `public_errors` (they have `data`) keep their message; anything else is reported by class name alone, so that no
    value of a traceback reaches a log.
    """
    requests, answers = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # a vendor's module may print: not into our frames
    while True:
        try:
            request = read_frame(requests)
        except EOFError:
            return
        write_frame(answers, _answer(handlers, request, public_errors))


def _answer(handlers: Mapping[str, Callable[..., Any]], request: Any, public: tuple[type[Exception], ...]) -> Any:
    try:
        return {"result": handlers[request["method"]](**request["params"])}
    except public as error:
        return {"error": type(error).__name__, "message": str(error), "data": getattr(error, "data", {})}
    except Exception as error:  # noqa: BLE001 (a child answers always)
        return {"error": type(error).__name__, "message": "", "data": {}}
