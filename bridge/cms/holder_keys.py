"""The key pair of a holder without card: passkey, recovery code, officers (docs/FORMATS.md, *Holder keys*).

A rotation happens while those holders are absent, so what it wraps to must be public; and a delegate who kept the keys of an
epoch must gain nothing from it, so it is derived from the holder's own secret and from no key of the mailbox.
"""

from __future__ import annotations

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_der_public_key

from bridge.cms import algorithms
from bridge.cms.errors import GrantRefused
from bridge.cms.kdf import derive
from bridge.pki.certificates import spki

_SCALAR_BYTES = 48  # 128 bits more than the order has, so that the remainder is without bias (FIPS 186-5 A.2.1)
_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551  # of P-256 (SP 800-186 §3.2.1.3)


def derive_holder_key(secret: bytes, mailbox_id: bytes, kind: str) -> ec.EllipticCurvePrivateKey:
    """The P-256 key of the holder of `secret` (32 bytes) for one mailbox.

    `kind` is `passkey` (the secret is its PRF output), `recovery` (the code) or `officer` (what the shares combine to).
    """
    return _key(secret, mailbox_id, algorithms.INFO_HOLDER_KEYS[kind])


def derive_login_key(secret: bytes) -> ec.EllipticCurvePrivateKey:
    """The P-256 key with which a recovery code logs in; the server keeps its public half."""
    return _key(secret, b"", algorithms.INFO_RECOVERY_LOGIN)


def load_holder_key(der: bytes) -> ec.EllipticCurvePublicKey:
    """A DER SubjectPublicKeyInfo with a P-256 point. Raises `GrantRefused("malformed")`, also for another encoding of the key."""
    try:
        key = load_der_public_key(der)
    except (ValueError, UnsupportedAlgorithm):
        raise GrantRefused("malformed") from None
    if not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, ec.SECP256R1) or spki(key) != der:
        raise GrantRefused("malformed")
    return key


def _key(secret: bytes, salt: bytes, info: str) -> ec.EllipticCurvePrivateKey:
    wide = int.from_bytes(derive(secret, salt, info.encode(), _SCALAR_BYTES), "big")
    return ec.derive_private_key(wide % (_ORDER - 1) + 1, ec.SECP256R1())
