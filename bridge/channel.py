"""What passes between the listener and its child processes (card modules, vault), and the child's side of it.

One request, one answer. Each is its length, the length of a JSON text, that text, and the octets of its binary values in the order
in which `{"$bytes": length}` stands for them; lengths take four octets, big-endian. The listener's side is `bridge.child` for threads that wait, and `bridge.loop_child` for the event loop.
"""

import gc
import json
import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import IO, Any

from bridge.lifeline import end_with_the_bridge

MAX_FRAME = 128 * 1024 * 1024
_HEAD = 4
_PACKAGE_ROOT = str(Path(__file__).resolve().parent.parent)


class ChannelBroken(Exception):
    """The child died or did not answer in time."""


class ChildError(Exception):
    """The child answered with an error: its class `name`, message and public `data`."""

    def __init__(self, name: str, message: str, data: dict[str, Any]) -> None:
        super().__init__(message)
        self.name = name
        self.data = data


def frame_of(value: Any) -> bytes:
    """A value as it travels."""
    attached: list[bytes] = []

    def attach(item: Any) -> Any:
        if not isinstance(item, bytes | bytearray | memoryview):
            raise TypeError(type(item).__name__)
        attached.append(bytes(item))
        return {"$bytes": len(attached[-1])}

    text = json.JSONEncoder(check_circular=False, default=attach).encode(value).encode()  # what is ours has no circles
    body = b"".join((len(text).to_bytes(_HEAD, "big"), text, *attached))
    return len(body).to_bytes(_HEAD, "big") + body


class _Bodies:
    """Reads what follows a frame's length, one after another."""

    def __init__(self) -> None:
        self._body, self._end = b"", 0
        self._reading = json.JSONDecoder(object_hook=self._attached)

    def read(self, body: bytes) -> Any:
        """The value. Raises EOFError for what no child of ours would write."""
        begin = self._end = _HEAD + int.from_bytes(body[:_HEAD], "big")
        self._body = body
        try:
            value = self._reading.decode(body[_HEAD:begin].decode())
        except (TypeError, ValueError, RecursionError):
            raise EOFError from None
        finally:
            self._body = b""
        if self._end != len(body):
            raise EOFError
        return value

    def _attached(self, item: dict[str, Any]) -> Any:
        if len(item) != 1 or "$bytes" not in item:
            return item
        size = item["$bytes"]
        if type(size) is not int or size < 0:
            raise ValueError
        begin, self._end = self._end, self._end + size
        return self._body[begin : self._end]


class Frames:
    """Values out of a stream that arrives in pieces."""

    def __init__(self) -> None:
        self._held = bytearray()
        self._bodies = _Bodies()

    def feed(self, data: bytes) -> None:
        self._held += data

    def take(self) -> list[Any]:
        """At most one value, the oldest that is whole. Raises EOFError for what no child of ours would write."""
        size = int.from_bytes(self._held[:_HEAD], "big")
        if size > MAX_FRAME:
            raise EOFError
        end = _HEAD + size
        if len(self._held) < end:
            return []
        body = bytes(self._held[_HEAD:end])
        del self._held[:end]
        return [self._bodies.read(body)]


def request_frame(method: str, params: Mapping[str, Any]) -> bytes:
    return frame_of({"method": method, "params": params})


def result_of(answer: Any) -> Any:
    """Raises ChildError where the answer is one, EOFError for what no child of ours would answer: a vendor's library shares the process of its worker."""
    match answer:
        case {"error": str(name), "message": str(message), "data": dict(data)}:
            raise ChildError(name, message, data)
        case {"result": result}:
            return result
    raise EOFError


def child_environment() -> dict[str, str]:
    """Where a child finds this package, wherever the listener was started."""
    search_path = os.pathsep.join(filter(None, [_PACKAGE_ROOT, os.environ.get("PYTHONPATH", "")]))
    return {**os.environ, "PYTHONPATH": search_path}


class FrameReader:
    """Values out of a stream that one thread waits for."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self._bodies = _Bodies()

    def read(self) -> Any:
        """The next value. Raises EOFError when the other side is gone, or makes no sense."""
        head = self._stream.read(_HEAD)
        size = int.from_bytes(head, "big")
        body = self._stream.read(size) if len(head) == _HEAD and size <= MAX_FRAME else b""
        if len(head) < _HEAD or len(body) < size:
            raise EOFError
        return self._bodies.read(body)


def read_frame(stream: IO[bytes]) -> Any:
    """One value, as `FrameReader` reads them."""
    return FrameReader(stream).read()


def serve(handlers: Mapping[str, Callable[..., Any]], public_errors: tuple[type[Exception], ...]) -> None:
    """The child's loop on its standard streams, until the listener closes them.

    Only `public_errors` (they have `data`) keep their message; anything else is reported by class name alone, so that no
    value of a traceback reaches a log.
    """
    end_with_the_bridge()
    requests, answers = FrameReader(sys.stdin.buffer), os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # a vendor's module may print: not into our frames
    gc.freeze()  # what is imported stays: no collection looks through it while a page waits
    while True:
        try:
            request = requests.read()
        except EOFError:
            return
        answers.write(frame_of(_answer(handlers, request, public_errors)))
        answers.flush()


def _answer(handlers: Mapping[str, Callable[..., Any]], request: Any, public: tuple[type[Exception], ...]) -> Any:
    try:
        return {"result": handlers[request["method"]](**request["params"])}
    except public as error:
        return {"error": type(error).__name__, "message": str(error), "data": getattr(error, "data", {})}
    except Exception as error:  # noqa: BLE001 (a child answers always)
        return {"error": type(error).__name__, "message": "", "data": {}}
