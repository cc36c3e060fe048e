"""Triple-DES key wrap, read only; what OpenSSL wraps so is opened in test_enveloped.py."""

import hashlib
import os

import pytest
from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.modes import CBC

from bridge.cms.errors import DecryptionFailed
from bridge.cms.triple_des_wrap import triple_des_unwrap

KEK, KEY = bytes(range(24)), bytes.fromhex("0123456789abcdef1032547698badcfefdb9753102468ace")  # of odd parity


def wrapped(key: bytes, checksum: bytes | None = None) -> bytes:
    """Written from RFC 3217 section 3.1, without the module under test."""
    vector = os.urandom(8)
    body = key + (hashlib.sha1(key).digest()[:8] if checksum is None else checksum)
    return _encrypt(bytes.fromhex("4adda22c79e82105"), (vector + _encrypt(vector, body))[::-1])


def _encrypt(vector: bytes, content: bytes) -> bytes:
    encryptor = Cipher(TripleDES(KEK), CBC(vector)).encryptor()
    return encryptor.update(content) + encryptor.finalize()


def test_what_was_wrapped_is_unwrapped() -> None:
    assert triple_des_unwrap(KEK, wrapped(KEY)) == KEY


def test_anything_altered_gives_no_key() -> None:
    good = wrapped(KEY)
    altered = [good[:at] + bytes([good[at] ^ 4]) + good[at + 1 :] for at in range(len(good))]
    even = bytes(octet ^ 1 for octet in KEY)
    for one in [*altered, b"", good[8:], good + good[:8], wrapped(even), wrapped(KEY, bytes(8)), wrapped(KEY * 2)]:
        with pytest.raises(DecryptionFailed):
            triple_des_unwrap(KEK, one)


@pytest.mark.parametrize("kek", [bytes(24), bytes(16), b""])
def test_another_key_opens_nothing(kek: bytes) -> None:
    with pytest.raises(DecryptionFailed):
        triple_des_unwrap(kek, wrapped(KEY))
