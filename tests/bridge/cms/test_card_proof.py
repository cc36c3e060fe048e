"""Card proofs: what a card says its key can do, and what nobody else can say for it (docs/FORMATS.md, *Card proof*)."""

from dataclasses import replace

import pytest

from bridge.cms import algorithms
from bridge.cms.card_proof import CardProof, build_card_proof, verify_card_proof
from bridge.cms.errors import ProofRefused
from bridge.cms.statements import build_statement
from bridge.pki.certificates import certificate_sha256
from bridge.pki.errors import CertificateRevoked
from bridge.pki.health_identity import Identity
from tests.vectors.cast import NOW
from tests.vectors.registers import Colleague, alice, bob, nameless

ALL = ("rsa-pkcs1", "rsa-oaep-sha1", "rsa-oaep-sha256")


def proof_of(person: Colleague, *names: str) -> CardProof:
    return CardProof(certificate_sha256(person.card.certificate), names, NOW)  # type: ignore[arg-type]


def signed_by(person: Colleague, proof: CardProof) -> bytes:
    return build_card_proof(proof, person.card.signer)


def accept(person: Colleague, **changes: str) -> object:
    return lambda *_: replace(person.identity, **changes)  # type: ignore[arg-type]


def reason(der: bytes, validate: object) -> str:
    with pytest.raises(ProofRefused) as refused:
        verify_card_proof(der, validate_signer=validate)  # type: ignore[arg-type]
    return refused.value.reason


def test_proof_is_read_as_written() -> None:
    proof = proof_of(bob(), *ALL)
    assert CardProof.from_der(proof.to_der()) == proof
    assert verify_card_proof(signed_by(bob(), proof), validate_signer=accept(bob())).proof == proof  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("names", "best"),
    [(ALL, "rsa-oaep-sha256"), (ALL[:2], "rsa-oaep-sha1"), (ALL[:1], "rsa-pkcs1"), (("ecdh",), "ecdh")],
)
def test_best_that_was_proved_is_used(names: tuple[str, ...], best: str) -> None:
    der = signed_by(bob(), proof_of(bob(), *names))
    verified = verify_card_proof(der, validate_signer=accept(bob()))  # type: ignore[arg-type]
    assert verified.transport(bob().card.certificate, bob().identity) == best


def test_proof_of_another_card_or_person_is_none() -> None:
    verified = verify_card_proof(signed_by(bob(), proof_of(bob(), *ALL)), validate_signer=accept(bob()))  # type: ignore[arg-type]
    for certificate, identity, expected in (
        (alice().card.certificate, bob().identity, "certificate-mismatch"),
        (bob().card.certificate, alice().identity, "identity-mismatch"),
        (bob().card.certificate, replace(bob().identity, id_type="FINESS"), "identity-mismatch"),
    ):
        with pytest.raises(ProofRefused) as refused:
            verified.transport(certificate, identity)
        assert refused.value.reason == expected


def test_card_without_identifier_is_compared_by_name() -> None:
    der = signed_by(nameless(), proof_of(nameless(), *ALL))
    verified = verify_card_proof(der, validate_signer=accept(nameless(), level="software"))  # type: ignore[arg-type]
    assert verified.transport(nameless().card.certificate, nameless().identity) == "rsa-oaep-sha256"
    with pytest.raises(ProofRefused):
        verified.transport(nameless().card.certificate, replace(nameless().identity, name="Mallory"))


def test_signature_and_signer_are_checked() -> None:
    der = signed_by(bob(), proof_of(bob(), *ALL))

    def revoked(*_: object) -> Identity:
        raise CertificateRevoked

    assert reason(der, revoked) == "signature"
    assert reason(der[:-1] + bytes((der[-1] ^ 1,)), accept(bob())) == "signature"
    assert reason(der, accept(bob(), level="passkey")) == "signature"
    later = build_statement(
        proof_of(bob(), *ALL).to_der(), algorithms.ID_CARD_PROOF, NOW.replace(year=2027), bob().card.signer
    )
    assert reason(later, accept(bob())) == "signature"
    entry = build_statement(proof_of(bob(), *ALL).to_der(), algorithms.ID_LOG_ENTRY, NOW, bob().card.signer)
    assert reason(entry, accept(bob())) == "signature"


@pytest.mark.parametrize("names", [(), ("rsa-pkcs1", "rsa-pkcs1"), ("auto",), ("rot13",)])
def test_proof_of_nothing_known_is_malformed(names: tuple[str, ...]) -> None:
    with pytest.raises(ProofRefused) as refused:
        CardProof.from_der(proof_of(bob(), *names).to_der())
    assert refused.value.reason == "malformed"


def test_bytes_that_are_no_proof_are_malformed() -> None:
    good = proof_of(bob(), *ALL).to_der()
    for bad in (
        b"",
        good + b"\0",
        good.replace(b"\2\1\1", b"\2\1\2", 1),
        replace(proof_of(bob(), *ALL), certificate=b"x").to_der(),
    ):
        with pytest.raises(ProofRefused):
            CardProof.from_der(bad)
