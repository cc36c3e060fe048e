"""Reading one certificate (RFC 5280), before anything is believed of it."""

from functools import lru_cache
from typing import TypeVar

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes, PublicKeyTypes

from bridge.pki.der_nodes import check_nodes
from bridge.pki.errors import CertificateMalformed

E = TypeVar("E", bound=x509.ExtensionType)

MAX_NODES = 2_000
MAX_DEPTH = 32


def load_certificate(data: bytes) -> x509.Certificate:
    """Read one certificate in DER or PEM.

    Raises CertificateMalformed, also for one of more than 2,000 ASN.1 nodes.
    """
    try:
        if data.lstrip().startswith(b"-----"):
            data = x509.load_pem_x509_certificate(data).public_bytes(serialization.Encoding.DER)
        return _load_der(bytes(data))
    except (ValueError, TypeError, x509.InvalidVersion) as error:
        raise CertificateMalformed("These bytes are not a certificate.") from error


@lru_cache(maxsize=512)
def _load_der(data: bytes) -> x509.Certificate:
    """Certificates do not change, and the same few come again and again. Names are looked at now: they are parsed late."""
    check_nodes(data, max_depth=MAX_DEPTH, max_nodes=MAX_NODES)
    certificate = x509.load_der_x509_certificate(data)
    for name in (certificate.issuer, certificate.subject):
        name.public_bytes()
    return certificate


def load_certificates(pem: bytes) -> list[x509.Certificate]:
    """Read every certificate of a PEM file, in order."""
    try:
        return x509.load_pem_x509_certificates(pem)
    except ValueError as error:
        raise CertificateMalformed("This file holds no certificates.") from error


def der(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.DER)


def pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)


def certificate_sha256(certificate: x509.Certificate) -> bytes:
    """SHA-256 of the DER certificate, 32 bytes."""
    return certificate.fingerprint(hashes.SHA256())


def spki(key: x509.Certificate | PublicKeyTypes) -> bytes:
    """The DER SubjectPublicKeyInfo of a certificate or a public key."""
    public = public_key(key) if isinstance(key, x509.Certificate) else key
    return public.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)


def public_key(certificate: x509.Certificate) -> CertificatePublicKeyTypes:
    """The key that is certified; cryptography parses it late. Raises CertificateMalformed, also for a kind it does not know."""
    try:
        return certificate.public_key()
    except (ValueError, UnsupportedAlgorithm) as error:
        raise CertificateMalformed("The key of a certificate is of no known kind.") from error


def spki_sha256(key: x509.Certificate | PublicKeyTypes) -> bytes:
    """SHA-256 of the DER SubjectPublicKeyInfo, 32 bytes."""
    digest = hashes.Hash(hashes.SHA256())
    digest.update(spki(key))
    return digest.finalize()


def subject_key_identifier(certificate: x509.Certificate) -> bytes:
    """The extension's value, else method 1 of RFC 5280 §4.2.1.2 (SHA-1 of the key bits)."""
    stated = extension(certificate, x509.SubjectKeyIdentifier)
    return (stated or x509.SubjectKeyIdentifier.from_public_key(public_key(certificate))).digest


def extension(certificate: x509.Certificate, kind: type[E]) -> E | None:
    """The value of an extension, or None where there is none. Raises CertificateMalformed where any extension is malformed."""
    try:
        return extensions(certificate).get_extension_for_class(kind).value
    except x509.ExtensionNotFound:
        return None


def extensions(certificate: x509.Certificate) -> x509.Extensions:
    """All extensions; cryptography parses them late, and says in many ways that it cannot. Raises CertificateMalformed."""
    try:
        return certificate.extensions
    except (ValueError, TypeError, x509.DuplicateExtension, x509.UnsupportedGeneralNameType) as error:
        raise CertificateMalformed("An extension of a certificate is malformed.") from error


def key_usage(certificate: x509.Certificate) -> x509.KeyUsage | None:
    """The keyUsage extension, or None where there is none (RFC 5280 §4.2.1.3)."""
    return extension(certificate, x509.KeyUsage)


def extended_key_usages(certificate: x509.Certificate) -> frozenset[str]:
    """Dotted OIDs of the extKeyUsage extension; empty where there is none."""
    usages = extension(certificate, x509.ExtendedKeyUsage)
    return frozenset(usage.dotted_string for usage in usages or ())


ComparableName = tuple[frozenset[tuple[str, str]], ...]


def comparable_name(name: x509.Name) -> ComparableName:
    """A name to compare: case and white space do not count (RFC 5280 §7.1)."""
    return tuple(frozenset((one.oid.dotted_string, _folded(one.value)) for one in rdn) for rdn in name.rdns)


def _folded(value: str | bytes) -> str:
    return " ".join(value.casefold().split()) if isinstance(value, str) else value.hex()


def emails(certificate: x509.Certificate) -> list[str]:
    """Addresses of subjectAltName rfc822Name, lower-cased; a card certificate has none (RFC 8550 §3)."""
    try:
        names = extension(certificate, x509.SubjectAlternativeName)
    except CertificateMalformed:
        return []
    return [] if names is None else [address.lower() for address in names.get_values_for_type(x509.RFC822Name)]
