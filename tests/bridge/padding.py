"""RecipientInfos under RSAES-PKCS1-v1_5 whose padding is of our choice, good and of every wrong kind."""

import os
import random

from cryptography.hazmat.primitives.asymmetric import rsa

from bridge.cms import algorithms, ber
from bridge.cms.ber import encode
from bridge.cms.oid import encode_oid

CEK = bytes(range(32))
AES_256_CBC = "2.16.840.1.101.3.4.1.42"


def good(numbers: rsa.RSAPublicNumbers) -> bytes:
    """A block as it must be (RFC 8017 §7.2.1), around `CEK`."""
    size = (numbers.n.bit_length() + 7) // 8
    return encrypted(numbers, b"\0\2" + b"\xff" * (size - 35) + b"\0" + CEK)


def recipient_info(block: bytes) -> bytes:
    identifier = encode(ber.SEQUENCE, encode_oid(algorithms.RSA_ENCRYPTION), b"\x05\x00")
    rid = encode(0x80, bytes(20))
    return encode(ber.SEQUENCE, encode(ber.INTEGER, b"\2"), rid, identifier, encode(ber.OCTET_STRING, block))


def encrypted(numbers: rsa.RSAPublicNumbers, block: bytes) -> bytes:
    """Textbook RSA of a whole block, so that its padding is of our choice."""
    size = (numbers.n.bit_length() + 7) // 8
    return pow(int.from_bytes(block, "big") % numbers.n, numbers.e, numbers.n).to_bytes(size, "big")


def manipulated(numbers: rsa.RSAPublicNumbers, chance: random.Random) -> bytes:
    """Padding of every wrong kind, keys of every wrong length, and blocks that are no block."""
    size = (numbers.n.bit_length() + 7) // 8
    filler = bytes(chance.randrange(1, 256) for _ in range(size))
    length = chance.randrange(0, size - 11)
    kinds = (
        lambda: b"\0\2" + filler[: size - 3 - length] + b"\0" + os.urandom(length),  # a key of another length
        lambda: b"\0\1" + filler[: size - 35] + b"\0" + CEK,
        lambda: b"\1\2" + filler[: size - 35] + b"\0" + CEK,
        lambda: b"\0\2" + filler[: size - 2],  # never ends
        lambda: b"\0\2" + filler[:3] + b"\0" + os.urandom(size - 6),  # ends too soon
        lambda: os.urandom(size),
    )
    shape = chance.randrange(len(kinds) + 2)
    if shape < len(kinds):
        return encrypted(numbers, kinds[shape]())
    good = encrypted(numbers, b"\0\2" + filler[: size - 35] + b"\0" + CEK)
    return bytes(size)[: chance.randrange(size)] if shape == len(kinds) else good[:-1] + bytes((good[-1] ^ 1,))
