"""Triple-DES key wrap (RFC 3217 §3), unwrapping alone: for mail of another century, and never written."""

import hashlib
import hmac

from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.modes import CBC

from bridge.cms.errors import DecryptionFailed

_VECTOR = bytes.fromhex("4adda22c79e82105")
_BLOCK = 8
_KEY = 24
_WRAPPED = _BLOCK + _KEY + _BLOCK  # a vector, the key, the checksum


def triple_des_unwrap(kek: bytes, wrapped: bytes) -> bytes:
    """The Triple-DES key, 24 octets. Raises `DecryptionFailed` for every cause."""
    if len(wrapped) != _WRAPPED or len(kek) != _KEY:
        raise DecryptionFailed
    inner = _decrypt(kek, _VECTOR, wrapped)[::-1]
    opened = _decrypt(kek, inner[:_BLOCK], inner[_BLOCK:])
    key, checksum = opened[:_KEY], opened[_KEY:]
    if not hmac.compare_digest(checksum, _checksum(key)) or not _has_odd_parity(key):
        raise DecryptionFailed
    return key


def _checksum(key: bytes) -> bytes:
    """The only integrity of this wrap (RFC 3217 §2)."""
    return hashlib.sha1(key, usedforsecurity=False).digest()[:_BLOCK]


def _decrypt(kek: bytes, vector: bytes, content: bytes) -> bytes:
    decryptor = Cipher(TripleDES(kek), CBC(vector)).decryptor()
    return decryptor.update(content) + decryptor.finalize()


def _has_odd_parity(key: bytes) -> bool:
    return all(octet.bit_count() % 2 for octet in key)
