"""Reading RecipientInfos and getting the content-encryption key (CEK) out of them.

With a private key in this process, `unwrap`. For a card that only does one RSA decryption or one ECDH derivation,
`card_decrypt_plan` says which, and the plan's `content_key` finishes what the card began.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from asn1crypto import core
from cryptography.hazmat.primitives import keywrap
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.kdf.x963kdf import X963KDF

from bridge.cms import algorithms, structures
from bridge.cms.errors import CmsError, DecryptionFailed, UnsupportedAlgorithm
from bridge.cms.recipients import shared_info
from bridge.cms.structures import members, parameters_of, parse
from bridge.pki.certificates import subject_key_identifier

if TYPE_CHECKING:
    from cryptography import x509

PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey
ItemClass = Literal["message", "summary"]

_MAX_NODES = 5_000  # one RecipientInfo: a kari may list 500 recipients


@dataclass(frozen=True)
class RecipientId:
    """Which key a RecipientInfo is for: issuer and serial number, a subjectKeyIdentifier, or a KEK's identifier."""

    issuer: bytes = b""  # DER Name
    serial_number: int = 0
    subject_key_identifier: bytes = b""
    key_identifier: bytes = b""

    def matches(self, certificate: x509.Certificate) -> bool:
        """Whether `certificate` is the one named (RFC 5652 §6.2.1)."""
        if self.issuer:
            named = (self.issuer, self.serial_number)
            return named == (certificate.issuer.public_bytes(), certificate.serial_number)
        return bool(self.subject_key_identifier) and self.subject_key_identifier == subject_key_identifier(certificate)


@dataclass(frozen=True)
class RecipientInfo:
    """One RecipientInfo: its encoding as received, and for whom it is."""

    kind: Literal["ktri", "kari", "kekri"]
    der: bytes = field(repr=False)
    recipient_ids: tuple[RecipientId, ...]
    key_algorithm: str  # OID

    def matches(self, certificate: x509.Certificate) -> bool:
        return any(rid.matches(certificate) for rid in self.recipient_ids)


@dataclass(frozen=True)
class RsaDecrypt:
    """What a card has to do for a ktri: decrypt `ciphertext` with the scheme named; then `content_key(result)`."""

    mechanism: Literal["rsa-pkcs1", "rsa-oaep"]
    ciphertext: bytes = field(repr=False)
    hash_name: str = ""
    mgf_hash_name: str = ""
    label: bytes = b""

    def content_key(self, decrypted: bytes) -> bytes:
        """The CEK: what the card returned."""
        return decrypted


@dataclass(frozen=True)
class EcdhDerive:
    """What a card has to do for a kari: derive the raw shared secret with `public_point`; then `content_key(result)`."""

    mechanism: Literal["ecdh"]
    public_point: bytes  # uncompressed X9.62 point
    hash_name: str
    wrap_algorithm: str
    shared_info: bytes = field(repr=False)
    encrypted_keys: tuple[bytes, ...] = field(repr=False)
    ukm: bytes | None = None

    def content_key(self, shared_secret: bytes) -> bytes:
        """X9.63 KDF, then AES unwrap of whichever encrypted key opens. Raises `DecryptionFailed`."""
        length = algorithms.wrap_key_length(self.wrap_algorithm)
        kdf = X963KDF(algorithms.hash_algorithm(self.hash_name), length, self.shared_info)
        kek = kdf.derive(shared_secret)
        for encrypted_key in self.encrypted_keys:
            try:
                return keywrap.aes_key_unwrap(kek, encrypted_key)
            except (keywrap.InvalidUnwrap, ValueError):
                continue
        raise DecryptionFailed


CardDecryptPlan = RsaDecrypt | EcdhDerive


def parse_recipient_info(der: bytes) -> RecipientInfo:
    """Read one RecipientInfo, DER or BER. Raises `Malformed` or `LimitExceeded`; unknown algorithms are fine here."""
    choice = parse(structures.RecipientInfo, der, max_nodes=_MAX_NODES)
    info = choice.chosen
    if choice.name == "ktri":
        ids = [recipient_id(info["rid"])]
    elif choice.name == "kari":
        ids = [recipient_id(key["rid"]) for key in info["recipient_encrypted_keys"]]
    else:
        ids = [RecipientId(key_identifier=bytes(info["kekid"]["key_identifier"]))]
    return RecipientInfo(choice.name, der, tuple(ids), info["key_encryption_algorithm"]["algorithm"].dotted)


def card_decrypt_plan(recipient_info: bytes) -> CardDecryptPlan:
    """What a card or a key has to do for this RecipientInfo. Raises `UnsupportedAlgorithm`, also for a kekri."""
    choice = parse(structures.RecipientInfo, recipient_info, max_nodes=_MAX_NODES)
    if choice.name == "ktri":
        return _rsa_plan(choice.chosen)
    if choice.name == "kari":
        return _ecdh_plan(choice.chosen)
    raise UnsupportedAlgorithm("kekri")


def unwrap(
    recipient_info: bytes, private_key: PrivateKey, *, content_algorithm: str, label: str | None = None
) -> bytes:
    """The CEK in `recipient_info`, of the length `content_algorithm` (name or OID) asks for.

    With `label` only an RSAES-OAEP label or ukm equal to it opens. Without, everything but Pli's own labels does: unlabelled
    OAEP, v1.5 and ECDH. Raises `DecryptionFailed` or `UnsupportedAlgorithm`. A v1.5 block that is not padded right gives a
    random key (implicit rejection, by OpenSSL >= 3.2), not an error.
    """
    return _content_key(card_decrypt_plan(recipient_info), private_key, content_algorithm, label)


def _content_key(plan: CardDecryptPlan, private_key: PrivateKey, content_algorithm: str, label: str | None) -> bytes:
    _check_label(plan, None if label is None else label.encode())
    content_key = plan.content_key(_operate(plan, private_key))
    if len(content_key) != algorithms.content_algorithm(content_algorithm).key_length:
        raise DecryptionFailed
    return content_key


def unwrap_or_reject(
    recipient_info: bytes, private_key: PrivateKey, *, content_algorithm: str, item_class: ItemClass, secret: bytes
) -> bytes:
    """`key.unwrap` of docs/PROTOCOL.md: always a CEK-shaped answer, so that no caller learns why one does not open.

    `summary` opens only what is labelled `pli-summary`; `message` everything else. `secret` is the bridge's rejection secret.
    Raises only for a `content_algorithm` that is not known, which says nothing about the key.
    """
    length = algorithms.content_algorithm(content_algorithm).key_length
    rejected = hmac.digest(secret, encrypted_key(recipient_info), hashlib.sha256)[:length]
    labels = (algorithms.LABEL_SUMMARY,) if item_class == "summary" else (algorithms.LABEL_MESSAGE, None)
    try:
        plan = card_decrypt_plan(recipient_info)
        label = next(label for label in labels if label is None or _plan_label(plan) == label.encode())
        return _content_key(plan, private_key, content_algorithm, label)
    except (CmsError, StopIteration):
        return rejected


def unwrap_with_kek(recipient_info: bytes, kek: bytes) -> bytes:
    """The CEK of a kekri. Raises `DecryptionFailed` for another KEK, `UnsupportedAlgorithm` for another kind or wrap."""
    choice = parse(structures.RecipientInfo, recipient_info, max_nodes=_MAX_NODES)
    if choice.name != "kekri":
        raise UnsupportedAlgorithm(choice.name)
    wrap = choice.chosen["key_encryption_algorithm"]["algorithm"].dotted
    if algorithms.wrap_key_length(wrap) != len(kek):
        raise DecryptionFailed
    try:
        return keywrap.aes_key_unwrap(kek, bytes(choice.chosen["encrypted_key"]))
    except (keywrap.InvalidUnwrap, ValueError):
        raise DecryptionFailed from None


def encrypted_key(recipient_info: bytes) -> bytes:
    """The encryptedKey octets (of a kari, all of them one after the other); the whole input where it does not parse."""
    try:
        choice = parse(structures.RecipientInfo, recipient_info, max_nodes=_MAX_NODES)
    except CmsError:
        return recipient_info
    if choice.name == "kari":
        return b"".join(bytes(key["encrypted_key"]) for key in choice.chosen["recipient_encrypted_keys"])
    return bytes(choice.chosen["encrypted_key"])


def recipient_id(rid: core.Choice) -> RecipientId:
    """The RecipientIdentifier, KeyAgreeRecipientIdentifier or SignerIdentifier as a value."""
    if rid.name == "issuer_and_serial_number":
        return RecipientId(issuer=members(rid.chosen)[0], serial_number=rid.chosen["serial_number"].native)
    chosen = rid.chosen["subject_key_identifier"] if rid.name == "r_key_id" else rid.chosen
    return RecipientId(subject_key_identifier=bytes(chosen))


def _rsa_plan(info: structures.KeyTransRecipientInfo) -> RsaDecrypt:
    identifier = info["key_encryption_algorithm"]
    ciphertext = bytes(info["encrypted_key"])
    oid = identifier["algorithm"].dotted
    if oid == algorithms.RSA_ENCRYPTION:
        return RsaDecrypt("rsa-pkcs1", ciphertext)
    if oid != algorithms.RSAES_OAEP:
        raise UnsupportedAlgorithm(oid)
    parameters = parameters_of(identifier) or b"\x30\x00"
    return _oaep_plan(parse(structures.RsaesOaepParams, parameters), ciphertext)


def _oaep_plan(parameters: structures.RsaesOaepParams, ciphertext: bytes) -> RsaDecrypt:
    source, mask = parameters["p_source_algorithm"], parameters["mask_gen_algorithm"]
    label = b""
    if source:
        if source["algorithm"].dotted != algorithms.P_SPECIFIED:
            raise UnsupportedAlgorithm(source["algorithm"].dotted)
        label = bytes(parse(core.OctetString, parameters_of(source)))
    return RsaDecrypt("rsa-oaep", ciphertext, hash_of(parameters["hash_algorithm"]), mgf_hash_of(mask), label)


def hash_of(identifier: core.Asn1Value) -> str:
    """The hash of an AlgorithmIdentifier; RFC 4055's default, SHA-1, where it is absent."""
    return algorithms.hash_name(identifier["algorithm"].dotted) if identifier else "sha1"


def mgf_hash_of(identifier: core.Asn1Value) -> str:
    """The hash inside an MGF1 AlgorithmIdentifier; SHA-1 where it is absent."""
    if not identifier:
        return "sha1"
    if identifier["algorithm"].dotted != algorithms.MGF1:
        raise UnsupportedAlgorithm(identifier["algorithm"].dotted)
    return hash_of(parse(structures.AlgorithmIdentifier, parameters_of(identifier)))


def _ecdh_plan(info: structures.KeyAgreeRecipientInfo) -> EcdhDerive:
    identifier = info["key_encryption_algorithm"]
    oid = identifier["algorithm"].dotted
    if oid not in algorithms.key_agreement_hashes:
        raise UnsupportedAlgorithm(oid)
    if info["originator"].name != "originator_key":
        raise UnsupportedAlgorithm("static-static ECDH")
    wrap_algorithm = parameters_of(identifier)
    wrap = parse(structures.AlgorithmIdentifier, wrap_algorithm)
    ukm = bytes(info["ukm"]) if info["ukm"] else None
    wrap_oid = wrap["algorithm"].dotted
    return EcdhDerive(
        mechanism="ecdh",
        public_point=info["originator"].chosen["public_key"].contents[1:],
        hash_name=algorithms.key_agreement_hashes[oid],
        wrap_algorithm=wrap_oid,
        shared_info=shared_info(wrap_algorithm, algorithms.wrap_key_length(wrap_oid), ukm),
        encrypted_keys=tuple(bytes(key["encrypted_key"]) for key in info["recipient_encrypted_keys"]),
        ukm=ukm,
    )


def _operate(plan: CardDecryptPlan, private_key: PrivateKey) -> bytes:
    """The raw operation of the plan, by a key in this process. Raises `DecryptionFailed`."""
    try:
        if isinstance(plan, RsaDecrypt) and isinstance(private_key, rsa.RSAPrivateKey):
            return private_key.decrypt(plan.ciphertext, _rsa_scheme(plan))
        if isinstance(plan, EcdhDerive) and isinstance(private_key, ec.EllipticCurvePrivateKey):
            point = ec.EllipticCurvePublicKey.from_encoded_point(private_key.curve, plan.public_point)
            return private_key.exchange(ec.ECDH(), point)
    except ValueError:
        raise DecryptionFailed from None
    raise DecryptionFailed


def _rsa_scheme(plan: RsaDecrypt) -> padding.AsymmetricPadding:
    if plan.mechanism == "rsa-pkcs1":
        return padding.PKCS1v15()
    mgf = padding.MGF1(algorithms.hash_algorithm(plan.mgf_hash_name))
    return padding.OAEP(mgf=mgf, algorithm=algorithms.hash_algorithm(plan.hash_name), label=plan.label or None)


def _plan_label(plan: CardDecryptPlan) -> bytes | None:
    return plan.label if isinstance(plan, RsaDecrypt) else plan.ukm


def _check_label(plan: CardDecryptPlan, label: bytes | None) -> None:
    carried = _plan_label(plan)
    own = {name.encode() for name in algorithms.LABELS}
    if (label is None and carried in own) or (label is not None and carried != label):
        raise DecryptionFailed
