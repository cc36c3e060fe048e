"""CompressedData, within limits (security.md §5: at most 20 times, 100 MB)."""

import os
import zlib

import pytest

from bridge.cms import algorithms, ber
from bridge.cms.ber import encode
from bridge.cms.compressed import ALWAYS, decompress
from bridge.cms.errors import LimitExceeded, Malformed, UnsupportedAlgorithm
from bridge.cms.oid import encode_oid

CONTENT = b"Content-Type: text/plain\r\n\r\nBonjour.\r\n"


def compressed(octets: bytes, algorithm: str = algorithms.ZLIB_COMPRESS, *, segments: bool = False) -> bytes:
    value = b"\x24\x80" + encode(0x04, octets[:9]) + encode(0x04, octets[9:]) + b"\0\0"
    return encode(
        ber.SEQUENCE,
        encode_oid(algorithms.ID_COMPRESSED_DATA),
        encode(
            ber.CONTEXT_0,
            encode(
                ber.SEQUENCE,
                encode(ber.INTEGER, b"\0"),
                encode(ber.SEQUENCE, encode_oid(algorithm)),
                encode(
                    ber.SEQUENCE,
                    encode_oid(algorithms.ID_DATA),
                    encode(ber.CONTEXT_0, value if segments else encode(0x04, octets)),
                ),
            ),
        ),
    )


@pytest.mark.parametrize("segments", [False, True])
def test_content_comes_out(segments: bool) -> None:
    found = decompress(compressed(zlib.compress(CONTENT), segments=segments))
    assert (found.content_type, found.content) == (algorithms.ID_DATA, CONTENT)


def test_short_repetitions_are_harmless() -> None:
    assert decompress(compressed(zlib.compress(bytes(ALWAYS)))).content == bytes(ALWAYS)


@pytest.mark.negative(69)
def test_bomb_is_refused() -> None:
    with pytest.raises(LimitExceeded):
        decompress(compressed(zlib.compress(bytes(ALWAYS + 1))))
    with pytest.raises(LimitExceeded):
        decompress(compressed(zlib.compress(bytes(50_000_000))))


def test_twenty_times_passes() -> None:
    content = b"".join(os.urandom(100) + bytes(1_600) for _ in range(100))
    octets = zlib.compress(content)
    assert ALWAYS < len(content) < 20 * len(octets)
    assert decompress(compressed(octets)).content == content


@pytest.mark.parametrize("octets", [b"", b"nonsense", zlib.compress(CONTENT)[:-1], zlib.compress(CONTENT) + b"x"])
def test_what_does_not_inflate_is_malformed(octets: bytes) -> None:
    with pytest.raises(Malformed):
        decompress(compressed(octets))


def test_other_structures_are_refused() -> None:
    with pytest.raises(UnsupportedAlgorithm):
        decompress(compressed(zlib.compress(CONTENT), algorithms.ID_DATA))
    with pytest.raises(Malformed):
        decompress(
            compressed(b"").replace(encode_oid(algorithms.ID_COMPRESSED_DATA), encode_oid(algorithms.PBKDF2) + b"\5\0")
        )
