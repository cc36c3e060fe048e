"""X25519 recipients (RFC 8418), and what a kari may hold besides; OpenSSL 3.0 has no X25519 in CMS, so RFC 8418 is followed here by hand."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, keywrap
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.kdf.x963kdf import X963KDF
from cryptography.x509.oid import NameOID

from bridge.cms import algorithms, ber
from bridge.cms.ber import encode
from bridge.cms.enveloped import build_enveloped, parse_enveloped
from bridge.cms.errors import DecryptionFailed, UnsupportedAlgorithm
from bridge.cms.oid import encode_oid
from bridge.cms.recipient_infos import parse_recipient_info
from bridge.cms.recipients import CertificateRecipient, issuer_and_serial_number
from bridge.cms.unwrapping import unwrap
from tests.bridge.cms.test_enveloped import rebuild
from tests.vectors.cast import NOW, Cast, Holding

CEK = bytes(range(32))
WRAP = encode(ber.SEQUENCE, encode_oid(algorithms.key_wrap_oids["id-aes256-wrap"]))
KDFS = {
    "1.3.132.1.11.1": lambda info, _: X963KDF(hashes.SHA256(), 32, info),
    "1.3.132.1.11.0": lambda info, _: X963KDF(hashes.SHA224(), 32, info),
    "1.3.132.1.14.3": lambda info, _: X963KDF(hashes.SHA512(), 32, info),
    "1.2.840.113549.1.9.16.3.19": lambda info, ukm: HKDF(hashes.SHA256(), 32, ukm, info),
    "1.2.840.113549.1.9.16.3.20": lambda info, ukm: HKDF(hashes.SHA384(), 32, ukm, info),
    "1.2.840.113549.1.9.16.3.21": lambda info, ukm: HKDF(hashes.SHA512(), 32, ukm, info),
}


@pytest.fixture(scope="module")
def x25519(cast: Cast) -> Holding:
    key = X25519PrivateKey.generate()
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "X25519")])
    builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    builder = builder.not_valid_before(NOW).not_valid_after(NOW + timedelta(days=9))
    return Holding(key, builder.sign(cast.card.key, hashes.SHA256()))


def kari(public_key: X25519PublicKey, rid: bytes, kdf: str, ukm: bytes | None) -> bytes:
    """Written from RFC 8418 §2 and RFC 5753 §7.2, without the module under test."""
    ephemeral = X25519PrivateKey.generate()
    bits = encode(0x03, b"\0", ephemeral.public_key().public_bytes_raw())
    entity = b"" if ukm is None else encode(0xA0, encode(0x04, ukm))
    info = encode(0x30, WRAP, entity, encode(0xA2, encode(0x04, (256).to_bytes(4, "big"))))
    kek = KDFS[kdf](info, ukm).derive(ephemeral.exchange(public_key))
    key = encode(0x30, rid, encode(0x04, keywrap.aes_key_wrap(kek, CEK)))
    return encode(
        0xA1,
        encode(0x02, b"\3"),
        encode(0xA0, encode(0xA1, encode(0x30, encode_oid(algorithms.X25519)), bits)),
        b"" if ukm is None else encode(0xA1, encode(0x04, ukm)),
        encode(0x30, encode_oid(kdf), WRAP),
        encode(0x30, key),
    )


@pytest.mark.parametrize("ukm", [None, b"user keying material"])
@pytest.mark.parametrize("kdf", KDFS)
def test_every_derivation_opens(x25519: Holding, kdf: str, ukm: bytes | None) -> None:
    rid = issuer_and_serial_number(x25519.certificate)
    info = kari(x25519.key.public_key(), rid, kdf, ukm)
    assert parse_recipient_info(info).matches(x25519.certificate)
    assert unwrap(info, x25519.key, content_algorithm="aes-256-gcm") == CEK


@pytest.mark.parametrize("algorithm", ["aes-256-gcm", "aes-256-cbc"])
def test_what_we_write_opens(x25519: Holding, algorithm: str) -> None:
    cms = build_enveloped(b"m", [CertificateRecipient(x25519.certificate)], content_algorithm=algorithm)
    enveloped = parse_enveloped(cms)
    key = unwrap(enveloped.recipients[0].der, x25519.key, content_algorithm=algorithm)
    assert enveloped.decrypt(key) == b"m"


def test_point_of_small_order_is_a_failure(x25519: Holding) -> None:
    info = kari(x25519.key.public_key(), issuer_and_serial_number(x25519.certificate), "1.3.132.1.11.1", None)
    originator = parse_recipient_info(info).originator
    assert originator is not None
    with pytest.raises(DecryptionFailed):
        unwrap(info.replace(originator.public_key, bytes(32)), x25519.key, content_algorithm="aes-256-gcm")


def test_key_of_another_kind_is_a_failure(x25519: Holding, p256: Holding) -> None:
    info = kari(x25519.key.public_key(), issuer_and_serial_number(x25519.certificate), "1.3.132.1.11.1", None)
    with pytest.raises(DecryptionFailed):
        unwrap(info, p256.key, content_algorithm="aes-256-gcm")
    ours = CertificateRecipient(p256.certificate).recipient_info(CEK)
    with pytest.raises(DecryptionFailed):
        unwrap(ours, x25519.key, content_algorithm="aes-256-gcm")


def with_more_keys(info: bytes, *others: tuple[Holding, bytes]) -> bytes:
    """`info` with further recipientEncryptedKeys before its own."""
    keys = list(ber.children(info, ber.read(info)))[-1]
    own = next(ber.children(info, keys))
    more = [encode(0x30, issuer_and_serial_number(one.certificate), encode(0x04, key)) for one, key in others]
    return rebuild(info, ber.raw(info, keys), encode(0x30, *more, ber.raw(info, own)))


def test_of_several_keys_ours_opens(p256: Holding, p384: Holding, cast: Cast) -> None:
    own = CertificateRecipient(p256.certificate).recipient_info(CEK)
    info = with_more_keys(own, (p384, bytes(40)), (cast.outsider, bytes(7)))
    assert len(parse_recipient_info(info).recipient_ids) == 3
    for certificate in (None, p256.certificate):
        assert unwrap(info, p256.key, content_algorithm="aes-256-gcm", certificate=certificate) == CEK


def test_keys_of_others_are_not_tried(p256: Holding, p384: Holding) -> None:
    """The key that would open stands under another name, so it is not ours."""
    own = CertificateRecipient(p256.certificate).recipient_info(CEK)
    with pytest.raises(DecryptionFailed):
        unwrap(own, p256.key, content_algorithm="aes-256-gcm", certificate=p384.certificate)


@pytest.mark.parametrize("curve", ["p256", "p384", "p521"])
@pytest.mark.parametrize("md", ["sha1", "sha224", "sha256", "sha384", "sha512"])
@pytest.mark.parametrize("cofactor", ["0", "1"])
def test_every_kdf_of_openssl_opens(
    openssl: Callable[..., bytes], request: pytest.FixtureRequest, curve: str, md: str, cofactor: str
) -> None:
    holding: Holding = request.getfixturevalue(curve)
    options = ["-keyopt", f"ecdh_kdf_md:{md}", "-keyopt", f"ecdh_cofactor_mode:{cofactor}"]
    cms = openssl(
        "-encrypt", "-binary", "-aes-256-cbc", "-outform", "DER", "-in", b"m", "-recip", holding.certificate, *options
    )
    enveloped = parse_enveloped(cms)
    key = unwrap(enveloped.recipients[0].der, holding.key, content_algorithm="aes-256-cbc")
    assert enveloped.decrypt(key) == b"m"


def test_static_key_of_the_sender_is_unsupported(p256: Holding) -> None:
    info = CertificateRecipient(p256.certificate).recipient_info(CEK)
    originator = next(one for one in ber.children(info, ber.read(info)) if one.tag == ber.CONTEXT_0)
    static = rebuild(info, ber.raw(info, originator), encode(0xA0, issuer_and_serial_number(p256.certificate)))
    with pytest.raises(UnsupportedAlgorithm):
        unwrap(static, p256.key, content_algorithm="aes-256-gcm")
