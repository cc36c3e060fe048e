"""Reading and writing tag-length-value without a schema, for the places where a parser would be slow.

Only for bytes that `limits.check_asn1` accepted: walking is recursive and trusts lengths.
"""

# ruff: noqa: PLR2004 -- the tag and length octets of X.690 §8.1 are clearer as figures
from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from bridge.cms.errors import Malformed

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

INTEGER = 0x02
BIT_STRING = 0x03
OCTET_STRING = 0x04
OBJECT_IDENTIFIER = 0x06
SEQUENCE = 0x30
SET = 0x31
CONTEXT_0 = 0xA0
CONTEXT_1 = 0xA1
CONTEXT_2 = 0xA2

_CONSTRUCTED = 0x20


class Element(NamedTuple):
    """One element: `tag` is its first octet; the contents are `data[body:end]`; the next element starts at `after`."""

    tag: int
    start: int
    body: int
    end: int
    after: int


def read(data: bytes, offset: int = 0) -> Element:
    """The element at `offset`. Raises `Malformed` where the bytes end early."""
    try:
        tag, body, length = begin(data, offset)
    except IndexError:
        raise Malformed("the structure ends early") from None
    if length >= 0:
        return Element(tag, offset, body, body + length, body + length)
    end = body
    while data[end : end + 2] != b"\0\0":
        end = read(data, end).after
    return Element(tag, offset, body, end, end + 2)


def children(data: bytes, parent: Element) -> Iterator[Element]:
    """The elements inside `parent`, in order."""
    offset = parent.body
    while offset < parent.end:
        child = read(data, offset)
        yield child
        offset = child.after


def raw(data: bytes, element: Element) -> bytes:
    """The whole encoding of `element`."""
    return data[element.start : element.after]


def octets(data: bytes, element: Element) -> bytes:
    """The value of a string, primitive or in segments (X.690 §8.7.3)."""
    if not element.tag & _CONSTRUCTED:
        return data[element.body : element.end]
    segments = list(children(data, element))
    if any(segment.tag & ~_CONSTRUCTED != OCTET_STRING for segment in segments):
        raise Malformed("a string in segments of another kind")
    return b"".join(octets(data, segment) for segment in segments)


def canonical(data: bytes, element: Element) -> bytes:
    """The DER of `element`: shortest lengths, strings in one piece, every SET OF in ascending order (X.690 §10, §11.6)."""
    if element.tag & 0x1F == 0x1F:
        return raw(data, element)  # a high tag number stays as it came: none exists in what we read
    if not element.tag & _CONSTRUCTED:
        return encode(element.tag, data[element.body : element.end])
    if element.tag == OCTET_STRING | _CONSTRUCTED:
        return encode(OCTET_STRING, octets(data, element))
    parts = [canonical(data, child) for child in children(data, element)]
    return encode(element.tag, *(sorted(parts) if element.tag == SET else parts))


def has_indefinite(data: bytes, element: Element) -> bool:
    """Whether `element` or anything in it is of indefinite length."""
    if element.after != element.end:
        return True
    return bool(element.tag & _CONSTRUCTED) and any(has_indefinite(data, child) for child in children(data, element))


def encode(tag: int, *parts: bytes) -> bytes:
    """The DER element with contents `parts` put together."""
    return b"".join((header(tag, sum(map(len, parts))), *parts))


def encode_set(members: Iterable[bytes]) -> bytes:
    """A DER SET OF from the encodings of its members (X.690 §11.6)."""
    return encode(SET, *sorted(members))


def header(tag: int, length: int) -> bytes:
    """The DER tag and length octets of an element with `length` octets of contents."""
    if length < 0x80:
        return bytes((tag, length))
    size = (length.bit_length() + 7) // 8
    return bytes((tag, 0x80 | size)) + length.to_bytes(size, "big")


def begin(data: bytes, offset: int) -> tuple[int, int, int]:
    """Tag, place and length of the contents of the element at `offset`, -1 for an indefinite one. IndexError where the bytes end."""
    tag = data[offset]
    if tag & 0x1F == 0x1F:
        offset += 1
        while data[offset] >= 0x80:
            offset += 1
    first = data[offset + 1]
    if first < 0x80:
        return tag, offset + 2, first
    if first == 0x80:
        return tag, offset + 2, -1
    body = offset + 2 + (first & 0x7F)
    return tag, body, int.from_bytes(data[offset + 2 : body], "big")
