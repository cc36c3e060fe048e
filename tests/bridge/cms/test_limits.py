"""What a parser never gets to see (security.md §6 test 39)."""

import time

import pytest

from bridge.cms import ber
from bridge.cms.ber import encode
from bridge.cms.errors import LimitExceeded, Malformed
from bridge.cms.limits import check_asn1

NULL = b"\x05\x00"


def nested(depth: int) -> bytes:
    der = NULL
    for _ in range(depth):
        der = encode(ber.SEQUENCE, der)
    return der


def test_depth_32_passes() -> None:
    check_asn1(nested(32))


@pytest.mark.negative(39)
def test_depth_33_is_refused() -> None:
    with pytest.raises(LimitExceeded):
        check_asn1(nested(33))


def test_50_000_nodes_pass_and_one_more_is_refused() -> None:
    check_asn1(encode(ber.SEQUENCE, NULL * 49_999))
    with pytest.raises(LimitExceeded):
        check_asn1(encode(ber.SEQUENCE, NULL * 50_000))


@pytest.mark.parametrize("tag", [0x24, 0xA0])
def test_segments_of_a_string_are_counted_apart(tag: int) -> None:
    check_asn1(bytes((tag, 0x80)) + b"\x04\x01a" * 200_000 + b"\0\0")
    with pytest.raises(LimitExceeded):
        check_asn1(bytes((tag, 0x80)) + b"\x04\x01a" * 200_001 + b"\0\0")


@pytest.mark.negative(39)
@pytest.mark.parametrize(
    "der",
    [
        b"",
        b"\x30",
        b"\x30\x80",  # indefinite, never ended
        b"\x30\x80\x05\x00",
        b"\x30\x03\x05\x00",  # shorter than stated
        b"\x30\x02\x05\x01",  # child longer than its parent
        b"\x30\x04\x30\x80\x05\x00\x00\x00",  # end-of-contents beyond the definite parent
        b"\x04\x80a\0\0",  # primitive and indefinite
        b"\x30\x02\x00\x00",  # end-of-contents in a definite element
        b"\x30\x89\x00\x00\x00\x00\x00\x00\x00\x00\x00",  # nine octets of length
        b"\x30\xff" + b"\xff" * 127,
        b"\x3f\xff\xff\xff\xff\xff\x7f\x00",  # an endless tag number
        NULL + b"\0",
    ],
)
def test_malformed_is_refused(der: bytes) -> None:
    with pytest.raises(Malformed):
        check_asn1(der)


@pytest.mark.negative(39)
@pytest.mark.parametrize(
    "der", [b"\x30\x80" * 5_000, b"\x30\x84\x7f\xff\xff\xff", nested(5_000), b"\x24\x80" * 100_000]
)
def test_hostile_input_costs_little(der: bytes) -> None:
    started = time.process_time()
    with pytest.raises((LimitExceeded, Malformed)):
        check_asn1(der)
    assert time.process_time() - started < 0.05


def test_high_tag_numbers_and_long_lengths_pass() -> None:
    check_asn1(b"\x3f\x81\x00\x84\x00\x00\x00\x02" + NULL)


def test_ber_reads_a_string_in_nested_segments() -> None:
    der = b"\x24\x80" + b"\x04\x02ab" + b"\x24\x80\x04\x01c\0\0" + b"\0\0"
    check_asn1(der)
    assert ber.octets(der, ber.read(der)) == b"abc"
