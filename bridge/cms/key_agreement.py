"""From a shared secret to a key-encryption key: ECDH with the X9.63 KDF (RFC 5753) and X25519 with that or HKDF (RFC 8418)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from cryptography.hazmat.primitives import keywrap
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.kdf.x963kdf import X963KDF

from bridge.cms import algorithms, ber
from bridge.cms.ber import encode
from bridge.cms.errors import DecryptionFailed, UnsupportedAlgorithm
from bridge.cms.fields import Fields
from bridge.cms.oid import decode_oid
from bridge.cms.triple_des_wrap import triple_des_unwrap

if TYPE_CHECKING:
    from bridge.cms.recipient_infos import OriginatorKey, RecipientInfo

Kdf = Literal["x963", "hkdf"]


@dataclass(frozen=True)
class EcdhDerive:
    """What a card has to do for a kari: derive the raw shared secret with `public_point`; then `content_key(result)`.

    `public_point` is an uncompressed X9.62 point, for `x25519` the 32 octets of RFC 7748.
    """

    mechanism: Literal["ecdh", "x25519"]
    public_point: bytes
    kdf: Kdf
    hash_name: str
    wrap_algorithm: str
    shared_info: bytes = field(repr=False)
    encrypted_keys: tuple[bytes, ...] = field(repr=False)
    ukm: bytes | None = None
    curve: str = ""  # OID that the sender states; empty where it is the recipient's

    def content_key(self, shared_secret: bytes) -> bytes:
        """KDF, then the unwrap of whichever encrypted key opens. Raises `DecryptionFailed`."""
        length = algorithms.agreed_key_length(self.wrap_algorithm)
        kek = derive_kek(shared_secret, self.kdf, self.hash_name, length, self.shared_info, self.ukm)
        for encrypted_key in self.encrypted_keys:
            try:
                return self._unwrap(kek, encrypted_key)
            except (DecryptionFailed, keywrap.InvalidUnwrap, ValueError):
                continue
        raise DecryptionFailed

    def _unwrap(self, kek: bytes, encrypted_key: bytes) -> bytes:
        if self.wrap_algorithm == algorithms.TRIPLE_DES_WRAP:
            return triple_des_unwrap(kek, encrypted_key)
        return keywrap.aes_key_unwrap(kek, encrypted_key)


def agreement_plan(info: RecipientInfo, encrypted_keys: tuple[bytes, ...]) -> EcdhDerive:
    """What opens one of `encrypted_keys` of a kari. Raises `UnsupportedAlgorithm`, also for static-static ECDH."""
    if info.originator is None:
        raise UnsupportedAlgorithm("static-static ECDH")
    kdf, hash_name = _kdf(info.algorithm.oid)
    parameters = info.algorithm.parameters
    wrap_algorithm = ber.canonical(parameters, ber.read(parameters))
    wrap = Fields.of_algorithm(wrap_algorithm).oid
    return EcdhDerive(
        mechanism="x25519" if info.originator.algorithm == algorithms.X25519 else "ecdh",
        public_point=info.originator.public_key,
        kdf=kdf,
        hash_name=hash_name,
        wrap_algorithm=wrap,
        shared_info=shared_info(wrap_algorithm, algorithms.agreed_key_length(wrap), info.ukm),
        encrypted_keys=encrypted_keys,
        ukm=info.ukm,
        curve=_stated_curve(info.originator),
    )


def _stated_curve(originator: OriginatorKey) -> str:
    """RFC 5753 §3.1.1: the parameters name a curve, or nothing."""
    if originator.algorithm not in (algorithms.EC_PUBLIC_KEY, algorithms.X25519):
        raise UnsupportedAlgorithm(originator.algorithm)
    parameters = originator.parameters
    if not parameters or ber.read(parameters).tag != ber.OBJECT_IDENTIFIER:
        return ""
    return decode_oid(parameters[ber.read(parameters).body :])


def derive_kek(shared_secret: bytes, kdf: Kdf, hash_name: str, length: int, info: bytes, ukm: bytes | None) -> bytes:
    """The key-encryption key, `length` octets. With HKDF the ukm is the salt as well (RFC 8418 §2.2)."""
    digest = algorithms.hash_algorithm(hash_name)
    if kdf == "hkdf":
        return HKDF(digest, length, ukm, info).derive(shared_secret)
    return X963KDF(digest, length, info).derive(shared_secret)


def shared_info(wrap_algorithm: bytes, kek_length: int, ukm: bytes | None) -> bytes:
    """DER ECC-CMS-SharedInfo; keyInfo is the DER of the wrap algorithm in the message (RFC 5753 §7.2)."""
    return encode(
        ber.SEQUENCE,
        wrap_algorithm,
        b"" if ukm is None else encode(ber.CONTEXT_0, encode(ber.OCTET_STRING, ukm)),
        encode(ber.CONTEXT_2, encode(ber.OCTET_STRING, (kek_length * 8).to_bytes(4, "big"))),
    )


def _kdf(oid: str) -> tuple[Kdf, str]:
    if oid in algorithms.key_agreement_hashes:
        return "x963", algorithms.key_agreement_hashes[oid]
    if oid in algorithms.hkdf_agreement_hashes:
        return "hkdf", algorithms.hkdf_agreement_hashes[oid]
    raise UnsupportedAlgorithm(oid)
