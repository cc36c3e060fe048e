"""One socket's conversation as a state machine without I/O: frames and answers in, effects out.

It parses, checks shapes and matches answers to requests. It performs nothing: `Invoke` asks the
server to run a method, whose outcome comes back through `complete` or `fail`.
"""

import base64
import json
from dataclasses import dataclass
from itertools import count
from typing import Any

from bridge.blobs import Blobs, BlobSpace
from bridge.protocol import (
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
_MEMBERS = frozenset({"jsonrpc", "id", "method", "params"})


class Session:
    """The state of one socket. `space` is that of its origin."""

    def __init__(self, space: BlobSpace | None = None) -> None:
        self._space = space or BlobSpace()
        self._blobs = Blobs(self._space)
        self._waiting: dict[int, RequestId] = {}
        self._kept: dict[int, int] = {}  # octets of blobs that each call works with
        self._calls = count(1)
        self.refused_pins = 0
        self._over = False

    def receive(self, frame: bytes) -> list[Effect]:
        """What to do about a message of the page: nothing, once its socket is to be closed."""
        return [] if self._over else self._heard(frame)

    def _heard(self, frame: bytes) -> list[Effect]:
        if len(frame) > MAX_FRAME:
            return [self._close(1009)]
        request: Any = None
        request_id: RequestId = None
        try:
            request = _parse(frame)
            request_id = _request_id(request)
            return self._begin(request_id, request["method"], request.get("params", {}))
        except RpcError as error:
            return self._refused(request, request_id, error)

    def _refused(self, request: Any, request_id: RequestId, error: RpcError) -> list[Effect]:
        """No shape has a member like a PIN: only what is refused anyhow is searched for one."""
        if (member := next(pin_like(request), None)) is not None:
            self.refused_pins += 1
            error = InvalidParams(member)
        closing: list[Effect] = [self._close(1008)] if self.refused_pins >= MAX_PIN_LIKE else []
        return [Reply(_error_frame(request_id, error)), *closing]

    def _close(self, status: int) -> Close:
        self._over = True
        return Close(status)

    def complete(self, call: int, result: Any) -> list[Effect]:
        """A method's result (bytes in it become base64)."""
        return [Reply(_frame({"jsonrpc": "2.0", "id": self._ended(call), "result": result}))]

    def fail(self, call: int, error: RpcError) -> list[Effect]:
        return [Reply(_error_frame(self._ended(call), error))]

    def close(self) -> None:
        """The socket is gone, and its blobs with it; calls that still run end by `complete` or `fail`."""
        self._blobs.close()

    def notify(self, method: str, params: dict[str, Any]) -> list[Effect]:
        """An event for the page."""
        return [Reply(_frame({"jsonrpc": "2.0", "method": method, "params": params}))]

    def _begin(self, request_id: RequestId, method: str, params: Any) -> list[Effect]:
        if method not in METHODS:
            raise RpcError("METHOD_NOT_FOUND")
        if method == "blob.put":
            size = self._blobs.put(**METHODS[method](params, "", _no_blob))
            return [Reply(_frame({"jsonrpc": "2.0", "id": request_id, "result": size}))]
        if len(self._waiting) >= MAX_CALLS:
            raise RpcError("BUSY")
        checked, kept = self._check(method, params)
        call = next(self._calls)
        self._waiting[call], self._kept[call] = request_id, kept
        return [Invoke(call, method, checked)]

    def _ended(self, call: int) -> RequestId:
        self._space.give_back(self._kept.pop(call))
        return self._waiting.pop(call)

    def _check(self, method: str, params: Any) -> tuple[dict[str, Any], int]:
        """The parameters, and the octets of the blobs among them. Raises RpcError."""
        taken: dict[str, bytes] = {}
        used: set[str] = set()

        def take(name: str, keep: bool) -> bytes:
            if not keep:
                used.add(name)
            if name not in taken:  # one copy, however often a request names it
                taken[name] = self._blobs.read(name)
            return taken[name]

        checked: dict[str, Any] = METHODS[method](params, "", take)
        copied = sum(len(taken[name]) for name in taken.keys() - used)
        self._space.take(copied)  # those that stay are there twice while the call lasts
        return checked, copied + self._blobs.forget(used)


def _no_blob(_name: str, _keep: bool) -> bytes:
    raise RpcError("BLOB_UNKNOWN")


def turned_away(frame: bytes, error: str) -> bytes:
    """The answer to a request that comes before its time."""
    try:
        request_id = _request_id(_parse(frame))
    except RpcError:
        request_id = None
    return _error_frame(request_id, RpcError(error))


def _parse(frame: bytes) -> Any:
    try:
        return _READING.decode(frame.decode())
    except (ValueError, RecursionError):
        raise RpcError("PARSE_ERROR") from None


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a member twice")
    return members


def _no_constant(name: str) -> Any:
    raise ValueError(name)


_READING = json.JSONDecoder(object_pairs_hook=_members, parse_constant=_no_constant)


def _request_id(request: Any) -> RequestId:
    if not isinstance(request, dict):
        raise RpcError("INVALID_REQUEST")
    found = request.get("id")
    known = (type(found) is int and abs(found) < 2**53) or (
        isinstance(found, str) and len(found) <= _LONGEST_ID and is_text(found)
    )
    shaped = request.get("jsonrpc") == "2.0" and isinstance(request.get("method"), str)
    if not known or not shaped or not request.keys() <= _MEMBERS:
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


_WRITING = json.JSONEncoder(
    default=_base64, separators=(",", ":"), ensure_ascii=False, check_circular=False
)  # what is ours has no circles
