"""A password as recipient (RFC 3211, RFC 5652 §6.2.4): PBKDF2, then the PWRI-KEK unwrap. Read only; Pli never writes one."""

from __future__ import annotations

import hmac
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.ciphers import Cipher, modes
from cryptography.hazmat.primitives.kdf.pbkdf2 import PBKDF2HMAC

from bridge.cms import algorithms, ber
from bridge.cms.errors import DecryptionFailed, LimitExceeded, Malformed, UnsupportedAlgorithm
from bridge.cms.fields import Fields
from bridge.cms.recipient_infos import parse_recipient_info

if TYPE_CHECKING:
    from bridge.cms.algorithms import ContentAlgorithm
    from bridge.cms.fields import Algorithm

MAX_ITERATIONS = 10_000_000
_HMAC_SHA1 = "1.2.840.113549.2.7"
_CHECK_LENGTH = 4  # the length of the key and the complement of its first three octets


def unwrap_with_password(recipient_info: bytes, password: str, *, content_algorithm: str) -> bytes:
    """The CEK of a pwri, of the length `content_algorithm` (name or OID) asks for.

    Raises `DecryptionFailed` for another password, `UnsupportedAlgorithm` for another kind or derivation, `LimitExceeded` beyond
    ten million iterations.
    """
    info = parse_recipient_info(recipient_info)
    if info.kind != "pwri" or info.algorithm.oid != algorithms.PWRI_KEK:
        raise UnsupportedAlgorithm(info.key_algorithm)
    cipher, vector = _cipher(Fields.of(info.algorithm.parameters))
    kek = _derive(info.derivation, password, cipher.key_length)
    return _unwrap(
        info.encrypted_keys[0], kek, cipher, vector, algorithms.content_algorithm(content_algorithm).key_length
    )


def _cipher(fields: Fields) -> tuple[ContentAlgorithm, bytes]:
    cipher = algorithms.content_algorithm(fields.oid())
    vector = fields.octets()
    fields.end()
    if cipher.mode != "cbc" or cipher.name == "rc2-cbc":
        raise UnsupportedAlgorithm(cipher.name)
    if len(vector) != cipher.block_length:
        raise Malformed("an initialisation vector of the wrong length")
    return cipher, vector


def _derive(derivation: Algorithm | None, password: str, length: int) -> bytes:
    """PBKDF2 (RFC 8018 §5.2); its keyLength, where stated, says what the cipher says already."""
    if derivation is None or derivation.oid != algorithms.PBKDF2:
        raise UnsupportedAlgorithm("derivation" if derivation is None else derivation.oid)
    fields = Fields.of(derivation.parameters)
    salt, iterations = fields.octets(), fields.integer()
    fields.optional(ber.INTEGER)
    prf = fields.inside_optional(ber.SEQUENCE)
    oid = _HMAC_SHA1 if prf is None else prf.oid()
    if oid not in algorithms.password_hashes:
        raise UnsupportedAlgorithm(oid)
    if not 1 <= iterations <= MAX_ITERATIONS:
        raise LimitExceeded("too many iterations, or none")
    digest = algorithms.hash_algorithm(algorithms.password_hashes[oid])
    return PBKDF2HMAC(digest, length, salt, iterations).derive(password.encode())


def _unwrap(wrapped: bytes, kek: bytes, cipher: ContentAlgorithm, vector: bytes, length: int) -> bytes:
    """RFC 3211 §2.3.2: the last block gives the vector of the outer encryption, the message's own the inner one's."""
    size = cipher.block_length
    if len(wrapped) % size or len(wrapped) < 2 * size:
        raise DecryptionFailed
    last = _decrypt(cipher, kek, wrapped[-2 * size : -size], wrapped[-size:])
    inner = _decrypt(cipher, kek, last, wrapped[:-size]) + last
    block = _decrypt(cipher, kek, vector, inner)
    content_key = block[_CHECK_LENGTH : _CHECK_LENGTH + length]
    expected = bytes((length, *(0xFF ^ octet for octet in content_key[:3])))
    if len(content_key) != length or not hmac.compare_digest(block[:_CHECK_LENGTH], expected):
        raise DecryptionFailed
    return content_key


def _decrypt(cipher: ContentAlgorithm, key: bytes, vector: bytes, data: bytes) -> bytes:
    decryptor = Cipher(cipher.cipher(key), modes.CBC(vector)).decryptor()
    return decryptor.update(data) + decryptor.finalize()
