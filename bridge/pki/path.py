"""Certification paths (RFC 5280 §6), to local anchors that each have a purpose.

`building` finds the path and pyhanko-certvalidator checks it; this module says which anchors and key usages a purpose takes, adds
what mail needs (`profile`, `mail_names`), and turns every refusal into one of our errors. Nothing is fetched: CRLs and OCSP
responses are handed in (they are signed, so a server may relay them).
"""

from collections.abc import Coroutine, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum
from typing import Any, Literal

from asn1crypto import crl as asn1_crl
from asn1crypto import ocsp as asn1_ocsp
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.x509.oid import NameOID
from pyhanko_certvalidator import ValidationContext
from pyhanko_certvalidator import errors as pyhanko_errors
from pyhanko_certvalidator.authority import CertTrustAnchor, TrustQualifiers
from pyhanko_certvalidator.name_trees import (
    default_excluded_subtrees,
    default_permitted_subtrees,
    process_general_subtrees,
)
from pyhanko_certvalidator.path import ValidationPath
from pyhanko_certvalidator.policy_decl import PKIXValidationParams
from pyhanko_certvalidator.validate import async_validate_path

from bridge.pki import certificates
from bridge.pki.anchors import Anchor, AnchorStore, Purpose
from bridge.pki.building import Path, candidate_paths
from bridge.pki.errors import (
    CertificateExpired,
    CertificateMalformed,
    CertificateNotYetValid,
    CertificateRevoked,
    CertificateUntrusted,
    NameNotPermitted,
    PathError,
    PkiError,
    RevocationUnknown,
    WeakAlgorithm,
    WrongKeyUsage,
)
from bridge.pki.mail_names import addresses, check_addresses, check_mail_names
from bridge.pki.profile import (
    asn1_certificate,
    check_anchor,
    check_authority,
    check_leaf,
    check_purpose,
    issuer_usages,
)
from bridge.pki.revocation import oldest_answer, relevant_crls, relevant_ocsps
from bridge.pki.verdicts import Moments, Remembered, digest, moments_of, stretch

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
    The certificate has to name each of `addresses` (e-mail) and of `hosts` (DNS names or IP addresses). `max_intermediates` counts
    the authorities below the anchor that did not issue themselves.
    """

    key_usages: frozenset[str] = frozenset()
    extended_key_usages: frozenset[str] = frozenset()
    issuer_usages: frozenset[str] = frozenset()
    addresses: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()
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
    `ocsps`: DER OCSPResponse (RFC 6960), likewise. A verdict given before is given again (`verdicts`).
    """
    given = (unverified_certificate, tuple(chain), anchors.anchors, purpose, revocation, digest(crls), digest(ocsps))
    moments = _moments.recall(
        given, lambda: moments_of([unverified_certificate, *chain], anchors.anchors, crls, ocsps) or ()
    )

    def decide() -> ValidatedCertificate:
        return decide_path(
            unverified_certificate,
            chain=chain,
            anchors=anchors,
            purpose=purpose,
            at=at,
            crls=crls,
            ocsps=ocsps,
            revocation=revocation,
        )

    validated = _verdicts.recall((given, stretch(moments, at)), decide) if moments else decide()
    return replace(validated, at=at)


_moments: Remembered[Moments] = Remembered(2048)
_verdicts: Remembered[ValidatedCertificate] = Remembered(4096)


def decide_path(
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
    """As `validate_path`, from the beginning."""
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
    check_addresses(unverified_certificate)
    _check_required(unverified_certificate, requirements)
    members = [unverified_certificate, *chain[:MAX_CHAIN]]
    given = _Evidence(at, relevant_crls(crls, members), relevant_ocsps(ocsps, members), members[1:], roots)
    refusals: list[PkiError] = []
    for path in candidate_paths(unverified_certificate, given.others, given.roots):
        try:
            return _validate(path, given, requirements, revocation)
        except PkiError as error:
            refusals.append(error)
    if not refusals:
        raise CertificateUntrusted("No path leads to an authority that is known here.")
    raise refusals[0]


@dataclass(frozen=True)
class _Evidence:
    """What a path is judged by; `others` may have signed a CRL or an OCSP response."""

    at: datetime
    crls: Sequence[asn1_crl.CertificateList]
    ocsps: Sequence[asn1_ocsp.OCSPResponse]
    others: Sequence[x509.Certificate]
    roots: Sequence[x509.Certificate]


def _validate(path: Path, given: _Evidence, requirements: Requirements, revocation: RevocationMode) -> ValidatedChain:
    _check_path(path, requirements, given.at)
    if given.crls and given.ocsps:  # pyhanko asks OCSP first; a list that names the certificate counts all the same
        _check_by_pyhanko(path, replace(given, ocsps=()), "soft-fail")
    try:
        _check_by_pyhanko(path, given, "require")
    except RevocationUnknown:
        _check_by_pyhanko(path, given, "hard-fail" if revocation is RevocationMode.HARD else "soft-fail")
        return ValidatedChain(path, "unchecked", None)
    return ValidatedChain(path, "good", oldest_answer(given.crls, given.ocsps))


def _check_by_pyhanko(path: Path, given: _Evidence, mode: str) -> None:
    try:
        anchor, *members = map(asn1_certificate, path)
        context = ValidationContext(
            trust_roots=[anchor, *map(asn1_certificate, given.roots)],
            other_certs=[asn1_certificate(other) for other in given.others],
            moment=given.at,
            crls=given.crls,
            ocsps=given.ocsps,
            revocation_mode=mode,
            retroactive_revinfo=True,  # today's CRL judges yesterday's signature
        )
        trusted = CertTrustAnchor(anchor, _qualifiers(anchor))
        chain = ValidationPath(trusted, members[:-1], members[-1] if members else None)
        _complete(async_validate_path(context, chain))
    except (pyhanko_errors.ValidationError, pyhanko_errors.PathError) as error:
        raise _translate(error) from error
    except (ValueError, TypeError, OSError, NotImplementedError) as error:  # asn1crypto reads late
        raise CertificateMalformed("A certificate of this path is malformed.") from error


def _qualifiers(anchor: asn1_x509.Certificate) -> TrustQualifiers:
    """An anchor's own name constraints and path length bind, although RFC 5280 leaves that open."""
    constraints = anchor.name_constraints_value or {}
    permitted, excluded = (
        process_general_subtrees(constraints[kind]) if constraints and constraints[kind].native else {}
        for kind in ("permitted_subtrees", "excluded_subtrees")
    )
    parameters = PKIXValidationParams(
        initial_permitted_subtrees=default_permitted_subtrees() | permitted,
        initial_excluded_subtrees=default_excluded_subtrees() | excluded,
    )
    length = anchor.max_path_length
    return TrustQualifiers(max_path_length=length, max_aa_path_length=length, standard_parameters=parameters)


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
    named = {address.lower() for address in addresses(certificate)}
    if not {address.lower() for address in requirements.addresses} <= named:
        raise NameNotPermitted("The certificate is not for this address.")
    if not all(_names_host(certificate, host) for host in requirements.hosts):
        raise NameNotPermitted("The certificate is not for this host.")


def _check_extended(certificate: x509.Certificate, wanted: frozenset[str]) -> None:
    extended = certificates.extended_key_usages(certificate)
    if wanted and extended and not extended & wanted:
        raise WrongKeyUsage("The extended key usage of a certificate of this path does not allow what is asked.")


def _names_host(certificate: x509.Certificate, host: str) -> bool:
    if certificates.extension(certificate, x509.SubjectAlternativeName) is None:
        return False  # a common name is no host name (RFC 9525 §2)
    try:
        return bool(asn1_certificate(certificate).is_valid_domain_ip(host))
    except (ValueError, OSError):  # names that are none
        return False


def _check_path(path: Sequence[x509.Certificate], requirements: Requirements, at: datetime) -> None:
    """What pyhanko-certvalidator leaves to its caller: anchor and authorities by our profile, and names."""
    anchor, intermediates = path[0], path[1:-1]
    if len(path) > 1:
        check_anchor(anchor, at)
    for authority in intermediates:
        check_authority(authority)
        _check_extended(authority, requirements.issuer_usages)
    counted = [one for one in intermediates if one.issuer != one.subject]
    if requirements.max_intermediates is not None and len(counted) > requirements.max_intermediates:
        raise CertificateUntrusted("The path has more authorities than allowed.")
    check_mail_names(path)
