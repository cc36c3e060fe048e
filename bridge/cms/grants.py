"""Grants: one epoch of one mailbox for one holder (docs/FORMATS.md, Grant; DESIGN §4.3).

A grant is a body in clear and the mailbox keys sealed to the holder, the hash of the body authenticated with them. It is not
signed by itself: the membership-log entry of the act signs the hashes of all its bodies.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from bridge.cms import algorithms, ber, structures
from bridge.cms.ber import encode
from bridge.cms.enveloped import Enveloped, build_enveloped, parse_enveloped
from bridge.cms.errors import CmsError, DecryptionFailed, GrantRefused
from bridge.cms.holder_keys import derive_holder_key, load_holder_key
from bridge.cms.kdf import prf_kek
from bridge.cms.limits import check_asn1
from bridge.cms.mailbox_keys import MailboxKeys
from bridge.cms.recipients import CertificateRecipient, KekRecipient, KeyAlgorithm, PublicKeyRecipient
from bridge.cms.structures import parse_version_1
from bridge.cms.unwrapping import CardDecryptPlan, PrivateKey, card_decrypt_plan, unwrap, unwrap_with_kek
from bridge.pki.certificates import certificate_sha256, spki, spki_sha256

if TYPE_CHECKING:
    from datetime import datetime

    from cryptography import x509

_CONTENT_ALGORITHM = "aes-256-gcm"
_ID_LENGTH = 16
_HASH_LENGTH = 32


class HolderKind(StrEnum):
    CARD = "card"
    PASSKEY = "passkey"
    RECOVERY = "recovery"
    OFFICER = "officer"
    SERVICE = "service"


NAMED_BY_KEY = (HolderKind.RECOVERY, HolderKind.OFFICER)


class Role(StrEnum):
    """What a holder may do; each role includes those before it."""

    READER = "reader"
    SENDER = "sender"
    MANAGER = "manager"
    OWNER = "owner"


@dataclass(frozen=True)
class Holder:
    """Who a grant is for. `reference` is the SHA-256 of the card's certificate or of the passkey's credential id."""

    kind: HolderKind
    reference: bytes
    id_type: str
    id_value: str
    name: str


@dataclass(frozen=True)
class GrantBody:
    """The clear part of a grant. SPKIs and certificates are SHA-256 hashes; times are UTC in whole seconds.

    `holder_key` is the DER SubjectPublicKeyInfo (P-256) of a holder without card: passkey, recovery code or officers. A passkey's
    grant of the first kind (kekri) has none.
    """

    grant_id: bytes
    mailbox_id: bytes
    address: str
    epoch: int
    encryption_spki: bytes
    signature_spki: bytes
    encryption_certificate: bytes
    signature_certificate: bytes
    holder: Holder
    role: Role
    history_from_epoch: int
    not_before: datetime
    not_after: datetime | None
    log_seq: int
    prev_log_hash: bytes
    holder_key: bytes | None = None

    def to_der(self) -> bytes:
        fields = {name: value for name, value in vars(self).items() if value is not None}
        fields |= {"version": 1, "role": self.role.value}
        fields["holder"] = vars(self.holder) | {"kind": self.holder.kind.value}
        return structures.GrantBody(fields).dump()

    @classmethod
    def from_der(cls, der: bytes) -> GrantBody:
        """Raises `GrantRefused("malformed")`."""
        try:
            native = parse_version_1(structures.GrantBody, der)
            holder = native.pop("holder")
            holder["kind"] = HolderKind(holder["kind"])
            body = cls(**native | {"holder": Holder(**holder), "role": Role(native["role"])})
        except (CmsError, ValueError):
            raise GrantRefused("malformed") from None
        body._check_lengths()
        return body

    @property
    def digest(self) -> bytes:
        """SHA-256 of the DER, as the log lists it and the sealed part authenticates it."""
        return hashlib.sha256(self.to_der()).digest()

    def _check_lengths(self) -> None:
        ids = (self.grant_id, self.mailbox_id)
        hashes = (self.encryption_spki, self.signature_spki, self.encryption_certificate, self.signature_certificate)
        more = (self.holder.reference, self.prev_log_hash)
        if any(len(one) != _ID_LENGTH for one in ids) or any(len(one) != _HASH_LENGTH for one in (*hashes, *more)):
            raise GrantRefused("malformed")
        self._check_holder_key()

    def _check_holder_key(self) -> None:
        """A recovery code and officers are named by their key, a passkey by its credential, a card has no such key."""
        kind, key = self.holder.kind, self.holder_key
        if (kind in (HolderKind.CARD, HolderKind.SERVICE) and key is not None) or (
            kind in NAMED_BY_KEY and key is None
        ):
            raise GrantRefused("malformed")
        if key is not None:
            load_holder_key(key)
        if kind in NAMED_BY_KEY and self.holder.reference != hashlib.sha256(key or b"").digest():
            raise GrantRefused("malformed")


@dataclass(frozen=True)
class CardRecipient:
    """A card's certificate and what its key was proved to do; `auto` is v1.5 for RSA, which every card can."""

    certificate: x509.Certificate
    algorithm: KeyAlgorithm = "auto"


@dataclass(frozen=True)
class PasskeyRecipient:
    """A passkey: its credential id and the PRF output for it."""

    credential_id: bytes
    prf: bytes = field(repr=False)


@dataclass(frozen=True)
class HolderKeyRecipient:
    """A holder without card, by the public key in the body (`bridge.cms.holder_keys`).

    `reference` is that of the Holder: the SHA-256 of a passkey's credential id, or of `public_key` (DER).
    """

    reference: bytes
    public_key: bytes


Recipient = CardRecipient | PasskeyRecipient | HolderKeyRecipient


@dataclass(frozen=True)
class Grant:
    """A parsed grant. Nothing of it is proved before the log entry is verified and `open_grant` has returned."""

    body: GrantBody
    body_der: bytes = field(repr=False)
    sealed: Enveloped = field(repr=False)

    @property
    def body_hash(self) -> bytes:
        return hashlib.sha256(self.body_der).digest()

    @property
    def recipient_info(self) -> bytes:
        """The DER of the one RecipientInfo."""
        return self.sealed.recipients[0].der

    @property
    def card_plan(self) -> CardDecryptPlan:
        """What the holder's card has to do; `card_plan.content_key(result)` is the CEK."""
        return card_decrypt_plan(self.recipient_info)


def build_grant(body: GrantBody, keys: MailboxKeys, recipient: Recipient) -> bytes:
    """The DER Grant.

    Raises ValueError where the body's hashes are not those of `keys`, the holder is not the recipient, or somebody who is not an
    owner would get the confidential key.
    """
    _check_keys(body, keys)
    if body.holder.reference != holder_reference(recipient) or body.holder_key != _holder_key(recipient):
        raise ValueError("the body names another holder")
    if keys.confidential_key is not None and body.role is not Role.OWNER:
        raise ValueError("the confidential key is its owners' alone")
    body_der = body.to_der()
    sealed = build_enveloped(
        keys.to_der(),
        [_wrapped(body, recipient)],
        content_algorithm=_CONTENT_ALGORITHM,
        content_type=algorithms.ID_MAILBOX_KEYS,
        auth_attributes={algorithms.PLI_CONTEXT: encode(ber.OCTET_STRING, hashlib.sha256(body_der).digest())},
    )
    return encode(ber.SEQUENCE, body_der, sealed)


def _wrapped(body: GrantBody, recipient: Recipient) -> CertificateRecipient | KekRecipient | PublicKeyRecipient:
    if isinstance(recipient, CardRecipient):
        return CertificateRecipient(recipient.certificate, recipient.algorithm)
    if isinstance(recipient, HolderKeyRecipient):
        return PublicKeyRecipient(load_holder_key(recipient.public_key), recipient.reference)
    return KekRecipient(holder_reference(recipient), prf_kek(recipient.prf, body.mailbox_id, body.epoch))


def holder_reference(recipient: Recipient) -> bytes:
    """The `reference` of a Holder for this recipient."""
    if isinstance(recipient, CardRecipient):
        return certificate_sha256(recipient.certificate)
    if isinstance(recipient, HolderKeyRecipient):
        return recipient.reference
    return hashlib.sha256(recipient.credential_id).digest()


def _holder_key(recipient: Recipient) -> bytes | None:
    return recipient.public_key if isinstance(recipient, HolderKeyRecipient) else None


def parse_grant(der: bytes) -> Grant:
    """Read a grant. Raises `GrantRefused`: `malformed`, or `context` where the sealed part is of another body."""
    try:
        check_asn1(der)
        outer = ber.read(der)
        parts = list(ber.children(der, outer))
        if len(parts) != 2 or encode(ber.SEQUENCE, *(ber.raw(der, part) for part in parts)) != der:  # noqa: PLR2004
            raise GrantRefused("malformed")
        body_der = ber.raw(der, parts[0])
        sealed = parse_enveloped(ber.raw(der, parts[1]))
    except CmsError as error:
        raise error if isinstance(error, GrantRefused) else GrantRefused("malformed") from None
    _check_sealed(sealed)
    _check_context(sealed, body_der)
    return Grant(GrantBody.from_der(body_der), body_der, sealed)


def open_grant(grant: Grant, content_key: bytes) -> MailboxKeys:
    """The mailbox keys, once the tag holds and both public keys are those of the body.

    Raises `GrantRefused`: `sealed`, `key-invalid` or `spki-mismatch` (the countermeasure to key overwriting).
    """
    try:
        content = grant.sealed.decrypt(content_key)
    except DecryptionFailed:
        raise GrantRefused("sealed") from None
    keys = MailboxKeys.from_der(content)
    try:
        _check_keys(grant.body, keys)
    except ValueError:
        raise GrantRefused("spki-mismatch") from None
    return keys


def open_grant_with_key(grant: Grant, private_key: PrivateKey) -> MailboxKeys:
    """As `open_grant`, for a holder whose private key is in this process. Raises `GrantRefused`."""
    try:
        content_key = unwrap(grant.recipient_info, private_key, content_algorithm=_CONTENT_ALGORITHM)
    except CmsError:
        raise GrantRefused("sealed") from None
    return open_grant(grant, content_key)


def open_grant_with_prf(grant: Grant, credential_id: bytes, prf: bytes) -> MailboxKeys:
    """As `open_grant`, for a passkey. Raises `GrantRefused`: `recipient-mismatch` for another credential."""
    recipient = grant.sealed.recipients[0]
    named = recipient.recipient_ids[0].key_identifier if recipient.kind == "kekri" else b""
    if not hmac.compare_digest(named, hashlib.sha256(credential_id).digest()):
        raise GrantRefused("recipient-mismatch")
    try:
        content_key = unwrap_with_kek(grant.recipient_info, prf_kek(prf, grant.body.mailbox_id, grant.body.epoch))
    except CmsError:
        raise GrantRefused("sealed") from None
    return open_grant(grant, content_key)


def open_grant_with_secret(grant: Grant, kind: HolderKind, secret: bytes) -> MailboxKeys:
    """As `open_grant`, for a holder of `kind` passkey, recovery or officer whose key stands in the body (kari).

    Raises `GrantRefused`: `recipient-mismatch` where the body names another kind or the key of another secret.
    """
    private_key = derive_holder_key(secret, grant.body.mailbox_id, kind)
    named = grant.body.holder_key or b""
    if grant.body.holder.kind is not kind or not hmac.compare_digest(named, spki(private_key.public_key())):
        raise GrantRefused("recipient-mismatch")
    return open_grant_with_key(grant, private_key)


def _check_sealed(sealed: Enveloped) -> None:
    is_ours = sealed.content_type == algorithms.ID_MAILBOX_KEYS and sealed.content_algorithm.name == _CONTENT_ALGORITHM
    is_ours = is_ours and not sealed.short_tag
    attributes = {algorithms.CONTENT_TYPE, algorithms.PLI_CONTEXT}
    if not is_ours or len(sealed.recipients) != 1 or set(sealed.auth_attributes) != attributes:
        raise GrantRefused("malformed")


def _check_context(sealed: Enveloped, body_der: bytes) -> None:
    """Says nothing by itself (anyone can write the attribute); the tag proves it in `open_grant`."""
    expected = encode(ber.OCTET_STRING, hashlib.sha256(body_der).digest())
    if not hmac.compare_digest(sealed.auth_attributes[algorithms.PLI_CONTEXT], expected):
        raise GrantRefused("context")


def _check_keys(body: GrantBody, keys: MailboxKeys) -> None:
    pairs = ((body.encryption_spki, keys.encryption_key), (body.signature_spki, keys.signature_key))
    for expected, key in pairs:
        if not hmac.compare_digest(expected, spki_sha256(key.public_key())):
            raise ValueError("the body names other keys")
