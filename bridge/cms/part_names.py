"""What a MIME entity carries beside its text, by name; no body is decoded or copied (RFC 2045, 2046, 2183).

The bridge names it to the person who signs, from the very bytes that are signed.
"""

import re
from collections.abc import Iterator
from email.errors import MessageError
from email.header import decode_header, make_header
from email.message import Message
from email.parser import BytesHeaderParser

from bridge.cms.addressing import MAX_HEADER_BYTES, header_of
from bridge.cms.errors import LimitExceeded, Malformed

MAX_PARTS = 1_000
MAX_DEPTH = 30
_ONCE = ("content-type", "content-disposition", "content-transfer-encoding")


def part_names(entity: bytes) -> tuple[str, ...]:
    """The file name of every part but the text itself, in order; a part without one is called by its type.

    What comes first and is text without a name is the text. Raises `LimitExceeded` past 1,000 parts or depth 30,
    `Malformed` where two readers could find different parts: a field given twice, a boundary that is missing or never met.
    """
    names: list[str] = []
    for position, leaf in enumerate(_leaves(entity, 0, len(entity), 0)):
        if position >= MAX_PARTS:
            raise LimitExceeded("too many parts")
        if position or not _is_text(leaf):
            names.append(_name(leaf))
    return tuple(names)


def _leaves(entity: bytes, start: int, end: int, depth: int) -> Iterator[Message]:
    """The headers of the parts that have no parts of their own, in order."""
    if depth > MAX_DEPTH:
        raise LimitExceeded("parts within parts")
    head = header_of(entity[start : min(end, start + MAX_HEADER_BYTES + 4)])
    header = BytesHeaderParser().parsebytes(head + b"\r\n\r\n")
    if any(len(header.get_all(name, [])) > 1 for name in _ONCE):
        raise Malformed("a field given twice")
    if header.get_content_maintype() != "multipart":
        yield header
        return
    for first, last in _parts(entity, start + len(head), end, header.get_boundary()):
        yield from _leaves(entity, first, last, depth + 1)


def _parts(entity: bytes, start: int, end: int, boundary: str | None) -> Iterator[tuple[int, int]]:
    """Where each part begins and ends (RFC 2046 §5.1.1). Raises `Malformed` without a part or an end."""
    if not boundary:
        raise Malformed("a multipart without boundary")
    line = re.compile(rb"(?:^|\n)--" + re.escape(boundary.encode("utf-8", "replace")) + rb"(--)?[ \t]*\r?(?=\n|$)")
    first: int | None = None
    for count, met in enumerate(line.finditer(entity, start, end)):
        if count > MAX_PARTS:
            raise LimitExceeded("too many parts")
        if first is not None:
            yield first, max(first, met.start())
        if met[1]:
            if first is None:
                break
            return
        first = met.end() + 1
    raise Malformed("a multipart without a part or without an end")


def _is_text(leaf: Message) -> bool:
    return (
        leaf.get_content_maintype() == "text"
        and leaf.get_content_disposition() in {None, "inline"}
        and leaf.get_filename() is None
    )


def _name(leaf: Message) -> str:
    """As written by its sender; decoded where RFC 2047 or RFC 2231 encoded it."""
    name = leaf.get_filename()
    if not name:
        return leaf.get_content_type()
    try:
        return str(make_header(decode_header(name)))
    except (MessageError, LookupError, ValueError):
        return name
