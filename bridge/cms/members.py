"""Who is a member of a mailbox, as its log says: the state that `bridge.cms.membership.replay` builds, entry by entry."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from bridge.cms.errors import ActRefused
from bridge.cms.grants import HolderKind, Role
from bridge.pki.certificates import certificate_sha256, spki_sha256

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from bridge.cms.binding import Binding
    from bridge.cms.grants import GrantBody, Holder
    from bridge.cms.log import LogHead, VerifiedEntry
    from bridge.cms.recovery_policy import PolicyKind, RecoveryPolicy
    from bridge.pki.health_identity import Identity

# (kind of identifier, identifier): a national one, or where there is none what stands in for it.
Person = tuple[str, str]

MANAGING = (Role.MANAGER, Role.OWNER)
RANK = {role: rank for rank, role in enumerate(Role)}


class State(StrEnum):
    """`pending`: a manager or owner whom a second manager has yet to confirm."""

    ACTIVE = "active"
    PENDING = "pending"
    ENDED = "ended"


@dataclass(frozen=True)
class Member:
    """One grant body and what became of it. `seq`, `since` and `by` are of the act that first gave this right."""

    body: GrantBody
    digest: bytes
    person: Person
    seq: int
    since: datetime
    by: Identity
    proposer: Person
    state: State
    ended_seq: int | None = None

    @property
    def holder_id(self) -> tuple[HolderKind, bytes]:
        """What the body's key is wrapped to: a card, a passkey, a code."""
        return self.body.holder.kind, self.body.holder.reference

    def expired(self, at: datetime) -> bool:
        return self.body.not_after is not None and at > self.body.not_after

    def in_force(self, at: datetime) -> bool:
        """Whether this grant gives anything at that time."""
        return self.state is State.ACTIVE and self.body.not_before <= at and not self.expired(at)


@dataclass(frozen=True)
class Rights:
    """The most that a person's grants in force give together; `until` None is without end."""

    role: Role
    history_from: int
    until: datetime | None

    @property
    def manages(self) -> bool:
        return self.role in MANAGING


@dataclass(frozen=True)
class LoggedPolicy:
    """A recovery policy, and who has released his share for which request (SHA-256 of the request).

    `reference` is that of the officer grant it opens, which stays the same from epoch to epoch.
    """

    policy: RecoveryPolicy
    digest: bytes
    seq: int
    reference: bytes
    releases: Mapping[bytes, frozenset[Person]] = field(default_factory=dict)

    @property
    def spent(self) -> bool:
        """Whether enough shares were released that somebody holds the secret."""
        return any(len(released) >= self.policy.threshold for released in self.releases.values())

    def is_shared_with(self, entry: VerifiedEntry) -> bool:
        """Whether the card that signed holds a share, by its person or, for a holder without identifier, by itself."""
        person, certificate = person_of_signer(entry), certificate_sha256(entry.signer_certificate)
        return any(
            person == (one.id_type, one.id_value) if one.id_value else certificate == one.reference
            for one in self.policy.holders
        )


@dataclass(frozen=True)
class Membership:
    """A mailbox as its log shows it at `head`.

    `time` is the latest that any entry states. `members` are all bodies ever listed, the oldest first. `owner_key` is the SHA-256 of the
    SubjectPublicKeyInfo of an owner's card that has no national identifier, else empty. `bindings` are by epoch. `floors` say from which epoch on all members of an epoch
    may read. `policies` are the newest of each kind that still open something. `revoked` is whether somebody lost his right since
    the last rotation.
    """

    head: LogHead
    time: datetime
    owner: Person
    owner_key: bytes
    bindings: Mapping[int, Binding]
    members: tuple[Member, ...]
    floors: Mapping[int, int]
    policies: Mapping[PolicyKind, LoggedPolicy] = field(default_factory=dict)
    revoked: bool = False

    @property
    def epoch(self) -> int:
        return max(self.bindings)

    @property
    def binding(self) -> Binding:
        """Of the current epoch."""
        return self.bindings[self.epoch]

    @property
    def history_floor(self) -> int:
        """The first epoch that the history object of the current one holds."""
        return self.floors[self.epoch]

    @property
    def spkis(self) -> dict[int, tuple[bytes, bytes]]:
        """The SHA-256 of both SubjectPublicKeyInfos of each epoch, for `bridge.cms.history.open_keyring`."""
        return {epoch: (one.encryption_spki, one.signature_spki) for epoch, one in self.bindings.items()}

    @property
    def active(self) -> tuple[Member, ...]:
        """Neither pending nor ended; some may not have begun, or have expired."""
        return tuple(one for one in self.members if one.state is State.ACTIVE)

    @property
    def pending(self) -> tuple[Member, ...]:
        return tuple(one for one in self.members if one.state is State.PENDING)

    def member(self, digest: bytes) -> Member:
        """The member whose body has this hash. Raises `ActRefused("not-a-member")`."""
        for one in self.members:
            if one.digest == digest:
                return one
        raise ActRefused("not-a-member")

    def managers(self, at: datetime) -> frozenset[Person]:
        return frozenset(one.person for one in self.active if one.in_force(at) and one.body.role in MANAGING)

    def rights(self, person: Person, at: datetime) -> Rights | None:
        """What a person may at that time, by all his unlockers together; None for one who may nothing."""
        bodies = [one.body for one in self.active if one.person == person and one.in_force(at)]
        if not bodies:
            return None
        ends = [body.not_after for body in bodies if body.not_after is not None]
        return Rights(
            role=max((body.role for body in bodies), key=RANK.__getitem__),
            history_from=min(body.history_from_epoch for body in bodies),
            until=max(ends) if len(ends) == len(bodies) else None,
        )

    def key_change_due(self, at: datetime) -> bool:
        """Whether somebody may still hold keys of the current epoch who has no right to them any more."""
        is_spent = any(one.spent for one in self.policies.values())
        return self.revoked or is_spent or any(one.expired(at) for one in self.active)

    def may_rotate(self, person: Person, at: datetime) -> bool:
        """Whether this person manages, and can pass on every older epoch that a member has a right to."""
        rights = self.rights(person, at)
        if rights is None or not rights.manages:
            return False
        return all(one.body.history_from_epoch >= rights.history_from for one in self.active if not one.expired(at))

    def check_recipient(self, holder: Holder, holder_key: bytes | None, at: datetime) -> Member:
        """The member in force or yet to begin whom keys of the current epoch may be wrapped to.

        Raises `ActRefused("not-a-member")`: a row in a server's table makes nobody a member.
        """
        for one in self.active:
            if (one.body.holder, one.body.holder_key) == (holder, holder_key) and not one.expired(at):
                return one
        raise ActRefused("not-a-member")

    def signed_by_mailbox(self, entry: VerifiedEntry) -> bool:
        """Whether the mailbox signature key of the current epoch signed, in a mailbox whose owner has no card."""
        is_owned_by_passkey = self.binding.identity.level == "passkey"
        return is_owned_by_passkey and spki_sha256(entry.signer_certificate) == self.binding.signature_spki

    def signer(self, entry: VerifiedEntry) -> Person:
        """The person whose card or, where that counts, whose mailbox signed."""
        if self.signed_by_mailbox(entry):
            return self.owner
        if spki_sha256(entry.signer_certificate) == self.owner_key:
            return self.owner
        return person_of_signer(entry)


def person_of(holder: Holder, owner: Person | None = None) -> Person:
    """Whose unlocker this is.

    By national identifier; officers are nobody; a passkey or code without identifier is the owner's; any other holder without
    one is known by his certificate alone.
    """
    if holder.kind is HolderKind.OFFICER:
        return ("officer", holder.reference.hex())
    if holder.id_value:
        return (holder.id_type, holder.id_value)
    if holder.kind in (HolderKind.PASSKEY, HolderKind.RECOVERY) and owner is not None:
        return owner
    return ("certificate", holder.reference.hex())


def person_of_signer(entry: VerifiedEntry) -> Person:
    """By national identifier, if a card proves it; else by certificate."""
    if entry.signer.id_value and entry.signer.level != "passkey":
        return (entry.signer.id_type, entry.signer.id_value)
    return ("certificate", certificate_sha256(entry.signer_certificate).hex())
