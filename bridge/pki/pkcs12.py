"""A private key with its certificate as a file that other programs import (RFC 7292), under a passphrase."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import PrivateFormat, pkcs12

from bridge.pki.certificates import load_certificate, spki_sha256
from bridge.pki.errors import CertificateMalformed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cryptography.hazmat.primitives.asymmetric import ec, rsa

_ROUNDS = 100_000  # of PBKDF2 (RFC 8018 §4.2). The file's own MAC has 2,048 and is the cheaper guess: the passphrase has to be long


def encrypted_pkcs12(
    name: str,
    key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey,
    certificate: bytes,
    chain: Sequence[bytes],
    passphrase: bytes,
) -> bytes:
    """PBES2 with AES-256, which Thunderbird, OpenSSL and the systems' stores read. Raises CertificateMalformed for another key's."""
    own = load_certificate(certificate)
    if spki_sha256(own) != spki_sha256(key.public_key()):
        raise CertificateMalformed("the certificate of another key")
    protection = (
        PrivateFormat.PKCS12.encryption_builder()
        .kdf_rounds(_ROUNDS)
        .key_cert_algorithm(pkcs12.PBES.PBESv2SHA256AndAES256CBC)
        .hmac_hash(hashes.SHA256())
        .build(passphrase)
    )
    issuers = [load_certificate(one) for one in chain]
    return pkcs12.serialize_key_and_certificates(name.encode(), key, own, issuers, protection)
