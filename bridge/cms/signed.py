"""SignedData (RFC 5652 §5): built around a signing callable, and verified for exactly one signer with signedAttrs.

Verification here is signature, digest and attributes. Whether the certificate may be believed is `bridge.pki.path`'s question,
so what is returned names it `unverified_certificate`.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from asn1crypto import core
from asn1crypto import x509 as asn1_x509
from cryptography.exceptions import InvalidSignature
from cryptography.exceptions import UnsupportedAlgorithm as KeyUnsupported
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.x509 import InvalidVersion

from bridge.cms import algorithms, ber, structures
from bridge.cms.ber import encode, encode_set
from bridge.cms.errors import (
    AttributeRefused,
    Malformed,
    SeveralSigners,
    SignatureInvalid,
    SignedAttributesMissing,
    SignerUnknown,
    UnsupportedAlgorithm,
    WeakAlgorithm,
)
from bridge.cms.oid import encode_oid
from bridge.cms.recipients import issuer_and_serial_number
from bridge.cms.structures import members, parameters_of, parse
from bridge.cms.unwrapping import hash_of, mgf_hash_of, recipient_id
from bridge.pki.certificates import certificate_sha256, load_certificate, subject_key_identifier
from bridge.pki.certificates import der as certificate_der
from bridge.pki.errors import PkiError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from cryptography import x509

    from bridge.cms.unwrapping import PrivateKey

    Sign = Callable[[bytes], bytes]

_MIN_RSA_BITS = 2048
_MIN_RSA_EXPONENT = 65537
_MAX_SALT = 512
_LAST_UTC_TIME_YEAR = 2049
_NULL = b"\x05\x00"


class SignatureAlgorithm(StrEnum):
    """How a key signs the DER of signedAttrs; the hash is also the one of messageDigest."""

    RSA_PKCS1_SHA256 = "rsa-pkcs1-sha256"
    RSA_PSS_SHA256 = "rsa-pss-sha256"
    ECDSA_SHA256 = "ecdsa-sha256"
    ECDSA_SHA384 = "ecdsa-sha384"
    ECDSA_SHA512 = "ecdsa-sha512"

    @property
    def hash_name(self) -> str:
        return self.value.rsplit("-", 1)[1]


@dataclass(frozen=True)
class VerifiedSignedData:
    """A SignedData whose one signature holds. `attributes` maps the OID of a signed attribute to the DER of its value."""

    content_type: str
    content: bytes = field(repr=False)
    unverified_certificate: x509.Certificate
    unverified_chain: tuple[x509.Certificate, ...]
    signing_time: datetime | None
    attributes: Mapping[str, bytes] = field(repr=False)
    digest: bytes
    has_signing_certificate: bool


def signature_algorithm(public_key: object) -> SignatureAlgorithm:
    """What Pli signs with under a key of this kind, readable by every peer."""
    if isinstance(public_key, rsa.RSAPublicKey):
        return SignatureAlgorithm.RSA_PKCS1_SHA256
    if isinstance(public_key, ec.EllipticCurvePublicKey):
        sizes = {256: "sha256", 384: "sha384", 521: "sha512"}
        return SignatureAlgorithm(f"ecdsa-{sizes.get(public_key.curve.key_size, 'sha256')}")
    raise UnsupportedAlgorithm(type(public_key).__name__)


def software_signer(private_key: PrivateKey, algorithm: SignatureAlgorithm | None = None) -> Sign:
    """A signing callable for a key of this process."""
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
    content_info = parse(structures.SignedContentInfo, der)
    if content_info["content_type"].dotted != algorithms.ID_SIGNED_DATA:
        raise Malformed("not a SignedData")
    signed_data = content_info["content"]
    if len(signed_data["signer_infos"]) != 1:
        raise SeveralSigners("not exactly one SignerInfo")
    signer_info = signed_data["signer_infos"][0]
    e_content_type = signed_data["encap_content_info"]["e_content_type"].dotted
    if content_type is not None and e_content_type != content_type:
        raise AttributeRefused("an eContentType that is not the expected one")
    signed_content = _content(signed_data["encap_content_info"]["e_content"], content)
    attributes = _attributes(signer_info)
    digest = _check_digest(signer_info, attributes, e_content_type, signed_content)
    enclosed = _certificates(signed_data["certificates"])
    signer = _signer(signer_info, (*enclosed, *certificates))
    bound = _check_signing_certificate(attributes, signer)
    _check_signature(signer_info, signer)
    return VerifiedSignedData(
        content_type=e_content_type,
        content=signed_content,
        unverified_certificate=signer,
        unverified_chain=tuple(one for one in enclosed if one != signer),
        signing_time=_signing_time(attributes),
        attributes=attributes,
        digest=digest,
        has_signing_certificate=bound,
    )


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
    """The signatureAlgorithm peers expect: rsaEncryption with NULL, PSS with explicit SHA-256, ecdsa-with-SHA2."""
    if algorithm is SignatureAlgorithm.RSA_PKCS1_SHA256:
        return encode(ber.SEQUENCE, encode_oid(algorithms.RSA_ENCRYPTION), _NULL)
    if algorithm is SignatureAlgorithm.RSA_PSS_SHA256:
        digest = encode(ber.SEQUENCE, encode_oid(algorithms.hash_oids["sha256"]), _NULL)
        mask = encode(ber.SEQUENCE, encode_oid(algorithms.MGF1), digest)
        salt = encode(ber.INTEGER, b"\x20")
        fields = (encode(ber.CONTEXT_0, digest), encode(ber.CONTEXT_1, mask), encode(ber.CONTEXT_2, salt))
        return encode(ber.SEQUENCE, encode_oid(algorithms.RSASSA_PSS), encode(ber.SEQUENCE, *fields))
    wanted = ("ecdsa", algorithm.hash_name)
    oid = next(oid for oid, kind in algorithms.signature_oids.items() if kind == wanted)
    return encode(ber.SEQUENCE, encode_oid(oid))


def _content(enclosed: Any, detached: bytes | None) -> bytes:
    if not isinstance(enclosed, core.OctetString):
        if detached is None:
            raise Malformed("a detached signature without its content")
        return detached
    value = bytes(enclosed)
    if detached is not None and not hmac.compare_digest(value, detached):
        raise SignatureInvalid("the enclosed content is not the content at hand")
    return value


def _attributes(signer_info: structures.SignerInfo) -> dict[str, bytes]:
    """Signed attributes by OID. A type given twice, or one we read without exactly one value, is refused."""
    if not signer_info["signed_attrs"]:
        raise SignedAttributesMissing("a SignerInfo without signedAttrs")
    attributes: dict[str, bytes] = {}
    for attribute in signer_info["signed_attrs"]:
        oid, values = attribute["type"].dotted, attribute["values"]
        if oid in attributes or (len(values) != 1 and oid in algorithms.attribute_oids.values()):
            raise AttributeRefused("a signed attribute twice, or without exactly one value")
        attributes[oid] = members(values)[0] if len(values) == 1 else b""
    return attributes


def _check_digest(
    signer_info: structures.SignerInfo, attributes: Mapping[str, bytes], content_type: str, content: bytes
) -> bytes:
    if attributes.get(algorithms.CONTENT_TYPE) != encode_oid(content_type):
        raise AttributeRefused("contentType missing or not that of the content")
    if algorithms.MESSAGE_DIGEST not in attributes:
        raise AttributeRefused("messageDigest missing")
    stated = bytes(parse(core.OctetString, attributes[algorithms.MESSAGE_DIGEST]))
    digest = hashlib.new(_digest_name(signer_info), content).digest()
    if not hmac.compare_digest(stated, digest):
        raise SignatureInvalid("messageDigest is not that of the content")
    return digest


def _digest_name(signer_info: structures.SignerInfo) -> str:
    name = algorithms.hash_name(signer_info["digest_algorithm"]["algorithm"].dotted)
    if name == "sha1":
        raise WeakAlgorithm("SHA-1")
    return name


def _certificates(enclosed: Any) -> tuple[x509.Certificate, ...]:
    """The X.509 certificates enclosed; other forms and unreadable ones are left out."""
    if not enclosed:
        return ()
    return tuple(found for one in members(enclosed) if (found := _readable(one)))


def _readable(der: bytes) -> x509.Certificate | None:
    """One certificate, or None. Issuer and key are looked at now: cryptography parses them late."""
    try:
        certificate = load_certificate(der)
        certificate.issuer.public_bytes()
        certificate.public_key()
    except (PkiError, ValueError, InvalidVersion, KeyUnsupported):
        return None
    return certificate


def _signer(signer_info: structures.SignerInfo, candidates: Sequence[x509.Certificate]) -> x509.Certificate:
    sid = recipient_id(signer_info["sid"])
    for certificate in candidates:
        if sid.matches(certificate):
            return certificate
    raise SignerUnknown("no certificate for the SignerInfo")


def _check_signing_certificate(attributes: Mapping[str, bytes], signer: x509.Certificate) -> bool:
    """signingCertificateV2, where present, names the signer's certificate first (RFC 5035 §3)."""
    if algorithms.SIGNING_CERTIFICATE_V2 not in attributes:
        return False
    certs = parse(structures.SigningCertificateV2, attributes[algorithms.SIGNING_CERTIFICATE_V2])["certs"]
    if not len(certs):
        raise AttributeRefused("signingCertificateV2 without a certificate")
    name = hash_of(certs[0]["hash_algorithm"]) if certs[0]["hash_algorithm"] else "sha256"
    digest = hashlib.new(name, certificate_der(signer)).digest()
    if not hmac.compare_digest(bytes(certs[0]["cert_hash"]), digest):
        raise AttributeRefused("signingCertificateV2 names another certificate")
    return True


def _signing_time(attributes: Mapping[str, bytes]) -> datetime | None:
    encoded = attributes.get(algorithms.SIGNING_TIME)
    if encoded is None:
        return None
    kind = core.UTCTime if encoded[0] == 0x17 else core.GeneralizedTime  # noqa: PLR2004 -- the tag of UTCTime
    return parse(kind, encoded).native


def _check_signature(signer_info: structures.SignerInfo, signer: x509.Certificate) -> None:
    attributes = encode(ber.SET, *members(signer_info["signed_attrs"]))
    signature = bytes(signer_info["signature"])
    kind, hash_name = _signature_kind(signer_info)
    digest = algorithms.hash_algorithm(hash_name)
    public_key = signer.public_key()
    try:
        if isinstance(public_key, rsa.RSAPublicKey) and kind != "ecdsa":
            _check_rsa_strength(public_key)
            public_key.verify(signature, attributes, _rsa_padding(kind, signer_info), digest)
        elif isinstance(public_key, ec.EllipticCurvePublicKey) and kind == "ecdsa":
            public_key.verify(signature, attributes, ec.ECDSA(digest))
        else:
            raise SignatureInvalid("the key is not of the signature's kind")
    except InvalidSignature:
        raise SignatureInvalid("the signature does not verify") from None


def _signature_kind(signer_info: structures.SignerInfo) -> tuple[str, str]:
    """Kind and hash; the hash must be the digest algorithm's, so that neither can be swapped alone."""
    oid = signer_info["signature_algorithm"]["algorithm"].dotted
    if oid not in algorithms.signature_oids:
        raise UnsupportedAlgorithm(oid)
    kind, hash_name = algorithms.signature_oids[oid]
    digest_name = _digest_name(signer_info)
    if kind == "pss":
        hash_name = hash_of(_pss_parameters(signer_info)["hash_algorithm"])
    if hash_name not in (None, digest_name):
        raise AttributeRefused("signature and digest use different hashes")
    return kind, digest_name


def _check_rsa_strength(public_key: rsa.RSAPublicKey) -> None:
    if public_key.key_size < _MIN_RSA_BITS or public_key.public_numbers().e < _MIN_RSA_EXPONENT:
        raise WeakAlgorithm("an RSA key below 2048 bits or with a small exponent")


def _rsa_padding(kind: str, signer_info: structures.SignerInfo) -> padding.AsymmetricPadding:
    if kind == "rsa":
        return padding.PKCS1v15()
    parameters = _pss_parameters(signer_info)
    mask = algorithms.hash_algorithm(mgf_hash_of(parameters["mask_gen_algorithm"]))
    salt_length = parameters["salt_length"].native
    if not 0 <= salt_length <= _MAX_SALT:
        raise Malformed("a salt of impossible length")
    return padding.PSS(padding.MGF1(mask), salt_length)


def _pss_parameters(signer_info: structures.SignerInfo) -> structures.RsassaPssParams:
    return parse(structures.RsassaPssParams, parameters_of(signer_info["signature_algorithm"]) or b"\x30\x00")
