"""Result references: arguments taken from an earlier response of the same request (RFC 8620 §3.7)."""

from collections.abc import Sequence
from typing import Any

from webmail.jmap.errors import MethodError
from webmail.schema import Record, SchemaError, text

type_of_reference = Record({"resultOf": text(), "name": text(), "path": text(1024)})
Response = tuple[str, dict[str, Any], str]


def resolve_arguments(arguments: dict[str, Any], responses: Sequence[Response]) -> dict[str, Any]:
    """Replace each `#name` argument by what its ResultReference points to."""
    resolved: dict[str, Any] = {}
    for name, value in arguments.items():
        if not name.startswith("#"):
            resolved[name] = value
        elif name[1:] in arguments:
            raise MethodError("invalidArguments", description=f"both {name} and {name[1:]} are given"[:200])
        else:
            resolved[name[1:]] = _follow(value, responses)
    return resolved


def _follow(value: Any, responses: Sequence[Response]) -> Any:
    try:
        reference = type_of_reference(value)
    except SchemaError as error:
        raise MethodError("invalidResultReference") from error
    for name, arguments, call_id in responses:
        if call_id == reference["resultOf"]:
            if name != reference["name"]:
                break
            return evaluate_pointer(arguments, reference["path"])
    raise MethodError("invalidResultReference")


def evaluate_pointer(value: Any, pointer: str) -> Any:
    """A JSON pointer (RFC 6901) with JMAP's `*`, which maps over an array and flattens once."""
    if pointer == "":
        return value
    if not pointer.startswith("/"):
        raise MethodError("invalidResultReference")
    return _walk(value, pointer[1:].split("/"))


def _walk(value: Any, tokens: list[str]) -> Any:
    for index, token in enumerate(tokens):
        if token == "*" and isinstance(value, list):  # noqa: S105 - a pointer's token
            return _each(value, tokens[index + 1 :])
        value = _step(value, token.replace("~1", "/").replace("~0", "~"))
    return value


def _each(values: list[Any], rest: list[str]) -> list[Any]:
    found: list[Any] = []
    for item in values:
        result = _walk(item, rest)
        found.extend(result if isinstance(result, list) else [result])
    return found


def _step(value: Any, token: str) -> Any:
    if isinstance(value, dict) and token in value:
        return value[token]
    if isinstance(value, list) and token.isascii() and token.isdigit() and int(token) < len(value):
        return value[int(token)]
    raise MethodError("invalidResultReference")
