"""SignedData: OpenSSL at the other end, and the forgeries of security.md §6 tests 21 to 24."""

import hashlib
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from bridge.cms import algorithms, ber
from bridge.cms.ber import encode, encode_set
from bridge.cms.errors import (
    AttributeRefused,
    CertificatesOnly,
    LimitExceeded,
    Malformed,
    SeveralSigners,
    SignatureInvalid,
    SignedAttributesMissing,
    SignerUnknown,
    WeakAlgorithm,
)
from bridge.cms.oid import encode_oid
from bridge.cms.recipients import issuer_and_serial_number
from bridge.cms.signed import SignatureAlgorithm, build_signed, signature_algorithm, software_signer
from bridge.cms.verification import enclosed_certificates, verify_each_signed, verify_signed
from bridge.pki.certificates import der as certificate_der
from tests.vectors.cast import NOW, Cast, Holding, rsa_key

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric import rsa

CONTENT = b"Content-Type: text/plain\r\n\r\nBonjour.\r\n"
OpenSsl = Callable[..., bytes]


def signed_by(
    holding: Holding, content: bytes = CONTENT, algorithm: SignatureAlgorithm | None = None, **options: object
) -> bytes:
    chosen = algorithm or signature_algorithm(holding.certificate.public_key())
    return build_signed(
        content,
        signer_certificate=holding.certificate,
        sign=software_signer(holding.key, chosen),
        algorithm=chosen,
        signing_time=NOW,
        **options,  # type: ignore[arg-type]
    )


def signer_info_of(cms: bytes) -> bytes:
    return ber.raw(cms, list(ber.children(cms, signed_data_of(cms)))[-1])


def signed_data_of(cms: bytes) -> ber.Element:
    explicit = list(ber.children(cms, ber.read(cms)))[1]
    return next(ber.children(cms, explicit))


def with_signers(cms: bytes, *signer_infos: bytes) -> bytes:
    """The same SignedData with other SignerInfos."""
    fields = [ber.raw(cms, one) for one in ber.children(cms, signed_data_of(cms))][:-1]
    data = encode(ber.SEQUENCE, *fields, encode_set(signer_infos))
    return encode(ber.SEQUENCE, encode_oid(algorithms.ID_SIGNED_DATA), encode(ber.CONTEXT_0, data))


def signer_fields(cms: bytes) -> list[bytes]:
    infos = signer_info_of(cms)
    info = next(ber.children(infos, ber.read(infos)))
    return [ber.raw(infos, field) for field in ber.children(infos, info)]


def attribute(oid: str, *values: bytes) -> bytes:
    return encode(ber.SEQUENCE, encode_oid(oid), encode_set(values))


def signed_with_attributes(holding: Holding, *attributes: bytes, content: bytes = CONTENT) -> bytes:
    """A good signature over attributes of our choice."""
    cms = signed_by(holding, content)
    version, sid, digest, _, kind, _ = signer_fields(cms)
    signature = software_signer(holding.key)(encode_set(attributes))
    parts = (
        version,
        sid,
        digest,
        encode(ber.CONTEXT_0, *sorted(attributes)),
        kind,
        encode(ber.OCTET_STRING, signature),
    )
    return with_signers(cms, encode(ber.SEQUENCE, *parts))


DIGEST = attribute(algorithms.MESSAGE_DIGEST, encode(ber.OCTET_STRING, hashlib.sha256(CONTENT).digest()))
TYPE = attribute(algorithms.CONTENT_TYPE, encode_oid(algorithms.ID_DATA))


@pytest.mark.capability("CO6", "CO10")
@pytest.mark.parametrize(
    ("who", "algorithm"),
    [("card", None), ("card", SignatureAlgorithm.RSA_PSS_SHA256), ("p256", None), ("p384", None), ("p521", None)],
)
@pytest.mark.parametrize("detached", [False, True])
@pytest.mark.parametrize("by_key_identifier", [False, True])
def test_openssl_verifies_what_we_sign(
    openssl: OpenSsl,
    request: pytest.FixtureRequest,
    cast: Cast,
    who: str,
    algorithm: SignatureAlgorithm | None,
    detached: bool,
    by_key_identifier: bool,
) -> None:
    holding: Holding = cast.card if who == "card" else request.getfixturevalue(who)
    cms = signed_by(holding, algorithm=algorithm, detached=detached, by_key_identifier=by_key_identifier)
    content = ["-content", CONTENT] if detached else []
    trust = ["-CAfile", holding.certificate, "-purpose", "any", "-attime", str(int(NOW.timestamp()))]
    assert openssl("-verify", "-binary", "-inform", "DER", "-in", cms, *trust, *content) == CONTENT
    verified = verify_signed(cms, CONTENT if detached else None)
    assert (verified.content, verified.signing_time, verified.has_signing_certificate) == (CONTENT, NOW, True)


@pytest.mark.parametrize("who", ["card", "p256", "p384"])
@pytest.mark.parametrize(
    "options", [[], ["-nodetach"], ["-nodetach", "-stream"], ["-keyid"], ["-md", "sha512"], ["-cades"]]
)
def test_what_openssl_signs_verifies(
    openssl: OpenSsl, request: pytest.FixtureRequest, cast: Cast, who: str, options: list[str]
) -> None:
    holding: Holding = cast.card if who == "card" else request.getfixturevalue(who)
    cms = openssl(
        "-sign", "-binary", "-outform", "DER", "-in", CONTENT, "-signer", holding.certificate, "-inkey", holding.key, *options
    )  # fmt: skip
    detached = "-nodetach" not in options
    assert verify_signed(cms, CONTENT if detached else None).unverified_certificate == holding.certificate


def test_what_openssl_signs_with_pss_verifies(openssl: OpenSsl, cast: Cast) -> None:
    pss = ["-keyopt", "rsa_padding_mode:pss", "-keyopt", "rsa_pss_saltlen:-1"]
    cms = openssl(
        "-sign",
        "-binary",
        "-outform",
        "DER",
        "-in",
        CONTENT,
        "-signer",
        cast.card.certificate,
        "-inkey",
        cast.card.key,
        *pss,
    )
    assert verify_signed(cms, CONTENT).unverified_certificate == cast.card.certificate


@pytest.mark.negative(21)
def test_attributes_passed_off_as_content_are_refused(cast: Cast) -> None:
    cms = signed_by(cast.card)
    version, sid, digest, attributes, kind, signature = signer_fields(cms)
    stolen = b"\x31" + attributes[1:]
    forged = with_signers(signed_by(cast.card, stolen), encode(ber.SEQUENCE, version, sid, digest, kind, signature))
    with pytest.raises(SignedAttributesMissing):
        verify_signed(forged)


@pytest.mark.negative(22)
def test_attributes_absent_with_id_data_are_refused(openssl: OpenSsl, cast: Cast) -> None:
    cms = openssl(
        "-sign",
        "-noattr",
        "-nodetach",
        "-binary",
        "-outform",
        "DER",
        "-in",
        CONTENT,
        "-signer",
        cast.card.certificate,
        "-inkey",
        cast.card.key,
    )
    with pytest.raises(SignedAttributesMissing):
        verify_signed(cms)


@pytest.mark.negative(23)
def two_signers(first: Holding, second: Holding, content: bytes = CONTENT) -> bytes:
    """Two good SignerInfos over the same content, one of whose certificates is enclosed."""
    infos = [signer_info_of(signed_by(one, CONTENT)) for one in (first,)]
    infos += [signer_info_of(signed_by(second, content))]
    bare = [ber.raw(info, next(ber.children(info, ber.read(info)))) for info in infos]
    return with_signers(signed_by(first, certificates=[second.certificate]), *bare)


def test_two_signers_are_refused_where_one_is_wanted(cast: Cast) -> None:
    with pytest.raises(SeveralSigners):
        verify_signed(two_signers(cast.card, cast.outsider))


def test_each_of_several_signers_is_verified(cast: Cast, p256: Holding) -> None:
    found = verify_each_signed(two_signers(cast.card, p256))
    assert {one.unverified_certificate for one in found} == {cast.card.certificate, p256.certificate}
    assert len(verify_each_signed(signed_by(cast.card))) == 1


@pytest.mark.negative(23)
def test_one_bad_signer_proves_nothing_for_the_other(cast: Cast, p256: Holding) -> None:
    with pytest.raises(SignatureInvalid):
        verify_each_signed(two_signers(cast.card, p256, CONTENT + b"altered"))


def test_more_signers_than_the_limit_are_refused(p256: Holding) -> None:
    infos = [signer_info_of(signed_by(p256, algorithm=None)) for _ in range(65)]
    bare = {ber.raw(info, next(ber.children(info, ber.read(info)))) for info in infos}
    assert len(bare) == 65
    with pytest.raises(LimitExceeded):
        verify_each_signed(with_signers(signed_by(p256), *bare))


def test_certificates_alone_sign_nothing(cast: Cast) -> None:
    cms = with_signers(signed_by(cast.card, detached=True))
    for verify in (verify_signed, verify_each_signed):
        with pytest.raises(CertificatesOnly):
            verify(cms)
    assert enclosed_certificates(cms) == (cast.card.certificate,)


def ed25519_signed(holding: Holding) -> bytes:
    """By hand after RFC 8419 §3: the key signs the attributes themselves, digestAlgorithm SHA-512, no parameters."""
    digest = encode(ber.SEQUENCE, encode_oid(algorithms.hash_oids["sha512"]))
    octets = encode(ber.OCTET_STRING, hashlib.sha512(CONTENT).digest())
    attributes = (TYPE, attribute(algorithms.MESSAGE_DIGEST, octets))
    signer_info = encode(
        ber.SEQUENCE,
        encode(ber.INTEGER, b"\1"),
        issuer_and_serial_number(holding.certificate),
        digest,
        encode(ber.CONTEXT_0, *sorted(attributes)),
        encode(ber.SEQUENCE, encode_oid("1.3.101.112")),
        encode(ber.OCTET_STRING, holding.key.sign(encode_set(attributes))),
    )
    data = encode(
        ber.SEQUENCE,
        encode(ber.INTEGER, b"\1"),
        encode(ber.SET, digest),
        encode(ber.SEQUENCE, encode_oid(algorithms.ID_DATA), encode(ber.CONTEXT_0, encode(ber.OCTET_STRING, CONTENT))),
        encode(ber.CONTEXT_0, certificate_der(holding.certificate)),
        encode(ber.SET, signer_info),
    )
    return encode(ber.SEQUENCE, encode_oid(algorithms.ID_SIGNED_DATA), encode(ber.CONTEXT_0, data))


def test_ed25519_verifies(ed25519: Holding) -> None:
    cms = ed25519_signed(ed25519)
    assert verify_signed(cms).unverified_certificate == ed25519.certificate
    with pytest.raises(SignatureInvalid):
        verify_signed(cms[:-1] + bytes((cms[-1] ^ 1,)))


@pytest.mark.negative(24)
def test_message_digest_twice_is_refused(cast: Cast) -> None:
    other = attribute(algorithms.MESSAGE_DIGEST, encode(ber.OCTET_STRING, bytes(32)))
    with pytest.raises(AttributeRefused):
        verify_signed(signed_with_attributes(cast.card, TYPE, DIGEST, other))


@pytest.mark.negative(24)
def test_message_digest_with_two_values_is_refused(cast: Cast) -> None:
    octets = (encode(ber.OCTET_STRING, hashlib.sha256(CONTENT).digest()), encode(ber.OCTET_STRING, bytes(32)))
    with pytest.raises(AttributeRefused):
        verify_signed(signed_with_attributes(cast.card, TYPE, attribute(algorithms.MESSAGE_DIGEST, *octets)))


@pytest.mark.parametrize(
    "attributes",
    [
        (TYPE,),
        (DIGEST,),
        (attribute(algorithms.CONTENT_TYPE, encode_oid(algorithms.ID_LOG_ENTRY)), DIGEST),
        (
            TYPE,
            DIGEST,
            attribute(algorithms.SIGNING_CERTIFICATE_V2, bytes.fromhex("30273025302304") + b"\x20" + bytes(33)),
        ),
    ],
)
def test_missing_or_contradicting_attributes_are_refused(cast: Cast, attributes: tuple[bytes, ...]) -> None:
    with pytest.raises((AttributeRefused, Malformed)):
        verify_signed(signed_with_attributes(cast.card, *attributes))


def test_signing_certificate_of_somebody_else_is_refused(cast: Cast) -> None:
    from bridge.cms.signed import _signing_certificate

    foreign = attribute(algorithms.SIGNING_CERTIFICATE_V2, _signing_certificate(cast.outsider.certificate))
    with pytest.raises(AttributeRefused):
        verify_signed(signed_with_attributes(cast.card, TYPE, DIGEST, foreign))


def test_minimal_attributes_pass_and_say_what_lacks(cast: Cast) -> None:
    verified = verify_signed(signed_with_attributes(cast.card, TYPE, DIGEST))
    assert (verified.signing_time, verified.has_signing_certificate) == (None, False)


def test_other_content_is_refused(cast: Cast) -> None:
    with pytest.raises(SignatureInvalid):
        verify_signed(signed_by(cast.card, detached=True), CONTENT + b" ")
    with pytest.raises(SignatureInvalid):
        verify_signed(signed_by(cast.card), CONTENT + b" ")
    with pytest.raises(Malformed):
        verify_signed(signed_by(cast.card, detached=True))


def test_altered_signature_is_refused(cast: Cast, p256: Holding) -> None:
    for holding in (cast.card, p256):
        cms = signed_by(holding)
        with pytest.raises(SignatureInvalid):
            verify_signed(cms[:-1] + bytes((cms[-1] ^ 1,)))


def test_unexpected_content_type_is_refused(cast: Cast) -> None:
    with pytest.raises(AttributeRefused):
        verify_signed(signed_by(cast.card), content_type=algorithms.ID_LOG_ENTRY)


def test_without_certificate_the_signer_is_unknown(cast: Cast) -> None:
    cms = signed_by(cast.card)
    fields = [ber.raw(cms, one) for one in ber.children(cms, signed_data_of(cms))]
    bare = encode(ber.SEQUENCE, *(one for one in fields if one[0] != ber.CONTEXT_0))
    bare = encode(ber.SEQUENCE, encode_oid(algorithms.ID_SIGNED_DATA), encode(ber.CONTEXT_0, bare))
    with pytest.raises(SignerUnknown):
        verify_signed(bare, certificates=[cast.outsider.certificate])
    assert verify_signed(bare, certificates=[cast.card.certificate]).content == CONTENT


@pytest.mark.negative(31)
@pytest.mark.parametrize("md", ["sha1", "md5"])
def test_sha1_and_md5_are_refused(openssl: OpenSsl, cast: Cast, md: str) -> None:
    cms = openssl(
        "-sign",
        "-md",
        md,
        "-nodetach",
        "-binary",
        "-outform",
        "DER",
        "-in",
        CONTENT,
        "-signer",
        cast.card.certificate,
        "-inkey",
        cast.card.key,
    )
    with pytest.raises(WeakAlgorithm):
        verify_signed(cms)


@pytest.mark.negative(31)
@pytest.mark.parametrize(("bits", "exponent"), [(1024, 65537), (2048, 3)])
def test_weak_rsa_is_refused(bits: int, exponent: int) -> None:
    key: rsa.RSAPrivateKey = rsa_key(bits, exponent)
    with pytest.raises(WeakAlgorithm):
        verify_signed(signed_by(Holding.new(key, "weak")))


def test_certificates_of_every_length_are_read(p384: Holding) -> None:
    """asn1crypto takes a length that ends in 0x80 for the indefinite form; certificates of such lengths exist."""
    for padding in range(256):
        holding = Holding.new(p384.key, "x" * (1 + padding % 60), f"{'y' * (padding // 8)}@pli.example")
        assert verify_signed(signed_by(holding)).unverified_certificate == holding.certificate


def test_unreadable_certificate_beside_the_signer_is_left_out(cast: Cast, p384: Holding) -> None:
    from bridge.pki.certificates import der
    from tests.bridge.cms.test_enveloped import rebuild

    cms = signed_by(cast.card, certificates=[p384.certificate])
    foreign = der(p384.certificate)
    for bad in (
        foreign.replace(b"\xa0\x03\x02\x01\x02", b"\xa0\x03\x02\x01\x39"),
        foreign.replace(b"P-384", b"\xff" * 5),
    ):
        verified = verify_signed(cms.replace(foreign, bad))
        assert verified.unverified_certificate == cast.card.certificate
    assert verify_signed(rebuild(cms, foreign, b"\x31\x00")).unverified_chain == ()


def test_salt_of_impossible_length_is_malformed(cast: Cast) -> None:
    cms = signed_by(cast.card, algorithm=SignatureAlgorithm.RSA_PSS_SHA256)
    with pytest.raises(Malformed):
        verify_signed(cms.replace(b"\xa2\x03\x02\x01\x20", b"\xa2\x03\x02\x01\xff"))
