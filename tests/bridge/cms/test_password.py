"""Passwords as recipients, written by OpenSSL."""

from collections.abc import Callable

import pytest

from bridge.cms import ber
from bridge.cms.ber import encode
from bridge.cms.enveloped import parse_enveloped
from bridge.cms.errors import DecryptionFailed, LimitExceeded, UnsupportedAlgorithm
from bridge.cms.password import MAX_ITERATIONS, unwrap_with_password
from bridge.cms.recipients import KekRecipient
from tests.bridge.cms.test_enveloped import rebuild

CONTENT = b"Content-Type: text/plain\r\n\r\nBonjour.\r\n" * 40
PASSWORD = "correct cheval batterie"
OpenSsl = Callable[..., bytes]


def encrypted(openssl: OpenSsl, cipher: str = "-aes-256-cbc") -> bytes:
    return openssl(
        "-encrypt", "-binary", cipher, "-pwri_password", PASSWORD, "-outform", "DER", "-in", CONTENT
    )  # fmt: skip


def opened(cms: bytes, password: str = PASSWORD) -> bytes:
    enveloped = parse_enveloped(cms)
    assert [one.kind for one in enveloped.recipients] == ["pwri"]
    algorithm = enveloped.content_algorithm.oid
    key = unwrap_with_password(enveloped.recipients[0].der, password, content_algorithm=algorithm)
    return enveloped.decrypt(key)


@pytest.mark.parametrize("cipher", ["-aes-128-cbc", "-aes-192-cbc", "-aes-256-cbc", "-des3"])
def test_what_openssl_encrypts_to_a_password_opens(openssl: OpenSsl, cipher: str) -> None:
    assert opened(encrypted(openssl, cipher)) == CONTENT


@pytest.mark.parametrize("password", ["", "correct cheval batterie ", "Correct cheval batterie"])
def test_another_password_fails_as_everything_else(openssl: OpenSsl, password: str) -> None:
    with pytest.raises(DecryptionFailed):
        opened(encrypted(openssl), password)


def test_altered_key_block_fails(openssl: OpenSsl) -> None:
    cms = encrypted(openssl)
    key = parse_enveloped(cms).recipients[0].encrypted_keys[0]
    for broken in (key[:-1] + bytes((key[-1] ^ 1,)), key[:16], key[:-1], b""):
        with pytest.raises(DecryptionFailed):
            opened(rebuild(cms, encode(ber.OCTET_STRING, key), encode(ber.OCTET_STRING, broken)))


@pytest.mark.parametrize("iterations", [b"\0", b"\xff", (MAX_ITERATIONS + 1).to_bytes(4, "big")])
def test_iterations_are_capped(openssl: OpenSsl, iterations: bytes) -> None:
    cms = rebuild(encrypted(openssl), b"\x02\x02\x08\x00", encode(ber.INTEGER, iterations))
    with pytest.raises(LimitExceeded):
        opened(cms)


def test_other_recipients_have_no_password() -> None:
    info = KekRecipient(b"name", bytes(32)).recipient_info(bytes(32))
    with pytest.raises(UnsupportedAlgorithm):
        unwrap_with_password(info, PASSWORD, content_algorithm="aes-256-cbc")
