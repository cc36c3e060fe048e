"""HKDF-SHA256 (RFC 5869) under Pli's info strings, one per purpose."""

from __future__ import annotations

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from bridge.cms import algorithms

KEY_LENGTH = 32


def prf_kek(prf_output: bytes, mailbox_id: bytes, epoch: int) -> bytes:
    """The key-encryption key of a passkey for one epoch of one mailbox, from the WebAuthn PRF output."""
    salt = mailbox_id + epoch.to_bytes(4, "big")
    return derive(prf_output, salt, algorithms.INFO_PRF_KEK.encode())


def derive(secret: bytes, salt: bytes, info: bytes, length: int = KEY_LENGTH) -> bytes:
    """`length` bytes of HKDF-SHA256."""
    return HKDF(hashes.SHA256(), length, salt, info).derive(secret)
