"""A CPx-like card (IAS-ECC): what OpenSC's iasecc driver asks of a French health card of the third generation.

    card = CpxCard.issue(sample_pki, "alice")
    stack.readers[0].insert(card)

Written from what card-iasecc.c, iasecc-sdo.c and pkcs15-iasecc.c of OpenSC send and read; ATR and AID are those published
there. The real card's own numbers of keys and files are not public: ours are ours.

Two RSA-2048 keys and a PIN of four digits and three tries. The authentication key signs by INTERNAL AUTHENTICATE and
deciphers PKCS#1 v1.5, nothing else; the signature key signs only what the card itself has hashed to the end (PSO HASH
takes the state before the last round, or the whole short text).

What OpenSC makes of it, in every version from 0.23 to 0.27.1:

- The authentication key offers CKM_RSA_PKCS alone; C_SignInit(CKM_SHA256_RSA_PKCS) answers CKR_MECHANISM_INVALID, so the
  DigestInfo (RFC 8017 §9.2) has to be made by the caller.
- The signature key offers CKM_SHA1_RSA_PKCS and CKM_SHA256_RSA_PKCS, and then answers CKR_FUNCTION_NOT_SUPPORTED where
  OpenSC was built with OpenSSL 3, as Debian's is: the code that takes the hash state out of OpenSSL is compiled for
  OpenSSL 1 only (iasecc_qsign_data_sha256). So PSO HASH is tested by APDUs here. Such a card signs through Cryptolib CPS.
- C_Decrypt knows CKM_RSA_PKCS and no OAEP.
"""

import hashlib
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Self

from cryptography.hazmat.primitives.asymmetric import rsa

from bridge.pki.sample_health_pki import SamplePki
from tests.vcard import pkcs15_files as pkcs15
from tests.vcard import sha256_state
from tests.vcard.ber_tlv import read_tlvs, tlv
from tests.vcard.holder import CertifiedKey, Use, issue_keys
from tests.vcard.iso7816 import (
    CONDITIONS,
    FILE_NOT_FOUND,
    INS_NOT_SUPPORTED,
    REFERENCE_NOT_FOUND,
    WRONG_DATA,
    WRONG_P1_P2,
    Command,
    Iso7816Card,
    Pin,
    StatusWord,
)
from tests.vcard.rsa_block import private_operation

ATR = bytes.fromhex("3BAC00402A001225006480000310009000")
AID = bytes.fromhex("E828BD080F8025000001FF0010")
AUTHENTICATION, SIGNATURE = 0x02, 0x01  # key references
_PIN = 0x01

_MF = bytes.fromhex("3F00")
_APPLICATION = _MF + bytes.fromhex("0001")
_DIR, _ATR_FILE, _SERIAL = _MF + b"\x2f\x00", _MF + b"\x2f\x01", _MF + b"\xd0\x03"
_ODF, _TOKEN_INFO = _APPLICATION + b"\x50\x31", _APPLICATION + b"\x50\x32"
_PRKDF, _CDF, _AODF = (_APPLICATION + bytes([0x70, number]) for number in (1, 2, 3))
_CERTIFICATES = {AUTHENTICATION: _APPLICATION + b"\x71\x02", SIGNATURE: _APPLICATION + b"\x71\x01"}
_SHORT_NAMES = {0x1C: _SERIAL, 0x1D: _ATR_FILE, 0x1E: _DIR}
_LABELS = {
    AUTHENTICATION: "Certificat d'Authentification CPS",
    SIGNATURE: "Certificat de Signature CPS",
}
_USAGES = {
    AUTHENTICATION: (pkcs15.USAGE_DECRYPT, pkcs15.USAGE_SIGN),
    SIGNATURE: (pkcs15.USAGE_SIGN, pkcs15.USAGE_NON_REPUDIATION),
}
_ALGORITHMS = (
    pkcs15.Algorithm(pkcs15.CKM_SHA_1, pkcs15.HASH, 0x10),
    pkcs15.Algorithm(pkcs15.CKM_SHA256, pkcs15.HASH, 0x40),
    pkcs15.Algorithm(pkcs15.CKM_RSA_PKCS, pkcs15.SIGN, 0x02),
    pkcs15.Algorithm(pkcs15.CKM_SHA1_RSA_PKCS, pkcs15.SIGN, 0x12),
    pkcs15.Algorithm(pkcs15.CKM_SHA256_RSA_PKCS, pkcs15.SIGN, 0x42),
    pkcs15.Algorithm(pkcs15.CKM_RSA_PKCS, pkcs15.DECIPHER, 0x1A),
)
# Access rules: a byte that says which rules follow, and one rule each: 00 always, FF never, 11 after the PIN.
_RULES_FILE = bytes.fromhex("03FF00")  # update, read
_RULES_FOLDER = bytes.fromhex("02FF")  # create
_RULES_PIN = bytes.fromhex("700000FF")  # change, verify, reset
_RULES_KEYS = {AUTHENTICATION: bytes.fromhex("31111100"), SIGNATURE: bytes.fromhex("411100")}
_SDO_PIN, _SDO_PRIVATE_KEY = 0x81, 0x90  # classes of security data objects
_DIGEST_INFO = bytes.fromhex("3031300D060960864801650304020105000420")  # of SHA-256 (RFC 8017 §9.2)
_KEY_BYTES = 256


@dataclass
class Environment:
    """What MANAGE SECURITY ENVIRONMENT chose: the template's tag and the key."""

    template: int = 0
    key: int = 0
    digest: bytes = b""


class CpxCard(Iso7816Card):
    """One card. `keys` has `authentication` and `signature`, both RSA-2048; `pin` has four digits."""

    atr = ATR

    def __init__(self, keys: Mapping[Use, CertifiedKey], *, serial: str, pin: str, delay: float = 0.0) -> None:
        super().__init__(delay=delay)
        self.keys = {AUTHENTICATION: keys["authentication"], SIGNATURE: keys["signature"]}
        self.pin = Pin(pin.encode(), self.counters)
        self._number = bytes.fromhex("8025") + hashlib.sha256(serial.encode()).digest()[:8]
        self._files = self._make_files()
        self._folder, self._file = _MF, b""
        self._environment = Environment()

    @classmethod
    def issue(cls, pki: SamplePki, holder: str, *, serial: str = "", delay: float = 0.0) -> Self:
        """A card with new keys for a holder of the sample PKI, with his PIN and serial number."""
        known = pki.cards[holder]
        keys = issue_keys(pki, holder, {"authentication": "rsa2048", "signature": "rsa2048"})
        return cls(keys, serial=serial or known.serial, pin=known.pin, delay=delay)

    @property
    def serial(self) -> str:
        """The token's serial number as OpenSC shows it."""
        return self._number[-8:].hex()

    def power(self) -> None:
        super().power()
        self.pin.verified = False
        self._folder, self._file = _MF, b""
        self._environment = Environment()

    def answer(self, command: Command) -> bytes:
        handlers: Mapping[int, Callable[[Command], bytes]] = {
            0xA4: self._select,
            0xB0: self._read_binary,
            0xCB: self._get_data,
            0x84: lambda asked: os.urandom(asked.expected),
            0x20: self._verify,
            0x24: self._change_reference_data,
            0x22: self._manage_security_environment,
            0x2A: self._perform_security_operation,
            0x88: self._internal_authenticate,
        }
        if command.ins not in handlers:
            raise StatusWord(INS_NOT_SUPPORTED)
        return handlers[command.ins](command)

    # ---- files

    def _make_files(self) -> dict[bytes, bytes]:
        files = {
            _DIR: tlv(0x61, tlv(0x4F, AID), tlv(0x50, b"CPS"), tlv(0x51, _APPLICATION)),
            _ATR_FILE: _information_file(),
            _SERIAL: tlv(0x5A, self._number),
            _ODF: pkcs15.object_directory(_PRKDF, _CDF, _AODF),
            _TOKEN_INFO: pkcs15.token_info("CPS", "Pli", self._number[-8:], _ALGORITHMS),
            _AODF: pkcs15.pin("Code porteur", 1, _PIN, 4),
            _PRKDF: b"",
            _CDF: b"",
        }
        for reference, key in self.keys.items():
            label, location = _LABELS[reference], _CERTIFICATES[reference]
            files[_PRKDF] += pkcs15.private_key(label, reference, reference, _USAGES[reference], 1, _APPLICATION)
            files[_CDF] += pkcs15.certificate(label, reference, location)
            files[location] = key.der
        return files

    def _select(self, command: Command) -> bytes:
        """By name of an application (P1 04), by path from the current folder (08, 09), or by file identifier (00, 02)."""
        chosen = self._resolve(command)
        if chosen in (_MF, _APPLICATION):
            self._folder, self._file = chosen, b""
            described = tlv(0x82, b"\x38") + tlv(0x83, chosen[-2:]) + tlv(0x84, AID if chosen == _APPLICATION else _MF)
            rules = _RULES_FOLDER
        elif chosen in self._files:
            self._folder, self._file = chosen[:-2], chosen
            size = len(self._files[chosen]).to_bytes(2, "big")
            described, rules = tlv(0x80, size) + tlv(0x82, b"\x01") + tlv(0x83, chosen[-2:]), _RULES_FILE
        else:
            raise StatusWord(FILE_NOT_FOUND)
        return b"" if command.p2 == 0x0C else tlv(0x62, described, tlv(0x8A, b"\x05"), tlv(0xA1, tlv(0x8C, rules)))

    def _resolve(self, command: Command) -> bytes:
        if command.p1 == 0x04:
            return _APPLICATION if command.data == AID else _MF if command.data == _MF else b""
        if command.data.startswith(_MF):
            return command.data
        return self._folder + command.data

    def _read_binary(self, command: Command) -> bytes:
        name, offset = self._file, command.reference
        if command.p1 & 0x80:
            name, offset = _SHORT_NAMES.get(command.p1 & 0x1F, b""), command.p2
        if name not in self._files:
            raise StatusWord(FILE_NOT_FOUND)
        if offset >= len(self._files[name]):
            raise StatusWord(0x6B00)
        return self._files[name][offset : offset + command.expected]

    def _get_data(self, command: Command) -> bytes:
        """Security data objects: 4D{70{BF class reference {tag 80}}} asks for what is public of a PIN or key."""
        header = read_tlvs(command.data).get(0x4D, b"")[2:]
        if command.reference != 0x3FFF or len(header) < 6 or header[0] != 0xBF:
            raise StatusWord(WRONG_P1_P2)
        kind, reference, asked = header[1], header[2], header[4]
        found = self._pin_object(asked) if (kind, reference) == (_SDO_PIN, _PIN) else b""
        if kind == _SDO_PRIVATE_KEY and reference in self.keys:
            found = _key_object(reference, asked)
        if not found:
            raise StatusWord(REFERENCE_NOT_FOUND)
        return tlv(0x70, bytes([0xBF, kind, reference, len(found)]) + found)

    def _pin_object(self, asked: int) -> bytes:
        if asked != 0xA0:
            return tlv(0x7F41, tlv(0x80, b"\x04"), tlv(0x81, b"\x04"))
        tries = (tlv(0x9A, bytes([self.pin.maximum])), tlv(0x9B, bytes([self.pin.tries])))
        return tlv(0xA0, *tries, tlv(0x80, b"\x04"), tlv(0xA1, tlv(0x8C, _RULES_PIN)))

    # ---- PIN

    def _verify(self, command: Command) -> bytes:
        if command.p2 != _PIN:
            raise StatusWord(REFERENCE_NOT_FOUND)
        if command.data:
            self.pin.check(command.data)
        else:
            self.pin.status()
        return b""

    def _change_reference_data(self, command: Command) -> bytes:
        if command.p2 != _PIN or len(command.data) != 8:
            raise StatusWord(WRONG_P1_P2)
        self.pin.change(command.data[:4], command.data[4:])
        return b""

    # ---- keys

    def _manage_security_environment(self, command: Command) -> bytes:
        """SET for computation: AA hash, B6 digital signature, A4 authentication, B8 confidentiality."""
        reference = read_tlvs(command.data).get(0x84, b"")
        if command.p1 != 0x41:
            raise StatusWord(WRONG_P1_P2)
        if reference and reference[0] & 0x7F not in self.keys:
            raise StatusWord(REFERENCE_NOT_FOUND)
        if command.p2 != 0xAA:
            self._environment.template, self._environment.key = command.p2, reference[0] & 0x7F if reference else 0
        return b""

    def _key(self, template: int, allowed: int) -> rsa.RSAPrivateKey:
        """The chosen key for this use. Raises StatusWord 6985 unless it is `allowed`, 6982 before the PIN."""
        chosen = self._environment
        if (chosen.template, chosen.key) != (template, allowed):
            raise StatusWord(CONDITIONS)
        self.pin.require()
        self.used(allowed)
        key = self.keys[allowed].key
        assert isinstance(key, rsa.RSAPrivateKey)
        return key

    def _perform_security_operation(self, command: Command) -> bytes:
        operations: Mapping[int, Callable[[bytes], bytes]] = {
            0x90A0: self._hash,
            0x9E9A: self._compute_digital_signature,
            0x8086: self._decipher,
        }
        if command.reference not in operations:
            raise StatusWord(WRONG_P1_P2)
        return operations[command.reference](command.data)

    def _hash(self, data: bytes) -> bytes:
        """90 {state, 64-bit count of bits} 80 {rest}, or 90 {} 80 {all}: the card makes the last round."""
        parts = read_tlvs(data)
        begun, rest = parts.get(0x90, b""), parts.get(0x80, b"")
        if len(begun) not in (0, 40) or len(rest) > sha256_state.BLOCK:
            raise StatusWord(WRONG_DATA)
        state, count = (begun[:32], int.from_bytes(begun[32:], "big")) if begun else (sha256_state.INITIAL, 0)
        self._environment.digest = sha256_state.finish(state, count, rest)
        return b""

    def _compute_digital_signature(self, _data: bytes) -> bytes:
        digest, self._environment.digest = self._environment.digest, b""
        if not digest:
            raise StatusWord(CONDITIONS)
        return _signed(self._key(0xB6, SIGNATURE), _DIGEST_INFO + digest)

    def _internal_authenticate(self, command: Command) -> bytes:
        if not 0 < len(command.data) <= _KEY_BYTES * 2 // 5:
            raise StatusWord(WRONG_DATA)  # "the data shall not be longer than 40 % of the modulus"
        return _signed(self._key(0xA4, AUTHENTICATION), command.data)

    def _decipher(self, data: bytes) -> bytes:
        """81, then the cryptogram; the padding is taken off here (RFC 8017 §7.2.2)."""
        if len(data) != _KEY_BYTES + 1 or data[0] != 0x81:
            raise StatusWord(WRONG_DATA)
        try:
            block = private_operation(self._key(0xB8, AUTHENTICATION), data[1:])
        except ValueError:
            raise StatusWord(WRONG_DATA) from None
        end = block.find(b"\x00", 2)
        if not block.startswith(b"\x00\x02") or end < 10:
            raise StatusWord(WRONG_DATA)
        return block[end + 1 :]


def _information_file() -> bytes:
    """EF.ATR (ISO 7816-4 §8.2.1.1), with the category byte that CPx cards leave before it, and buffer sizes (IAS-ECC)."""
    sizes = b"".join(tlv(0x02, size) for size in (b"\x00\xff", b"\x00\xff", b"\x01\x00", b"\x01\x00"))
    services = tlv(0x43, b"\xb8") + tlv(0x46, bytes.fromhex("00010101")) + tlv(0x47, bytes.fromhex("94 01 80"))
    return b"\x80" + services + tlv(0x4F, AID) + tlv(0xE0, sizes) + tlv(0x82, b"\x90\x00")


def _key_object(reference: int, asked: int) -> bytes:
    if asked != 0xA0:
        return tlv(0x7F48, tlv(0x80, b"\x01"))
    return tlv(0xA0, tlv(0x80, _KEY_BYTES.to_bytes(2, "big")), tlv(0xA1, tlv(0x8C, _RULES_KEYS[reference])))


def _signed(key: rsa.RSAPrivateKey, encoded: bytes) -> bytes:
    """RFC 8017 §8.2.1 over an encoding that is there already."""
    return private_operation(key, b"\x00\x01" + b"\xff" * (_KEY_BYTES - 3 - len(encoded)) + b"\x00" + encoded)
