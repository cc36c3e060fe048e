"""Shamir's sharing over GF(2^8): what k shares give, and what k - 1 do not (security.md §6 test 15)."""

import itertools
import os
import random

import pytest

from bridge.cms import shamir
from bridge.cms.errors import ShareRefused

SIZES = [(k, n) for n in (1, 2, 3, 5, 8, 13) for k in range(1, n + 1)] + [(2, 255), (60, 60), (17, 40)]


def chosen(shares: list[bytes], indices: "tuple[int, ...] | list[int]") -> dict[int, bytes]:
    return {index: shares[index - 1] for index in indices}


@pytest.mark.parametrize(("threshold", "count"), SIZES)
def test_any_shares_up_to_the_threshold_give_the_secret(threshold: int, count: int) -> None:
    secret, rng = os.urandom(32), random.Random(threshold * 256 + count)
    shares = shamir.split(secret, threshold, count)
    assert len(shares) == count
    for _ in range(5):
        indices = rng.sample(range(1, count + 1), threshold)
        assert shamir.combine(chosen(shares, indices)) == secret
    more = rng.sample(range(1, count + 1), rng.randint(threshold, count))
    assert shamir.combine(chosen(shares, more)) == secret


@pytest.mark.negative(15)
@pytest.mark.parametrize(("threshold", "count"), [(2, 3), (3, 5), (5, 8), (17, 40)])
def test_one_share_too_few_gives_something_else(threshold: int, count: int) -> None:
    secret, rng = os.urandom(32), random.Random(count)
    shares = shamir.split(secret, threshold, count)
    for _ in range(5):
        indices = rng.sample(range(1, count + 1), threshold - 1)
        assert shamir.combine(chosen(shares, indices)) != secret


@pytest.mark.negative(15)
@pytest.mark.parametrize("threshold", [2, 3, 4])
def test_one_share_too_few_says_nothing(threshold: int) -> None:
    """Whatever the secret byte is, one share more would fit it: each of the 256 comes out for exactly one value of that share."""
    shares = shamir.split(b"\x2a", threshold, threshold)
    known = chosen(shares, range(1, threshold))  # type: ignore[arg-type]
    found = {shamir.combine({**known, threshold: bytes((value,))}) for value in range(256)}
    assert found == {bytes((value,)) for value in range(256)}


@pytest.mark.negative(15)
def test_altered_share_gives_another_secret() -> None:
    secret = os.urandom(32)
    shares = chosen(shamir.split(secret, 3, 3), (1, 2, 3))
    for place in (0, 31):
        altered = bytearray(shares[2])
        altered[place] ^= 1
        assert shamir.combine({**shares, 2: bytes(altered)}) != secret


def test_threshold_one_is_the_secret_itself() -> None:
    secret = os.urandom(32)
    assert set(shamir.split(secret, 1, 9)) == {secret}


def test_shares_differ_from_time_to_time() -> None:
    secret = os.urandom(32)
    assert shamir.split(secret, 2, 2) != shamir.split(secret, 2, 2)


@pytest.mark.parametrize(("threshold", "count"), [(0, 1), (2, 1), (1, 0), (1, 256), (-1, 3)])
def test_threshold_that_cannot_be_met_is_refused(threshold: int, count: int) -> None:
    with pytest.raises(ValueError, match="threshold"):
        shamir.split(bytes(32), threshold, count)


@pytest.mark.parametrize("shares", [{}, {0: bytes(2)}, {256: bytes(2)}, {1: bytes(2), 2: bytes(3)}])
def test_what_are_no_shares_is_refused(shares: dict[int, bytes]) -> None:
    with pytest.raises(ShareRefused) as refused:
        shamir.combine(shares)
    assert refused.value.reason == "malformed"


def test_field_is_that_of_aes() -> None:
    """FIPS 197 §4.2 and §4.2.1: {57} · {83} = {c1}, {57} · {13} = {fe}; and every element but 0 has an inverse."""
    multiply, inverse = shamir._multiply, shamir._inverse
    assert (multiply(0x57, 0x83), multiply(0x57, 0x13)) == (0xC1, 0xFE)
    assert all(multiply(a, inverse(a)) == 1 for a in range(1, 256))
    for a, b, c in itertools.product((0, 1, 2, 0x53, 0xFF), repeat=3):
        assert multiply(a, b ^ c) == multiply(a, b) ^ multiply(a, c)
        assert multiply(a, b) == multiply(b, a)
