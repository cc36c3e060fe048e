"""Certification paths (RFC 5280 §6), to local anchors that each have a purpose.

pyhanko-certvalidator builds and checks the path; this module says which anchors and key usages a purpose takes, and
turns every refusal into one of our errors. Nothing is fetched: CRLs are handed in (they are signed, so a server may relay them).
"""

from collections.abc import Coroutine, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum, StrEnum
from pathlib import Path
from typing import Any, Literal

from asn1crypto import crl as asn1_crl
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from pyhanko_certvalidator import CertificateValidator, ValidationContext
from pyhanko_certvalidator import errors as pyhanko_errors
from pyhanko_certvalidator.path import ValidationPath

from bridge.pki import certificates
from bridge.pki.errors import (
    CertificateExpired,
    CertificateMalformed,
    CertificateNotYetValid,
    CertificateRevoked,
    CertificateUntrusted,
    PathError,
    RevocationUnknown,
    WeakAlgorithm,
    WrongKeyUsage,
)

MIN_RSA_BITS = 2048
_EMAIL = ExtendedKeyUsageOID.EMAIL_PROTECTION.dotted_string
_ANY_USAGE = ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE.dotted_string
_CLIENT = {ExtendedKeyUsageOID.CLIENT_AUTH.dotted_string, ExtendedKeyUsageOID.SMARTCARD_LOGON.dotted_string}


class AnchorPurpose(StrEnum):
    """What an anchor may speak for; no purpose follows from another."""

    HEALTH_CARD = "health-card"
    OPERATOR = "operator"
    MAIL = "mail"


class Purpose(StrEnum):
    """What a certificate is about to be used for."""

    ENCRYPT = "encrypt"
    MESSAGE_SIGNATURE = "message-signature"
    CARD_SIGNATURE = "card-signature"
    CARD_AUTHENTICATION = "card-authentication"


class RevocationMode(Enum):
    """HARD: no answer is a refusal (grants, logins, sending). SOFT: no answer is said, and the rest stands (reading)."""

    HARD = "hard"
    SOFT = "soft"


_ANCHORS_FOR = {
    Purpose.ENCRYPT: {AnchorPurpose.OPERATOR, AnchorPurpose.MAIL},
    Purpose.MESSAGE_SIGNATURE: {AnchorPurpose.OPERATOR, AnchorPurpose.MAIL, AnchorPurpose.HEALTH_CARD},
    Purpose.CARD_SIGNATURE: {AnchorPurpose.HEALTH_CARD},
    Purpose.CARD_AUTHENTICATION: {AnchorPurpose.HEALTH_CARD},
}


@dataclass(frozen=True)
class Anchor:
    certificate: x509.Certificate
    purposes: frozenset[AnchorPurpose]


class AnchorStore:
    """The roots that an administrator named, each with its purposes."""

    def __init__(self, anchors: Iterable[Anchor]) -> None:
        self.anchors = tuple(anchors)

    @classmethod
    def load(cls, entries: Iterable[Mapping[str, Any]], base: Path) -> "AnchorStore":
        """Read `[{"file": "x.pem", "purposes": ["operator"]}]`, files relative to `base`."""
        anchors = []
        for entry in entries:
            purposes = frozenset(AnchorPurpose(purpose) for purpose in entry["purposes"])
            found = certificates.load_certificates((base / entry["file"]).read_bytes())
            anchors += [Anchor(certificate, purposes) for certificate in found]
        return cls(anchors)

    def for_purpose(self, purpose: Purpose) -> dict[bytes, Anchor]:
        """The anchors a purpose takes, by SHA-256 of their certificate."""
        wanted = _ANCHORS_FOR[purpose]
        return {
            certificates.certificate_sha256(anchor.certificate): anchor
            for anchor in self.anchors
            if anchor.purposes & wanted
        }


@dataclass(frozen=True)
class ValidatedCertificate:
    """A certificate whose path stood at `at` for `purpose`; only `validate_path` makes one."""

    certificate: x509.Certificate
    path: tuple[x509.Certificate, ...]
    anchor: Anchor
    purpose: Purpose
    at: datetime
    revocation: Literal["good", "unchecked"]
    revocation_checked: datetime | None

    @property
    def authority(self) -> str:
        """The issuer's name for people: its CN, else its O."""
        issuer = self.certificate.issuer
        for oid in (NameOID.COMMON_NAME, NameOID.ORGANIZATION_NAME):
            if values := issuer.get_attributes_for_oid(oid):
                return str(values[0].value)
        return ""


def validate_path(
    unverified_certificate: x509.Certificate,
    *,
    chain: Sequence[x509.Certificate],
    anchors: AnchorStore,
    purpose: Purpose,
    at: datetime,
    crls: Sequence[bytes] = (),
    ocsps: Sequence[bytes] = (),
    revocation: RevocationMode = RevocationMode.HARD,
) -> ValidatedCertificate:
    """Validate a certificate for a purpose at a moment (aware datetime), or raise a PathError.

    `chain`: intermediates, in any order, unverified. `crls`: DER, of any issuers; those of others are ignored.
    `ocsps`: DER OCSPResponse (RFC 6960), likewise.
    """
    _check_usage(unverified_certificate, purpose)
    _check_strength(unverified_certificate)
    trusted = anchors.for_purpose(purpose)
    relevant = _relevant_crls(crls, [unverified_certificate, *chain])
    arguments = (unverified_certificate, list(chain), trusted, at, relevant, ocsps)
    try:
        path = _build(*arguments, mode="hard-fail")
        checked = True
    except RevocationUnknown:
        if revocation is RevocationMode.HARD:
            raise
        path = _build(*arguments, mode="soft-fail")
        checked = False
    members = tuple(x509.load_der_x509_certificate(member.dump()) for member in path)
    checked = checked and all(_names_revocation(member) for member in members[1:])
    return ValidatedCertificate(
        certificate=unverified_certificate,
        path=members,
        anchor=trusted[certificates.certificate_sha256(members[0])],
        purpose=purpose,
        at=at,
        revocation="good" if checked else "unchecked",
        revocation_checked=_oldest_update(relevant) if checked else None,
    )


def _build(
    certificate: x509.Certificate,
    chain: list[x509.Certificate],
    trusted: Mapping[bytes, Anchor],
    at: datetime,
    crls: list[asn1_crl.CertificateList],
    ocsps: Sequence[bytes],
    *,
    mode: str,
) -> ValidationPath:
    context = ValidationContext(
        trust_roots=[_asn1(anchor.certificate) for anchor in trusted.values()],
        other_certs=[_asn1(intermediate) for intermediate in chain],
        moment=at,
        crls=crls,
        ocsps=ocsps,
        revocation_mode=mode,
        retroactive_revinfo=True,  # today's CRL judges yesterday's signature
    )
    validator = CertificateValidator(_asn1(certificate), validation_context=context)
    try:
        return _complete(validator.async_validate_path())
    except (pyhanko_errors.ValidationError, pyhanko_errors.PathError) as error:
        raise _translate(error) from error
    except ValueError as error:  # asn1crypto, on extensions it reads late
        raise CertificateMalformed("A certificate of this path is malformed.") from error


def _complete(coroutine: Coroutine[Any, Any, ValidationPath]) -> ValidationPath:
    """Run a coroutine that never waits (nothing is fetched), inside or outside an event loop."""
    try:
        coroutine.send(None)
    except StopIteration as done:
        return done.value
    coroutine.close()
    raise RuntimeError("Path validation tried to wait for I/O.")


_TRANSLATIONS: tuple[tuple[type[Exception], type[PathError]], ...] = (
    (pyhanko_errors.ExpiredError, CertificateExpired),
    (pyhanko_errors.NotYetValidError, CertificateNotYetValid),
    (pyhanko_errors.RevokedError, CertificateRevoked),
    (pyhanko_errors.InsufficientRevinfoError, RevocationUnknown),
    (pyhanko_errors.DisallowedAlgorithmError, WeakAlgorithm),
)


def _translate(error: Exception) -> PathError:
    for theirs, ours in _TRANSLATIONS:
        if isinstance(error, theirs):
            return ours(str(error))
    return CertificateUntrusted(str(error))


def _check_usage(certificate: x509.Certificate, purpose: Purpose) -> None:
    """The keyUsage and extKeyUsage that a purpose takes (RFC 8550 §4.4; cards: reference/health-messaging.md §3.1)."""
    usage = certificates.key_usage(certificate)
    extended = certificates.extended_key_usages(certificate)
    match purpose:
        case Purpose.ENCRYPT:
            fits = usage is None or usage.key_encipherment or usage.key_agreement
            fits = fits and _mail_usage(extended)
        case Purpose.MESSAGE_SIGNATURE:
            fits = usage is None or usage.digital_signature or usage.content_commitment
            fits = fits and _mail_usage(extended)
        case Purpose.CARD_SIGNATURE:
            fits = usage is not None and usage.content_commitment
        case Purpose.CARD_AUTHENTICATION:
            fits = usage is not None and usage.digital_signature and not usage.content_commitment
            fits = fits and bool(extended & _CLIENT)
    if not fits:
        raise WrongKeyUsage(f"The certificate's key usage does not allow: {purpose}.")


def _mail_usage(extended: frozenset[str]) -> bool:
    return not extended or bool(extended & {_EMAIL, _ANY_USAGE})


def _check_strength(certificate: x509.Certificate) -> None:
    key = certificate.public_key()
    if (
        getattr(key, "key_size", MIN_RSA_BITS) < MIN_RSA_BITS
        and hasattr(key, "public_numbers")
        and hasattr(key.public_numbers(), "n")
    ):
        raise WeakAlgorithm("RSA keys of less than 2,048 bits are refused.")


def _relevant_crls(crls: Sequence[bytes], members: Sequence[x509.Certificate]) -> list[asn1_crl.CertificateList]:
    """Only the CRLs of the issuers at hand: a relayed bundle may hold large ones of others."""
    issuers = {member.issuer.public_bytes() for member in members}
    relevant = []
    for encoded in crls:
        try:
            crl = x509.load_der_x509_crl(encoded)
        except ValueError as error:
            raise CertificateMalformed("A revocation list is malformed.") from error
        if crl.issuer.public_bytes() in issuers:
            relevant.append(asn1_crl.CertificateList.load(encoded))
    return relevant


def _oldest_update(crls: Iterable[asn1_crl.CertificateList]) -> datetime | None:
    return min((crl["tbs_cert_list"]["this_update"].native for crl in crls), default=None)


def _names_revocation(certificate: x509.Certificate) -> bool:
    try:
        certificate.extensions.get_extension_for_class(x509.CRLDistributionPoints)
    except x509.ExtensionNotFound:
        return False
    return True


def _asn1(certificate: x509.Certificate) -> asn1_x509.Certificate:
    return asn1_x509.Certificate.load(certificates.der(certificate))
