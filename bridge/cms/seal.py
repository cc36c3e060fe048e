"""Sealing: what the server does to every message and summary it stores (docs/FORMATS.md, Seals).

ContentInfo AuthEnvelopedData (RFC 5083), AES-256-GCM (RFC 5084), one recipient named by subjectKeyIdentifier. The DER is put
together from fixed parts: this is the delivery path and no ASN.1 library is on it.
"""

from __future__ import annotations

import os
from functools import lru_cache
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from bridge.cms import algorithms, ber
from bridge.cms.ber import encode
from bridge.cms.enveloped import parse_enveloped
from bridge.cms.errors import DecryptionFailed, UnsupportedAlgorithm
from bridge.cms.oid import encode_oid
from bridge.cms.recipients import key_agreement, key_transport
from bridge.cms.unwrapping import unwrap
from bridge.pki.certificates import subject_key_identifier

if TYPE_CHECKING:
    from cryptography import x509

    from bridge.cms.unwrapping import PrivateKey

_NONCE_LENGTH = 12
_TAG_LENGTH = 16

_AUTH_ENVELOPED_DATA = encode_oid(algorithms.ID_AUTH_ENVELOPED_DATA)
_ID_DATA = encode_oid(algorithms.ID_DATA)
_AES_256_GCM = encode_oid(algorithms.content_algorithm("aes-256-gcm").oid)
_VERSION_0 = encode(ber.INTEGER, b"\0")


def seal(content: bytes, certificate: x509.Certificate, label: str) -> bytes:
    """`content` sealed to a mailbox's encryption certificate under `label` (`pli-message` or `pli-summary`).

    The certificate is trusted by the caller. Raises `UnsupportedAlgorithm` unless its key is RSA or on P-384.
    """
    key, nonce = os.urandom(32), os.urandom(_NONCE_LENGTH)
    sealed = AESGCM(key).encrypt(nonce, content, None)
    ciphertext, tag = memoryview(sealed)[:-_TAG_LENGTH], sealed[-_TAG_LENGTH:]
    parameters = encode(ber.SEQUENCE, encode(ber.OCTET_STRING, nonce), encode(ber.INTEGER, bytes((_TAG_LENGTH,))))
    algorithm = encode(ber.SEQUENCE, _AES_256_GCM, parameters)
    start = _ID_DATA + algorithm + ber.header(0x80, len(ciphertext))
    content_info = ber.header(ber.SEQUENCE, len(start) + len(ciphertext)) + start
    recipients = encode(ber.SET, _recipient_info(key, certificate, label.encode()))
    return _content_info(_VERSION_0 + recipients + content_info, ciphertext, encode(ber.OCTET_STRING, tag))


def open_seal(der: bytes, private_key: PrivateKey, label: str) -> bytes:
    """The content of a seal made under `label`. Raises `DecryptionFailed` for any other label, key or altered byte."""
    enveloped = parse_enveloped(der)
    if len(enveloped.recipients) != 1 or enveloped.content_algorithm.name != "aes-256-gcm":
        raise DecryptionFailed
    if enveloped.short_tag:
        raise DecryptionFailed
    content_key = unwrap(
        enveloped.recipients[0].der, private_key, content_algorithm=enveloped.content_algorithm.oid, label=label
    )
    return enveloped.decrypt(content_key)


def _content_info(before: bytes, ciphertext: memoryview, mac: bytes) -> bytes:
    """The three outer headers around the body, with one copy of the ciphertext."""
    body = ber.header(ber.SEQUENCE, len(before) + len(ciphertext) + len(mac))
    explicit = ber.header(ber.CONTEXT_0, len(body) + len(before) + len(ciphertext) + len(mac))
    length = len(_AUTH_ENVELOPED_DATA) + len(explicit) + len(body) + len(before) + len(ciphertext) + len(mac)
    outer = ber.header(ber.SEQUENCE, length)
    return b"".join((outer, _AUTH_ENVELOPED_DATA, explicit, body, before, ciphertext, mac))


def _recipient_info(content_key: bytes, certificate: x509.Certificate, label: bytes) -> bytes:
    public_key, key_identifier = _recipient(certificate)
    if isinstance(public_key, rsa.RSAPublicKey):
        rid = encode(0x80, key_identifier)
        return key_transport(content_key, public_key, rid, algorithm="rsa-oaep-sha256", label=label)
    rid = encode(ber.CONTEXT_0, encode(ber.OCTET_STRING, key_identifier))
    return key_agreement(content_key, public_key, rid, hash_name="sha384", ukm=label)


@lru_cache(maxsize=4096)
def _recipient(certificate: x509.Certificate) -> tuple[rsa.RSAPublicKey | ec.EllipticCurvePublicKey, bytes]:
    """Public key and subjectKeyIdentifier, parsed once per certificate."""
    public_key = certificate.public_key()
    is_p384 = isinstance(public_key, ec.EllipticCurvePublicKey) and isinstance(public_key.curve, ec.SECP384R1)
    if not (isinstance(public_key, rsa.RSAPublicKey) or is_p384):
        raise UnsupportedAlgorithm(certificate.public_key_algorithm_oid.dotted_string)
    assert isinstance(public_key, rsa.RSAPublicKey | ec.EllipticCurvePublicKey)  # noqa: S101 -- for the type checker
    return public_key, subject_key_identifier(certificate)
