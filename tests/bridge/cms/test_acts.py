"""Acts: security.md §6 tests 1 and 2 as far as this package decides them; genesis outcomes are in test_vectors."""

from collections.abc import Sequence
from dataclasses import replace

import pytest
from cryptography import x509

from bridge.cms.acts import check_binding_listed, check_genesis, check_grant_listed
from bridge.cms.errors import ActRefused
from bridge.cms.grants import CardRecipient, GrantBody, Role, build_grant, parse_grant
from bridge.cms.log import LogKind, VerifiedEntry, build_entry, verify_entry
from bridge.pki.certificates import certificate_sha256
from bridge.pki.health_identity import Identity
from tests.vectors.cast import ADDRESS, ALICE, Cast, Holding
from tests.vectors.registers import Register, alice, bob

DENIS = Identity("card", "RPPS", "99900000025", "Denis Roux", "Médecin")


def validator(cast: Cast) -> object:
    def validate(certificate: x509.Certificate, chain: Sequence[x509.Certificate], at: object) -> Identity:
        return {cast.card.certificate: ALICE, cast.outsider.certificate: DENIS}.get(
            certificate, replace(ALICE, level="software", id_type="", id_value="")
        )

    return validate


def entry_of(
    cast: Cast, bodies: Sequence[GrantBody], signer: Holding, previous: VerifiedEntry | None = None
) -> VerifiedEntry:
    entry = cast.genesis(cast.body(), cast.binding(), grants=tuple(body.digest for body in bodies))
    if previous:
        entry = replace(entry, seq=previous.entry.seq + 1, prev_hash=previous.head.hash, kind=LogKind.GRANT)
    return verify_entry(build_entry(entry, signer.signer), validate_signer=validator(cast))  # type: ignore[arg-type]


def test_grant_must_be_listed_at_its_place(cast: Cast) -> None:
    body = cast.body()
    grant = parse_grant(build_grant(body, cast.keys, CardRecipient(cast.card.certificate)))
    genesis = entry_of(cast, [body], cast.card)
    assert check_grant_listed(grant, [genesis]) is genesis
    with pytest.raises(ActRefused) as refused:
        check_grant_listed(grant, [entry_of(cast, [cast.body()], cast.card)])
    assert refused.value.reason == "grant-not-listed"
    with pytest.raises(ActRefused) as refused:
        check_grant_listed(grant, [entry_of(cast, [body], cast.card, genesis)])
    assert refused.value.reason == "mailbox-mismatch"


def listed(cast: Cast) -> VerifiedEntry:
    return entry_of(cast, [cast.body()], cast.card)


def test_binding_vouches_for_both_certificates(cast: Cast) -> None:
    for certificate in (cast.encryption.certificate, cast.signature.certificate):
        found = check_binding_listed(cast.binding().to_der(), listed(cast), certificate, ADDRESS)
        assert found.identity == ALICE


@pytest.mark.parametrize(
    ("change", "address", "reason"),
    [
        ({"epoch": 2}, ADDRESS, "binding-not-listed"),
        ({}, "bob@pli.example", "address-mismatch"),
    ],
)
@pytest.mark.negative(1)
def test_binding_of_something_else_is_refused(cast: Cast, change: dict[str, object], address: str, reason: str) -> None:
    with pytest.raises(ActRefused) as refused:
        check_binding_listed(cast.binding(**change).to_der(), listed(cast), cast.encryption.certificate, address)
    assert refused.value.reason == reason


@pytest.mark.negative(1, 2)
def test_swapped_certificate_is_refused(cast: Cast) -> None:
    with pytest.raises(ActRefused) as refused:
        check_binding_listed(cast.binding().to_der(), listed(cast), cast.outsider.certificate, ADDRESS)
    assert refused.value.reason == "certificate-mismatch"


@pytest.mark.negative(1)
def test_binding_signed_by_another_person_is_refused(cast: Cast) -> None:
    with pytest.raises(ActRefused) as refused:
        check_binding_listed(
            cast.binding().to_der(), entry_of(cast, [], cast.outsider), cast.encryption.certificate, ADDRESS
        )
    assert refused.value.reason == "identity-mismatch"


def test_binding_of_a_manager_s_rotation_needs_the_log() -> None:
    register = Register.opened()
    register.grant(alice(), register.body(bob(), Role.MANAGER))
    register.rotate(bob())
    entry, certificate = register.verified()[-1], register.certificates[2].certificate
    with pytest.raises(ActRefused) as refused:
        check_binding_listed(register.bindings[-1], entry, certificate, "ward@pli.example")
    assert refused.value.reason == "identity-mismatch"
    known = register.replay()
    found = check_binding_listed(register.bindings[-1], entry, certificate, "ward@pli.example", known)
    assert found.identity.name == "Alice Martin"


@pytest.mark.negative(1)
def test_binding_that_the_log_does_not_hold_is_no_better_for_it() -> None:
    """Bob is a reader and signs a binding of his own: the log he was in does not make it one of its own."""
    register = Register.opened()
    register.grant(alice(), register.body(bob()))
    known = register.replay()
    register.new_epoch()
    register.act(LogKind.ROTATE, bob(), [register.body(bob())], register.binding(alice().identity))
    entry, certificate = register.verified()[-1], register.certificates[2].certificate
    with pytest.raises(ActRefused) as refused:
        check_binding_listed(register.bindings[-1], entry, certificate, "ward@pli.example", known)
    assert refused.value.reason == "identity-mismatch"


def test_genesis_with_certificates_of_another_address_is_refused(cast: Cast) -> None:
    other = Holding.new(cast.encryption.key, "Alice", "mallory@pli.example")
    body = cast.body(encryption_certificate=certificate_sha256(other.certificate))
    binding = cast.binding()
    grant = build_grant(body, cast.keys, CardRecipient(cast.card.certificate))
    entry = build_entry(cast.genesis(body, binding), cast.card.signer)
    with pytest.raises(ActRefused) as refused:
        check_genesis(entry, binding.to_der(), grant, other.certificate, cast.signature.certificate, validator(cast))  # type: ignore[arg-type]
    assert refused.value.reason == "address-mismatch"
    with pytest.raises(ActRefused) as refused:
        check_genesis(
            entry, binding.to_der(), grant, cast.encryption.certificate, cast.signature.certificate, validator(cast)
        )  # type: ignore[arg-type]
    assert refused.value.reason == "certificate-mismatch"
