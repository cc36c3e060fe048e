"""What the first octets of an encrypted message tell, with OpenSSL as the sender."""

from collections.abc import Callable

import pytest
from cryptography import x509

from bridge.cms.beginning import OpeningKey, read_beginning
from bridge.cms.enveloped import build_enveloped, parse_enveloped
from bridge.cms.recipients import CertificateRecipient, KekRecipient
from tests.vectors.cast import Cast

OpenSsl = Callable[..., bytes]
CONTENT = b"Content-Type: text/plain\r\n\r\nBonjour.\r\n" * 400


def opening_key(octets: bytes, certificate: x509.Certificate) -> OpeningKey | None:
    beginning = read_beginning(octets)
    return beginning and beginning.opening_key(certificate)


@pytest.mark.parametrize("cipher", ["-aes-256-cbc", "-aes-256-gcm"])
@pytest.mark.parametrize("stream", [[], ["-stream"]])
def test_the_beginning_tells_what_the_whole_tells(openssl: OpenSsl, cast: Cast, cipher: str, stream: list[str]) -> None:
    to = [cast.signature.certificate, cast.encryption.certificate]
    cms = openssl("-encrypt", "-binary", cipher, *stream, "-outform", "DER", "-in", CONTENT, *to)
    whole = parse_enveloped(cms)
    found = opening_key(cms[:4000], cast.encryption.certificate)
    assert found is not None
    assert [found.recipient_info] == [one.der for one in whole.recipients if one.matches(cast.encryption.certificate)]
    assert found.content_algorithm == whole.content_algorithm.oid
    assert repr(found.recipient_info) not in repr(found)


def test_nothing_is_told_of_what_is_for_others_or_is_not_whole(cast: Cast) -> None:
    cms = build_enveloped(CONTENT, [CertificateRecipient(cast.encryption.certificate)])
    assert opening_key(cms, cast.encryption.certificate) is not None
    assert opening_key(cms, cast.signature.certificate) is None
    for end in range(400):
        assert opening_key(cms[:end], cast.encryption.certificate) is None
    kek = build_enveloped(CONTENT, [KekRecipient(b"k" * 16, b"k" * 32)])
    assert opening_key(kek, cast.encryption.certificate) is None


def test_no_octet_makes_it_raise(cast: Cast) -> None:
    """Whatever somebody sends: a delivery may not fail for a key that is only told ahead."""
    cms = build_enveloped(CONTENT, [CertificateRecipient(cast.encryption.certificate)])[:700]
    for at in range(len(cms)):
        for octet in (0x00, 0x1F, 0x30, 0x7F, 0x80, 0x84, 0xA0, 0xFF):
            opening_key(cms[:at] + bytes((octet,)) + cms[at + 1 :], cast.encryption.certificate)
