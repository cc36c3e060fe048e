"""Sharing a secret among n so that any k have it and k - 1 know nothing (A. Shamir, CACM 22 (11), 1979), byte by byte over GF(2^8).

The field is that of AES (FIPS 197 §4: x^8 + x^4 + x^3 + x + 1). Multiplication runs over all eight bits whatever the values are: no
tables and no branches, so that neither time nor cache tells of a secret.
"""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from bridge.cms.errors import ShareRefused

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

MOST_SHARES = 255  # the non-zero elements of the field
_REDUCTION = 0x11B
_BITS = 8


def split(secret: bytes, threshold: int, count: int) -> list[bytes]:
    """`count` shares, the first of index 1. With `threshold` 1 each of them is the secret.

    Raises ValueError for a threshold that no number of shares meets.
    """
    if not 1 <= threshold <= count <= MOST_SHARES:
        raise ValueError("no such threshold")
    rows = [secret, *(secrets.token_bytes(len(secret)) for _ in range(threshold - 1))]
    return [_evaluate(rows, index) for index in range(1, count + 1)]


def combine(shares: Mapping[int, bytes]) -> bytes:
    """The secret, from at least as many true shares as the threshold asks; index to share.

    Anything else gives something else, which only the caller can tell. Raises `ShareRefused("malformed")` for no share, for shares of
    different lengths, or for an index outside 1 to 255.
    """
    lengths = {len(value) for value in shares.values()}
    if len(lengths) != 1 or any(not 1 <= index <= MOST_SHARES for index in shares):
        raise ShareRefused("malformed")
    weights = {index: _weight(index, list(shares)) for index in shares}
    secret = bytearray(lengths.pop())
    for index, value in shares.items():
        for place, byte in enumerate(value):
            secret[place] ^= _multiply(weights[index], byte)
    return bytes(secret)


def _evaluate(rows: Sequence[bytes], x: int) -> bytes:
    """The polynomials whose coefficients are the columns of `rows`, constant first, at `x` (Horner)."""
    value = bytearray(len(rows[0]))
    for row in reversed(rows):
        for place, coefficient in enumerate(row):
            value[place] = _multiply(value[place], x) ^ coefficient
    return bytes(value)


def _weight(index: int, indices: Sequence[int]) -> int:
    """The Lagrange coefficient of one point at x = 0."""
    weight = 1
    for other in indices:
        if other != index:
            weight = _multiply(weight, _multiply(other, _inverse(other ^ index)))
    return weight


def _inverse(a: int) -> int:
    """a^254: the group of the field has 255 elements."""
    result, power = 1, a
    for _ in range(_BITS - 1):
        power = _multiply(power, power)
        result = _multiply(result, power)
    return result


def _multiply(a: int, b: int) -> int:
    product = 0
    for _ in range(_BITS):
        product ^= -(b & 1) & a
        a = (a << 1) ^ (-(a >> (_BITS - 1)) & _REDUCTION)
        b >>= 1
    return product
