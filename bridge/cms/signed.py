"""SignedData (RFC 5652 §5) built around a signing callable, with one signer and signedAttrs; `verification` reads it."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from asn1crypto import x509 as asn1_x509
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from bridge.cms import algorithms, ber, structures
from bridge.cms.ber import encode, encode_set
from bridge.cms.errors import UnsupportedAlgorithm
from bridge.cms.oid import encode_oid
from bridge.cms.recipients import issuer_and_serial_number
from bridge.pki.certificates import certificate_sha256, subject_key_identifier
from bridge.pki.certificates import der as certificate_der

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from cryptography import x509

    from bridge.cms.unwrapping import PrivateKey

    Sign = Callable[[bytes], bytes]

_LAST_UTC_TIME_YEAR = 2049
_NULL = b"\x05\x00"


class SignatureAlgorithm(StrEnum):
    """How a key signs the DER of signedAttrs; the hash is also the one of messageDigest."""

    RSA_PKCS1_SHA256 = "rsa-pkcs1-sha256"
    RSA_PSS_SHA256 = "rsa-pss-sha256"
    ECDSA_SHA256 = "ecdsa-sha256"
    ECDSA_SHA384 = "ecdsa-sha384"
    ECDSA_SHA512 = "ecdsa-sha512"
    ED25519 = "ed25519"

    @property
    def hash_name(self) -> str:
        return "sha512" if self is SignatureAlgorithm.ED25519 else self.value.rsplit("-", 1)[1]  # RFC 8419 §3


def signature_algorithm(public_key: object) -> SignatureAlgorithm:
    """What Pli signs with under a key of this kind, readable by every peer."""
    if isinstance(public_key, rsa.RSAPublicKey):
        return SignatureAlgorithm.RSA_PKCS1_SHA256
    if isinstance(public_key, ec.EllipticCurvePublicKey):
        sizes = {256: "sha256", 384: "sha384", 521: "sha512"}
        return SignatureAlgorithm(f"ecdsa-{sizes.get(public_key.curve.key_size, 'sha256')}")
    if isinstance(public_key, Ed25519PublicKey):
        return SignatureAlgorithm.ED25519
    raise UnsupportedAlgorithm(type(public_key).__name__)


def software_signer(private_key: PrivateKey | Ed25519PrivateKey, algorithm: SignatureAlgorithm | None = None) -> Sign:
    """A signing callable for a key of this process."""
    if isinstance(private_key, Ed25519PrivateKey):
        return private_key.sign
    chosen = algorithm or signature_algorithm(private_key.public_key())
    digest = algorithms.hash_algorithm(chosen.hash_name)
    if isinstance(private_key, ec.EllipticCurvePrivateKey):
        return lambda attributes: private_key.sign(attributes, ec.ECDSA(digest))
    if chosen is SignatureAlgorithm.RSA_PSS_SHA256:
        scheme: padding.AsymmetricPadding = padding.PSS(padding.MGF1(digest), digest.digest_size)
    else:
        scheme = padding.PKCS1v15()
    return lambda attributes: private_key.sign(attributes, scheme, digest)


def build_signed(
    content: bytes,
    *,
    signer_certificate: x509.Certificate,
    sign: Sign,
    algorithm: SignatureAlgorithm,
    signing_time: datetime,
    content_type: str = algorithms.ID_DATA,
    attributes: Mapping[str, bytes] | None = None,
    certificates: Iterable[x509.Certificate] = (),
    detached: bool = False,
    by_key_identifier: bool = False,
) -> bytes:
    """A ContentInfo SignedData over `content`, with one SignerInfo.

    `sign` gets the DER of signedAttrs (a SET OF) and returns the signature, ECDSA's as DER. `attributes` are further signed
    attributes, OID to DER value, after contentType, messageDigest, signingTime and signingCertificateV2. `certificates` are
    added to the signer's own.
    """
    signed_attributes = _signed_attributes(
        content, content_type, signer_certificate, algorithm, signing_time, attributes or {}
    )
    sid = (
        encode(0x80, subject_key_identifier(signer_certificate))
        if by_key_identifier
        else issuer_and_serial_number(signer_certificate)
    )
    digest_algorithm = encode(ber.SEQUENCE, encode_oid(algorithms.hash_oids[algorithm.hash_name]))
    signer_info = encode(
        ber.SEQUENCE,
        encode(ber.INTEGER, b"\3" if by_key_identifier else b"\1"),
        sid,
        digest_algorithm,
        encode(ber.CONTEXT_0, *sorted(signed_attributes)),
        _signature_identifier(algorithm),
        encode(ber.OCTET_STRING, sign(encode_set(signed_attributes))),
    )
    e_content = b"" if detached else encode(ber.CONTEXT_0, encode(ber.OCTET_STRING, content))
    enclosed = {certificate_der(one) for one in (signer_certificate, *certificates)}
    signed_data = encode(
        ber.SEQUENCE,
        encode(ber.INTEGER, b"\3" if by_key_identifier or content_type != algorithms.ID_DATA else b"\1"),
        encode(ber.SET, digest_algorithm),
        encode(ber.SEQUENCE, encode_oid(content_type), e_content),
        encode(ber.CONTEXT_0, *sorted(enclosed)),
        encode(ber.SET, signer_info),
    )
    return encode(ber.SEQUENCE, encode_oid(algorithms.ID_SIGNED_DATA), encode(ber.CONTEXT_0, signed_data))


def _signed_attributes(
    content: bytes,
    content_type: str,
    certificate: x509.Certificate,
    algorithm: SignatureAlgorithm,
    signing_time: datetime,
    more: Mapping[str, bytes],
) -> list[bytes]:
    values = {
        algorithms.CONTENT_TYPE: encode_oid(content_type),
        algorithms.MESSAGE_DIGEST: encode(ber.OCTET_STRING, hashlib.new(algorithm.hash_name, content).digest()),
        algorithms.SIGNING_TIME: _time(signing_time),
        algorithms.SIGNING_CERTIFICATE_V2: _signing_certificate(certificate),
    } | dict(more)
    return [encode(ber.SEQUENCE, encode_oid(oid), encode(ber.SET, value)) for oid, value in values.items()]


def _time(moment: datetime) -> bytes:
    """UTCTime through 2049, GeneralizedTime after (RFC 5652 §11.3)."""
    utc = moment.astimezone(UTC)
    if utc.year <= _LAST_UTC_TIME_YEAR:
        return encode(0x17, utc.strftime("%y%m%d%H%M%SZ").encode())
    return encode(0x18, utc.strftime("%Y%m%d%H%M%SZ").encode())


def _signing_certificate(certificate: x509.Certificate) -> bytes:
    """SigningCertificateV2 with the SHA-256 of one certificate and its issuer and serial number (RFC 5035)."""
    issuer_and_serial = structures.IssuerAndSerialNumber.load(issuer_and_serial_number(certificate))
    issuer = asn1_x509.GeneralName("directory_name", issuer_and_serial["issuer"])
    serial = {"issuer": [issuer], "serial_number": issuer_and_serial["serial_number"]}
    one = structures.EssCertIdV2({"cert_hash": certificate_sha256(certificate), "issuer_serial": serial})
    return structures.SigningCertificateV2({"certs": [one]}).dump()


def _signature_identifier(algorithm: SignatureAlgorithm) -> bytes:
    """The signatureAlgorithm peers expect: rsaEncryption with NULL, PSS with explicit SHA-256, ecdsa-with-SHA2, Ed25519."""
    if algorithm is SignatureAlgorithm.RSA_PKCS1_SHA256:
        return encode(ber.SEQUENCE, encode_oid(algorithms.RSA_ENCRYPTION), _NULL)
    if algorithm is SignatureAlgorithm.RSA_PSS_SHA256:
        digest = encode(ber.SEQUENCE, encode_oid(algorithms.hash_oids["sha256"]), _NULL)
        mask = encode(ber.SEQUENCE, encode_oid(algorithms.MGF1), digest)
        salt = encode(ber.INTEGER, b"\x20")
        fields = (encode(ber.CONTEXT_0, digest), encode(ber.CONTEXT_1, mask), encode(ber.CONTEXT_2, salt))
        return encode(ber.SEQUENCE, encode_oid(algorithms.RSASSA_PSS), encode(ber.SEQUENCE, *fields))
    wanted = ("ed25519", None) if algorithm is SignatureAlgorithm.ED25519 else ("ecdsa", algorithm.hash_name)
    oid = next(oid for oid, kind in algorithms.signature_oids.items() if kind == wanted)
    return encode(ber.SEQUENCE, encode_oid(oid))
