"""Limits checked before any ASN.1 parser sees the bytes.

DESIGN §6: depth 32 and 50,000 nodes for CMS, 2,000 nodes for a certificate; the segments of a constructed content string
(BER streaming, RFC 5652 §5.2.1 and §6.1) are counted apart, up to 200,000; a BIT STRING, which holds a key or a signature, stands
in one piece. The scan walks tags and lengths only, without recursion, and reads definite and indefinite lengths (X.690 §8.1).
"""

# ruff: noqa: PLR2004 -- the tag and length octets of X.690 §8.1 are clearer as figures
from __future__ import annotations

from bridge.cms.errors import LimitExceeded, Malformed

MAX_DEPTH = 32
MAX_NODES = 50_000
MAX_SEGMENTS = 200_000

_INDEFINITE = -1
_CONSTRUCTED = 0x20
_OCTET_STRING = 0x04
_CONSTRUCTED_BIT_STRING = 0x23
# OCTET STRING constructed, and the [0] IMPLICIT one of EncryptedContentInfo.
_SEGMENTED = (0x24, 0xA0)
_MAX_TAG_OCTETS = 5


def check_asn1(  # noqa: C901 -- one loop over a stack is easier to review than its parts
    der: bytes, *, max_depth: int = MAX_DEPTH, max_nodes: int = MAX_NODES, max_segments: int = MAX_SEGMENTS
) -> None:
    """Accept `der` only if it is exactly one well-formed BER element within the limits.

    Raises `LimitExceeded` or `Malformed`; costs time proportional to the nodes, not to the bytes.
    """
    size = len(der)
    ends = [size]  # where each open element ends; _INDEFINITE until its end-of-contents octets
    tags = [0]
    nodes = segments = offset = 0
    while True:
        while ends[-1] == offset and len(ends) > 1:
            ends.pop()
            tags.pop()
        if len(ends) == 1 and nodes:
            break
        if ends[-1] == _INDEFINITE and der[offset : offset + 2] == b"\0\0":
            ends.pop()
            tags.pop()
            offset += 2
            continue
        limit = next(end for end in reversed(ends) if end != _INDEFINITE)
        tag, body, length = _header(der, offset, limit)
        if tags[-1] == _OCTET_STRING | _CONSTRUCTED and tag & ~_CONSTRUCTED != _OCTET_STRING:
            raise Malformed("a string in segments of another kind")  # X.690 §8.7.3.2
        if tag == _OCTET_STRING and tags[-1] in _SEGMENTED:
            segments += 1
        else:
            nodes += 1
        if nodes > max_nodes or segments > max_segments:
            raise LimitExceeded("too many ASN.1 nodes")
        if not tag & _CONSTRUCTED:
            if length == _INDEFINITE:
                raise Malformed("a primitive element of indefinite length")
            offset = body + length
            continue
        if len(ends) > max_depth:
            raise LimitExceeded("ASN.1 nested too deeply")
        ends.append(_INDEFINITE if length == _INDEFINITE else body + length)
        tags.append(tag)
        offset = body
    if offset != size:
        raise Malformed("bytes after the end of the structure")


def _header(der: bytes, offset: int, limit: int) -> tuple[int, int, int]:
    """The first tag octet, the offset of the contents and their length, which fits below `limit`."""
    try:
        tag = der[offset]
        if tag & 0x1F == 0x1F:
            offset = _skip_tag_number(der, offset)
        first = der[offset + 1]
        body = offset + 2
        if first < 0x80:
            length = first
        elif first == 0x80:
            return _checked(tag, body, _INDEFINITE, limit)
        else:
            octets = first & 0x7F
            if octets > 8:
                raise Malformed("a length of more than eight octets")
            length = int.from_bytes(der[body : body + octets], "big")
            body += octets
    except IndexError:
        raise Malformed("the structure ends early") from None
    return _checked(tag, body, length, limit)


def _checked(tag: int, body: int, length: int, limit: int) -> tuple[int, int, int]:
    if body + max(length, 0) > limit:
        raise Malformed("an element reaches beyond its parent")
    if tag == 0:
        raise Malformed("end-of-contents octets out of place")
    if tag == _CONSTRUCTED_BIT_STRING:
        raise Malformed("a BIT STRING in segments")
    return tag, body, length


def _skip_tag_number(der: bytes, offset: int) -> int:
    """The offset of the last octet of a tag in the high-tag-number form (X.690 §8.1.2.4)."""
    for following in range(offset + 1, offset + _MAX_TAG_OCTETS):
        if der[following] < 0x80:
            return following
    raise Malformed("a tag number of more than four octets")
