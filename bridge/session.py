"""One socket's conversation as a state machine without I/O: frames and answers in, effects out.

It parses, checks shapes, keeps uploaded blobs and matches answers to requests. It performs nothing: `Invoke` asks the
server to run a method, whose outcome comes back through `complete` or `fail`.
"""

import base64
import json
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import count
from typing import Any

from bridge.protocol import (
    MAX_BLOB_NAMES,
    MAX_BLOBS,
    MAX_CALLS,
    MAX_FRAME,
    MAX_PIN_LIKE,
    InvalidParams,
    RpcError,
    is_text,
    pin_like,
)
from bridge.schemas import METHODS


@dataclass(frozen=True)
class Reply:
    """Send these bytes."""

    frame: bytes


@dataclass(frozen=True)
class Invoke:
    """Run a method; answer with `complete(call, result)` or `fail(call, error)`."""

    call: int
    method: str
    params: dict[str, Any]


@dataclass(frozen=True)
class Close:
    """Close the socket with this websocket code."""

    status: int


Effect = Reply | Invoke | Close

RequestId = int | str | None
_LONGEST_ID = 64


class Blobs:
    """Bytes uploaded in pieces. A blob is gone once a request has named it."""

    def __init__(self) -> None:
        self._parts: dict[str, bytearray] = {}
        self._whole: set[str] = set()
        self._size = 0

    def put(self, id: str, offset: int, data: bytes, last: bool) -> dict[str, int]:  # noqa: A002 (the member's name)
        """The size so far, in bytes. Raises RpcError INVALID_PARAMS where a piece is not the next one, BLOB_TOO_LARGE."""
        held = bytearray() if offset == 0 else self._parts.get(id, bytearray())
        if len(held) != offset or (offset and id in self._whole):
            raise InvalidParams("offset")
        size = self._size - len(self._parts.get(id, b"")) + offset + len(data)
        if size > MAX_BLOBS or (id not in self._parts and len(self._parts) >= MAX_BLOB_NAMES):
            raise RpcError("BLOB_TOO_LARGE")
        self._size = size
        held += data
        self._parts[id] = held
        (self._whole.add if last else self._whole.discard)(id)
        return {"size": len(held)}

    def read(self, name: str) -> bytes:
        """Raises RpcError BLOB_UNKNOWN, also where the last piece has not come."""
        if name not in self._whole:
            raise RpcError("BLOB_UNKNOWN")
        return bytes(self._parts[name])

    def forget(self, names: Iterable[str]) -> None:
        for name in names:
            self._size -= len(self._parts.pop(name, b""))
            self._whole.discard(name)


class Session:
    """The state of one socket."""

    def __init__(self) -> None:
        self._blobs = Blobs()
        self._waiting: dict[int, RequestId] = {}
        self._calls = count(1)
        self.refused_pins = 0

    def receive(self, frame: bytes) -> list[Effect]:
        """What to do about a message of the page."""
        if len(frame) > MAX_FRAME:
            return [Close(1009)]
        request_id: RequestId = None
        try:
            request = _parse(frame)
            request_id = _request_id(request)
            return self._dispatch(request_id, request)
        except RpcError as error:
            closing: list[Effect] = [Close(1008)] if self.refused_pins >= MAX_PIN_LIKE else []
            return [Reply(_error_frame(request_id, error)), *closing]

    def complete(self, call: int, result: Any) -> list[Effect]:
        """A method's result (bytes in it become base64)."""
        return [Reply(_frame({"jsonrpc": "2.0", "id": self._waiting.pop(call), "result": result}))]

    def fail(self, call: int, error: RpcError) -> list[Effect]:
        return [Reply(_error_frame(self._waiting.pop(call), error))]

    def notify(self, method: str, params: dict[str, Any]) -> list[Effect]:
        """An event for the page."""
        return [Reply(_frame({"jsonrpc": "2.0", "method": method, "params": params}))]

    def _dispatch(self, request_id: RequestId, request: dict[str, Any]) -> list[Effect]:
        method, params = request["method"], request.get("params", {})
        for member in pin_like(params):
            self.refused_pins += 1
            raise InvalidParams(member)
        if method not in METHODS:
            raise RpcError("METHOD_NOT_FOUND")
        checked = self._check(method, params)
        if method == "blob.put":
            return [Reply(_frame({"jsonrpc": "2.0", "id": request_id, "result": self._blobs.put(**checked)}))]
        if len(self._waiting) >= MAX_CALLS:
            raise RpcError("BUSY")
        call = next(self._calls)
        self._waiting[call] = request_id
        return [Invoke(call, method, checked)]

    def _check(self, method: str, params: Any) -> dict[str, Any]:
        taken: dict[str, bytes] = {}

        def take(name: str) -> bytes:
            if name not in taken:  # one copy, however often a request names it
                taken[name] = self._blobs.read(name)
            return taken[name]

        checked: dict[str, Any] = METHODS[method](params, "", take)
        self._blobs.forget(taken)
        return checked


def turned_away(frame: bytes, error: str) -> bytes:
    """The answer to a request that comes before its time."""
    try:
        request_id = _request_id(_parse(frame))
    except RpcError:
        request_id = None
    return _error_frame(request_id, RpcError(error))


def _parse(frame: bytes) -> dict[str, Any]:
    try:
        request = _READING.decode(frame.decode())
    except (ValueError, RecursionError):
        raise RpcError("PARSE_ERROR") from None
    if not isinstance(request, dict):
        raise RpcError("INVALID_REQUEST")
    return request


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a member twice")
    return members


def _no_constant(name: str) -> Any:
    raise ValueError(name)


_READING = json.JSONDecoder(object_pairs_hook=_members, parse_constant=_no_constant)


def _request_id(request: dict[str, Any]) -> RequestId:
    found = request.get("id")
    known = (type(found) is int and abs(found) < 2**53) or (
        isinstance(found, str) and len(found) <= _LONGEST_ID and is_text(found)
    )
    shaped = request.get("jsonrpc") == "2.0" and isinstance(request.get("method"), str)
    if not known or not shaped or request.keys() - {"jsonrpc", "id", "method", "params"}:
        raise RpcError("INVALID_REQUEST")
    return found


def _error_frame(request_id: RequestId, error: RpcError) -> bytes:
    return _frame({"jsonrpc": "2.0", "id": request_id, "error": error.body()})


def _frame(value: dict[str, Any]) -> bytes:
    return _WRITING.encode(value).encode()


def _base64(value: Any) -> str:
    if not isinstance(value, bytes):
        raise TypeError(type(value).__name__)
    return base64.b64encode(value).decode("ascii")


_WRITING = json.JSONEncoder(default=_base64, separators=(",", ":"), ensure_ascii=False)
