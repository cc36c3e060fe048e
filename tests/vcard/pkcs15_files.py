"""The files of a PKCS#15 application (ISO 7816-15; PKCS #15 v1.1 §6): what is on the card, and where."""

from collections.abc import Iterable
from dataclasses import dataclass

from tests.vcard.ber_tlv import tlv

CKM_RSA_PKCS, CKM_SHA1_RSA_PKCS, CKM_SHA256_RSA_PKCS, CKM_SHA_1, CKM_SHA256 = 0x1, 0x6, 0x40, 0x220, 0x250
SIGN, DECIPHER, HASH = 1, 5, 6  # bits of Operations (§6.9)
USAGE_DECRYPT, USAGE_SIGN, USAGE_NON_REPUDIATION = 1, 2, 9  # bits of KeyUsageFlags (§6.3.3)
_PRIVATE = 0  # bit of CommonObjectFlags
_PIN_INITIALIZED = 4  # bit of PinFlags
_ASCII_NUMERIC = 1
_CARD_FLAGS_READONLY = 0


@dataclass(frozen=True)
class Algorithm:
    """An algorithm of the card: the PKCS#11 mechanism, what it serves, and the card's own number for it."""

    mechanism: int
    operation: int
    reference: int


def integer(value: int) -> bytes:
    return tlv(0x02, value.to_bytes(value.bit_length() // 8 + 1, "big"))


def bits(*numbers: int) -> bytes:
    """A BIT STRING of named bits, trailing zeros left out (X.690 §11.2.2)."""
    size = max(numbers) // 8 + 1
    value = sum(1 << size * 8 - 1 - number for number in numbers)
    return tlv(0x03, bytes([size * 8 - 1 - max(numbers)]) + value.to_bytes(size, "big"))


def text(value: str) -> bytes:
    return tlv(0x0C, value.encode())


def path(value: bytes) -> bytes:
    return tlv(0x30, tlv(0x04, value))


def object_directory(private_keys: bytes, certificates: bytes, pins: bytes) -> bytes:
    """EF(ODF), from the paths of the directories."""
    return tlv(0xA0, path(private_keys)) + tlv(0xA4, path(certificates)) + tlv(0xA8, path(pins))


def token_info(label: str, manufacturer: str, serial: bytes, algorithms: Iterable[Algorithm]) -> bytes:
    described = [
        tlv(
            0x30,
            integer(number),
            integer(algorithm.mechanism),
            tlv(0x05),
            bits(algorithm.operation),
            integer(algorithm.reference),
        )
        for number, algorithm in enumerate(algorithms, 1)
    ]
    named = (text(manufacturer), tlv(0x80, label.encode()))
    return tlv(0x30, integer(0), tlv(0x04, serial), *named, bits(_CARD_FLAGS_READONLY), tlv(0xA2, *described))


def private_key(label: str, identifier: int, reference: int, usage: Iterable[int], pin: int, location: bytes) -> bytes:
    """An RSA-2048 key of EF(PrKDF), without algorithm references, as CPx cards leave them out."""
    common = tlv(0x30, text(label), bits(_PRIVATE), tlv(0x04, bytes([pin])))
    key = tlv(0x30, tlv(0x04, bytes([identifier])), bits(*usage), integer(reference))
    return tlv(0x30, common, key, tlv(0xA1, tlv(0x30, path(location), integer(2048))))


def certificate(label: str, identifier: int, location: bytes) -> bytes:
    """A certificate of EF(CDF)."""
    return tlv(
        0x30,
        tlv(0x30, text(label)),
        tlv(0x30, tlv(0x04, bytes([identifier]))),
        tlv(0xA1, tlv(0x30, path(location))),
    )


def pin(label: str, identifier: int, reference: int, length: int) -> bytes:
    """A numeric PIN of EF(AODF), of one length."""
    sizes = (integer(length), integer(length), integer(length))
    attributes = (bits(_PIN_INITIALIZED), tlv(0x0A, bytes([_ASCII_NUMERIC])), *sizes, tlv(0x80, bytes([reference])))
    return tlv(
        0x30, tlv(0x30, text(label)), tlv(0x30, tlv(0x04, bytes([identifier]))), tlv(0xA1, tlv(0x30, *attributes))
    )
