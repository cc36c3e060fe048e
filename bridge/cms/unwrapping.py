"""Getting the content-encryption key (CEK) out of a RecipientInfo.

With a private key in this process, `unwrap`. For a card that only does one RSA decryption or one ECDH derivation,
`card_decrypt_plan` says which, and the plan's `content_key` finishes what the card began.
"""

from __future__ import annotations

import hmac
import secrets
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Literal

from cryptography.hazmat.primitives import keywrap
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey

from bridge.cms import algorithms, ber
from bridge.cms.errors import CmsError, DecryptionFailed, UnsupportedAlgorithm
from bridge.cms.key_agreement import EcdhDerive, agreement_plan
from bridge.cms.recipient_infos import RecipientInfo, encrypted_key_of, parse_recipient_info
from bridge.cms.rsa_parameters import read_oaep

if TYPE_CHECKING:
    from cryptography import x509

PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey
OpeningKey = PrivateKey | X25519PrivateKey
ItemClass = Literal["message", "summary"]

_SUMMARY = algorithms.LABEL_SUMMARY.encode()
_OWN_LABELS = frozenset(label.encode() for label in algorithms.LABELS)
_RSA_ENDINGS = [(octets, ber.header(ber.OCTET_STRING, octets)) for octets in (384, 256, 512)]
_LONGEST_REPEATED = 4096  # of a RecipientInfo whose beginning is kept


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

    def of(self, encrypted_key: bytes) -> RsaDecrypt:
        """The same for another encryptedKey."""
        return RsaDecrypt(self.mechanism, encrypted_key, self.hash_name, self.mgf_hash_name, self.label)


CardDecryptPlan = RsaDecrypt | EcdhDerive


def card_decrypt_plan(recipient_info: bytes, certificate: x509.Certificate | None = None) -> CardDecryptPlan:
    """What a card or a key has to do for this RecipientInfo. Raises `UnsupportedAlgorithm`, also for a kekri.

    Of a kari only the keys that name `certificate` are tried; without it, each one.
    """
    return _plan(parse_recipient_info(recipient_info), certificate)


def unwrap(
    recipient_info: bytes,
    private_key: OpeningKey,
    *,
    content_algorithm: str,
    label: str | None = None,
    certificate: x509.Certificate | None = None,
) -> bytes:
    """The CEK in `recipient_info`, of the length `content_algorithm` (name or OID) asks for.

    With `label` only an RSAES-OAEP label or ukm equal to it opens. Without, everything but Pli's own labels does: unlabelled
    OAEP, v1.5 and ECDH. Raises `DecryptionFailed` or `UnsupportedAlgorithm`. A v1.5 block that is not padded right gives a
    random key (implicit rejection, by OpenSSL >= 3.2), not an error.
    """
    return _content_key(card_decrypt_plan(recipient_info, certificate), private_key, content_algorithm, label)


def unwrap_or_reject(
    recipient_info: bytes, private_key: OpeningKey, *, content_algorithm: str, item_class: ItemClass, secret: bytes
) -> bytes:
    """`key.unwrap` of docs/PROTOCOL.md: always a CEK-shaped answer, so that no caller learns why one does not open.

    `summary` opens only what is labelled `pli-summary`; `message` everything else. `secret` is the bridge's rejection secret.
    Raises only for a `content_algorithm` that is not known, which says nothing about the key.
    """
    length = algorithms.content_algorithm(content_algorithm).key_length
    encrypted, plan = read_opening(recipient_info)
    content_key = b""
    if plan is not None and (_plan_label(plan) == _SUMMARY) is (item_class == "summary"):
        content_key = _opened(plan, private_key)
    rejected = _rejection(secret, encrypted)[:length]  # made always
    return content_key if len(content_key) == length else rejected


def unwrap_with_kek(recipient_info: bytes, kek: bytes) -> bytes:
    """The CEK of a kekri. Raises `DecryptionFailed` for another KEK, `UnsupportedAlgorithm` for another kind or wrap."""
    info = parse_recipient_info(recipient_info)
    if info.kind != "kekri":
        raise UnsupportedAlgorithm(info.kind)
    if algorithms.wrap_key_length(info.key_algorithm) != len(kek):
        raise DecryptionFailed
    try:
        return keywrap.aes_key_unwrap(kek, info.encrypted_keys[0])
    except (keywrap.InvalidUnwrap, ValueError):
        raise DecryptionFailed from None


def read_opening(recipient_info: bytes) -> tuple[bytes, CardDecryptPlan | None]:
    """The encryptedKey octets, and what opens them; the whole input where it does not parse, and None where nothing opens it."""
    return _read_by_its_beginning(recipient_info) or read_whole(recipient_info)


def read_whole(recipient_info: bytes) -> tuple[bytes, CardDecryptPlan | None]:
    """As `read_opening`, and as slow as for the first of its kind."""
    try:
        info = parse_recipient_info(recipient_info)
    except CmsError:
        return recipient_info, None
    try:
        return encrypted_key_of(info), _plan(info, None)
    except CmsError:
        return encrypted_key_of(info), None


def _read_by_its_beginning(recipient_info: bytes) -> tuple[bytes, RsaDecrypt] | None:
    """None where it does not end in an encryptedKey of a usual length."""
    if len(recipient_info) > _LONGEST_REPEATED:
        return None
    for octets, ending in _RSA_ENDINGS:
        if recipient_info[-octets - len(ending) : -octets] == ending:
            known = _plan_before(recipient_info[:-octets], octets)
            if known is not None:
                return recipient_info[-octets:], known.of(recipient_info[-octets:])
    return None


@lru_cache(maxsize=64)
def _plan_before(head: bytes, octets: int) -> RsaDecrypt | None:
    """The plan of every ktri that begins with `head`, where any `octets` octets after it are its encryptedKey; else None.

    The RecipientInfos of one mailbox differ in nothing else. A random key is read in its place: where it comes back, those
    octets are the contents of a string, and no reader looks into them.
    """
    witness = secrets.token_bytes(octets)
    try:
        info = parse_recipient_info(head + witness)
        return _rsa_plan(info) if info.kind == "ktri" and info.encrypted_keys == (witness,) else None
    except CmsError:
        return None


def _opened(plan: CardDecryptPlan, private_key: OpeningKey) -> bytes:
    """What the key makes of it; nothing where it does not open."""
    try:
        return plan.content_key(_operate(plan, private_key))
    except CmsError:
        return b""


def _rejection(secret: bytes, encrypted_key: bytes) -> bytes:
    code = _keyed(secret).copy()
    code.update(encrypted_key)
    return code.digest()


@lru_cache(maxsize=1)
def _keyed(secret: bytes) -> hmac.HMAC:
    """The choice of the hash costs more than the hash."""
    return hmac.new(secret, digestmod="sha256")


def _plan(info: RecipientInfo, certificate: x509.Certificate | None) -> CardDecryptPlan:
    if info.kind == "ktri":
        return _rsa_plan(info)
    if info.kind == "kari":
        return agreement_plan(info, _keys_for(info, certificate))
    raise UnsupportedAlgorithm(info.kind)


def _keys_for(info: RecipientInfo, certificate: x509.Certificate | None) -> tuple[bytes, ...]:
    if certificate is None:
        return info.encrypted_keys
    pairs = zip(info.recipient_ids, info.encrypted_keys, strict=True)
    return tuple(key for rid, key in pairs if rid.matches(certificate))


def _content_key(plan: CardDecryptPlan, private_key: OpeningKey, content_algorithm: str, label: str | None) -> bytes:
    _check_label(plan, None if label is None else label.encode())
    content_key = plan.content_key(_operate(plan, private_key))
    if len(content_key) != algorithms.content_algorithm(content_algorithm).key_length:
        raise DecryptionFailed
    return content_key


def _rsa_plan(info: RecipientInfo) -> RsaDecrypt:
    oid, parameters = info.algorithm
    ciphertext = info.encrypted_keys[0]
    if oid == algorithms.RSA_ENCRYPTION:
        return RsaDecrypt("rsa-pkcs1", ciphertext)
    if oid != algorithms.RSAES_OAEP:
        raise UnsupportedAlgorithm(oid)
    oaep = read_oaep(parameters)
    return RsaDecrypt("rsa-oaep", ciphertext, oaep.hash_name, oaep.mgf_hash_name, oaep.label)


def _operate(plan: CardDecryptPlan, private_key: OpeningKey) -> bytes:
    """The raw operation of the plan, by a key in this process. Raises `DecryptionFailed`."""
    try:
        if isinstance(plan, RsaDecrypt) and isinstance(private_key, rsa.RSAPrivateKey):
            return private_key.decrypt(plan.ciphertext, _rsa_scheme(plan))
        if isinstance(plan, EcdhDerive):
            return _exchange(plan, private_key)
    except ValueError:
        raise DecryptionFailed from None
    raise DecryptionFailed


def _exchange(plan: EcdhDerive, private_key: OpeningKey) -> bytes:
    """The raw shared secret. ValueError for a point that is not on the curve, or of small order."""
    if plan.mechanism == "ecdh" and isinstance(private_key, ec.EllipticCurvePrivateKey):
        if plan.curve and not _is_curve(plan.curve, private_key.curve):
            raise DecryptionFailed
        point = ec.EllipticCurvePublicKey.from_encoded_point(private_key.curve, plan.public_point)
        return private_key.exchange(ec.ECDH(), point)
    if plan.mechanism == "x25519" and isinstance(private_key, X25519PrivateKey):
        return private_key.exchange(X25519PublicKey.from_public_bytes(plan.public_point))
    raise DecryptionFailed


def _is_curve(oid: str, curve: ec.EllipticCurve) -> bool:
    stated = algorithms.curves.get(oid)
    return stated is not None and stated.name == curve.name


def is_message_seal(recipient_info: bytes) -> bool:
    """Whether it carries the label of a stored message's seal, whatever it is worth."""
    _, plan = read_opening(recipient_info)
    return plan is not None and _plan_label(plan) == algorithms.LABEL_MESSAGE.encode()


def _rsa_scheme(plan: RsaDecrypt) -> padding.AsymmetricPadding:
    return (
        padding.PKCS1v15() if plan.mechanism == "rsa-pkcs1" else _oaep(plan.hash_name, plan.mgf_hash_name, plan.label)
    )


@lru_cache(maxsize=64)
def _oaep(hash_name: str, mgf_hash_name: str, label: bytes) -> padding.OAEP:
    mgf = padding.MGF1(algorithms.hash_algorithm(mgf_hash_name))
    return padding.OAEP(mgf=mgf, algorithm=algorithms.hash_algorithm(hash_name), label=label or None)


def _plan_label(plan: CardDecryptPlan) -> bytes | None:
    return plan.label if isinstance(plan, RsaDecrypt) else plan.ukm


def _check_label(plan: CardDecryptPlan, label: bytes | None) -> None:
    carried = _plan_label(plan)
    if (label is None and carried in _OWN_LABELS) or (label is not None and carried != label):
        raise DecryptionFailed
