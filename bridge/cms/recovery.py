"""Recovery by officers, and break-glass: shares sealed to cards, a signed request, shares released to it (docs/FORMATS.md).

A share leaves its holder's card only re-sealed to the key of one request, which was made in the requester's vault. What the shares
combine to opens the officer grant (`bridge.cms.grants.open_grant_with_secret`).
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bridge.cms import algorithms, ber, shamir, structures
from bridge.cms.ber import encode
from bridge.cms.enveloped import Enveloped, build_enveloped, parse_enveloped
from bridge.cms.errors import CmsError, ShareRefused
from bridge.cms.grants import CardRecipient, Holder, HolderKind
from bridge.cms.holder_keys import load_holder_key
from bridge.cms.recipients import CertificateRecipient, PublicKeyRecipient
from bridge.cms.statements import build_statement, verify_statement
from bridge.cms.structures import parse_version_1
from bridge.cms.unwrapping import CardDecryptPlan, card_decrypt_plan, unwrap
from bridge.pki.errors import PkiError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from cryptography.hazmat.primitives.asymmetric import ec

    from bridge.cms.messages import Signer
    from bridge.cms.recovery_policy import RecoveryPolicy
    from bridge.cms.statements import ValidateSigner
    from bridge.pki.health_identity import Identity

_CONTENT_ALGORITHM = "aes-256-gcm"
_ID_LENGTH = 16
_HASH_LENGTH = 32


@dataclass(frozen=True)
class Share:
    """One share of an officer secret. Never printed, never sent but sealed."""

    mailbox_id: bytes
    index: int
    value: bytes = field(repr=False)

    def to_der(self) -> bytes:
        return structures.Share({"version": 1, **vars(self)}).dump()

    @classmethod
    def from_der(cls, der: bytes) -> Share:
        """Raises `ShareRefused("malformed")`."""
        try:
            native = parse_version_1(structures.Share, der)
        except CmsError:
            raise ShareRefused("malformed") from None
        share = cls(**native)
        is_sized = len(share.mailbox_id) == _ID_LENGTH and len(share.value) == _HASH_LENGTH
        if not is_sized or not 1 <= share.index <= shamir.MOST_SHARES:
            raise ShareRefused("malformed")
        return share

    @property
    def commitment(self) -> bytes:
        """SHA-256 of the DER, as the policy names it."""
        return hashlib.sha256(self.to_der()).digest()


@dataclass(frozen=True)
class SealedShare:
    """A share sealed to its holder's card, or released to a request. Nothing of it is proved before it is opened."""

    sealed: Enveloped = field(repr=False)

    @property
    def card_plan(self) -> CardDecryptPlan:
        """What the holder's card has to do; `card_plan.content_key(result)` is the CEK."""
        return card_decrypt_plan(self.recipient_info)

    @property
    def recipient_info(self) -> bytes:
        """The DER of the one RecipientInfo."""
        return self.sealed.recipients[0].der


@dataclass(frozen=True)
class RecoveryRequest:
    """Somebody asks the holders of `policy` (SHA-256) for their shares; `request_key` is DER, P-256, of his vault."""

    mailbox_id: bytes
    request_id: bytes
    policy: bytes
    requester: Holder
    request_key: bytes
    reason: str
    time: datetime

    def to_der(self) -> bytes:
        requester = vars(self.requester) | {"kind": self.requester.kind.value}
        return structures.RecoveryRequest({"version": 1, **vars(self), "requester": requester}).dump()

    @classmethod
    def from_der(cls, der: bytes) -> RecoveryRequest:
        """Raises `ShareRefused("malformed")`."""
        try:
            native = parse_version_1(structures.RecoveryRequest, der)
            holder = native.pop("requester")
            requester = Holder(**holder | {"kind": HolderKind(holder["kind"])})
            request = cls(**native, requester=requester)
            load_holder_key(request.request_key)
        except (CmsError, ValueError):
            raise ShareRefused("malformed") from None
        ids, hashes = (request.mailbox_id, request.request_id), (request.policy, requester.reference)
        is_sized = all(len(one) == _ID_LENGTH for one in ids) and all(len(one) == _HASH_LENGTH for one in hashes)
        if not is_sized:
            raise ShareRefused("malformed")
        return request


@dataclass(frozen=True)
class VerifiedRequest:
    """A request whose signature holds. `digest` is what the log entry of a release names as its `subject`."""

    request: RecoveryRequest
    signer: Identity
    digest: bytes


def split_secret(secret: bytes, mailbox_id: bytes, threshold: int, count: int) -> list[Share]:
    """The shares of an officer secret, in the order of the policy's holders."""
    values = shamir.split(secret, threshold, count)
    return [Share(mailbox_id, place + 1, value) for place, value in enumerate(values)]


def combine_shares(policy: RecoveryPolicy, shares: Iterable[Share]) -> bytes:
    """The officer secret.

    Raises `ShareRefused`: `commitment` with the `index` of a share that is not the one dealt, `duplicate`, or `too-few`.
    """
    found: dict[int, bytes] = {}
    for share in shares:
        check_share(policy, share)
        if share.index in found:
            raise ShareRefused("duplicate", share.index)
        found[share.index] = share.value
    if len(found) < policy.threshold:
        raise ShareRefused("too-few")
    return shamir.combine(found)


def check_share(policy: RecoveryPolicy, share: Share) -> None:
    """That this is the share the policy commits to. Raises `ShareRefused("commitment")` with its `index`."""
    if share.index > len(policy.holders):
        raise ShareRefused("commitment", share.index)
    if not hmac.compare_digest(policy.holders[share.index - 1].commitment, share.commitment):
        raise ShareRefused("commitment", share.index)


def seal_share(share: Share, policy: RecoveryPolicy, recipient: CardRecipient) -> bytes:
    """The share for one card, under the policy that deals it."""
    wrapped = CertificateRecipient(recipient.certificate, recipient.algorithm)
    return _seal(share, wrapped, policy.digest)


def release_share(share: Share, request: VerifiedRequest) -> bytes:
    """The share for the vault that made the request, and for that request."""
    key = request.request.request_key
    wrapped = PublicKeyRecipient(load_holder_key(key), hashlib.sha256(key).digest())
    return _seal(share, wrapped, request.digest)


def parse_sealed_share(der: bytes, policy: RecoveryPolicy) -> SealedShare:
    """A share as its holder gets it. Raises `ShareRefused`: `malformed`, or `policy` where another policy dealt it."""
    return _parse(der, policy.digest, "policy")


def open_share(sealed: SealedShare, content_key: bytes, policy: RecoveryPolicy) -> Share:
    """The share, once the tag and its commitment hold. Raises `ShareRefused`: `sealed`, `malformed` or `commitment`."""
    share = _open(sealed, content_key)
    check_share(policy, share)
    return share


def open_release(
    der: bytes, request: VerifiedRequest, private_key: ec.EllipticCurvePrivateKey, policy: RecoveryPolicy
) -> Share:
    """A released share in the requester's vault. Raises `ShareRefused`; `request` where it was released to another."""
    sealed = _parse(der, request.digest, "request")
    try:
        content_key = unwrap(sealed.recipient_info, private_key, content_algorithm=_CONTENT_ALGORITHM)
    except CmsError:
        raise ShareRefused("sealed") from None
    return open_share(sealed, content_key, policy)


def build_request(request: RecoveryRequest, signer: Signer) -> bytes:
    """The ContentInfo signed by the requester's card."""
    return build_statement(request.to_der(), algorithms.ID_RECOVERY_REQUEST, request.time, signer)


def verify_request(der: bytes, policy: RecoveryPolicy, *, validate_signer: ValidateSigner) -> VerifiedRequest:
    """Who asks, for which policy, with which key.

    Raises `ShareRefused`: `malformed`; `request` where the signature does not hold, somebody else signed than the request names, or
    it is about another policy or mailbox.
    """
    try:
        stated = verify_statement(der, algorithms.ID_RECOVERY_REQUEST, validate_signer=validate_signer)
    except (CmsError, PkiError):
        raise ShareRefused("request") from None
    request, signer = RecoveryRequest.from_der(stated.content), stated.signer
    named = (request.requester.id_type, request.requester.id_value)
    is_his = bool(signer.id_value) and signer.level == "card" and named == (signer.id_type, signer.id_value)
    about = (request.policy, request.mailbox_id, request.time)
    if not is_his or about != (policy.digest, policy.mailbox_id, stated.signing_time):
        raise ShareRefused("request")
    return VerifiedRequest(request, signer, hashlib.sha256(der).digest())


def _seal(share: Share, recipient: CertificateRecipient | PublicKeyRecipient, context: bytes) -> bytes:
    return build_enveloped(
        share.to_der(),
        [recipient],
        content_algorithm=_CONTENT_ALGORITHM,
        content_type=algorithms.ID_SHARE,
        auth_attributes={algorithms.PLI_CONTEXT: encode(ber.OCTET_STRING, context)},
    )


def _parse(der: bytes, context: bytes, reason: str) -> SealedShare:
    try:
        sealed = parse_enveloped(der)
    except CmsError:
        raise ShareRefused("malformed") from None
    is_ours = sealed.content_type == algorithms.ID_SHARE and sealed.content_algorithm.name == _CONTENT_ALGORITHM
    attributes = {algorithms.CONTENT_TYPE, algorithms.PLI_CONTEXT}
    if not is_ours or sealed.short_tag or len(sealed.recipients) != 1 or set(sealed.auth_attributes) != attributes:
        raise ShareRefused("malformed")
    if not hmac.compare_digest(sealed.auth_attributes[algorithms.PLI_CONTEXT], encode(ber.OCTET_STRING, context)):
        raise ShareRefused(reason)
    return SealedShare(sealed)


def _open(sealed: SealedShare, content_key: bytes) -> Share:
    try:
        content = sealed.sealed.decrypt(content_key)
    except CmsError:
        raise ShareRefused("sealed") from None
    return Share.from_der(content)
