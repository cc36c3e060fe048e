"""Composes acts on a mailbox's membership log as a vault would, so that a test can hand them in, or change them first."""

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec

from bridge.cms.binding import Binding
from bridge.cms.grants import (
    GrantBody,
    Holder,
    HolderKeyRecipient,
    HolderKind,
    MailboxKeys,
    Recipient,
    Role,
    build_grant,
    holder_reference,
)
from bridge.cms.log import LogEntry, LogHead, LogKind, build_entry
from bridge.pki.certificates import certificate_sha256, load_certificate, spki_sha256
from bridge.pki.requests import build_request
from webmail.domain import acts, rotate
from webmail.domain.act import NewAct
from webmail.domain.caller import Caller
from webmail.domain.membership_log import membership_of
from webmail.models import MailboxKey, Person


def now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)


def caller_for(person_id: str, **values: Any) -> Caller:
    """Somebody who has just shown his card."""
    return Caller(person_id, proved_at=datetime.now(UTC), **values)


def next_keys() -> MailboxKeys:
    """Keys of a further epoch; P-384, since an RSA key takes seconds to make."""
    return MailboxKeys(ec.generate_private_key(ec.SECP384R1()), ec.generate_private_key(ec.SECP256R1()), os.urandom(32))


@dataclass
class Share:
    """Whom a grant is for, and what it gives."""

    recipient: Recipient
    holder: Holder
    role: Role = Role.READER
    not_before: datetime | None = None
    not_after: datetime | None = None
    history: int = 1
    changes: dict[str, Any] = field(default_factory=dict)


def card_share(holder: Any, role: Role = Role.READER, **values: Any) -> Share:
    """For a card of the cast (tests/webmail/conftest.py SampleHolder)."""
    named = holder.enrolment
    reference = holder_reference(holder.recipient)
    return Share(
        holder.recipient, Holder(HolderKind.CARD, reference, named.id_type, named.id_value, named.name), role, **values
    )


def key_share(public_key: bytes, reference: bytes, kind: HolderKind, named: Any, role: Role, **values: Any) -> Share:
    """For a passkey, a recovery code or officers: `public_key` is the SPKI in the body."""
    recipient = HolderKeyRecipient(reference, public_key)
    holder = Holder(kind, reference, named.id_type, named.id_value, named.name)
    return Share(recipient, holder, role, **values)


class Ledger:
    """One mailbox of a test, with the keys of each epoch in hand."""

    def __init__(self, mailbox: Any, owner: Any) -> None:
        self.mailbox, self.owner = mailbox, owner
        self.keys = {1: mailbox.keys}
        self.cards: dict[bytes, Recipient] = {}
        self.know(owner)

    @property
    def account_id(self) -> str:
        return str(self.mailbox.account_id)

    @property
    def caller(self) -> Caller:
        return caller_for(self.mailbox.person.id)

    @property
    def head(self) -> LogHead:
        return membership_of(self.account_id).head

    def person(self, holder: Any) -> Person:
        return Person.objects.get(id_type="RPPS", id_value=holder.enrolment.id_value)

    def grant(self, *shares: Share, signer: Any = None, ends: Sequence[bytes] = (), **changes: Any) -> NewAct:
        """A grant act."""
        bodies = [self._body(share) for share in shares]
        kind = changes.pop("kind", LogKind.GRANT)
        entry = self.entry(kind, grants=[body.digest for body in bodies], ends=ends, signer=signer, **changes)
        return NewAct(entry, grants=[self._sealed(body, share) for body, share in zip(bodies, shares, strict=True)])

    def revoke(self, *digests: bytes, signer: Any = None) -> NewAct:
        return NewAct(self.entry(LogKind.REVOKE, ends=digests, signer=signer))

    def confirm(self, *digests: bytes, signer: Any = None) -> NewAct:
        return NewAct(self.entry(LogKind.CONFIRM, grants=digests, signer=signer))

    def rotation(
        self,
        *shares: Share,
        signer: Any = None,
        ends: Sequence[bytes] = (),
        caller: Caller | None = None,
        without: Sequence[bytes] = (),
    ) -> NewAct:
        """A new epoch for every member (but `without`, by body hash) and whoever joins."""
        before = membership_of(self.account_id)
        keys, epoch = next_keys(), before.epoch + 1
        address = str(self.mailbox.address)
        rotate.certify_next(
            caller or self.caller,
            self.account_id,
            encryption_request=build_request(keys.encryption_key, address),
            signature_request=build_request(keys.signature_key, address),
        )
        self.keys[epoch] = keys
        kept = [
            (one.body, self._recipient(one.body))
            for one in before.active
            if one.digest not in (*ends, *without) and not one.expired(now())
        ]
        again = [
            Share(recipient, body.holder, body.role, body.not_before, body.not_after, body.history_from_epoch)
            for body, recipient in kept
        ]
        shared = [*again, *shares]
        bodies = [self._body(share, epoch) for share in shared]
        binding = self._binding(before.binding, epoch)
        entry = self.entry(
            LogKind.ROTATE,
            grants=[body.digest for body in bodies],
            bindings=[binding.digest],
            ends=ends,
            signer=signer,
        )
        grants = [self._sealed(body, share) for body, share in zip(bodies, shared, strict=True)]
        return NewAct(entry, grants=grants, bindings=[binding.to_der()], history=b"\1sealed")

    def append(self, act: NewAct, caller: Caller | None = None) -> int:
        return acts.append(caller or self.caller, self.account_id, act)

    def entry(
        self,
        kind: LogKind,
        *,
        grants: Sequence[bytes] = (),
        bindings: Sequence[bytes] = (),
        ends: Sequence[bytes] = (),
        subject: bytes | None = None,
        signer: Any = None,
        at: datetime | None = None,
        seq: int | None = None,
    ) -> bytes:
        head = self.head
        entry = LogEntry(
            bytes.fromhex(self.account_id),
            str(self.mailbox.address),
            head.seq + 1 if seq is None else seq,
            head.hash,
            at or now(),
            kind,
            tuple(grants),
            tuple(bindings),
            tuple(ends),
            subject,
        )
        return build_entry(entry, (signer or self.owner).signer)

    def _body(self, share: Share, epoch: int | None = None) -> GrantBody:
        head, epoch = self.head, epoch or membership_of(self.account_id).epoch
        key = MailboxKey.objects.get(account_id=self.account_id, epoch=epoch)
        encryption, signature = (
            load_certificate(bytes(der)) for der in (key.encryption_certificate, key.signature_certificate)
        )
        values: dict[str, Any] = {
            "grant_id": os.urandom(16),
            "mailbox_id": bytes.fromhex(self.account_id),
            "address": str(self.mailbox.address),
            "epoch": epoch,
            "encryption_spki": spki_sha256(encryption),
            "signature_spki": spki_sha256(signature),
            "encryption_certificate": certificate_sha256(encryption),
            "signature_certificate": certificate_sha256(signature),
            "holder": share.holder,
            "role": share.role,
            "history_from_epoch": share.history,
            "not_before": share.not_before or now() - timedelta(seconds=1),
            "not_after": share.not_after,
            "log_seq": head.seq + 1,
            "prev_log_hash": head.hash,
        }
        if isinstance(share.recipient, HolderKeyRecipient):
            values["holder_key"] = share.recipient.public_key
        return GrantBody(**(values | share.changes))

    def _sealed(self, body: GrantBody, share: Share) -> bytes:
        return build_grant(body, self.keys[body.epoch], share.recipient)

    def _binding(self, before: Binding, epoch: int) -> Binding:
        keys = self.keys[epoch]
        return Binding(
            before.mailbox_id,
            before.address,
            epoch,
            spki_sha256(keys.encryption_key.public_key()),
            spki_sha256(keys.signature_key.public_key()),
            now(),
            now() + timedelta(days=1000),
            before.identity,
        )

    def _recipient(self, body: GrantBody) -> Recipient:
        """A card is found again by the recipients this test made; other holders by the key in their body."""
        if body.holder_key is not None:
            return HolderKeyRecipient(body.holder.reference, body.holder_key)
        return self.cards[body.holder.reference]

    def know(self, *holders: Any) -> None:
        """Cards of members, for the rotations to come."""
        self.cards |= {holder_reference(holder.recipient): holder.recipient for holder in holders}
