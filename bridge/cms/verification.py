"""SignedData verified (RFC 5652 §5.4-5.6): signature, digest and attributes of each SignerInfo, signedAttrs always required.

Whether a certificate may be believed is `bridge.pki.path`'s question, so what is returned names it `unverified_certificate`.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from asn1crypto import core
from cryptography.exceptions import InvalidSignature
from cryptography.exceptions import UnsupportedAlgorithm as KeyUnsupported
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.x509 import InvalidVersion

from bridge.cms import algorithms, ber
from bridge.cms.ber import encode, encode_set
from bridge.cms.errors import (
    AttributeRefused,
    CertificatesOnly,
    LimitExceeded,
    Malformed,
    SeveralSigners,
    SignatureInvalid,
    SignedAttributesMissing,
    SignerUnknown,
    UnsupportedAlgorithm,
    WeakAlgorithm,
)
from bridge.cms.fields import Algorithm, Fields
from bridge.cms.limits import check_asn1
from bridge.cms.oid import encode_oid
from bridge.cms.recipient_infos import RecipientId, read_identifier
from bridge.cms.rsa_parameters import read_pss
from bridge.cms.structures import parse
from bridge.pki.certificates import der as certificate_der
from bridge.pki.certificates import extensions, load_certificate, public_key
from bridge.pki.errors import PkiError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from cryptography import x509

_MIN_RSA_BITS = 2048
_MAX_RSA_BITS = 8192
_MIN_RSA_EXPONENT = 65537
_MAX_SIGNERS = 64
_MAX_CERTIFICATES = 64
_UTC_TIME = 0x17
_CONSTRUCTED = 0x20


@dataclass(frozen=True)
class VerifiedSignedData:
    """One signature of a SignedData that holds. `attributes` maps the OID of a signed attribute to the DER of its value."""

    content_type: str
    content: bytes = field(repr=False)
    unverified_certificate: x509.Certificate
    unverified_chain: tuple[x509.Certificate, ...]
    signing_time: datetime | None
    attributes: Mapping[str, bytes] = field(repr=False)
    digest: bytes
    has_signing_certificate: bool


@dataclass(frozen=True)
class _SignerInfo:
    """One SignerInfo as it stands; `signed_attributes` are the encodings of its Attributes, None where there are none."""

    sid: RecipientId
    digest: Algorithm
    signed_attributes: tuple[bytes, ...] | None
    algorithm: Algorithm
    signature: bytes


@dataclass(frozen=True)
class _SignedData:
    content_type: str
    content: bytes | None
    certificates: tuple[x509.Certificate, ...]
    crls: tuple[bytes, ...]
    signers: tuple[_SignerInfo, ...]


def verify_signed(
    der: bytes,
    content: bytes | None = None,
    *,
    content_type: str | None = None,
    certificates: Sequence[x509.Certificate] = (),
) -> VerifiedSignedData:
    """Check the one signature of a SignedData, over its own content or, detached, over `content`.

    `content_type` is the eContentType it must have; `certificates` may hold the signer's where it is not enclosed. Raises a
    `SignatureError`, `UnsupportedAlgorithm`, `Malformed` or `LimitExceeded`.
    """
    signed_data = _read(der)
    if len(signed_data.signers) > 1:
        raise SeveralSigners("more than one SignerInfo")
    return _verify(signed_data, content, content_type, certificates)[0]


def verify_each_signed(
    der: bytes, content: bytes | None = None, *, certificates: Sequence[x509.Certificate] = ()
) -> tuple[VerifiedSignedData, ...]:
    """As `verify_signed` for any number of SignerInfos, each of which has to hold: one that does not proves nothing for all."""
    return _verify(_read(der), content, None, certificates)


def enclosed_certificates(der: bytes) -> tuple[x509.Certificate, ...]:
    """The certificates of a SignedData, signed or certs-only, unverified. Raises `Malformed` or `LimitExceeded`."""
    return _read(der).certificates


def enclosed_crls(der: bytes) -> tuple[bytes, ...]:
    """The CRLs of a SignedData as they stand, unverified. Raises `Malformed` or `LimitExceeded`."""
    return _read(der).crls


def _verify(
    signed_data: _SignedData,
    content: bytes | None,
    content_type: str | None,
    certificates: Sequence[x509.Certificate],
) -> tuple[VerifiedSignedData, ...]:
    if not signed_data.signers:
        raise CertificatesOnly("a SignedData that nobody signed")
    if content_type not in (None, signed_data.content_type):
        raise AttributeRefused("an eContentType that is not the expected one")
    signed_content = _content(signed_data.content, content)
    candidates = (*signed_data.certificates, *certificates)
    return tuple(_verify_one(signed_data, signed_content, one, candidates) for one in signed_data.signers)


def _verify_one(
    signed_data: _SignedData, content: bytes, signer_info: _SignerInfo, candidates: Sequence[x509.Certificate]
) -> VerifiedSignedData:
    attributes = _attributes(signer_info)
    digest = _check_digest(signer_info, attributes, signed_data.content_type, content)
    signer = _signer(signer_info, candidates)
    bound = _check_signing_certificate(attributes, signer)
    _check_signature(signer_info, signer)
    return VerifiedSignedData(
        content_type=signed_data.content_type,
        content=content,
        unverified_certificate=signer,
        unverified_chain=tuple(one for one in signed_data.certificates if one != signer),
        signing_time=_signing_time(attributes),
        attributes=attributes,
        digest=digest,
        has_signing_certificate=bound,
    )


def _read(der: bytes) -> _SignedData:
    check_asn1(der)
    content_info_type, fields = Fields.of_content_info(der)
    if content_info_type != algorithms.ID_SIGNED_DATA:
        raise Malformed("not a SignedData")
    fields.integer()
    fields.take(ber.SET)  # digestAlgorithms: a hint for one-pass readers
    encapsulated = fields.inside(ber.SEQUENCE)
    content_type = encapsulated.oid()
    content = encapsulated.explicit(ber.CONTEXT_0).octets() if encapsulated.more else None
    encapsulated.end()
    certificates = fields.optional(ber.CONTEXT_0)
    crls = fields.optional(ber.CONTEXT_1)
    signers = [_signer_info(der, one) for one in fields.inside(ber.SET).each(ber.SEQUENCE)]
    fields.end()
    if len(signers) > _MAX_SIGNERS:
        raise LimitExceeded("too many SignerInfos")
    return _SignedData(
        content_type,
        content,
        () if certificates is None else _certificates(der, certificates),
        () if crls is None else tuple(ber.raw(der, one) for one in ber.children(der, crls)),
        tuple(signers),
    )


def _signer_info(der: bytes, fields: Fields) -> _SignerInfo:
    fields.integer()
    sid, digest = read_identifier(fields), fields.algorithm()
    attributes = fields.optional(ber.CONTEXT_0)
    algorithm, signature = fields.algorithm(), fields.octets()
    fields.optional(ber.CONTEXT_1)
    fields.end()
    signed = None if attributes is None else tuple(ber.raw(der, one) for one in ber.children(der, attributes))
    return _SignerInfo(sid, digest, signed, algorithm, signature)


def _content(enclosed: bytes | None, detached: bytes | None) -> bytes:
    if enclosed is None:
        if detached is None:
            raise Malformed("a detached signature without its content")
        return detached
    if detached is not None and not hmac.compare_digest(enclosed, detached):
        raise SignatureInvalid("the enclosed content is not the content at hand")
    return enclosed


def _attributes(signer_info: _SignerInfo) -> dict[str, bytes]:
    """Signed attributes by OID. A type given twice, or one we read without exactly one value, is refused."""
    if not signer_info.signed_attributes:
        raise SignedAttributesMissing("a SignerInfo without signedAttrs")
    attributes: dict[str, bytes] = {}
    for encoded in signer_info.signed_attributes:
        fields = Fields.of(encoded)
        oid, values = fields.oid(), list(ber.children(encoded, fields.take(ber.SET)))
        fields.end()
        if oid in attributes or (len(values) != 1 and oid in algorithms.attribute_oids.values()):
            raise AttributeRefused("a signed attribute twice, or without exactly one value")
        attributes[oid] = ber.raw(encoded, values[0]) if len(values) == 1 else b""
    return attributes


def _check_digest(
    signer_info: _SignerInfo, attributes: Mapping[str, bytes], content_type: str, content: bytes
) -> bytes:
    stated_type = attributes.get(algorithms.CONTENT_TYPE)
    if not stated_type or ber.canonical(stated_type, ber.read(stated_type)) != encode_oid(content_type):
        raise AttributeRefused("contentType missing or not that of the content")
    if algorithms.MESSAGE_DIGEST not in attributes:
        raise AttributeRefused("messageDigest missing")
    value = attributes[algorithms.MESSAGE_DIGEST]
    if value[0] & ~_CONSTRUCTED != ber.OCTET_STRING:
        raise AttributeRefused("a messageDigest that is no OCTET STRING")
    stated = ber.octets(value, ber.read(value))
    digest = hashlib.new(_digest_name(signer_info), content).digest()
    if not hmac.compare_digest(stated, digest):
        raise SignatureInvalid("messageDigest is not that of the content")
    return digest


def _digest_name(signer_info: _SignerInfo) -> str:
    if signer_info.digest.oid in algorithms.weak_oids.values():
        raise WeakAlgorithm("SHA-1 or MD5")
    return algorithms.hash_name(signer_info.digest.oid)


def _certificates(der: bytes, enclosed: ber.Element) -> tuple[x509.Certificate, ...]:
    """The X.509 certificates enclosed; other forms and unreadable ones are left out."""
    members = list(ber.children(der, enclosed))
    if len(members) > _MAX_CERTIFICATES:
        raise LimitExceeded("too many certificates")
    return tuple(found for one in members if (found := _readable(_definite(der, one))))


def _definite(data: bytes, one: ber.Element) -> bytes:
    """A certificate as it stands; in DER where a message in BER has rewritten it."""
    return ber.canonical(data, one) if ber.has_indefinite(data, one) else ber.raw(data, one)


def _names_one_algorithm(der: bytes) -> bool:
    """RFC 5280 §4.1.1.2: the signature algorithm outside is the one that is signed."""
    tbs, outside, *_ = ber.children(der, ber.read(der))
    inside = [one for one in ber.children(der, tbs) if one.tag == ber.SEQUENCE]
    return bool(inside) and ber.raw(der, inside[0]) == ber.raw(der, outside)


def _readable(der: bytes) -> x509.Certificate | None:
    """One certificate, or None. Issuer and key are looked at now: cryptography parses them late."""
    try:
        certificate = load_certificate(der)
        certificate.issuer.public_bytes()
        public_key(certificate)
        extensions(certificate)
        if not _names_one_algorithm(der):
            return None
    except (PkiError, ValueError, InvalidVersion, KeyUnsupported):
        return None
    return certificate


def _signer(signer_info: _SignerInfo, candidates: Sequence[x509.Certificate]) -> x509.Certificate:
    for certificate in candidates:
        if signer_info.sid.matches(certificate):
            return certificate
    raise SignerUnknown("no certificate for the SignerInfo")


def _check_signing_certificate(attributes: Mapping[str, bytes], signer: x509.Certificate) -> bool:
    """signingCertificateV2 or its SHA-1 forerunner, where present, names the signer's certificate first (RFC 5035 §3).

    True only for a name by a hash that still counts.
    """
    named = _named_certificate(attributes)
    if named is None:
        return False
    name, stated = named
    if not hmac.compare_digest(stated, hashlib.new(name, certificate_der(signer)).digest()):
        raise AttributeRefused("signingCertificate names another certificate")
    return name != "sha1"


def _named_certificate(attributes: Mapping[str, bytes]) -> tuple[str, bytes] | None:
    """Hash and value of the first ESSCertIDv2 or ESSCertID."""
    second = attributes.get(algorithms.SIGNING_CERTIFICATE_V2)
    first = attributes.get(algorithms.SIGNING_CERTIFICATE)
    if second is None and first is None:
        return None
    certs = Fields.of(second or first or b"").inside(ber.SEQUENCE)
    if not certs.more:
        raise AttributeRefused("signingCertificate without a certificate")
    fields = certs.inside(ber.SEQUENCE)
    if second is None:
        return "sha1", fields.octets()
    algorithm = fields.inside_optional(ber.SEQUENCE)  # SHA-256 where it is left out
    return "sha256" if algorithm is None else algorithms.hash_name(algorithm.oid()), fields.octets()


def _signing_time(attributes: Mapping[str, bytes]) -> datetime | None:
    encoded = attributes.get(algorithms.SIGNING_TIME)
    if encoded is None:
        return None
    kind = core.UTCTime if encoded[0] == _UTC_TIME else core.GeneralizedTime
    return parse(kind, encoded).native


def _check_signature(signer_info: _SignerInfo, signer: x509.Certificate) -> None:
    """Over the DER of the set (RFC 5652 §5.4); where it was sent otherwise, as it was sent: some programs sign that."""
    sent = signer_info.signed_attributes or ()
    in_order = encode_set(ber.canonical(one, ber.read(one)) for one in sent)
    try:
        _check_signature_over(in_order, signer_info, signer)
    except SignatureInvalid:
        as_sent = encode(ber.SET, *sent)
        if as_sent == in_order:
            raise
        _check_signature_over(as_sent, signer_info, signer)


def _check_signature_over(attributes: bytes, signer_info: _SignerInfo, signer: x509.Certificate) -> None:
    signature = signer_info.signature
    kind, hash_name = _signature_kind(signer_info)
    digest = algorithms.hash_algorithm(hash_name)
    public_key = signer.public_key()
    try:
        if isinstance(public_key, rsa.RSAPublicKey) and kind in ("rsa", "pss"):
            _check_rsa_strength(public_key)
            public_key.verify(signature, attributes, _rsa_padding(kind, signer_info), digest)
        elif isinstance(public_key, ec.EllipticCurvePublicKey) and kind == "ecdsa":
            public_key.verify(signature, attributes, ec.ECDSA(digest))
        elif isinstance(public_key, Ed25519PublicKey) and kind == "ed25519":
            public_key.verify(signature, attributes)
        else:
            raise SignatureInvalid("the key is not of the signature's kind")
    except InvalidSignature:
        raise SignatureInvalid("the signature does not verify") from None


def _signature_kind(signer_info: _SignerInfo) -> tuple[str, str]:
    """Kind and hash; the hash must be the digest algorithm's, so that neither can be swapped alone."""
    oid, parameters = signer_info.algorithm
    if oid in algorithms.weak_oids.values():
        raise WeakAlgorithm("SHA-1 or MD5")
    if oid not in algorithms.signature_oids:
        raise UnsupportedAlgorithm(oid)
    kind, hash_name = algorithms.signature_oids[oid]
    digest_name = _digest_name(signer_info)
    if kind == "pss":
        hash_name = read_pss(parameters).hash_name
    if hash_name not in (None, digest_name):
        raise AttributeRefused("signature and digest use different hashes")
    return kind, digest_name


def _check_rsa_strength(public_key: rsa.RSAPublicKey) -> None:
    if public_key.key_size < _MIN_RSA_BITS or public_key.public_numbers().e < _MIN_RSA_EXPONENT:
        raise WeakAlgorithm("an RSA key below 2048 bits or with a small exponent")
    if public_key.key_size > _MAX_RSA_BITS:
        raise LimitExceeded("an RSA key above 8192 bits")


def _rsa_padding(kind: str, signer_info: _SignerInfo) -> padding.AsymmetricPadding:
    if kind == "rsa":
        return padding.PKCS1v15()
    parameters = read_pss(signer_info.algorithm.parameters)
    return padding.PSS(padding.MGF1(algorithms.hash_algorithm(parameters.mgf_hash_name)), parameters.salt_length)
