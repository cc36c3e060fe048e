"""`key.unwrap` answers alike whatever it is given, and a card can do with raw operations what a key does."""

import hashlib
import hmac
import os

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding

from bridge.cms.ber import OCTET_STRING, SEQUENCE, encode, header
from bridge.cms.enveloped import parse_enveloped
from bridge.cms.errors import DecryptionFailed, UnsupportedAlgorithm
from bridge.cms.key_agreement import EcdhDerive
from bridge.cms.recipient_infos import encrypted_key
from bridge.cms.recipients import CertificateRecipient, KekRecipient
from bridge.cms.seal import seal
from bridge.cms.unwrapping import RsaDecrypt, card_decrypt_plan, read_opening, read_whole, unwrap, unwrap_or_reject
from tests.vectors.cast import Cast, Holding

SECRET = bytes(range(32))
CEK = bytes(range(100, 132))


def rejection(info: bytes, length: int = 32) -> bytes:
    return hmac.digest(SECRET, encrypted_key(info), hashlib.sha256)[:length]


def answer(info: bytes, holding: Holding, item_class: str, algorithm: str = "aes-256-gcm") -> bytes:
    return unwrap_or_reject(info, holding.key, content_algorithm=algorithm, item_class=item_class, secret=SECRET)  # type: ignore[arg-type]


def test_each_class_opens_its_own(cast: Cast, p384: Holding) -> None:
    for holding in (cast.encryption, p384):
        message = parse_enveloped(seal(b"m", holding.certificate, "pli-message"))
        summary = parse_enveloped(seal(b"s", holding.certificate, "pli-summary"))
        assert message.decrypt(answer(message.recipients[0].der, holding, "message")) == b"m"
        assert summary.decrypt(answer(summary.recipients[0].der, holding, "summary")) == b"s"


def test_a_class_never_opens_the_other(cast: Cast, p384: Holding) -> None:
    for holding in (cast.encryption, p384):
        message = parse_enveloped(seal(b"m", holding.certificate, "pli-message")).recipients[0].der
        summary = parse_enveloped(seal(b"s", holding.certificate, "pli-summary")).recipients[0].der
        assert answer(message, holding, "summary") == rejection(message)
        assert answer(summary, holding, "message") == rejection(summary)


def test_plain_mail_counts_as_message(cast: Cast) -> None:
    for algorithm in ("rsa-pkcs1", "rsa-oaep-sha256", "rsa-oaep-sha1"):
        info = CertificateRecipient(cast.encryption.certificate, algorithm).recipient_info(CEK)  # type: ignore[arg-type]
        assert answer(info, cast.encryption, "message") == CEK
        assert answer(info, cast.encryption, "summary") == rejection(info)


@pytest.mark.parametrize("length", [16, 24, 32])
def test_v15_that_does_not_open_looks_like_a_key(cast: Cast, length: int) -> None:
    algorithm = {16: "aes-128-cbc", 24: "des-ede3-cbc", 32: "aes-256-cbc"}[length]
    good = CertificateRecipient(cast.encryption.certificate).recipient_info(bytes(20))
    forged = good[:-384] + os.urandom(1).replace(b"\xff", b"\0") + os.urandom(383)
    for info in (good, forged):
        assert len(answer(info, cast.encryption, "message", algorithm)) == length


def test_rejection_is_the_same_twice(cast: Cast) -> None:
    info = CertificateRecipient(cast.outsider.certificate, "rsa-oaep-sha256").recipient_info(CEK)
    assert answer(info, cast.encryption, "message") == answer(info, cast.encryption, "message") == rejection(info)


@pytest.mark.parametrize("info", [b"", b"\x30\x00", b"\x30\x80" * 40, os.urandom(300)])
def test_nonsense_looks_like_a_key(cast: Cast, info: bytes) -> None:
    assert answer(info, cast.encryption, "message") == hmac.digest(SECRET, info, hashlib.sha256)


def test_kekri_and_wrong_kind_of_key_look_like_a_key(cast: Cast, p384: Holding) -> None:
    kekri = KekRecipient(b"x", bytes(32)).recipient_info(CEK)
    assert answer(kekri, cast.encryption, "message") == rejection(kekri)
    kari = CertificateRecipient(p384.certificate).recipient_info(CEK)
    assert answer(kari, cast.encryption, "message") == rejection(kari)


def test_wrong_length_is_a_failure(cast: Cast) -> None:
    info = CertificateRecipient(cast.encryption.certificate, "rsa-oaep-sha256").recipient_info(bytes(16))
    with pytest.raises(DecryptionFailed):
        unwrap(info, cast.encryption.key, content_algorithm="aes-256-gcm")
    with pytest.raises(UnsupportedAlgorithm):
        unwrap(info, cast.encryption.key, content_algorithm="rc2-40")


def test_plan_for_a_card_with_rsa(cast: Cast) -> None:
    plan = card_decrypt_plan(CertificateRecipient(cast.card.certificate).recipient_info(CEK))
    assert isinstance(plan, RsaDecrypt)
    assert plan.mechanism == "rsa-pkcs1"
    assert plan.content_key(cast.card.key.decrypt(plan.ciphertext, padding.PKCS1v15())) == CEK


def test_plan_for_a_card_with_oaep(cast: Cast) -> None:
    info = CertificateRecipient(cast.card.certificate, "rsa-oaep-sha1", b"label").recipient_info(CEK)
    plan = card_decrypt_plan(info)
    assert isinstance(plan, RsaDecrypt)
    assert (plan.mechanism, plan.hash_name, plan.mgf_hash_name, plan.label) == ("rsa-oaep", "sha1", "sha1", b"label")
    oaep = padding.OAEP(padding.MGF1(hashes.SHA1()), hashes.SHA1(), b"label")
    assert plan.content_key(cast.card.key.decrypt(plan.ciphertext, oaep)) == CEK


def test_plan_for_a_card_with_ecdh(p256: Holding) -> None:
    for ukm in (b"", b"user keying material"):
        info = CertificateRecipient(p256.certificate, label=ukm).recipient_info(CEK)
        plan = card_decrypt_plan(info)
        assert isinstance(plan, EcdhDerive)
        assert plan.ukm == (ukm or None)
        point = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), plan.public_point)
        assert plan.content_key(p256.key.exchange(ec.ECDH(), point)) == CEK
        with pytest.raises(DecryptionFailed):
            plan.content_key(bytes(32))


def test_point_off_the_curve_is_a_failure(p256: Holding) -> None:
    info = CertificateRecipient(p256.certificate).recipient_info(CEK)
    plan = card_decrypt_plan(info)
    assert isinstance(plan, EcdhDerive)
    off = plan.public_point[:-1] + bytes((plan.public_point[-1] ^ 1,))
    with pytest.raises(DecryptionFailed):
        unwrap(info.replace(plan.public_point, off), p256.key, content_algorithm="aes-256-gcm")


def test_those_that_begin_alike_are_read_alike(cast: Cast) -> None:
    for algorithm in ("rsa-pkcs1", "rsa-oaep-sha256", "rsa-oaep-sha1"):
        for by_key_identifier in (True, False):
            recipient = CertificateRecipient(cast.encryption.certificate, algorithm, b"", by_key_identifier)  # type: ignore[arg-type]
            for _ in range(3):
                info = recipient.recipient_info(CEK)
                assert read_opening(info) == read_whole(info)
                assert read_opening(info)[0] == info[-384:]


def test_octets_that_only_look_like_a_key_are_no_key(cast: Cast) -> None:
    info = CertificateRecipient(cast.encryption.certificate).recipient_info(CEK)
    head, looks_like = info[: -384 - 4], b"\x04\x82\x01\x00" + bytes(256)
    longer = header(SEQUENCE, len(info) - 4) + info[4:-260] + looks_like
    samples = {
        "inside the encryptedKey": longer,
        "after the end": info + looks_like,
        "in the parameters of the algorithm": head.replace(b"\x05\0", looks_like) + info[-388:],
        "of a length that reaches beyond": head + b"\x04\x82\x02\x00" + info[-384:],
        "with no end": b"\x30\x80" + info[4:],
        "in a kekri": KekRecipient(b"kek", bytes(32)).recipient_info(CEK) + looks_like,
        "in something else": header(OCTET_STRING, 260) + looks_like,
        "alone": looks_like,
    }
    assert {name: read_opening(one) == read_whole(one) for name, one in samples.items()} == dict.fromkeys(samples, True)
    assert read_opening(longer)[0] == longer[-384:]


def test_a_key_in_segments_is_read_as_one(cast: Cast) -> None:
    """X.690 §8.7.3: a constructed string of one segment, and a structure whose lengths are not stated."""
    info = CertificateRecipient(cast.encryption.certificate).recipient_info(CEK)
    segmented = encode(SEQUENCE, info[4:-388], encode(OCTET_STRING | 0x20, info[-388:]))
    indefinite = b"\x30\x80" + info[4:] + b"\0\0"
    for one in (segmented, indefinite):
        assert read_opening(one) == read_whole(one)
        assert answer(one, cast.encryption, "message") == CEK
