"""HKDF-SHA256 (RFC 5869) under Pli's info strings, one per purpose."""

from __future__ import annotations

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from bridge.cms import algorithms

KEY_LENGTH = 32


def prf_kek(prf_output: bytes, mailbox_id: bytes, epoch: int) -> bytes:
    """The key-encryption key of a passkey for one epoch of one mailbox, from the WebAuthn PRF output."""
    salt = mailbox_id + epoch.to_bytes(4, "big")
    return _derive(prf_output, salt, algorithms.INFO_PRF_KEK.encode())


def object_key(storage_key: bytes, object_class: str, object_id: str) -> bytes:
    """The key of one object; `object_class` is one of `algorithms.OBJECT_CLASSES`."""
    if object_class not in algorithms.OBJECT_CLASSES:
        raise ValueError("no such class of objects")
    info = b"%s/%s\0%s" % (algorithms.INFO_OBJECT.encode(), object_class.encode(), object_id.encode())
    return _derive(storage_key, b"", info)


def _derive(secret: bytes, salt: bytes, info: bytes) -> bytes:
    return HKDF(hashes.SHA256(), KEY_LENGTH, salt, info).derive(secret)
