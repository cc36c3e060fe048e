from dataclasses import replace
from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa

from bridge.pki import errors
from bridge.pki.anchors import AnchorPurpose, AnchorStore, Purpose
from bridge.pki.certificates import certificate_sha256, load_certificate
from bridge.pki.issue import build_crl, certificate_builder, issue_mailbox_certificate, key_usage
from bridge.pki.path import RevocationMode, validate_path
from bridge.pki.requests import build_request, verify_request


def mailbox_certificate(pki, now, use="encryption", branch="operator"):
    key = rsa.generate_private_key(65537, 3072)
    request = verify_request(build_request(key, "alice@pli.example"))
    authority = pki.branches[branch].issuing
    later = now + timedelta(days=365)
    return issue_mailbox_certificate(authority, request, use=use, not_before=now, not_after=later), authority


@pytest.mark.parametrize(("name", "use"), [("alice", "signature"), ("bob", "signature")])
def test_card_signature_path_is_good_under_two_roots(pki, anchors, card, now, name, use):
    _, certificate, chain = card(name, use)
    validated = validate_path(
        certificate, chain=chain, anchors=anchors, purpose=Purpose.CARD_SIGNATURE, at=now, crls=pki.crls()
    )
    assert validated.revocation == "good"
    assert validated.anchor.purposes == {AnchorPurpose.HEALTH_CARD}
    assert len(validated.path) == 3


@pytest.mark.parametrize(
    ("name", "use", "purpose", "error"),
    [
        ("erin", "authentication", Purpose.CARD_AUTHENTICATION, errors.CertificateExpired),
        ("rene", "authentication", Purpose.CARD_AUTHENTICATION, errors.CertificateRevoked),
        ("alice", "signature", Purpose.CARD_AUTHENTICATION, errors.WrongKeyUsage),
        ("alice", "authentication", Purpose.CARD_SIGNATURE, errors.WrongKeyUsage),
        ("alice", "authentication", Purpose.ENCRYPT, errors.WrongKeyUsage),
        ("bob", "encryption", Purpose.ENCRYPT, errors.CertificateUntrusted),
    ],
)
def test_card_is_refused(pki, anchors, card, now, name, use, purpose, error):
    _, certificate, chain = card(name, use)
    with pytest.raises(error):
        validate_path(certificate, chain=chain, anchors=anchors, purpose=purpose, at=now, crls=pki.crls())


def test_unknown_revocation_is_refused_hard_and_said_soft(anchors, card, now):
    _, certificate, chain = card("alice", "signature")
    arguments = {"chain": chain, "anchors": anchors, "purpose": Purpose.CARD_SIGNATURE, "at": now}
    with pytest.raises(errors.RevocationUnknown):
        validate_path(certificate, **arguments)
    soft = validate_path(certificate, **arguments, revocation=RevocationMode.SOFT)
    assert soft.revocation == "unchecked"
    assert soft.revocation_checked is None


def test_stale_crl_is_no_answer(pki, anchors, card, now):
    _, certificate, chain = card("alice", "signature")
    long_ago = now - timedelta(days=300)
    stale = [
        build_crl(authority, now=long_ago) for authority in (pki.branches["fort"].issuing, pki.branches["fort"].root)
    ]
    with pytest.raises(errors.RevocationUnknown):
        validate_path(certificate, chain=chain, anchors=anchors, purpose=Purpose.CARD_SIGNATURE, at=now, crls=stale)


def test_crl_of_another_issuer_does_not_revoke(pki, anchors, card, now):
    _, certificate, chain = card("alice", "signature")
    foreign = build_crl(pki.branches["partner"].issuing, {certificate.serial_number: now}, now=now)
    validate_path(
        certificate, chain=chain, anchors=anchors, purpose=Purpose.CARD_SIGNATURE, at=now, crls=[*pki.crls(), foreign]
    )


def test_operator_certificate_encrypts_but_is_no_card(pki, anchors, now):
    certificate, authority = mailbox_certificate(pki, now)
    chain = [authority.certificate]
    arguments = {"chain": chain, "anchors": anchors, "at": now, "crls": pki.crls()}
    assert validate_path(certificate, purpose=Purpose.ENCRYPT, **arguments).anchor.purposes == {AnchorPurpose.OPERATOR}
    with pytest.raises(errors.WrongKeyUsage):
        validate_path(certificate, purpose=Purpose.MESSAGE_SIGNATURE, **arguments)


def test_mailbox_key_is_certified_for_one_use_only(pki, anchors, now):
    """CO13: a signature certificate is never a recipient's."""
    certificate, authority = mailbox_certificate(pki, now, use="signature")
    arguments = {"chain": [authority.certificate], "anchors": anchors, "at": now, "crls": pki.crls()}
    assert validate_path(certificate, purpose=Purpose.MESSAGE_SIGNATURE, **arguments)
    with pytest.raises(errors.WrongKeyUsage):
        validate_path(certificate, purpose=Purpose.ENCRYPT, **arguments)


def test_anchor_of_another_purpose_is_no_anchor(pki, anchors, card, now):
    _, certificate, chain = card("alice", "signature")
    relabelled = AnchorStore(replace(anchor, purposes=frozenset({AnchorPurpose.MAIL})) for anchor in anchors.anchors)
    with pytest.raises(errors.CertificateUntrusted):
        validate_path(
            certificate, chain=chain, anchors=relabelled, purpose=Purpose.CARD_SIGNATURE, at=now, crls=pki.crls()
        )


def test_end_entity_cannot_issue(pki, anchors, card, now):
    """Negative test 20: a certificate without keyCertSign issues nothing."""
    key, issuer, chain = card("alice", "signature")
    rogue = rsa.generate_private_key(65537, 2048)
    authority = replace(pki.branches["fort"].issuing, certificate=issuer, private_key=key)
    builder = certificate_builder(
        authority, issuer.subject, rogue.public_key(), not_before=now, not_after=now + timedelta(days=9)
    )
    forged = builder.add_extension(key_usage("content_commitment"), critical=True).sign(key, hashes.SHA256())
    with pytest.raises(errors.CertificateUntrusted):
        validate_path(
            forged, chain=[issuer, *chain], anchors=anchors, purpose=Purpose.CARD_SIGNATURE, at=now, crls=pki.crls()
        )


def test_self_signed_with_the_right_name_is_untrusted(anchors, card, now):
    """Negative test 2."""
    _, genuine, chain = card("alice", "signature")
    key = rsa.generate_private_key(65537, 2048)
    forged = (
        x509.CertificateBuilder()
        .subject_name(genuine.subject)
        .issuer_name(genuine.subject)
        .public_key(key.public_key())
        .serial_number(genuine.serial_number)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(key_usage("content_commitment"), critical=True)
        .sign(key, hashes.SHA256())
    )
    with pytest.raises(errors.CertificateUntrusted):
        validate_path(forged, chain=chain, anchors=anchors, purpose=Purpose.CARD_SIGNATURE, at=now)


def test_rsa_1024_is_weak(anchors, card, now):
    _, genuine, _ = card("alice", "signature")
    key = rsa.generate_private_key(65537, 1024)
    weak = (
        x509.CertificateBuilder()
        .subject_name(genuine.subject)
        .issuer_name(genuine.issuer)
        .public_key(key.public_key())
        .serial_number(5)
        .not_valid_before(now)
        .not_valid_after(now + timedelta(days=1))
        .add_extension(key_usage("content_commitment"), critical=True)
        .sign(key, hashes.SHA256())
    )
    with pytest.raises(errors.WeakAlgorithm):
        validate_path(weak, chain=[], anchors=anchors, purpose=Purpose.CARD_SIGNATURE, at=now)


@pytest.mark.parametrize(
    "data", [b"", b"x", b"\x30\x80\x00\x00", b"\x30\x82\xff\xff" + b"\0" * 40, b"\x30\x03\x30\x01" * 9]
)
def test_malformed_certificate_is_a_typed_error(data):
    with pytest.raises(errors.CertificateMalformed):
        load_certificate(data)


def test_deeply_nested_certificate_is_refused_before_parsing():
    nested = b""
    for _ in range(60):
        length = len(nested)
        nested = b"\x30" + (bytes([length]) if length < 128 else b"\x82" + length.to_bytes(2, "big")) + nested
    with pytest.raises(errors.CertificateMalformed):
        load_certificate(nested)


def test_pem_and_der_are_the_same_certificate(card):
    _, certificate, _ = card("alice", "signature")
    from bridge.pki.certificates import der, pem

    assert certificate_sha256(load_certificate(pem(certificate))) == certificate_sha256(
        load_certificate(der(certificate))
    )
