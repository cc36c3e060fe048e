"""What a certificate itself must be, before a path is looked for (RFC 5280 §4): form, strength, key usage.

Only what a mail reader has reason to refuse. Missing key identifiers, serial numbers that are negative and a noncritical
nameConstraints or basicConstraints occur in honest certificates and pass (docs/adr/0010).
"""

from collections.abc import Iterable
from datetime import datetime
from functools import lru_cache
from typing import TypeVar

from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, rsa, x448, x25519
from cryptography.x509.oid import ExtendedKeyUsageOID, ExtensionOID

from bridge.pki import certificates
from bridge.pki.anchors import Purpose
from bridge.pki.errors import (
    CertificateExpired,
    CertificateMalformed,
    CertificateNotYetValid,
    CertificateUntrusted,
    WeakAlgorithm,
    WrongKeyUsage,
)

E = TypeVar("E", bound=x509.ExtensionType)

MIN_RSA_BITS, MAX_RSA_BITS = 2048, 8192
MIN_RSA_EXPONENT = 65537
_MAX_NAMES, _MAX_SUBTREES = 500, 200  # each name is compared with each constraint
_CURVES = {"secp256r1", "secp384r1", "secp521r1", "brainpoolP256r1", "brainpoolP384r1", "brainpoolP512r1"}
_MODERN = ed25519.Ed25519PublicKey | ed448.Ed448PublicKey | x25519.X25519PublicKey | x448.X448PublicKey

EMAIL = ExtendedKeyUsageOID.EMAIL_PROTECTION.dotted_string
ANY_USAGE = ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE.dotted_string
_CLIENT = {ExtendedKeyUsageOID.CLIENT_AUTH.dotted_string, ExtendedKeyUsageOID.SMARTCARD_LOGON.dotted_string}

# RFC 5280 §4.2.1.1, §4.2.1.2, §4.2.2.1: conforming authorities mark these noncritical.
_NEVER_CRITICAL = {
    ExtensionOID.AUTHORITY_KEY_IDENTIFIER,
    ExtensionOID.SUBJECT_KEY_IDENTIFIER,
    ExtensionOID.AUTHORITY_INFORMATION_ACCESS,
}


def check_purpose(certificate: x509.Certificate, purpose: Purpose) -> None:
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
        case Purpose.CARD_ENCRYPTION:
            fits = usage is not None and (usage.key_encipherment or usage.key_agreement)
    if not fits:
        raise WrongKeyUsage(f"The certificate's key usage does not allow: {purpose}.")


def issuer_usages(purpose: Purpose) -> frozenset[str]:
    """What the extKeyUsage of an intermediate authority has to name one of, where it has one."""
    mail = {EMAIL, ANY_USAGE}
    return frozenset(mail if purpose in (Purpose.ENCRYPT, Purpose.MESSAGE_SIGNATURE) else mail | _CLIENT)


def check_leaf(certificate: x509.Certificate) -> None:
    """Raises CertificateMalformed or WeakAlgorithm for the certificate in question."""
    extensions = _check_any(certificate)
    constraints = _value(extensions, x509.BasicConstraints)
    is_authority = constraints is not None and constraints.ca
    if not is_authority and _value(extensions, x509.NameConstraints) is not None:
        raise CertificateMalformed("Only an authority's certificate has name constraints.")
    usage = _value(extensions, x509.KeyUsage)
    if usage is not None and usage.key_cert_sign and not is_authority:
        raise CertificateMalformed("The certificate may sign certificates, but is not an authority's.")
    names = _extension(extensions, x509.SubjectAlternativeName)
    if len(list(certificate.subject)) + (len(list(names.value)) if names else 0) > _MAX_NAMES:
        raise CertificateMalformed("The certificate has too many names.")
    if names is not None and not names.critical and not list(certificate.subject):
        raise CertificateMalformed("A certificate without subject has a critical subjectAltName.")


def check_authority(certificate: x509.Certificate) -> None:
    """As `check_leaf`, for an intermediate authority or an anchor; CertificateUntrusted where it is no authority's."""
    extensions = _check_any(certificate)
    constraints = _value(extensions, x509.BasicConstraints)
    if constraints is None or not constraints.ca:
        raise CertificateUntrusted("A certificate of this path is used as an authority's and is none.")
    usage = _value(extensions, x509.KeyUsage)
    if usage is not None and not usage.key_cert_sign:
        raise CertificateUntrusted("An authority of this path may not sign certificates.")
    if not list(certificate.subject):
        raise CertificateMalformed("An authority of this path has no name.")
    names = _value(extensions, x509.NameConstraints)
    if names is not None and len([*(names.permitted_subtrees or ()), *(names.excluded_subtrees or ())]) > _MAX_SUBTREES:
        raise CertificateMalformed("An authority of this path has too many name constraints.")


def check_anchor(certificate: x509.Certificate, at: datetime) -> None:
    """As `check_authority`, with what path validation leaves out of an anchor: dates, and critical extensions unknown here."""
    check_authority(certificate)
    if any(one.critical and isinstance(one.value, x509.UnrecognizedExtension) for one in certificate.extensions):
        raise CertificateMalformed("The anchor of this path has a critical extension that is not known here.")
    if at.replace(microsecond=0) > certificate.not_valid_after_utc:
        raise CertificateExpired("The anchor of this path had expired.")
    if at < certificate.not_valid_before_utc:
        raise CertificateNotYetValid("The anchor of this path was not valid yet.")


def _mail_usage(extended: frozenset[str]) -> bool:
    return not extended or bool(extended & {EMAIL, ANY_USAGE})


def _check_any(certificate: x509.Certificate) -> x509.Extensions:
    """Every extension parsed now: cryptography reads them late, and asn1crypto not all."""
    _check_strength(certificate)
    extensions = certificates.extensions(certificate)
    if certificate.version is not x509.Version.v3 or not list(certificate.issuer):
        raise CertificateMalformed("A certificate of this path is not of version 3, or has no issuer.")
    parsed = asn1_certificate(certificate)
    if parsed["signature_algorithm"].dump() != parsed["tbs_certificate"]["signature"].dump():
        raise CertificateMalformed("A certificate names two signature algorithms.")
    if any(extension.critical and extension.oid in _NEVER_CRITICAL for extension in extensions):
        raise CertificateMalformed("An extension is critical that must not be.")
    return extensions


@lru_cache(maxsize=1024)
def asn1_certificate(certificate: x509.Certificate) -> asn1_x509.Certificate:
    """The same certificate as pyhanko-certvalidator takes it."""
    return asn1_x509.Certificate.load(certificates.der(certificate))


def _extension(extensions: Iterable[x509.Extension[E]], kind: type[E]) -> x509.Extension[E] | None:
    return next((one for one in extensions if isinstance(one.value, kind)), None)


def _value(extensions: Iterable[x509.Extension[E]], kind: type[E]) -> E | None:
    found = _extension(extensions, kind)
    return None if found is None else found.value


def _check_strength(certificate: x509.Certificate) -> None:
    try:
        key = certificates.public_key(certificate)
    except (ValueError, UnsupportedAlgorithm) as error:
        raise CertificateMalformed("The key of a certificate of this path cannot be read.") from error
    if isinstance(key, rsa.RSAPublicKey):
        _check_rsa(key)
    elif isinstance(key, ec.EllipticCurvePublicKey):
        if key.curve.name not in _CURVES or not _names_curve(certificate):
            raise WeakAlgorithm("Keys on a curve that is not one of the usual, by name, are refused.")
    elif not isinstance(key, _MODERN):
        raise WeakAlgorithm("Keys of this kind are refused.")


def _names_curve(certificate: x509.Certificate) -> bool:
    """A curve spelled out may have a generator of the forger's choice (RFC 5480 §2.1.1 forbids it)."""
    identifier = asn1_certificate(certificate).public_key["algorithm"]["parameters"]
    return bool(identifier.name == "named")


def _check_rsa(key: rsa.RSAPublicKey) -> None:
    if key.key_size < MIN_RSA_BITS:
        raise WeakAlgorithm("RSA keys of less than 2,048 bits are refused.")
    if key.key_size > MAX_RSA_BITS or key.key_size % 8:
        raise WeakAlgorithm("RSA keys of more than 8,192 bits, or of an odd length, are refused.")
    if key.public_numbers().e < MIN_RSA_EXPONENT:
        raise WeakAlgorithm("RSA keys with a small exponent are refused.")
