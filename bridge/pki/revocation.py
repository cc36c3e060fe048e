"""The CRLs and OCSP responses that were handed in, as far as they can speak for a path (RFC 5280 §5, RFC 6960)."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from asn1crypto import crl as asn1_crl
from asn1crypto import ocsp as asn1_ocsp
from cryptography import x509
from cryptography.x509 import ocsp

from bridge.pki.certificates import ComparableName, comparable_name, extension
from bridge.pki.errors import CertificateMalformed

CrlList = list[asn1_crl.CertificateList]


def relevant_crls(crls: Sequence[bytes], members: Sequence[x509.Certificate]) -> CrlList:
    """Only the CRLs of the issuers at hand: a relayed bundle may hold large ones of others. Raises CertificateMalformed."""
    issuers = {comparable_name(member.issuer) for member in members} | set(_crl_issuers(members))
    relevant = []
    for encoded in crls:
        try:
            crl = x509.load_der_x509_crl(encoded)
        except ValueError as error:
            raise CertificateMalformed("A revocation list is malformed.") from error
        if comparable_name(crl.issuer) in issuers:
            relevant.append(asn1_crl.CertificateList.load(encoded))
    return relevant


def relevant_ocsps(responses: Sequence[bytes], members: Sequence[x509.Certificate]) -> list[asn1_ocsp.OCSPResponse]:
    """Only successful responses about a serial number at hand: one that is unreadable says nothing, and spoils no other."""
    serials = {member.serial_number for member in members}
    return [asn1_ocsp.OCSPResponse.load(encoded) for encoded in responses if _serials_of(encoded) & serials]


def _serials_of(encoded: bytes) -> set[int]:
    try:
        response = ocsp.load_der_ocsp_response(encoded)
        successful = response.response_status is ocsp.OCSPResponseStatus.SUCCESSFUL
        return {one.serial_number for one in response.responses} if successful else set()
    except ValueError:
        return set()


def oldest_answer(
    crls: Iterable[asn1_crl.CertificateList], responses: Sequence[asn1_ocsp.OCSPResponse]
) -> datetime | None:
    """When the oldest of the answers at hand was given."""
    given = [crl["tbs_cert_list"]["this_update"].native for crl in crls]
    for response in responses:
        data = response.basic_ocsp_response["tbs_response_data"]
        given += [one["this_update"].native for one in data["responses"]]
    return min(given, default=None)


def _crl_issuers(members: Sequence[x509.Certificate]) -> Iterable[ComparableName]:
    """Who gives lists in the place of an issuer (indirect CRLs, RFC 5280 §4.2.1.13)."""
    for member in members:
        points = extension(member, x509.CRLDistributionPoints)
        for name in (name for point in points or () for name in point.crl_issuer or ()):
            if isinstance(name, x509.DirectoryName):
                yield comparable_name(name.value)
