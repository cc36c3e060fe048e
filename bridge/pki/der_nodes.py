"""Counting ASN.1 nodes before a recursive parser sees them.

asn1crypto recurses without bound, so depth and number are checked first, by a loop (DESIGN §6, limits).
"""

from bridge.pki.errors import CertificateMalformed

_LONG_TAG = 0x1F
_CONSTRUCTED = 0x20
_LONG_LENGTH = 0x80


def check_nodes(data: bytes, *, max_depth: int, max_nodes: int) -> None:
    """Walk definite-length DER; raise CertificateMalformed past the limits or past the end."""
    ends = [len(data)]
    position = nodes = 0
    while True:
        while position == ends[-1]:
            ends.pop()
            if not ends:
                return
        nodes += 1
        constructed, start, end = _header(data, position, ends[-1])
        if nodes > max_nodes or (constructed and len(ends) > max_depth):
            raise CertificateMalformed("This certificate is nested too deeply or has too many parts.")
        if constructed:
            ends.append(end)
            position = start
        else:
            position = end


def _header(data: bytes, position: int, limit: int) -> tuple[bool, int, int]:
    """One identifier and length (X.690 §8.1): constructed?, first and last+1 byte of the contents."""
    if position + 2 > limit:
        raise CertificateMalformed("These bytes end inside a value.")
    tag, length = data[position], data[position + 1]
    start = position + 2
    if tag & _LONG_TAG == _LONG_TAG:
        raise CertificateMalformed("High tag numbers do not occur in certificates.")
    if length & _LONG_LENGTH:
        size = length & 0x7F
        if not 1 <= size <= 4 or start + size > limit:  # noqa: PLR2004 - four bytes reach 4 GiB
            raise CertificateMalformed("A length is malformed.")
        length = int.from_bytes(data[start : start + size], "big")
        start += size
    if start + length > limit:
        raise CertificateMalformed("A value is longer than what holds it.")
    return bool(tag & _CONSTRUCTED), start, start + length
