"""OCSP (RFC 6960): asking about a certificate, and answering for an authority that we hold (the tests' responder)."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp

from bridge.pki.errors import RequestRefused
from bridge.pki.issue import Authority

VALIDITY = timedelta(hours=24)


def build_request(certificate: x509.Certificate, issuer: x509.Certificate) -> bytes:
    """A DER OCSPRequest about one certificate, of the form every responder reads (RFC 5019 §2.1): no nonce, for the answer is kept."""
    builder = ocsp.OCSPRequestBuilder().add_certificate(certificate, issuer, hashes.SHA1())  # noqa: S303 - a CertID
    return builder.build().public_bytes(Encoding.DER)


def answer_request(
    request: bytes,
    authority: Authority,
    issued: Mapping[int, x509.Certificate],
    revoked: Mapping[int, datetime],
    now: datetime,
) -> bytes:
    """A DER OCSPResponse, signed by the authority itself, for a DER request about one certificate.

    A serial that the authority did not issue gets `unauthorized` (RFC 6960 §2.3). Raises RequestRefused for junk.
    """
    try:
        asked = ocsp.load_der_ocsp_request(request)
    except ValueError as error:
        raise RequestRefused("This is not an OCSP request.") from error
    certificate = issued.get(asked.serial_number)
    if certificate is None:
        refused = ocsp.OCSPResponseBuilder.build_unsuccessful(ocsp.OCSPResponseStatus.UNAUTHORIZED)
        return _der(refused)
    return build_response(certificate, authority, revoked.get(certificate.serial_number), now)


def build_response(
    certificate: x509.Certificate, authority: Authority, revoked_at: datetime | None, now: datetime
) -> bytes:
    """The answer for one certificate: good, or revoked since `revoked_at`; valid for 24 hours."""
    builder = ocsp.OCSPResponseBuilder().add_response(
        cert=certificate,
        issuer=authority.certificate,
        algorithm=hashes.SHA1(),  # noqa: S303 - names the certificate (CertID), protects nothing
        cert_status=ocsp.OCSPCertStatus.REVOKED if revoked_at else ocsp.OCSPCertStatus.GOOD,
        this_update=now,
        next_update=now + VALIDITY,
        revocation_time=revoked_at,
        revocation_reason=x509.ReasonFlags.key_compromise if revoked_at else None,
    )
    builder = builder.responder_id(ocsp.OCSPResponderEncoding.HASH, authority.certificate)
    assert isinstance(authority.private_key, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey)  # noqa: S101 (Authority.load)
    return _der(builder.sign(authority.private_key, hashes.SHA256()))


def _der(response: ocsp.OCSPResponse) -> bytes:
    return response.public_bytes(Encoding.DER)
