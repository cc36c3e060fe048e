"""Object identifiers in DER without an ASN.1 library (X.690 §8.19)."""

from __future__ import annotations

from functools import lru_cache

from bridge.cms import ber
from bridge.cms.errors import Malformed

_MAX_OCTETS = 64  # ours, of a UUID, have 22


@lru_cache(maxsize=256)
def encode_oid(dotted: str) -> bytes:
    """The DER element of a dotted OID."""
    first, second, *rest = (int(arc) for arc in dotted.split("."))
    return ber.encode(ber.OBJECT_IDENTIFIER, b"".join(_arc(arc) for arc in (first * 40 + second, *rest)))


@lru_cache(maxsize=256)
def decode_oid(contents: bytes) -> str:
    """The dotted form of an OBJECT IDENTIFIER's contents octets. Raises `Malformed`."""
    if not contents or len(contents) > _MAX_OCTETS or contents[-1] & 0x80:
        raise Malformed("not an object identifier")
    arcs, number = [], 0
    for octet in contents:
        if not number and octet == 0x80:  # noqa: PLR2004 -- X.690 §8.19.2: no leading zero group
            raise Malformed("not an object identifier")
        number = number << 7 | octet & 0x7F
        if not octet & 0x80:
            arcs.append(number)
            number = 0
    first = min(arcs[0] // 40, 2)
    return ".".join(map(str, (first, arcs[0] - first * 40, *arcs[1:])))


def _arc(number: int) -> bytes:
    groups = [number & 0x7F]
    while number := number >> 7:
        groups.append(0x80 | number & 0x7F)
    return bytes(reversed(groups))
