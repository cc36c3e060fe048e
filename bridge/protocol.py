"""The words of `pli-bridge.1` (docs/PROTOCOL.md): limits, error codes, the shape of each method's parameters.

Shapes are strict. A shape is a function that returns the checked value (base64 becomes bytes) or raises `InvalidParams`
naming the member at fault.
"""

import binascii
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from bridge.errors import PliError

VERSION = "0.1.0"
SUBPROTOCOL = "pli-bridge.1"
PORTS = range(28610, 28618)
MAX_FRAME = 64 * 1024
MAX_BLOBS = 64 * 1024 * 1024
MAX_ORIGIN_BLOBS = 2 * MAX_BLOBS  # of all sockets of one origin together
MAX_BLOB_NAMES = 4096  # on one socket; the longest call has some 2,000 members
MAX_CALLS = 32  # in flight on one socket
MAX_PIN_LIKE = 3  # requests with a PIN-like member before the socket is closed

CODES: Mapping[str, int] = {
    "PARSE_ERROR": -32700,
    "INVALID_REQUEST": -32600,
    "METHOD_NOT_FOUND": -32601,
    "INVALID_PARAMS": -32602,
    "INTERNAL_ERROR": -32603,
    "NOT_PAIRED": -32001,
    "BUSY": -32003,
    "RATE_LIMITED": -32004,
    "NO_READER": -32010,
    "NO_CARD": -32011,
    "CARD_REMOVED": -32012,
    "CARD_UNSUPPORTED": -32013,
    "CARD_IN_USE": -32014,
    "USER_CANCELLED": -32020,
    "PIN_INCORRECT": -32021,
    "PIN_LOCKED": -32022,
    "PIN_LAST_TRY": -32023,
    "PIN_TIMEOUT": -32024,
    "PIN_REFUSED": -32025,
    "PROMPT_MISSING": -32026,
    "KEY_USE_DENIED": -32030,
    "ALG_UNSUPPORTED": -32031,
    "RECIPIENT_MISMATCH": -32032,
    "MODULE_CRASHED": -32040,
    "MODULE_MISSING": -32041,
    "HANDLE_UNKNOWN": -32050,
    "GRANT_REFUSED": -32051,
    "LOG_REFUSED": -32052,
    "BLOB_UNKNOWN": -32053,
    "BLOB_TOO_LARGE": -32054,
    "SHARE_REFUSED": -32055,
}

PIN_LIKE = frozenset({"pin", "password", "puk", "code"})


class RpcError(PliError):
    """An error with a name of `CODES`, as a page sees it; `data` holds its further public members."""

    def __init__(self, name: str, **data: Any) -> None:
        super().__init__(name.replace("_", " ").lower())
        self.name = name
        self.data = data

    @property
    def number(self) -> int:
        return CODES[self.name]

    def body(self) -> dict[str, Any]:
        """The JSON-RPC error object."""
        return {"code": self.number, "message": str(self), "data": {"name": self.name, **self.data}}


class InvalidParams(RpcError):
    """A member is missing, unknown or of the wrong shape."""

    def __init__(self, path: "Path") -> None:
        super().__init__("INVALID_PARAMS", member=_written(path) or "params")


# Where a value stands: in what, and by which name or position there. Written out only where it is refused. "" is the whole.
Path = str | tuple["Path", str | int]
TakeBlob = Callable[[str, bool], bytes]  # by its name; whether it is to stay for the next call
Shape = Callable[[Any, Path, TakeBlob], Any]


def _written(path: Path) -> str:
    if isinstance(path, str):
        return path
    whole, part = _written(path[0]), path[1]
    if isinstance(part, int):
        return f"{whole}[{part}]"
    return f"{whole}.{part}" if whole else part


def text(maximum: int, pattern: str = r"[^\x00-\x1f\x7f]*") -> Shape:
    """A string of at most `maximum` characters that matches `pattern` as a whole."""
    expression = re.compile(pattern)

    def check(value: Any, path: Path, _take: TakeBlob) -> str:
        if not isinstance(value, str) or len(value) > maximum or not expression.fullmatch(value) or not is_text(value):
            raise InvalidParams(path)
        return value

    return check


_HALF = re.compile("[\ud800-\udfff]")


def is_text(value: str) -> bool:
    """Whether UTF-8 can write it: JSON's escapes can name halves of a character (RFC 8259 §8.2)."""
    return _HALF.search(value) is None


def choice(*values: str) -> Shape:
    def check(value: Any, path: Path, _take: TakeBlob) -> Any:
        if not isinstance(value, str) or value not in values:
            raise InvalidParams(path)
        return value

    return check


def integer(minimum: int, maximum: int) -> Shape:
    def check(value: Any, path: Path, _take: TakeBlob) -> int:
        if type(value) is not int or not minimum <= value <= maximum:
            raise InvalidParams(path)
        return value

    return check


def boolean(value: Any, path: Path, _take: TakeBlob) -> bool:
    if not isinstance(value, bool):
        raise InvalidParams(path)
    return value


_BLOB_MEMBERS = ({"blob"}, {"blob", "keep"})


def binary(value: Any, path: Path, take: TakeBlob) -> bytes:
    """Standard base64, or `{"blob": id, "keep"?: true}` naming bytes uploaded before."""
    if isinstance(value, dict) and value.keys() in _BLOB_MEMBERS and isinstance(value["blob"], str):
        if value.get("keep", True) is not True:
            raise InvalidParams((path, "keep"))
        return take(value["blob"], "keep" in value)
    return inline_binary(value, path, take)


def inline_binary(value: Any, path: Path, _take: TakeBlob) -> bytes:
    try:
        return binascii.a2b_base64(value, strict_mode=True)
    except (TypeError, ValueError):
        raise InvalidParams(path) from None


def fixed_binary(size: int) -> Shape:
    def check(value: Any, path: Path, take: TakeBlob) -> bytes:
        found = inline_binary(value, path, take)
        if len(found) != size:
            raise InvalidParams(path)
        return found

    return check


def many(shape: Shape, maximum: int, minimum: int = 0) -> Shape:
    """A list of `minimum` to `maximum` values of one shape."""

    def check(value: Any, path: Path, take: TakeBlob) -> list[Any]:
        if not isinstance(value, list) or not minimum <= len(value) <= maximum:
            raise InvalidParams(path)
        return [shape(item, (path, position), take) for position, item in enumerate(value)]

    return check


def record(required: Mapping[str, Shape], optional: Mapping[str, Shape] | None = None) -> Shape:
    """An object with exactly the required members and any of the optional ones."""
    members = {**required, **(optional or {})}

    def check(value: Any, path: Path, take: TakeBlob) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise InvalidParams(path)
        if not required.keys() <= value.keys() <= members.keys():
            wrong = required.keys() - value.keys() or value.keys() - members.keys()
            raise InvalidParams((path, min(wrong)))
        return {name: members[name](item, (path, name), take) for name, item in value.items()}

    return check


def one_of(**alternatives: Shape) -> Shape:
    """An object with exactly one of these members."""

    def check(value: Any, path: Path, take: TakeBlob) -> dict[str, Any]:
        if not isinstance(value, dict) or len(value) != 1 or not value.keys() <= alternatives.keys():
            raise InvalidParams(path)
        (name, item) = next(iter(value.items()))
        return {name: alternatives[name](item, (path, name), take)}

    return check


def pin_like(value: Any) -> Iterator[str]:
    """The names of members that look like a PIN, at any depth: JSON may be deeper than Python's stack."""
    ahead = [value]
    while ahead:
        one = ahead.pop()
        if isinstance(one, dict):
            yield from (name for name in one if name.lower() in PIN_LIKE)
            ahead.extend(one.values())
        elif isinstance(one, list):
            ahead.extend(one)


def rfc3339(moment: datetime) -> str:
    """An aware moment as the protocol writes it, in UTC and whole seconds."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def from_rfc3339(text: str) -> datetime:
    """A moment that has its shape; raises RpcError INVALID_PARAMS for a date that does not exist."""
    try:
        return datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    except ValueError:
        raise RpcError("INVALID_PARAMS", member="at") from None
