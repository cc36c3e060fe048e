"""Whether a revocation answer that was just fetched may take the place of the one kept.

Whoever fetches has asked over a network that anybody may stand in: an answer is kept only if those who will judge by it would
believe it, and if it is no older than what they have (a replayed answer is signed too). RFC 5280 §5, RFC 6960 §4.2.2.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.x509 import ocsp
from cryptography.x509.oid import AuthorityInformationAccessOID

from bridge.pki.certificates import comparable_name, extension, public_key
from bridge.pki.errors import AnswerRefused, CertificateMalformed, CertificateRevoked, PkiError
from bridge.pki.path import Requirements, validate_chain

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_OCSP = 64 * 1024  # octets
MAX_CRL = 64 * 1024 * 1024
CLOCK_SKEW = timedelta(minutes=5)


@dataclass(frozen=True)
class Freshness:
    """From when to when an answer speaks; `until` is None where newer ones may come at any moment (RFC 6960 §4.2.2.1)."""

    since: datetime
    until: datetime | None


def check_response(response: bytes, certificate: x509.Certificate, issuer: x509.Certificate, at: datetime) -> None:
    """A DER OCSPResponse about this very certificate, that says good or revoked. Raises AnswerRefused.

    The judge is the one of `certificates.validate`, with the issuer as its only root: so signature, responder and dates.
    """
    _check_dates(response_freshness(response, certificate), at)
    try:
        chained = validate_chain(
            certificate, chain=[], roots=[issuer], at=at, requirements=Requirements(), ocsps=[response]
        )
    except CertificateRevoked:
        return
    except PkiError as error:
        raise AnswerRefused(error.code) from error
    if chained.revocation != "good":
        raise AnswerRefused("revocation-unknown")


def names_responder(certificate: x509.Certificate) -> bool:
    """Whether it says that its issuer answers by OCSP (RFC 5280 §4.2.2.1): no path is judged by responses otherwise."""
    try:
        access = extension(certificate, x509.AuthorityInformationAccess)
    except CertificateMalformed:
        return False
    return any(one.access_method == AuthorityInformationAccessOID.OCSP for one in access or ())


def response_freshness(response: bytes, certificate: x509.Certificate) -> Freshness:
    """Of what the response says about this certificate, unverified. Raises AnswerRefused("malformed") where it says nothing of it."""
    try:
        about = next(_statements(response, certificate.serial_number))
    except (ValueError, StopIteration) as error:
        raise AnswerRefused("malformed") from error
    return Freshness(about.this_update_utc, about.next_update_utc)


def says_revoked(response: bytes, certificate: x509.Certificate) -> bool:
    """Whether a response that `check_response` took calls the certificate revoked."""
    try:
        return any(
            about.certificate_status is ocsp.OCSPCertStatus.REVOKED
            for about in _statements(response, certificate.serial_number)
        )
    except ValueError:
        return False


def check_list(encoded: bytes, issuer: x509.Certificate, at: datetime) -> None:
    """A whole DER CRL by this issuer itself. Raises AnswerRefused; a delta CRL would hide what its base says (RFC 5280 §5.2.4)."""
    crl = _list(encoded)
    _check_dates(Freshness(crl.last_update_utc, crl.next_update_utc), at)
    try:
        by_issuer = comparable_name(crl.issuer) == comparable_name(issuer.subject)
        whole = not any(isinstance(one.value, x509.DeltaCRLIndicator) for one in crl.extensions)
        signed = crl.is_signature_valid(public_key(issuer))  # type: ignore[arg-type] # TypeError for keys that sign no lists
    except (ValueError, TypeError, UnsupportedAlgorithm, CertificateMalformed) as error:
        raise AnswerRefused("malformed") from error
    if not (by_issuer and whole and signed):
        raise AnswerRefused("certificate-untrusted")


def list_freshness(encoded: bytes) -> Freshness:
    """Of a DER CRL, unverified. Raises AnswerRefused("malformed")."""
    crl = _list(encoded)
    return Freshness(crl.last_update_utc, crl.next_update_utc)


def check_no_older(new: Freshness, kept: Freshness) -> None:
    """Raises AnswerRefused("older")."""
    if new.since < kept.since:
        raise AnswerRefused("older")


def _check_dates(freshness: Freshness, at: datetime) -> None:
    if freshness.since > at + CLOCK_SKEW:
        raise AnswerRefused("early")
    if freshness.until is not None and freshness.until <= at:
        raise AnswerRefused("stale")


def _statements(response: bytes, serial_number: int) -> Iterator[ocsp.OCSPSingleResponse]:
    loaded = ocsp.load_der_ocsp_response(response)
    if loaded.response_status is ocsp.OCSPResponseStatus.SUCCESSFUL:
        yield from (one for one in loaded.responses if one.serial_number == serial_number)


def _list(encoded: bytes) -> x509.CertificateRevocationList:
    try:
        return x509.load_der_x509_crl(encoded)
    except ValueError as error:
        raise AnswerRefused("malformed") from error
