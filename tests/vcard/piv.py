"""A PIV card (NIST SP 800-73-4 part 2): three keys, their certificates, a PIN of three tries.

    card = PivCard.issue(sample_pki, "alice", {"authentication": "rsa2048", "signature": "p256"})
    stack.readers[0].insert(card)

Slots: 9A authentication and 9D encryption ask for the PIN once, 9C signature before every use. The card's state (PIN,
tries, counters) is this object and survives pulling it. OpenSC knows the card by the PIV AID in its historical bytes.
"""

import hashlib
from collections.abc import Callable, Mapping
from functools import reduce
from operator import xor
from typing import Self

from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.hashes import SHA256, SHA384, HashAlgorithm

from bridge.pki.sample_health_pki import SamplePki
from tests.vcard.ber_tlv import read_tlvs, tlv
from tests.vcard.holder import CertifiedKey, PrivateKey, Use, issue_keys
from tests.vcard.iso7816 import (
    FILE_NOT_FOUND,
    INS_NOT_SUPPORTED,
    REFERENCE_NOT_FOUND,
    SECURITY_STATUS,
    WRONG_DATA,
    WRONG_P1_P2,
    Command,
    Iso7816Card,
    Pin,
    StatusWord,
)
from tests.vcard.rsa_block import private_operation

AID = bytes.fromhex("A000000308000010000100")
SLOTS: Mapping[Use, int] = {"authentication": 0x9A, "signature": 0x9C, "encryption": 0x9D}
CERTIFICATES = {0x5FC105: 0x9A, 0x5FC10A: 0x9C, 0x5FC10B: 0x9D}
_CHUID, _DISCOVERY = 0x5FC102, 0x7E
_PIN, _PUK = 0x80, 0x81
_LOG_OUT = 0xFF  # P1 of VERIFY: reset the security status (SP 800-73-4 part 2, section 3.2.1)
_HASHES: dict[int, HashAlgorithm] = {32: SHA256(), 48: SHA384()}


def _atr() -> bytes:
    """T=1, and historical bytes that name the application (ISO 7816-4 §8.1.1: compact TLV, tag F)."""
    history = bytes([0x80, 0xF0 | len(AID)]) + AID
    body = bytes([0x80 | len(history), 0x80, 0x01]) + history
    return b"\x3b" + body + bytes([reduce(xor, body)])


class PivCard(Iso7816Card):
    """One card. `serial` makes its GUID; `pin` has 4 to 8 digits (the standard: 6 to 8; a CPS: 4); `slots`: which key lies where."""

    atr = _atr()

    def __init__(
        self,
        keys: Mapping[Use, CertifiedKey],
        *,
        serial: str,
        pin: str,
        puk: str = "12345678",
        delay: float = 0.0,
        slots: Mapping[Use, int] = SLOTS,
    ) -> None:
        super().__init__(delay=delay)
        self.guid = hashlib.sha256(serial.encode()).digest()[:16]
        self.pin = Pin(_padded(pin), self.counters)
        self.puk = Pin(_padded(puk), self.counters)
        self.keys = {slots[use]: key for use, key in keys.items()}
        self._selected = False
        self._fresh = False

    @classmethod
    def issue(cls, pki: SamplePki, holder: str, kinds: dict[Use, str], *, serial: str = "", delay: float = 0.0) -> Self:
        """A card with new keys for a holder of the sample PKI, with his PIN and serial number."""
        known = pki.cards[holder]
        return cls(issue_keys(pki, holder, kinds), serial=serial or known.serial, pin=known.pin, delay=delay)

    @property
    def serial(self) -> str:
        """The token's serial number as OpenSC shows it: the second half of the GUID."""
        return self.guid[8:].hex()

    def power(self) -> None:
        super().power()
        self._selected = False
        self.pin.verified = self.puk.verified = self._fresh = False

    def answer(self, command: Command) -> bytes:
        handlers: Mapping[int, Callable[[Command], bytes]] = {
            0xA4: self._select,
            0xCB: self._get_data,
            0x20: self._verify,
            0x24: self._change_reference_data,
            0x2C: self._reset_retry_counter,
            0x87: self._general_authenticate,
        }
        if command.ins not in handlers or (command.ins != 0xA4 and not self._selected):
            raise StatusWord(INS_NOT_SUPPORTED)
        return handlers[command.ins](command)

    def _select(self, command: Command) -> bytes:
        if command.p1 != 0x04 or not command.data or not AID.startswith(command.data[:9]):
            raise StatusWord(FILE_NOT_FOUND)  # the application selected before stays so
        self._selected = True
        return tlv(0x61, tlv(0x4F, AID[5:]), tlv(0x79, tlv(0x4F, AID[:5])))

    def _get_data(self, command: Command) -> bytes:
        tag = int.from_bytes(read_tlvs(command.data).get(0x5C, b""), "big")
        if tag == _DISCOVERY:
            return tlv(_DISCOVERY, tlv(0x4F, AID), tlv(0x5F2F, b"\x40\x00"))
        if tag == _CHUID:
            return tlv(
                0x53, tlv(0x30, _NOT_FEDERAL), tlv(0x34, self.guid), tlv(0x35, b"20491231"), tlv(0x3E), tlv(0xFE)
            )
        key = self.keys.get(CERTIFICATES.get(tag, 0))
        if key is None:
            raise StatusWord(FILE_NOT_FOUND)
        return tlv(0x53, tlv(0x70, key.der), tlv(0x71, b"\x00"), tlv(0xFE))

    def _verify(self, command: Command) -> bytes:
        if command.p2 != _PIN:
            raise StatusWord(REFERENCE_NOT_FOUND)
        if command.p1 == _LOG_OUT:
            self.pin.verified = self._fresh = False
            return b""
        if not command.data:
            self.pin.status()
            return b""
        self._fresh = False
        self.pin.check(command.data)
        self._fresh = True
        return b""

    def _change_reference_data(self, command: Command) -> bytes:
        changed = {_PIN: self.pin, _PUK: self.puk}.get(command.p2)
        if changed is None or len(command.data) != 16:
            raise StatusWord(WRONG_P1_P2)
        changed.change(command.data[:8], command.data[8:])
        return b""

    def _reset_retry_counter(self, command: Command) -> bytes:
        if command.p2 != _PIN or len(command.data) != 16:
            raise StatusWord(WRONG_P1_P2)
        self.puk.check(command.data[:8])
        self.pin = Pin(command.data[8:], self.counters)
        return b""

    def _general_authenticate(self, command: Command) -> bytes:
        """SP 800-73-4 part 2 §3.2.4: 81 is a challenge to sign or a block to decipher, 85 the point of another."""
        certified = self.keys.get(command.p2)
        if certified is None:
            raise StatusWord(WRONG_P1_P2)
        self.pin.require()
        if command.p2 == SLOTS["signature"] and not self._fresh:
            raise StatusWord(SECURITY_STATUS)
        self._fresh = False
        template = read_tlvs(read_tlvs(command.data).get(0x7C, b""))
        self.used(command.p2)
        return tlv(0x7C, tlv(0x82, _operate(certified.key, template)))


_NOT_FEDERAL = bytes.fromhex("D4E739DA") + bytes(
    21
)  # a FASC-N of agency 9999: the GUID counts, and keyUsage is believed


def _padded(pin: str) -> bytes:
    return pin.encode().ljust(8, b"\xff")


def _operate(key: PrivateKey, template: Mapping[int, bytes]) -> bytes:
    try:
        if isinstance(key, rsa.RSAPrivateKey):
            return private_operation(key, template[0x81])
        if 0x85 in template:
            other = ec.EllipticCurvePublicKey.from_encoded_point(key.curve, template[0x85])
            return key.exchange(ec.ECDH(), other)
        digest = template[0x81]
        return key.sign(digest, ec.ECDSA(Prehashed(_HASHES[len(digest)])))
    except (KeyError, ValueError):
        raise StatusWord(WRONG_DATA) from None
