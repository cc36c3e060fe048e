"""Reading the addressing of a message without parsing its body (RFC 5322 §3.6), within 256 KB of headers.

Used by the server on clear mail and outer headers, and by the bridge on what it is asked to sign.
"""

from __future__ import annotations

from dataclasses import dataclass
from email.errors import MessageError
from email.header import decode_header, make_header
from email.utils import getaddresses

from bridge.cms.errors import LimitExceeded, Malformed

MAX_HEADER_BYTES = 256 * 1024
_MAX_FIELDS = 1_000


@dataclass(frozen=True)
class Address:
    """One mailbox of a header: display name and addr-spec, both as written by the sender."""

    name: str
    address: str


@dataclass(frozen=True)
class Addressing:
    """From, To, Cc and Subject as they stand; nothing here is proved."""

    from_: tuple[Address, ...]
    to: tuple[Address, ...]
    cc: tuple[Address, ...]
    subject: str


def read_addressing(message: bytes) -> Addressing:
    """The addressing of an RFC 5322 message or MIME entity.

    Raises `LimitExceeded` for more than 256 KB or 1,000 fields of header, `Malformed` for From or Subject given twice.
    """
    fields = read_fields(message)
    return Addressing(
        from_=_addresses(fields, "from", at_most=1),
        to=_addresses(fields, "to"),
        cc=_addresses(fields, "cc"),
        subject=_decoded(_single(fields, "subject")),
    )


def read_fields(message: bytes) -> list[tuple[str, str]]:
    """Header fields in order: lower-case name, unfolded raw value. Raises `LimitExceeded` or `Malformed`."""
    fields: list[tuple[str, str]] = []
    for line in filter(None, header_of(message).replace(b"\r\n", b"\n").split(b"\n")):
        text = line.decode("utf-8", "replace")
        if text[:1] in (" ", "\t") and fields:
            name, value = fields[-1]
            fields[-1] = (name, value + text)
        elif ":" in text:
            name, _, value = text.partition(":")
            fields.append((name.strip().lower(), value.strip()))
        else:
            raise Malformed("a header line that is no field")
    if len(fields) > _MAX_FIELDS:
        raise LimitExceeded("too many header fields")
    return fields


def header_of(message: bytes) -> bytes:
    """The header section, without the empty line that ends it. Raises `LimitExceeded` past 256 KB."""
    if message.startswith((b"\r\n", b"\n")):
        return b""
    head = message[: MAX_HEADER_BYTES + 4]
    ends = [end for mark in (b"\r\n\r\n", b"\n\n") if (end := head.find(mark)) >= 0]
    end = min(ends) if ends else len(message)
    if end > MAX_HEADER_BYTES:
        raise LimitExceeded("more than 256 KB of header")
    return message[:end]


def _single(fields: list[tuple[str, str]], name: str) -> str:
    values = [value for field, value in fields if field == name]
    if len(values) > 1:
        raise Malformed(f"more than one {name} field")
    return values[0] if values else ""


def _addresses(fields: list[tuple[str, str]], name: str, *, at_most: int | None = None) -> tuple[Address, ...]:
    values = [value for field, value in fields if field == name]
    if at_most is not None and len(values) > at_most:
        raise Malformed(f"more than one {name} field")
    pairs = getaddresses(values)
    return tuple(Address(_decoded(shown), address) for shown, address in pairs if address)


def _decoded(value: str) -> str:
    """RFC 2047 encoded-words as text, without line breaks or other controls; as it stands where they do not decode."""
    try:
        text = str(make_header(decode_header(value)))
    except (MessageError, LookupError, ValueError):
        text = value
    return "".join(character for character in text if character.isprintable())
