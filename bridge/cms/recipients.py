"""Making RecipientInfos: a content-encryption key wrapped for one holder, in DER put together from fixed parts.

ktri with RSAES-PKCS1-v1_5 or RSAES-OAEP (RFC 3370, 3560, 4055), kari with ephemeral-static ECDH (RFC 5753) or X25519 (RFC 8418), kekri with AES
key wrap (RFC 3394). `seal` uses this on the delivery path, so no ASN.1 library is here.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, Protocol

from cryptography.hazmat.primitives import keywrap
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from bridge.cms import algorithms, ber
from bridge.cms.ber import encode
from bridge.cms.errors import UnsupportedAlgorithm
from bridge.cms.key_agreement import derive_kek, shared_info
from bridge.cms.oid import encode_oid
from bridge.pki.certificates import subject_key_identifier

if TYPE_CHECKING:
    from cryptography import x509

KeyAlgorithm = Literal["auto", "rsa-pkcs1", "rsa-oaep-sha256", "rsa-oaep-sha1", "ecdh"]

_NULL = b"\x05\x00"
_RSA_ENCRYPTION = encode(ber.SEQUENCE, encode_oid(algorithms.RSA_ENCRYPTION), _NULL)
_AES_256_WRAP = encode(ber.SEQUENCE, encode_oid(algorithms.key_wrap_oids["id-aes256-wrap"]))
_EC_PUBLIC_KEY = encode(ber.SEQUENCE, encode_oid(algorithms.EC_PUBLIC_KEY))
_X25519 = encode(ber.SEQUENCE, encode_oid(algorithms.X25519))
_KDF_OIDS = {"sha256": algorithms.STD_DH_SHA256_KDF, "sha384": algorithms.STD_DH_SHA384_KDF}


class Recipient(Protocol):
    """Somebody a content-encryption key can be wrapped for."""

    @property
    def version_zero(self) -> bool:
        """Whether the RecipientInfo has version 0, which decides the version of EnvelopedData (RFC 5652 §6.1)."""

    def recipient_info(self, content_key: bytes) -> bytes:
        """The DER RecipientInfo that holds `content_key`."""


@dataclass(frozen=True)
class CertificateRecipient:
    """The holder of a certificate's key.

    `auto` is RSAES-PKCS1-v1_5, the one form every peer reads, or ECDH. `label` is the OAEP label or the ukm.
    """

    certificate: x509.Certificate
    algorithm: KeyAlgorithm = "auto"
    label: bytes = b""
    by_key_identifier: bool = False

    @property
    def version_zero(self) -> bool:
        return isinstance(self.certificate.public_key(), rsa.RSAPublicKey) and not self.by_key_identifier

    def recipient_info(self, content_key: bytes) -> bytes:
        public_key = self.certificate.public_key()
        if isinstance(public_key, rsa.RSAPublicKey) and self.algorithm != "ecdh":
            rid = encode(0x80, self._key_identifier) if self.by_key_identifier else self._issuer_and_serial_number
            return key_transport(content_key, public_key, rid, algorithm=self.algorithm, label=self.label)
        if isinstance(public_key, ec.EllipticCurvePublicKey | X25519PublicKey) and self.algorithm in ("auto", "ecdh"):
            named = encode(ber.CONTEXT_0, encode(ber.OCTET_STRING, self._key_identifier))
            rid = named if self.by_key_identifier else self._issuer_and_serial_number
            return key_agreement(content_key, public_key, rid, ukm=self.label)
        raise UnsupportedAlgorithm(self.algorithm)

    @property
    def _key_identifier(self) -> bytes:
        return subject_key_identifier(self.certificate)

    @property
    def _issuer_and_serial_number(self) -> bytes:
        return issuer_and_serial_number(self.certificate)


@dataclass(frozen=True)
class KekRecipient:
    """The holder of a 32-byte key-encryption key, named by `key_identifier` (id-aes256-wrap)."""

    key_identifier: bytes
    kek: bytes = field(repr=False)

    @property
    def version_zero(self) -> bool:
        return False

    def recipient_info(self, content_key: bytes) -> bytes:
        return encode(
            ber.CONTEXT_2,
            encode(ber.INTEGER, b"\4"),
            encode(ber.SEQUENCE, encode(ber.OCTET_STRING, self.key_identifier)),
            _AES_256_WRAP,
            encode(ber.OCTET_STRING, keywrap.aes_key_wrap(self.kek, content_key)),
        )


@dataclass(frozen=True)
class PublicKeyRecipient:
    """The holder of an EC key without certificate, named by `key_identifier` (rKeyId)."""

    public_key: ec.EllipticCurvePublicKey
    key_identifier: bytes

    @property
    def version_zero(self) -> bool:
        return False

    def recipient_info(self, content_key: bytes) -> bytes:
        rid = encode(ber.CONTEXT_0, encode(ber.OCTET_STRING, self.key_identifier))
        return key_agreement(content_key, self.public_key, rid)


def key_transport(
    content_key: bytes, public_key: rsa.RSAPublicKey, rid: bytes, *, algorithm: KeyAlgorithm, label: bytes = b""
) -> bytes:
    """A ktri; `rid` is the DER RecipientIdentifier."""
    if algorithm in ("auto", "rsa-pkcs1"):
        identifier = _RSA_ENCRYPTION
        scheme: padding.AsymmetricPadding = padding.PKCS1v15()
    else:
        identifier, scheme = _oaep(algorithm.removeprefix("rsa-oaep-"), label)
    by_key_identifier = rid[0] == 0x80  # noqa: PLR2004 -- the tag [0] of subjectKeyIdentifier
    return encode(
        ber.SEQUENCE,
        encode(ber.INTEGER, b"\2" if by_key_identifier else b"\0"),
        rid,
        identifier,
        encode(ber.OCTET_STRING, public_key.encrypt(content_key, scheme)),
    )


def key_agreement(
    content_key: bytes,
    public_key: ec.EllipticCurvePublicKey | X25519PublicKey,
    rid: bytes,
    *,
    hash_name: str = "sha256",
    ukm: bytes = b"",
) -> bytes:
    """A kari with a fresh ephemeral key and AES-256 key wrap; `rid` is the DER KeyAgreeRecipientIdentifier.

    ECDH with the X9.63 KDF and `hash_name`; X25519 with HKDF-SHA256, which RFC 8418 §2.2 prefers.
    """
    info = shared_info(_AES_256_WRAP, 32, ukm or None)
    if isinstance(public_key, X25519PublicKey):
        secret, originator_key = _x25519(public_key)
        kdf_oid = algorithms.STD_DH_HKDF_SHA256
        kek = derive_kek(secret, "hkdf", "sha256", 32, info, ukm or None)
    else:
        secret, originator_key = _ecdh(public_key)
        kdf_oid = _KDF_OIDS[hash_name]
        kek = derive_kek(secret, "x963", hash_name, 32, info, ukm or None)
    recipient_key = encode(ber.SEQUENCE, rid, encode(ber.OCTET_STRING, keywrap.aes_key_wrap(kek, content_key)))
    return encode(
        ber.CONTEXT_1,
        encode(ber.INTEGER, b"\3"),
        encode(ber.CONTEXT_0, originator_key),
        encode(ber.CONTEXT_1, encode(ber.OCTET_STRING, ukm)) if ukm else b"",
        encode(ber.SEQUENCE, encode_oid(kdf_oid), _AES_256_WRAP),
        encode(ber.SEQUENCE, recipient_key),
    )


def _ecdh(public_key: ec.EllipticCurvePublicKey) -> tuple[bytes, bytes]:
    """The shared secret with a fresh key, and that key as OriginatorPublicKey."""
    ephemeral = ec.generate_private_key(public_key.curve)
    point = ephemeral.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    return ephemeral.exchange(ec.ECDH(), public_key), encode(ber.CONTEXT_1, _EC_PUBLIC_KEY, encode(0x03, b"\0", point))


def _x25519(public_key: X25519PublicKey) -> tuple[bytes, bytes]:
    ephemeral = X25519PrivateKey.generate()
    point = ephemeral.public_key().public_bytes_raw()
    return ephemeral.exchange(public_key), encode(ber.CONTEXT_1, _X25519, encode(0x03, b"\0", point))


def issuer_and_serial_number(certificate: x509.Certificate) -> bytes:
    """DER IssuerAndSerialNumber, with the issuer Name as the certificate encodes it."""
    number = certificate.serial_number
    serial = number.to_bytes(number.bit_length() // 8 + 1, "big", signed=number < 0)
    return encode(ber.SEQUENCE, certificate.issuer.public_bytes(), encode(ber.INTEGER, serial))


def announced_transports() -> tuple[bytes, ...]:
    """How a key may come to us, as SMIMECapability: RSAES-OAEP with SHA-256 (RFC 3560 §5), ECDH (RFC 5753 §7.2)."""
    ecdh = encode(ber.SEQUENCE, encode_oid(algorithms.STD_DH_SHA256_KDF), _AES_256_WRAP)
    return _oaep("sha256", b"")[0], ecdh


def _oaep(hash_name: str, label: bytes) -> tuple[bytes, padding.OAEP]:
    """The AlgorithmIdentifier of RSAES-OAEP (RFC 4055 §4.1, defaults left out), and the scheme."""
    algorithm = algorithms.hash_algorithm(hash_name)
    scheme = padding.OAEP(mgf=padding.MGF1(algorithm), algorithm=algorithm, label=label or None)
    parameters = []
    if hash_name != "sha1":
        digest = encode(ber.SEQUENCE, encode_oid(algorithms.hash_oids[hash_name]), _NULL)
        mask = encode(ber.SEQUENCE, encode_oid(algorithms.MGF1), digest)
        parameters += [encode(ber.CONTEXT_0, digest), encode(ber.CONTEXT_1, mask)]
    if label:
        source = encode(ber.SEQUENCE, encode_oid(algorithms.P_SPECIFIED), encode(ber.OCTET_STRING, label))
        parameters.append(encode(ber.CONTEXT_2, source))
    return encode(ber.SEQUENCE, encode_oid(algorithms.RSAES_OAEP), encode(ber.SEQUENCE, *parameters)), scheme
