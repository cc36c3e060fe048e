"""Who a grant is for, as the bridge proved it: a card by its certificate, a passkey by its PRF value (DESIGN §4.1, §4.3).

The certificate of a colleague comes from a directory that is not believed: its path leads to a health anchor, an answer of the last
24 hours says that it was not revoked, and what the card can do is signed by the same person's card.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from cryptography import x509
from cryptography.x509 import ocsp

from bridge.bench import Bench
from bridge.cms.card_proof import verify_card_proof
from bridge.cms.grants import Holder, HolderKind
from bridge.cms.messages import Signer
from bridge.cms.recipients import KeyAlgorithm
from bridge.desk import Caller, PresentCard
from bridge.mailboxes import OpenMailbox
from bridge.pki import certificates as pki
from bridge.pki.anchors import Purpose as CertificatePurpose
from bridge.pki.health_identity import Identity, identity_of
from bridge.pki.path import RevocationMode, validate_path
from bridge.protocol import RpcError
from bridge.validation import Proofs

if TYPE_CHECKING:
    from bridge.cms.statements import ValidateSigner

FRESH = timedelta(hours=24)


@dataclass(frozen=True)
class NamedHolder:
    """A holder with what the vault wraps to: `{certificate, algorithm}` or `{reference, public_key}`."""

    holder: Holder
    recipient: dict[str, Any]

    @property
    def holder_key(self) -> bytes | None:
        return self.recipient.get("public_key")


def card_holder(bench: Bench, card: dict[str, Any], proofs: Proofs, at: datetime) -> NamedHolder:
    """Of `{certificate, chain, proof?}`; without a proof, as every card can. Raises PathError, ProofRefused."""
    certificate = pki.load_certificate(card["certificate"])
    own = Proofs((*proofs.chain, *(pki.load_certificate(der) for der in card["chain"])), proofs.crls, proofs.ocsps)
    identity = holder_identity(bench, certificate, own, at)
    proof = card.get("proof")
    algorithm = "auto" if proof is None else _proved(bench, proof, certificate, identity, own, at)
    return named_card(certificate, identity, algorithm)


def named_card(certificate: x509.Certificate, identity: Identity, algorithm: str) -> NamedHolder:
    reference = pki.certificate_sha256(certificate)
    holder = Holder(HolderKind.CARD, reference, identity.id_type, identity.id_value, identity.name)
    return NamedHolder(holder, {"certificate": pki.der(certificate), "algorithm": algorithm})


def passkey_holder(bench: Bench, mailbox: OpenMailbox, person: Identity, passkey: dict[str, Any]) -> NamedHolder:
    """Of `{credentialId, prf, name}`: another way in for the person who signs."""
    reference = hashlib.sha256(passkey["credentialId"]).digest()
    key = bench.vault.call(
        "holder_key", mailbox_id=bytes.fromhex(mailbox.mailbox_id), kind=HolderKind.PASSKEY.value, secret=passkey["prf"]
    )
    holder = Holder(HolderKind.PASSKEY, reference, person.id_type, person.id_value, passkey["name"])
    return NamedHolder(holder, {"reference": reference, "public_key": key})


def unwrap_certificate(card: PresentCard) -> x509.Certificate:
    """That of the key of a present card that opens grants. Raises RpcError CARD_UNSUPPORTED."""
    if card.content.unwrap_key is None:
        raise RpcError("CARD_UNSUPPORTED")
    return card.content.unwrap_key.unverified_certificate


def present_card_holder(
    bench: Bench, caller: Caller, name: str, proofs: Proofs, at: datetime, algorithm: str
) -> NamedHolder:
    """A card that lies here, whose transport was just seen."""
    certificate = unwrap_certificate(bench.desk.find(caller, name))
    return named_card(certificate, holder_identity(bench, certificate, proofs, at), algorithm)


def holder_identity(bench: Bench, certificate: x509.Certificate, proofs: Proofs, at: datetime) -> Identity:
    """Whose card has this certificate, which opens grants. Raises PathError: nothing of it may be uncertain."""
    usage = pki.key_usage(certificate)
    enciphers = usage is not None and (usage.key_encipherment or usage.key_agreement)
    purpose = CertificatePurpose.CARD_ENCRYPTION if enciphers else CertificatePurpose.CARD_AUTHENTICATION
    return card_identity(bench, certificate, purpose, proofs, at)


def card_identity(
    bench: Bench, certificate: x509.Certificate, purpose: CertificatePurpose, proofs: Proofs, at: datetime
) -> Identity:
    """Who a card's certificate speaks for, by answers of the last 24 hours about it. Raises PathError (revocation-unknown)."""
    validated = validate_path(
        certificate,
        chain=[*bench.intermediates.chain_of(certificate), *proofs.chain],
        anchors=bench.policy.anchors,
        purpose=purpose,
        at=at,
        crls=_fresh_crls(certificate, proofs.crls, at),
        ocsps=_fresh_ocsps(certificate, proofs.ocsps, at),
        revocation=RevocationMode.HARD,
    )
    return identity_of(validated)


def _fresh_crls(certificate: x509.Certificate, crls: Sequence[bytes], at: datetime) -> list[bytes]:
    """Without the old lists of its own issuer: those of authorities, which change once a year, have their own dates."""
    return [der for der in crls if not _is_old_list(certificate, der, at)]


def _is_old_list(certificate: x509.Certificate, der: bytes, at: datetime) -> bool:
    try:
        crl = x509.load_der_x509_crl(der)
    except ValueError:
        return True
    return crl.issuer == certificate.issuer and crl.last_update_utc < at - FRESH


def _fresh_ocsps(certificate: x509.Certificate, ocsps: Sequence[bytes], at: datetime) -> list[bytes]:
    return [der for der in ocsps if not _is_old_response(certificate, der, at)]


def _is_old_response(certificate: x509.Certificate, der: bytes, at: datetime) -> bool:
    try:
        responses = list(ocsp.load_der_ocsp_response(der).responses)
    except ValueError:
        return True
    about = [one for one in responses if one.serial_number == certificate.serial_number]
    return any(one.this_update_utc < at - FRESH for one in about)


def _proved(
    bench: Bench, proof: bytes, certificate: x509.Certificate, identity: Identity, proofs: Proofs, at: datetime
) -> KeyAlgorithm:
    """The best way that the person's own card says it can. Raises ProofRefused."""
    return verify_card_proof(proof, validate_signer=card_validator(bench, proofs, at)).transport(certificate, identity)


def card_validator(bench: Bench, proofs: Proofs, at: datetime) -> "ValidateSigner":
    """Who signed a statement that counts now: a card about which an answer of the last 24 hours says that it is not revoked."""

    def validate(signer: x509.Certificate, enclosed: Sequence[x509.Certificate], _signed: datetime) -> Identity:
        own = Proofs((*enclosed, *proofs.chain), proofs.crls, proofs.ocsps)
        return card_identity(bench, signer, CertificatePurpose.CARD_SIGNATURE, own, at)

    return validate


def own_identity(bench: Bench, signer: Signer, chain: Sequence[x509.Certificate], at: datetime) -> Identity:
    """Who the card here says its holder is; whoever believes the signature asks whether it is revoked. Raises PathError."""
    validated = validate_path(
        signer.certificate,
        chain=[*signer.chain, *chain],
        anchors=bench.policy.anchors,
        purpose=CertificatePurpose.CARD_SIGNATURE,
        at=at,
        revocation=RevocationMode.SOFT,
    )
    return identity_of(validated)
