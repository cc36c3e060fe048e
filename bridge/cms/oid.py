"""Object identifiers in DER without an ASN.1 library (X.690 §8.19)."""

from __future__ import annotations

from functools import lru_cache

from bridge.cms import ber


@lru_cache(maxsize=256)
def encode_oid(dotted: str) -> bytes:
    """The DER element of a dotted OID."""
    first, second, *rest = (int(arc) for arc in dotted.split("."))
    return ber.encode(ber.OBJECT_IDENTIFIER, b"".join(_arc(arc) for arc in (first * 40 + second, *rest)))


def _arc(number: int) -> bytes:
    groups = [number & 0x7F]
    while number := number >> 7:
        groups.append(0x80 | number & 0x7F)
    return bytes(reversed(groups))
