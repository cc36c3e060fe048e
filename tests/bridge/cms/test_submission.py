"""Nothing leaves unencrypted (promise: the server takes no clear submission)."""

import base64
from collections.abc import Callable

import pytest

from bridge.cms.enveloped import build_enveloped
from bridge.cms.errors import NotEnveloped
from bridge.cms.recipients import CertificateRecipient
from bridge.cms.signed import build_signed, software_signer
from bridge.cms.submission import EnvelopedSummary, require_enveloped
from tests.vectors.cast import NOW, Cast

CONTENT = b"Subject: secret\r\n\r\nBonjour.\r\n"
TYPE = "application/pkcs7-mime; smime-type=enveloped-data; name=smime.p7m"


def enveloped(cast: Cast, algorithm: str = "aes-256-cbc") -> bytes:
    recipients = [CertificateRecipient(one.certificate) for one in (cast.encryption, cast.card)]
    return build_enveloped(CONTENT, recipients, content_algorithm=algorithm)


def message(body: bytes, content_type: str = TYPE, encoding: str = "base64", more: str = "") -> bytes:
    encoded = base64.encodebytes(body).replace(b"\n", b"\r\n") if encoding.lower() == "base64" else body
    head = f"From: alice@pli.example\r\nTo: bob@pli.example\r\nSubject: [...]\r\nMIME-Version: 1.0\r\n{more}"
    return f"{head}Content-Type: {content_type}\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n".encode() + encoded


@pytest.mark.capability("CO6")
@pytest.mark.parametrize(
    ("algorithm", "kind"), [("aes-256-cbc", "envelopedData"), ("aes-256-gcm", "authEnvelopedData")]
)
@pytest.mark.parametrize("encoding", ["base64", "BASE64", "binary", "8bit"])
def test_encrypted_message_passes(cast: Cast, algorithm: str, kind: str, encoding: str) -> None:
    found = require_enveloped(message(enveloped(cast, algorithm), encoding=encoding))
    assert (found.kind, found.content_algorithm, found.recipients) == (kind, algorithm, 2)
    assert isinstance(found, EnvelopedSummary)


@pytest.mark.parametrize(
    "content_type",
    [
        "application/pkcs7-mime",
        "application/x-pkcs7-mime; smime-type=enveloped-data",
        'application/pkcs7-mime; smime-type="authEnveloped-data"',
        "Application/PKCS7-MIME;\r\n smime-type=Enveloped-Data",
    ],
)
def test_usual_content_types_pass(cast: Cast, content_type: str) -> None:
    assert require_enveloped(message(enveloped(cast), content_type)).recipients == 2


def test_what_openssl_writes_passes(openssl: Callable[..., bytes], cast: Cast) -> None:
    written = openssl("-encrypt", "-aes-256-cbc", "-in", CONTENT, "-recip", cast.encryption.certificate, "-from", "alice@pli.example", "-to", "b@c.example", "-subject", "[...]")  # fmt: skip
    assert require_enveloped(written).recipients == 1


def refusal(wire: bytes) -> str:
    with pytest.raises(NotEnveloped) as refused:
        require_enveloped(wire)
    assert "secret" not in str(refused.value)
    return refused.value.reason


def test_clear_text_is_refused(cast: Cast) -> None:
    assert refusal(b"From: alice@pli.example\r\n\r\nBonjour") == "not-pkcs7-mime"
    assert refusal(message(CONTENT, "text/plain", "8bit")) == "not-pkcs7-mime"
    assert refusal(message(CONTENT)) == "not-enveloped"
    assert refusal(b"") == "not-pkcs7-mime"


def test_signed_data_is_refused_whatever_it_is_called(cast: Cast) -> None:
    signed = build_signed(CONTENT, signer_certificate=cast.card.certificate, sign=software_signer(cast.card.key), algorithm=cast.card.signer.signature_algorithm, signing_time=NOW)  # fmt: skip
    assert refusal(message(signed)) == "not-enveloped"
    assert refusal(message(signed, "application/pkcs7-mime; smime-type=signed-data")) == "not-enveloped"
    assert refusal(message(signed, "application/pkcs7-mime")) == "not-enveloped"


def test_encrypted_part_beside_a_clear_one_is_refused(cast: Cast) -> None:
    part = message(enveloped(cast))
    mixed = b"--b\r\nContent-Type: text/plain\r\n\r\nBonjour\r\n--b\r\n" + part + b"\r\n--b--\r\n"
    assert refusal(message(mixed, 'multipart/mixed; boundary="b"', "8bit")) == "not-pkcs7-mime"


def test_clear_text_after_or_before_the_structure_is_refused(cast: Cast) -> None:
    der = enveloped(cast)
    assert refusal(message(der + CONTENT)) == "not-enveloped"
    assert refusal(message(CONTENT + der)) == "not-enveloped"
    assert refusal(message(der) + b"\r\n" + CONTENT) == "base64"
    assert refusal(message(der) + base64.b64encode(CONTENT)) in ("not-enveloped", "base64")


def test_two_content_types_are_refused(cast: Cast) -> None:
    assert refusal(message(enveloped(cast), more="Content-Type: text/plain\r\n")) == "headers"
    assert refusal(message(enveloped(cast), more="Content-Transfer-Encoding: 8bit\r\n")) == "headers"
    assert refusal(message(enveloped(cast), more="From: other@pli.example\r\n")) == "headers"


def test_other_transfer_encodings_are_refused(cast: Cast) -> None:
    assert refusal(message(enveloped(cast), encoding="quoted-printable")) == "transfer-encoding"
    assert refusal(message(enveloped(cast), encoding="x-uuencode")) == "transfer-encoding"


def test_too_large_is_refused() -> None:
    assert refusal(bytes(50 * 1024 * 1024 + 1)) == "too-large"


@pytest.mark.parametrize("old_cipher", ["-des3", "-aes-192-cbc"])
def test_degraded_ciphers_do_not_leave(openssl: Callable[..., bytes], cast: Cast, old_cipher: str) -> None:
    der = openssl("-encrypt", old_cipher, "-outform", "DER", "-in", CONTENT, "-recip", cast.encryption.certificate)
    if old_cipher == "-des3":
        assert refusal(message(der)) == "unsupported-algorithm"
    else:
        assert require_enveloped(message(der)).content_algorithm == "aes-192-cbc"
