"""Whether certificates may be believed, and whom they speak for: `certificates.validate` and the signers of log entries."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from cryptography import x509

from bridge.cms.acts import check_binding_listed
from bridge.cms.errors import ActRefused, CmsError
from bridge.cms.log import VerifiedEntry, verify_entry
from bridge.pki import certificates as pki
from bridge.pki.anchors import AnchorPurpose, Purpose
from bridge.pki.errors import IdentityError, PathError, PkiError
from bridge.pki.health_identity import Identity, identity_of
from bridge.pki.path import RevocationMode, ValidatedCertificate, validate_path
from bridge.policy import Policy
from bridge.protocol import rfc3339

if TYPE_CHECKING:
    from bridge.cms.statements import ValidateSigner

# What is only read may be read while revocation is unknown, and says so; what is about to be used may not.
_REVOCATION = {Purpose.ENCRYPT: RevocationMode.HARD}


@dataclass(frozen=True)
class Proofs:
    """What certificates are judged by. Nothing of it is proved: every part is believed by its own signature."""

    chain: tuple[x509.Certificate, ...]
    crls: Sequence[bytes]
    ocsps: Sequence[bytes] = ()


def validate_item(
    policy: Policy, item: dict[str, Any], crls: Sequence[bytes], ocsps: Sequence[bytes] = ()
) -> dict[str, Any]:
    """One item of `certificates.validate`: `{ok: true, …}`, or `{ok: false, error, reason}` with a stable `error`.

    `reason` is a stable word too where an act is refused, and a sentence where a path is.
    """
    try:
        return _validated(policy, item, crls, ocsps)
    except PkiError as error:
        return {"ok": False, "error": error.code, "reason": str(error)}
    except CmsError as error:
        return {"ok": False, "error": error.code, "reason": getattr(error, "reason", "")}


def _validated(policy: Policy, item: dict[str, Any], crls: Sequence[bytes], ocsps: Sequence[bytes]) -> dict[str, Any]:
    purpose, at = Purpose(item["purpose"]), item.get("at", datetime.now(UTC))
    chain = [pki.load_certificate(der) for der in item["chain"]]
    validated = validate_path(
        pki.load_certificate(item["certificate"]),
        chain=chain,
        anchors=policy.anchors,
        purpose=purpose,
        at=at,
        crls=crls,
        ocsps=ocsps,
        revocation=_REVOCATION.get(purpose, RevocationMode.SOFT),
    )
    _check_address(validated.certificate, item.get("address"), purpose)
    return _describe(validated) | {
        "identity": describe_identity(_identity(policy, item, validated, chain, crls, ocsps))
    }


def _check_address(certificate: x509.Certificate, address: str | None, purpose: Purpose) -> None:
    """A card's certificate has no address; a mailbox's has exactly its own."""
    of_mailbox = purpose in (Purpose.ENCRYPT, Purpose.MESSAGE_SIGNATURE)
    if address is not None and of_mailbox and address.lower() not in pki.emails(certificate):
        raise ActRefused("address-mismatch")


def _identity(
    policy: Policy,
    item: dict[str, Any],
    validated: ValidatedCertificate,
    chain: Sequence[x509.Certificate],
    crls: Sequence[bytes],
    ocsps: Sequence[bytes],
) -> Identity:
    address = item.get("address")
    if address is not None and "binding" in item and "logEntry" in item:
        return _bound_identity(policy, item, validated, chain, crls, ocsps)
    if item["purpose"] == Purpose.ENCRYPT and address is not None and _domain(address) in policy.operator_domains:
        raise ActRefused("binding-missing")  # the operator's certificate alone never suffices (DESIGN §4.2)
    try:
        return identity_of(validated)
    except IdentityError:
        return Identity("software", "", "", "", "")


def _bound_identity(
    policy: Policy,
    item: dict[str, Any],
    validated: ValidatedCertificate,
    chain: Sequence[x509.Certificate],
    crls: Sequence[bytes],
    ocsps: Sequence[bytes],
) -> Identity:
    mode = _REVOCATION.get(Purpose(item["purpose"]), RevocationMode.SOFT)
    validate_signer = signer_validator(policy, chain, crls, mode, ocsps)
    entry = verify_entry(item["logEntry"], validate_signer=validate_signer)
    binding = check_binding_listed(item["binding"], entry, validated.certificate, item["address"])
    if not binding.not_before <= validated.at <= binding.not_after:
        raise ActRefused("binding-expired")
    return binding.identity


def signer_validator(
    policy: Policy,
    chain: Sequence[x509.Certificate],
    crls: Sequence[bytes],
    revocation: RevocationMode,
    ocsps: Sequence[bytes] = (),
) -> "ValidateSigner":
    """Who may sign log entries: a card under a health anchor, or a mailbox signature key, which proves an address only.

    Which of the two an entry needs is for `bridge.cms.acts`: it compares the signer with the binding.
    """

    def validate(certificate: x509.Certificate, enclosed: Sequence[x509.Certificate], at: datetime) -> Identity:
        def path_for(purpose: Purpose) -> ValidatedCertificate:
            """Signed at `at`; revocation is what the answers at hand say, which may be younger than the entry."""
            return validate_path(
                certificate,
                chain=[*enclosed, *chain],
                anchors=policy.anchors,
                purpose=purpose,
                at=at,
                crls=crls,
                ocsps=ocsps,
                revocation=revocation,
            )

        try:
            return identity_of(path_for(Purpose.CARD_SIGNATURE))
        except PathError:
            if not pki.emails(certificate):
                raise
        return replace(identity_of(path_for(Purpose.MESSAGE_SIGNATURE)), level="passkey")

    return validate


def verify_entries(policy: Policy, entries: Iterable[bytes], proofs: Proofs) -> list[VerifiedEntry]:
    """Each entry with its signature and signer checked. Raises LogRefused."""
    validate_signer = signer_validator(policy, proofs.chain, proofs.crls, RevocationMode.SOFT, proofs.ocsps)
    return [verify_entry(entry, validate_signer=validate_signer) for entry in entries]


def mailbox_certificate(
    policy: Policy,
    der: bytes,
    purpose: Purpose,
    *,
    proofs: Proofs,
    at: datetime,
    revocation: RevocationMode,
) -> x509.Certificate:
    """A certificate the operator gave one of our mailboxes. Raises PathError or CertificateMalformed."""
    certificate = pki.load_certificate(der)
    validated = validate_path(
        certificate,
        chain=proofs.chain,
        anchors=policy.anchors,
        purpose=purpose,
        at=at,
        crls=proofs.crls,
        ocsps=proofs.ocsps,
        revocation=revocation,
    )
    if AnchorPurpose.OPERATOR not in validated.anchor.purposes:
        raise ActRefused("certificate-not-of-operator")
    return certificate


def _describe(validated: ValidatedCertificate) -> dict[str, Any]:
    certificate = validated.certificate
    described: dict[str, Any] = {
        "ok": True,
        "subject": certificate.subject.rfc4514_string(),
        "issuer": certificate.issuer.rfc4514_string(),
        "notBefore": rfc3339(certificate.not_valid_before_utc),
        "notAfter": rfc3339(certificate.not_valid_after_utc),
        "spki256": pki.spki_sha256(certificate),
        "authority": validated.authority,
        "revocation": validated.revocation,
        "emails": pki.emails(certificate),
    }
    if validated.revocation_checked is not None:
        described["revocationChecked"] = rfc3339(validated.revocation_checked)
    return described


def describe_identity(identity: Identity) -> dict[str, str]:
    """An identity as the protocol writes it."""
    return {
        "level": identity.level,
        "idType": identity.id_type,
        "idValue": identity.id_value,
        "name": identity.name,
        "profession": identity.profession,
    }


def ders(certificates: Iterable[x509.Certificate]) -> list[bytes]:
    return [pki.der(certificate) for certificate in certificates]


def spki256(certificate: x509.Certificate) -> bytes:
    return pki.spki_sha256(certificate)


def _domain(address: str) -> str:
    return address.rpartition("@")[2].lower()
