"""Strict shapes of JSON: every door of the server says what it takes and refuses the rest.

A shape is a function from a parsed JSON value and its path to the value the server uses; it raises `SchemaError`
with the path of the first thing that does not fit. Unknown and missing members of an object never pass.
"""

import base64
import binascii
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

Shape = Callable[[Any, str], Any]

MISSING = object()


class SchemaError(ValueError):
    """A JSON value has not the shape asked for; `path` names the member, never its content."""

    code = "request-invalid"

    def __init__(self, path: str) -> None:
        self.path = path
        super().__init__(f"{path or 'the value'} has not the expected shape")


def text(maximum: int = 255, pattern: str = r"[\s\S]*") -> Shape:
    """A string of at most `maximum` characters that matches `pattern` as a whole."""
    expression = re.compile(pattern)

    def shape(value: Any, path: str) -> str:
        if not isinstance(value, str) or len(value) > maximum or not expression.fullmatch(value):
            raise SchemaError(path)
        return value

    return shape


def binary(maximum: int) -> Shape:
    """Standard base64 with padding; gives bytes, at most `maximum` of them."""

    def shape(value: Any, path: str) -> bytes:
        if not isinstance(value, str) or len(value) > (maximum + 2) // 3 * 4:
            raise SchemaError(path)
        try:
            return base64.b64decode(value, validate=True)
        except (binascii.Error, ValueError) as error:
            raise SchemaError(path) from error

    return shape


def integer(minimum: int = 0, maximum: int = 2**53 - 1) -> Shape:
    """A whole number in the range; the default is JMAP's UnsignedInt (RFC 8620 §1.3)."""

    def shape(value: Any, path: str) -> int:
        if not isinstance(value, int) or isinstance(value, bool) or not minimum <= value <= maximum:
            raise SchemaError(path)
        return value

    return shape


def boolean(value: Any, path: str) -> bool:
    """True or false."""
    if not isinstance(value, bool):
        raise SchemaError(path)
    return value


def true(value: Any, path: str) -> bool:
    """Exactly true: the values of JMAP sets such as `mailboxIds` (RFC 8621 §4.1.1)."""
    if value is not True:
        raise SchemaError(path)
    return True


def moment(value: Any, path: str) -> datetime:
    """A UTCDate (RFC 8620 §1.4) as an aware datetime."""
    if not isinstance(value, str) or not re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?Z", value):
        raise SchemaError(path)
    try:
        return datetime.fromisoformat(value).astimezone(UTC)
    except ValueError as error:
        raise SchemaError(path) from error


def anything(value: Any, path: str) -> Any:
    """Any JSON value: for members whose own reader checks them."""
    del path
    return value


def one_of(*choices: str) -> Shape:
    """One of the given strings."""

    def shape(value: Any, path: str) -> str:
        if not isinstance(value, str) or value not in choices:
            raise SchemaError(path)
        return value

    return shape


def nullable(inner: Shape) -> Shape:
    """The inner shape, or null."""

    def shape(value: Any, path: str) -> Any:
        return None if value is None else inner(value, path)

    return shape


def sequence(inner: Shape, maximum: int) -> Shape:
    """An array of at most `maximum` values of the inner shape."""

    def shape(value: Any, path: str) -> list[Any]:
        if not isinstance(value, list) or len(value) > maximum:
            raise SchemaError(path)
        return [inner(item, f"{path}/{index}") for index, item in enumerate(value)]

    return shape


def mapping(key: Shape, inner: Shape, maximum: int) -> Shape:
    """An object used as a map, with at most `maximum` members."""

    def shape(value: Any, path: str) -> dict[str, Any]:
        if not isinstance(value, dict) or len(value) > maximum:
            raise SchemaError(path)
        return {key(name, path): inner(item, f"{path}/{name[:64]}") for name, item in value.items()}

    return shape


@dataclass(frozen=True)
class Optional:
    """A member that may be absent; `default` then stands for it."""

    shape: Shape
    default: Any = None


Members = dict[str, Shape | Optional]


class Record:
    """An object with exactly the named members; those wrapped in `Optional` may be absent."""

    def __init__(self, members: Members) -> None:
        self.members = members

    def __call__(self, value: Any, path: str = "") -> dict[str, Any]:
        if not isinstance(value, dict):
            raise SchemaError(path)
        for name in value:
            if name not in self.members:
                raise SchemaError(f"{path}/{name[:64]}")
        return {name: self._member(value.get(name, MISSING), name, path) for name in self.members}

    def _member(self, value: Any, name: str, path: str) -> Any:
        member = self.members[name]
        where = f"{path}/{name}"
        if isinstance(member, Optional):
            return member.default if value is MISSING else member.shape(value, where)
        if value is MISSING:
            raise SchemaError(where)
        return member(value, where)
