"""By what a delegate signs for a mailbox (docs/FORMATS.md, *For a mailbox*): a log entry and the grant body it lists.

The attribute proves that somebody who may speak for the address let this card's holder sign with the mailbox key. Who may speak for
an address is the directory's knowledge, so the caller names that person.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bridge.cms import structures
from bridge.cms.errors import CmsError, DelegationRefused, GrantRefused, LogRefused
from bridge.cms.grants import GrantBody, HolderKind, Role
from bridge.cms.log import verify_entry
from bridge.cms.structures import parse_version_1

if TYPE_CHECKING:
    from datetime import datetime

    from bridge.cms.log import VerifiedEntry
    from bridge.cms.statements import ValidateSigner
    from bridge.pki.health_identity import Identity

_SENDING = (Role.SENDER, Role.MANAGER, Role.OWNER)


@dataclass(frozen=True)
class Delegation:
    """The value of id-pli-aa-delegation. Nothing of it is proved before `verify_delegation` has returned."""

    log_entry: bytes = field(repr=False)
    grant_body: bytes = field(repr=False)

    def to_der(self) -> bytes:
        return structures.Delegation({"version": 1, **vars(self)}).dump()

    @classmethod
    def from_der(cls, der: bytes) -> Delegation:
        """Raises `DelegationRefused("malformed")`."""
        try:
            return cls(**parse_version_1(structures.Delegation, der))
        except CmsError:
            raise DelegationRefused("malformed") from None


@dataclass(frozen=True)
class Asked:
    """What a signed message says, for a delegation to answer.

    `address` is the From address and `signing_time` the mailbox SignerInfo's; `signature_spki` is the SHA-256 of the mailbox
    certificate's key, `card` whom the inner card signature proves, and `granter` whom the directory names for the address.
    """

    address: str
    signing_time: datetime
    signature_spki: bytes
    card: Identity
    granter: Identity


@dataclass(frozen=True)
class VerifiedDelegation:
    """A delegation that holds for what was asked."""

    body: GrantBody
    entry: VerifiedEntry


def verify_delegation(der: bytes, asked: Asked, *, validate_signer: ValidateSigner) -> VerifiedDelegation:
    """Check every condition of S2. Raises `DelegationRefused`, whose `reason` names the first one that fails."""
    delegation = Delegation.from_der(der)
    body = _body(delegation.grant_body)
    entry = _entry(delegation.log_entry, validate_signer)
    _check_listed(delegation.grant_body, body, entry)
    _check_body(body, asked)
    if entry.signer.level == "passkey" or not _same_person(entry.signer, asked.granter):
        raise DelegationRefused("granter-mismatch")
    return VerifiedDelegation(body, entry)


def _body(der: bytes) -> GrantBody:
    try:
        return GrantBody.from_der(der)
    except GrantRefused:
        raise DelegationRefused("malformed") from None


def _entry(der: bytes, validate_signer: ValidateSigner) -> VerifiedEntry:
    try:
        return verify_entry(der, validate_signer=validate_signer)
    except LogRefused:
        raise DelegationRefused("signature") from None


def _check_listed(body_der: bytes, body: GrantBody, entry: VerifiedEntry) -> None:
    if hashlib.sha256(body_der).digest() not in entry.entry.grants:
        raise DelegationRefused("grant-not-listed")
    stated = (body.mailbox_id, body.address, body.log_seq, body.prev_log_hash)
    if stated != (entry.entry.mailbox_id, entry.entry.address, entry.entry.seq, entry.entry.prev_hash):
        raise DelegationRefused("mailbox-mismatch")


def _check_body(body: GrantBody, asked: Asked) -> None:
    if body.address.lower() != asked.address.lower():
        raise DelegationRefused("address-mismatch")
    if body.signature_spki != asked.signature_spki:
        raise DelegationRefused("key-mismatch")
    holder, card = body.holder, asked.card
    is_card = holder.kind is HolderKind.CARD and bool(holder.id_value)
    if not is_card or (holder.id_type, holder.id_value) != (card.id_type, card.id_value):
        raise DelegationRefused("holder-mismatch")
    if body.role not in _SENDING:
        raise DelegationRefused("role")
    if asked.signing_time < body.not_before or (body.not_after is not None and asked.signing_time > body.not_after):
        raise DelegationRefused("outside-dates")


def _same_person(one: Identity, other: Identity) -> bool:
    return bool(one.id_value) and (one.id_type, one.id_value) == (other.id_type, other.id_value)
