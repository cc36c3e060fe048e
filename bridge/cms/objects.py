"""Objects sealed under the storage key: drafts, packs, pins (docs/FORMATS.md, Sealed objects)."""

from __future__ import annotations

import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from bridge.cms import algorithms, ber
from bridge.cms.ber import encode
from bridge.cms.errors import ObjectRefused
from bridge.cms.kdf import derive

_FORMAT = b"\x01"
_NONCE_LENGTH = 12
_TAG_LENGTH = 16
_UTF8_STRING = 0x0C


def derive_object_key(storage_key: bytes, object_class: str, object_id: str) -> bytes:
    """The 32-byte key of one object. Raises ValueError for a class that is not one of `algorithms.OBJECT_CLASSES`."""
    if object_class not in algorithms.OBJECT_CLASSES:
        raise ValueError("no such class of objects")
    info = b"%s/%s\0%s" % (algorithms.INFO_OBJECT.encode(), object_class.encode(), object_id.encode())
    return derive(storage_key, b"", info)


def seal_object(
    content: bytes, key: bytes, *, object_class: str, mailbox_id: bytes, object_id: str, epoch: int, version: int
) -> bytes:
    """0x01, nonce, ciphertext and tag; which object and version it is stands in the additional data."""
    nonce = os.urandom(_NONCE_LENGTH)
    additional = _additional_data(object_class, mailbox_id, object_id, epoch, version)
    return _FORMAT + nonce + AESGCM(key).encrypt(nonce, content, additional)


def open_object(
    sealed: bytes,
    key: bytes,
    *,
    object_class: str,
    mailbox_id: bytes,
    object_id: str,
    epoch: int,
    version: int,
    seen_version: int = 0,
) -> bytes:
    """The content, if `sealed` is this object at this version. Raises `ObjectRefused`.

    `version` is what the server says; a version below `seen_version` is refused as a rollback before anything is opened.
    """
    if version < max(seen_version, 1):
        raise ObjectRefused("rollback")
    if sealed[:1] != _FORMAT or len(sealed) < 1 + _NONCE_LENGTH + _TAG_LENGTH:
        raise ObjectRefused("malformed")
    nonce, ciphertext = sealed[1 : 1 + _NONCE_LENGTH], sealed[1 + _NONCE_LENGTH :]
    additional = _additional_data(object_class, mailbox_id, object_id, epoch, version)
    try:
        return AESGCM(key).decrypt(nonce, ciphertext, additional)
    except InvalidTag:
        raise ObjectRefused("sealed") from None


def _additional_data(object_class: str, mailbox_id: bytes, object_id: str, epoch: int, version: int) -> bytes:
    return encode(
        ber.SEQUENCE,
        encode(_UTF8_STRING, algorithms.INFO_OBJECT.encode()),
        encode(_UTF8_STRING, object_class.encode()),
        encode(ber.OCTET_STRING, mailbox_id),
        encode(_UTF8_STRING, object_id.encode()),
        _integer(epoch),
        _integer(version),
    )


def _integer(number: int) -> bytes:
    return encode(ber.INTEGER, number.to_bytes(number.bit_length() // 8 + 1, "big"))
