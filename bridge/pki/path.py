"""Certification paths (RFC 5280 §6), to local anchors that each have a purpose.

pyhanko-certvalidator builds and checks the path; this module says which anchors and key usages a purpose takes, adds what mail
needs (`profile`, `mail_names`), and turns every refusal into one of our errors. Nothing is fetched: CRLs and OCSP responses are
handed in (they are signed, so a server may relay them).
"""

from collections.abc import Coroutine, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Any, Literal

from asn1crypto import crl as asn1_crl
from asn1crypto import ocsp as asn1_ocsp
from cryptography import x509
from cryptography.x509.oid import NameOID
from pyhanko_certvalidator import CertificateValidator, ValidationContext
from pyhanko_certvalidator import errors as pyhanko_errors

from bridge.pki import certificates
from bridge.pki.anchors import Anchor, AnchorStore, Purpose
from bridge.pki.errors import (
    CertificateExpired,
    CertificateMalformed,
    CertificateNotYetValid,
    CertificateRevoked,
    CertificateUntrusted,
    NameNotPermitted,
    PathError,
    RevocationUnknown,
    WeakAlgorithm,
    WrongKeyUsage,
)
from bridge.pki.mail_names import addresses, check_mail_names
from bridge.pki.profile import asn1_certificate, check_authority, check_leaf, check_purpose, issuer_usages
from bridge.pki.revocation import oldest_answer, relevant_crls, relevant_ocsps

MAX_CHAIN = 32  # intermediates looked at


class RevocationMode(Enum):
    """HARD: no answer is a refusal (grants, logins, sending). SOFT: no answer is said, and the rest stands (reading)."""

    HARD = "hard"
    SOFT = "soft"


@dataclass(frozen=True)
class Requirements:
    """What is asked of a path beside good signatures and dates.

    `key_usages` are `cryptography`'s names, each of which a keyUsage extension has to hold; `extended_key_usages` and
    `issuer_usages` are OIDs one of which an extKeyUsage extension (of the certificate, of an intermediate authority) has to hold.
    `address` is an e-mail address that the certificate has to name, `host` a DNS name or IP address; `max_intermediates` counts the
    authorities below the anchor that did not issue themselves.
    """

    key_usages: frozenset[str] = frozenset()
    extended_key_usages: frozenset[str] = frozenset()
    issuer_usages: frozenset[str] = frozenset()
    address: str | None = None
    host: str | None = None
    max_intermediates: int | None = None


@dataclass(frozen=True)
class ValidatedChain:
    """`path` from the anchor to the certificate; `revocation_checked` is when the oldest answer about it was given."""

    path: tuple[x509.Certificate, ...]
    revocation: Literal["good", "unchecked"]
    revocation_checked: datetime | None


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
    """Validate a certificate for a purpose at a moment (aware datetime), or raise a PathError or CertificateMalformed.

    `chain`: intermediates, in any order, unverified. `crls`: DER, of any issuers; those of others are ignored.
    `ocsps`: DER OCSPResponse (RFC 6960), likewise.
    """
    check_purpose(unverified_certificate, purpose)
    trusted = anchors.for_purpose(purpose)
    speaking = [anchor.certificate for anchor in trusted.values() if anchor.speaks_at(at)]
    chained = validate_chain(
        unverified_certificate,
        chain=chain,
        roots=speaking,
        at=at,
        requirements=Requirements(issuer_usages=issuer_usages(purpose)),
        crls=crls,
        ocsps=ocsps,
        revocation=revocation,
    )
    return ValidatedCertificate(
        certificate=unverified_certificate,
        path=chained.path,
        anchor=trusted[certificates.certificate_sha256(chained.path[0])],
        purpose=purpose,
        at=at,
        revocation=chained.revocation,
        revocation_checked=chained.revocation_checked,
    )


def validate_chain(
    unverified_certificate: x509.Certificate,
    *,
    chain: Sequence[x509.Certificate],
    roots: Sequence[x509.Certificate],
    at: datetime,
    requirements: Requirements,
    crls: Sequence[bytes] = (),
    ocsps: Sequence[bytes] = (),
    revocation: RevocationMode = RevocationMode.HARD,
) -> ValidatedChain:
    """As `validate_path`, for any roots and requirements."""
    check_leaf(unverified_certificate)
    _check_required(unverified_certificate, requirements)
    members = [unverified_certificate, *chain[:MAX_CHAIN]]
    given = _Evidence(members, roots, at, relevant_crls(crls, members), relevant_ocsps(ocsps, members))
    try:
        path, checked = _build(given, "require"), True
    except RevocationUnknown:
        path, checked = _build(given, "hard-fail" if revocation is RevocationMode.HARD else "soft-fail"), False
    _check_path(path, requirements, at)
    answered = oldest_answer(given.crls, given.ocsps) if checked else None
    return ValidatedChain(path, "good" if checked else "unchecked", answered)


@dataclass(frozen=True)
class _Evidence:
    """What a path is built from; the first member is the certificate in question."""

    members: Sequence[x509.Certificate]
    roots: Sequence[x509.Certificate]
    at: datetime
    crls: Sequence[asn1_crl.CertificateList]
    ocsps: Sequence[asn1_ocsp.OCSPResponse]


def _build(given: _Evidence, mode: str) -> tuple[x509.Certificate, ...]:
    certificate, *others = map(asn1_certificate, given.members)
    context = ValidationContext(
        trust_roots=[asn1_certificate(root) for root in given.roots],
        other_certs=others,
        moment=given.at,
        crls=given.crls,
        ocsps=given.ocsps,
        revocation_mode=mode,
        retroactive_revinfo=True,  # today's CRL judges yesterday's signature
    )
    validator = CertificateValidator(certificate, validation_context=context)
    try:
        found = _complete(validator.async_validate_path())
    except (pyhanko_errors.ValidationError, pyhanko_errors.PathError) as error:
        raise _translate(error) from error
    except (
        ValueError,
        NotImplementedError,
    ) as error:  # asn1crypto, on extensions it reads late; names it cannot compare
        raise CertificateMalformed("A certificate of this path is malformed.") from error
    return tuple(x509.load_der_x509_certificate(member.dump()) for member in found)


def _complete(coroutine: Coroutine[Any, Any, Any]) -> Any:
    """Run a coroutine that never waits (nothing is fetched), inside or outside an event loop."""
    try:
        coroutine.send(None)
    except StopIteration as done:
        return done.value
    coroutine.close()
    raise RuntimeError("Path validation tried to wait for I/O.")


_TRANSLATIONS: tuple[tuple[type[Exception], type[PathError], str], ...] = (
    (pyhanko_errors.ExpiredError, CertificateExpired, "A certificate of this path had expired."),
    (pyhanko_errors.NotYetValidError, CertificateNotYetValid, "A certificate of this path was not valid yet."),
    (pyhanko_errors.RevokedError, CertificateRevoked, "A certificate of this path was revoked by its issuer."),
    (
        pyhanko_errors.InsufficientRevinfoError,
        RevocationUnknown,
        "Nothing at hand says whether a certificate of this path was revoked.",
    ),
    (
        pyhanko_errors.DisallowedAlgorithmError,
        WeakAlgorithm,
        "A certificate of this path is signed by a weak algorithm.",
    ),
    (pyhanko_errors.PathBuildingError, CertificateUntrusted, "No path leads to an authority that is known here."),
)


def _translate(error: Exception) -> PathError:
    for theirs, ours, text in _TRANSLATIONS:
        if isinstance(error, theirs):
            return ours(text)
    if "namespace" in str(error):  # pyhanko has no class of its own for name constraints
        return NameNotPermitted("An authority of this path may not speak for a name of the certificate.")
    return CertificateUntrusted("An authority of this path may not issue what follows it.")


def _check_required(certificate: x509.Certificate, requirements: Requirements) -> None:
    usage = certificates.key_usage(certificate)
    if usage is not None and not all(getattr(usage, name) for name in requirements.key_usages):
        raise WrongKeyUsage("The certificate's key usage does not allow what is asked.")
    _check_extended(certificate, requirements.extended_key_usages)
    if requirements.address is not None and requirements.address.lower() not in map(str.lower, addresses(certificate)):
        raise NameNotPermitted("The certificate is not for this address.")
    if requirements.host is not None and not _names_host(certificate, requirements.host):
        raise NameNotPermitted("The certificate is not for this host.")


def _check_extended(certificate: x509.Certificate, wanted: frozenset[str]) -> None:
    extended = certificates.extended_key_usages(certificate)
    if wanted and extended and not extended & wanted:
        raise WrongKeyUsage("The extended key usage of a certificate of this path does not allow what is asked.")


def _names_host(certificate: x509.Certificate, host: str) -> bool:
    if certificates.extension(certificate, x509.SubjectAlternativeName) is None:
        return False  # a common name is no host name (RFC 9525 §2)
    return bool(asn1_certificate(certificate).is_valid_domain_ip(host))


def _check_path(path: Sequence[x509.Certificate], requirements: Requirements, at: datetime) -> None:
    """What pyhanko-certvalidator leaves to its caller: anchor and authorities by our profile, and names."""
    anchor, intermediates = path[0], path[1:-1]
    for authority in path[:-1]:
        check_authority(authority)
    if not anchor.not_valid_before_utc <= at <= anchor.not_valid_after_utc:
        raise CertificateExpired("The anchor of this path is not valid at that time.")
    for authority in intermediates:
        _check_extended(authority, requirements.issuer_usages)
    counted = [one for one in intermediates if one.issuer != one.subject]
    if requirements.max_intermediates is not None and len(counted) > requirements.max_intermediates:
        raise CertificateUntrusted("The path has more authorities than allowed.")
    check_mail_names(path)
