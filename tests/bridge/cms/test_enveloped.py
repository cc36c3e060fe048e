"""EnvelopedData and AuthEnvelopedData, with OpenSSL at the other end."""

import os
from collections.abc import Callable

import pytest

from bridge.cms import algorithms, ber
from bridge.cms.ber import encode
from bridge.cms.enveloped import Enveloped, build_enveloped, parse_enveloped
from bridge.cms.errors import DecryptionFailed, Malformed, UnsupportedAlgorithm
from bridge.cms.oid import encode_oid
from bridge.cms.recipients import CertificateRecipient, KekRecipient
from bridge.cms.unwrapping import unwrap, unwrap_with_kek
from tests.vectors.cast import Cast, Holding

CONTENT = b"Content-Type: text/plain\r\n\r\nBonjour.\r\n" * 40
OpenSsl = Callable[..., bytes]


def opened(cms: bytes, holding: Holding) -> bytes:
    enveloped = parse_enveloped(cms)
    info = next(one for one in enveloped.recipients if one.matches(holding.certificate))
    return enveloped.decrypt(unwrap(info.der, holding.key, content_algorithm=enveloped.content_algorithm.oid))


OAEP = ["-keyopt", "rsa_padding_mode:oaep", "-keyopt"]


@pytest.mark.capability("CO6", "CO10")
@pytest.mark.parametrize("cipher", ["-aes-256-cbc", "-aes-128-cbc", "-aes-256-gcm", "-aes-128-gcm", "-des3"])
@pytest.mark.parametrize("stream", [[], ["-stream"]])
@pytest.mark.parametrize(
    "options",
    [
        [],
        [*OAEP, "rsa_oaep_md:sha1"],
        [*OAEP, "rsa_oaep_md:sha256"],
        [*OAEP, "rsa_oaep_md:sha384"],
        [*OAEP, "rsa_oaep_md:sha512"],
        [*OAEP, "rsa_oaep_md:sha256", "-keyopt", "rsa_mgf1_md:sha1"],
        ["-keyid"],
    ],
)
def test_what_openssl_encrypts_to_rsa_opens(
    openssl: OpenSsl, cast: Cast, cipher: str, stream: list[str], options: list[str]
) -> None:
    certificate = cast.encryption.certificate
    cms = openssl(
        "-encrypt", "-binary", cipher, *stream, "-outform", "DER", "-in", CONTENT, "-recip", certificate, *options
    )
    assert opened(cms, cast.encryption) == CONTENT


@pytest.mark.parametrize("curve", ["p256", "p384", "p521"])
@pytest.mark.parametrize("cipher", ["-aes-256-cbc", "-aes-128-gcm", "-des3"])
@pytest.mark.parametrize("md", ["sha1", "sha256", "sha384", "sha512"])
def test_what_openssl_encrypts_to_ecdh_opens(
    openssl: OpenSsl, request: pytest.FixtureRequest, curve: str, cipher: str, md: str
) -> None:
    holding: Holding = request.getfixturevalue(curve)
    cms = openssl(
        "-encrypt", "-binary", cipher, "-outform", "DER", "-in", CONTENT,
        "-recip", holding.certificate, "-keyopt", f"ecdh_kdf_md:{md}",
    )  # fmt: skip
    assert opened(cms, holding) == CONTENT


@pytest.mark.capability("CO6", "CO10")
@pytest.mark.parametrize("algorithm", ["aes-256-cbc", "aes-128-cbc", "aes-256-gcm"])
@pytest.mark.parametrize("key_algorithm", ["auto", "rsa-oaep-sha256", "rsa-oaep-sha1", "ecdh"])
@pytest.mark.parametrize("by_key_identifier", [False, True])
def test_openssl_opens_what_we_encrypt(
    openssl: OpenSsl, cast: Cast, p384: Holding, algorithm: str, key_algorithm: str, by_key_identifier: bool
) -> None:
    holding = p384 if key_algorithm == "ecdh" else cast.encryption
    recipients = [
        CertificateRecipient(cast.outsider.certificate),
        CertificateRecipient(holding.certificate, key_algorithm, by_key_identifier=by_key_identifier),  # type: ignore[arg-type]
    ]
    cms = build_enveloped(CONTENT, recipients, content_algorithm=algorithm)
    decrypted = openssl(
        "-decrypt", "-binary", "-inform", "DER", "-in", cms, "-recip", holding.certificate, "-inkey", holding.key
    )
    assert decrypted == CONTENT
    assert opened(cms, holding) == CONTENT


def test_openssl_opens_our_kekri(openssl: OpenSsl) -> None:
    kek = os.urandom(32)
    cms = build_enveloped(CONTENT, [KekRecipient(b"name", kek)], content_algorithm="aes-256-cbc")
    key = ["-secretkey", kek.hex(), "-secretkeyid", b"name".hex()]
    assert openssl("-decrypt", "-binary", "-inform", "DER", "-in", cms, *key) == CONTENT
    enveloped = parse_enveloped(cms)
    assert enveloped.decrypt(unwrap_with_kek(enveloped.recipients[0].der, kek)) == CONTENT
    with pytest.raises(DecryptionFailed):
        unwrap_with_kek(enveloped.recipients[0].der, bytes(32))


def test_25_mb_open(openssl: OpenSsl, cast: Cast) -> None:
    content = os.urandom(25_000_000)
    for stream in ([], ["-stream"]):
        cms = openssl(
            "-encrypt", "-binary", "-aes-256-gcm", *stream, "-outform", "DER",
            "-in", content, "-recip", cast.encryption.certificate,
        )  # fmt: skip
        assert opened(cms, cast.encryption) == content


def gcm(cast: Cast) -> bytes:
    return build_enveloped(CONTENT, [CertificateRecipient(cast.encryption.certificate)])


def with_tag_of(cms: bytes, length: int) -> bytes:
    """The same message with its tag cut, and the parameters saying so."""
    tag = parse_enveloped(cms).tag
    stated = rebuild(cms, b"\x02\x01\x10", encode(0x02, bytes((length,))))
    return rebuild(stated, encode(0x04, tag), encode(0x04, tag[:length]))


@pytest.mark.negative(27)
@pytest.mark.parametrize("length", [1, 4, 8, 11])
def test_tag_of_less_than_twelve_octets_is_refused(cast: Cast, length: int) -> None:
    with pytest.raises(UnsupportedAlgorithm):
        parse_enveloped(with_tag_of(gcm(cast), length))


@pytest.mark.negative(27)
def test_tag_of_another_length_than_stated_is_refused(cast: Cast) -> None:
    tag = parse_enveloped(cms := gcm(cast)).tag
    with pytest.raises(UnsupportedAlgorithm):
        parse_enveloped(rebuild(cms, encode(0x04, tag), encode(0x04, tag[:12])))


@pytest.mark.parametrize("length", [12, 13, 14, 15])
def test_short_tag_opens_and_is_named(cast: Cast, length: int) -> None:
    short = with_tag_of(gcm(cast), length)
    assert parse_enveloped(short).short_tag
    assert not parse_enveloped(gcm(cast)).short_tag
    assert opened(short, cast.encryption) == CONTENT


@pytest.mark.negative(28)
def test_short_tag_flipped_gives_no_byte(cast: Cast) -> None:
    short = with_tag_of(gcm(cast), 12)
    with pytest.raises(DecryptionFailed):
        opened(short[:-1] + bytes((short[-1] ^ 1,)), cast.encryption)


def test_tag_length_left_out_is_twelve(cast: Cast) -> None:  # RFC 5084 §3.2
    short = with_tag_of(gcm(cast), 12)
    enveloped = parse_enveloped(short)
    nonce = encode(0x04, enveloped.initialization_vector)
    bare = rebuild(short, encode(0x30, nonce, b"\x02\x01\x0c"), encode(0x30, nonce))
    assert opened(bare, cast.encryption) == CONTENT


@pytest.mark.parametrize("cipher", ["-rc2-cbc", "-des3"])
def test_old_ciphers_open_as_degraded(openssl: OpenSsl, cast: Cast, cipher: str) -> None:
    legacy = ["-provider", "legacy", "-provider", "default"]
    certificate = cast.encryption.certificate
    cms = openssl("-encrypt", "-binary", cipher, *legacy, "-outform", "DER", "-in", CONTENT, "-recip", certificate)
    assert parse_enveloped(cms).content_algorithm.degraded
    assert opened(cms, cast.encryption) == CONTENT


def test_rc2_with_a_short_key_is_refused(openssl: OpenSsl, cast: Cast) -> None:
    legacy = ["-provider", "legacy", "-provider", "default"]
    certificate = cast.encryption.certificate
    cms = openssl(
        "-encrypt", "-binary", "-rc2-40-cbc", *legacy, "-outform", "DER", "-in", CONTENT, "-recip", certificate
    )
    with pytest.raises(UnsupportedAlgorithm):
        parse_enveloped(cms)


@pytest.mark.parametrize("name", ["rc2-cbc", "des-ede3-cbc"])
def test_old_ciphers_are_never_written(cast: Cast, name: str) -> None:
    with pytest.raises(UnsupportedAlgorithm):
        build_enveloped(CONTENT, [CertificateRecipient(cast.encryption.certificate)], content_algorithm=name)


@pytest.mark.negative(27)
def test_nonce_of_sixteen_octets_is_refused(cast: Cast) -> None:
    enveloped = parse_enveloped(cms := gcm(cast))
    long = rebuild(cms, encode(0x04, enveloped.initialization_vector), encode(0x04, bytes(16)))
    with pytest.raises(UnsupportedAlgorithm):
        parse_enveloped(long)


@pytest.mark.negative(28)
def test_tag_flipped_gives_no_byte(cast: Cast) -> None:
    cms = gcm(cast)
    with pytest.raises(DecryptionFailed) as refused:
        opened(cms[:-1] + bytes((cms[-1] ^ 1,)), cast.encryption)
    assert str(refused.value) == "decryption failed"


@pytest.mark.negative(25)  # as far as one message tells
def test_gcm_relabelled_as_cbc_is_refused(cast: Cast) -> None:
    cms = gcm(cast)
    relabelled = cms.replace(bytes.fromhex("060960864801650304012e"), bytes.fromhex("060960864801650304012a"))
    with pytest.raises(UnsupportedAlgorithm):
        parse_enveloped(relabelled)


@pytest.mark.negative(25)  # as far as one message tells
@pytest.mark.parametrize("named", [algorithms.CONTENT_TYPE, algorithms.ID_DATA])
def test_content_of_another_type_than_its_attributes_say_is_refused(cast: Cast, named: str) -> None:
    context = {algorithms.PLI_CONTEXT: encode(ber.OCTET_STRING, b"x")}
    cms = build_enveloped(CONTENT, [CertificateRecipient(cast.encryption.certificate)], auth_attributes=context)
    assert opened(cms, cast.encryption) == CONTENT
    end = cms.rindex(oid := encode_oid(named)) + len(oid)
    with pytest.raises(Malformed):
        parse_enveloped(cms[: end - 1] + bytes((cms[end - 1] ^ 2,)) + cms[end:])


def test_bad_padding_fails_as_everything_else(cast: Cast) -> None:
    cms = build_enveloped(CONTENT, [CertificateRecipient(cast.encryption.certificate)], content_algorithm="aes-256-cbc")
    with pytest.raises(DecryptionFailed):
        opened(cms[:-1] + bytes((cms[-1] ^ 0x55,)), cast.encryption)


def test_signed_data_is_not_enveloped(cast: Cast) -> None:
    signed = encode(ber.SEQUENCE, bytes.fromhex("06092a864886f70d010702"), encode(ber.CONTEXT_0, encode(ber.SEQUENCE)))
    with pytest.raises(Malformed):
        parse_enveloped(signed)


def test_repr_shows_no_content(cast: Cast) -> None:
    enveloped: Enveloped = parse_enveloped(gcm(cast))
    assert "ciphertext" not in repr(enveloped)


def rebuild(cms: bytes, old: bytes, new: bytes) -> bytes:
    """`cms` with one primitive replaced by a longer one: every length above is written again."""
    return _rebuild(cms, ber.read(cms), old, new)


def _rebuild(data: bytes, element: ber.Element, old: bytes, new: bytes) -> bytes:
    raw = ber.raw(data, element)
    if raw == old:
        return new
    if not element.tag & 0x20:
        return raw
    return encode(element.tag, *(_rebuild(data, child, old, new) for child in ber.children(data, element)))
