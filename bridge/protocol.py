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
    "ORIGIN_DENIED": -32002,
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

    def __init__(self, member: str) -> None:
        super().__init__("INVALID_PARAMS", member=member or "params")


TakeBlob = Callable[[str], bytes]
Shape = Callable[[Any, str, TakeBlob], Any]


def text(maximum: int, pattern: str = r"[^\x00-\x1f\x7f]*") -> Shape:
    """A string of at most `maximum` characters that matches `pattern` as a whole."""
    expression = re.compile(pattern)

    def check(value: Any, path: str, _take: TakeBlob) -> str:
        if not isinstance(value, str) or len(value) > maximum or not expression.fullmatch(value) or not is_text(value):
            raise InvalidParams(path)
        return value

    return check


_HALF = re.compile("[\ud800-\udfff]")


def is_text(value: str) -> bool:
    """Whether UTF-8 can write it: JSON's escapes can name halves of a character (RFC 8259 §8.2)."""
    return _HALF.search(value) is None


def choice(*values: str) -> Shape:
    def check(value: Any, path: str, _take: TakeBlob) -> Any:
        if not isinstance(value, str) or value not in values:
            raise InvalidParams(path)
        return value

    return check


def integer(minimum: int, maximum: int) -> Shape:
    def check(value: Any, path: str, _take: TakeBlob) -> int:
        if type(value) is not int or not minimum <= value <= maximum:
            raise InvalidParams(path)
        return value

    return check


def boolean(value: Any, path: str, _take: TakeBlob) -> bool:
    if not isinstance(value, bool):
        raise InvalidParams(path)
    return value


def binary(value: Any, path: str, take: TakeBlob) -> bytes:
    """Standard base64, or `{"blob": id}` naming bytes uploaded before."""
    if isinstance(value, dict) and value.keys() == {"blob"} and isinstance(value["blob"], str):
        return take(value["blob"])
    return inline_binary(value, path, take)


def inline_binary(value: Any, path: str, _take: TakeBlob) -> bytes:
    try:
        return binascii.a2b_base64(value, strict_mode=True)
    except (TypeError, ValueError):
        raise InvalidParams(path) from None


def fixed_binary(size: int) -> Shape:
    def check(value: Any, path: str, take: TakeBlob) -> bytes:
        found = inline_binary(value, path, take)
        if len(found) != size:
            raise InvalidParams(path)
        return found

    return check


def many(shape: Shape, maximum: int, minimum: int = 0) -> Shape:
    """A list of `minimum` to `maximum` values of one shape."""

    def check(value: Any, path: str, take: TakeBlob) -> list[Any]:
        if not isinstance(value, list) or not minimum <= len(value) <= maximum:
            raise InvalidParams(path)
        return [shape(item, f"{path}[{position}]", take) for position, item in enumerate(value)]

    return check


def record(required: Mapping[str, Shape], optional: Mapping[str, Shape] | None = None) -> Shape:
    """An object with exactly the required members and any of the optional ones."""
    members = {**required, **(optional or {})}

    def check(value: Any, path: str, take: TakeBlob) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise InvalidParams(path)
        if not required.keys() <= value.keys() <= members.keys():
            wrong = required.keys() - value.keys() or value.keys() - members.keys()
            raise InvalidParams(_member(path, min(wrong)))
        return {name: members[name](item, _member(path, name), take) for name, item in value.items()}

    return check


def one_of(**alternatives: Shape) -> Shape:
    """An object with exactly one of these members."""

    def check(value: Any, path: str, take: TakeBlob) -> dict[str, Any]:
        if not isinstance(value, dict) or len(value) != 1 or not value.keys() <= alternatives.keys():
            raise InvalidParams(path)
        (name, item) = next(iter(value.items()))
        return {name: alternatives[name](item, _member(path, name), take)}

    return check


def _member(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def pin_like(value: Any) -> Iterator[str]:
    """The names of members that look like a PIN, at any depth."""
    if isinstance(value, dict):
        yield from (name for name in value if name.lower() in PIN_LIKE)
    if isinstance(value, dict | list):
        for item in value.values() if isinstance(value, dict) else value:
            yield from pin_like(item)


_CARD = text(64, r"c_[0-9a-f]{32}")
_HANDLE = text(64, r"m_[0-9a-f]{32}")
_HEX_ID = text(32, r"[0-9a-f]{32}")
_ADDRESS = text(254, r"[^\x00-\x20\x7f@]{1,64}@[^\x00-\x20\x7f@]{1,189}")
_TIME = text(20, r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
_CERTIFICATES = many(binary, 10)
_CRLS = many(binary, 64)
_OCSPS = many(binary, 512)
_NOTHING = record({})
_PASSKEY = {"credentialId": inline_binary, "prf": fixed_binary(32)}
_NAMED = {"name": text(200), "idType": text(20), "idValue": text(64)}

METHODS: Mapping[str, Shape] = {
    "bridge.status": _NOTHING,
    "card.list": _NOTHING,
    "card.subscribe": _NOTHING,
    "pin.status": record({"card": _CARD}),
    "pin.change": record({"card": _CARD}),
    "diag.report": _NOTHING,
    "cert.get": record({"card": _CARD, "key": text(64)}),
    "auth.token": record({"card": _CARD, "challenge": text(128, r"[A-Za-z0-9+/=]{44,128}")}),
    "certificate.request": record(
        {
            "address": _ADDRESS,
            "encryptionAlgorithm": choice("rsa-3072", "p-384"),
            "signatureAlgorithm": choice("p-256", "rsa-3072"),
        }
    ),
    "mailbox.create": record(
        {
            "handle": _HANDLE,
            "mailboxId": _HEX_ID,
            "address": _ADDRESS,
            "encryptionCertificate": binary,
            "signatureCertificate": binary,
            "chain": _CERTIFICATES,
            "crls": _CRLS,
            "holder": one_of(card=_CARD, passkey=record({**_PASSKEY, **_NAMED})),
        }
    ),
    "mailbox.open": record(
        {
            "grant": binary,
            "logEntries": many(binary, 1000),
            "bindings": many(binary, 1000),
            "encryptionCertificate": binary,
            "signatureCertificate": binary,
            "chain": _CERTIFICATES,
            "crls": _CRLS,
            "unlock": one_of(card=_CARD, passkey=record(_PASSKEY)),
        }
    ),
    "storage.keys": record(
        {
            "handle": _HANDLE,
            "items": many(
                record(
                    {
                        "class": choice(
                            "draft", "pack", "pins", "correspondents", "contacts", "settings", "folder", "cek"
                        ),
                        "id": text(128, r"[\x21-\x7e]{1,128}"),
                    }
                ),
                256,
            ),
        }
    ),
    "key.unwrap": record(
        {
            "handle": _HANDLE,
            "class": choice("message", "summary"),
            "items": many(record({"recipientInfo": binary, "contentAlgorithm": text(64, r"[0-9]+(\.[0-9]+)+")}), 64),
        }
    ),
    "message.sign": record({"handle": _HANDLE, "messages": many(binary, 50, 1)}, {"card": _CARD}),
    "certificates.validate": record(
        {
            "items": many(
                record(
                    {
                        "certificate": binary,
                        "chain": _CERTIFICATES,
                        "purpose": choice("encrypt", "message-signature", "card-signature", "card-authentication"),
                    },
                    {"address": _ADDRESS, "binding": binary, "logEntry": binary, "at": _TIME},
                ),
                64,
            ),
            "crls": _CRLS,
        },
        {"ocsps": _OCSPS},
    ),
    "session.lock": record({}, {"handle": _HANDLE}),
    "blob.put": record(
        {"id": text(64, r"[\x21-\x7e]{1,64}"), "offset": integer(0, MAX_BLOBS), "data": inline_binary, "last": boolean}
    ),
}


def rfc3339(moment: datetime) -> str:
    """An aware moment as the protocol writes it, in UTC and whole seconds."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def from_rfc3339(text: str) -> datetime:
    """A moment that has its shape; raises RpcError INVALID_PARAMS for a date that does not exist."""
    try:
        return datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    except ValueError:
        raise RpcError("INVALID_PARAMS", member="at") from None
