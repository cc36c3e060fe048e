"""A mailbox with its log, written act by act: what the membership tests and vectors are about.

`Register.act` writes whatever it is told, allowed or not; `Register.replay` judges it.
"""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING, Any

from cryptography.hazmat.primitives.asymmetric import ec

from bridge.cms.binding import Binding
from bridge.cms.grants import GrantBody, Holder, HolderKind, Role
from bridge.cms.history import Keyring
from bridge.cms.holder_keys import derive_holder_key
from bridge.cms.log import NO_PREVIOUS, LogEntry, LogKind, VerifiedEntry, build_entry, entry_hash, verify_entry
from bridge.cms.mailbox_keys import MailboxKeys
from bridge.cms.membership import Membership, State, replay
from bridge.pki.certificates import certificate_sha256, spki, spki_sha256
from bridge.pki.errors import CertificateUntrusted
from bridge.pki.health_identity import Identity
from tests.vectors.cast import NOW, Holding

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cryptography import x509

    from bridge.cms.recovery_policy import RecoveryPolicy

ADDRESS = "ward@pli.example"


@dataclass(frozen=True)
class Colleague:
    """A person with a card."""

    card: Holding
    identity: Identity

    @property
    def holder(self) -> Holder:
        reference = certificate_sha256(self.card.certificate)
        return Holder(HolderKind.CARD, reference, self.identity.id_type, self.identity.id_value, self.identity.name)


def new_card(name: str) -> Holding:
    return Holding.new(ec.generate_private_key(ec.SECP256R1()), name)


@cache
def colleague(name: str, number: str, id_type: str = "RPPS") -> Colleague:
    return Colleague(new_card(name), Identity("card", id_type, number, name, "Médecin"))


def alice() -> Colleague:
    """The owner."""
    return colleague("Alice Martin", "99900000017")


def bob() -> Colleague:
    return colleague("Bob Durand", "99900000025")


def chloe() -> Colleague:
    return colleague("Chloé Petit", "99900000033")


def denis() -> Colleague:
    return colleague("Denis Roux", "99900000041")


def nameless() -> Colleague:
    """Somebody whose card has no national identifier."""
    return colleague("Erin", "", "")


def renewed(person: Colleague) -> Colleague:
    """The same person with another card."""
    return Colleague(new_card(person.identity.name), person.identity)


def fresh_keys(*, confidential: bool = False) -> MailboxKeys:
    pair = ec.generate_private_key(ec.SECP384R1()), ec.generate_private_key(ec.SECP256R1())
    return MailboxKeys(*pair, os.urandom(32), confidential_key=os.urandom(32) if confidential else None)


@dataclass
class Register:
    """The log so far, with the DER of everything it names, and the keys of every epoch."""

    mailbox_id: bytes = field(default_factory=lambda: os.urandom(16))
    entries: list[bytes] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)
    bindings: list[bytes] = field(default_factory=list)
    keys: dict[int, MailboxKeys] = field(default_factory=dict)
    certificates: dict[int, Holding] = field(default_factory=dict)
    people: dict[bytes, Identity] = field(default_factory=dict)
    time: datetime = NOW

    @classmethod
    def opened(cls, owner: Colleague | None = None) -> Register:
        """The genesis by the owner's card; always the same mailbox for the same owner."""
        return _opened(owner or alice()).fork()

    @classmethod
    def new(cls, owner: Colleague) -> Register:
        """The genesis of a mailbox of its own."""
        register, person = cls(), owner
        register.new_epoch()
        body = register.body(person, Role.OWNER)
        register.act(LogKind.GENESIS, person, [body], register.binding(person.identity))
        return register

    @classmethod
    def opened_by_passkey(cls, secret: bytes, person: Identity | None = None) -> Register:
        """The genesis by the mailbox signature key, for an owner without card."""
        return _opened_by_passkey(secret, person or alice().identity).fork()

    @classmethod
    def new_by_passkey(cls, secret: bytes, person: Identity) -> Register:
        register = cls()
        identity = replace(person, level="passkey", profession="")
        register.new_epoch()
        body = register.keyed(HolderKind.PASSKEY, secret, Role.OWNER, person=identity)
        register.act(LogKind.GENESIS, None, [body], register.binding(identity))
        return register

    def fork(self) -> Register:
        """A copy to go on with, of the same mailbox."""
        lists = {name: list(getattr(self, name)) for name in ("entries", "bodies", "bindings")}
        maps = {name: dict(getattr(self, name)) for name in ("keys", "certificates", "people")}
        return replace(self, **lists, **maps)

    @property
    def epoch(self) -> int:
        return max(self.keys)

    @property
    def seq(self) -> int:
        """Of the next entry."""
        return len(self.entries)

    @property
    def head(self) -> bytes:
        return entry_hash(self.entries[-1]) if self.entries else NO_PREVIOUS

    @property
    def ring(self) -> Keyring:
        return Keyring(self.epoch, self.keys)

    def new_epoch(self, keys: MailboxKeys | None = None) -> None:
        """Keys for the next epoch, and a certificate of the signature key."""
        made = keys or fresh_keys()
        epoch = max(self.keys, default=0) + 1
        self.keys[epoch] = made
        self.certificates[epoch] = Holding.new(made.signature_key, ADDRESS, ADDRESS)

    def body(self, person: Colleague, role: Role = Role.READER, **changes: Any) -> GrantBody:
        """A body for a person's card at the next place of the log, for all of the history."""
        keys = self.keys[self.epoch]
        body = GrantBody(
            grant_id=os.urandom(16),
            mailbox_id=self.mailbox_id,
            address=ADDRESS,
            epoch=self.epoch,
            encryption_spki=spki_sha256(keys.encryption_key.public_key()),
            signature_spki=spki_sha256(keys.signature_key.public_key()),
            encryption_certificate=certificate_sha256(self.certificates[self.epoch].certificate),
            signature_certificate=certificate_sha256(self.certificates[self.epoch].certificate),
            holder=person.holder,
            role=role,
            history_from_epoch=1,
            not_before=NOW,
            not_after=None,
            log_seq=self.seq,
            prev_log_hash=self.head,
        )
        return replace(body, **changes)

    def keyed(
        self, kind: HolderKind, secret: bytes, role: Role, *, person: Identity | None = None, **changes: Any
    ) -> GrantBody:
        """A body for the passkey, code or officers with this secret."""
        identity = person or alice().identity
        public_key = spki(derive_holder_key(secret, self.mailbox_id, kind).public_key())
        named = secret + b" credential" if kind is HolderKind.PASSKEY else public_key
        holder = Holder(kind, hashlib.sha256(named).digest(), identity.id_type, identity.id_value, identity.name)
        return self.body(alice(), role, **{"holder": holder, "holder_key": public_key, **changes})

    def binding(self, identity: Identity, **changes: Any) -> Binding:
        """Of the newest keys."""
        keys = self.keys[self.epoch]
        binding = Binding(
            mailbox_id=self.mailbox_id,
            address=ADDRESS,
            epoch=self.epoch,
            encryption_spki=spki_sha256(keys.encryption_key.public_key()),
            signature_spki=spki_sha256(keys.signature_key.public_key()),
            not_before=self.time,
            not_after=self.time + timedelta(days=1000),
            identity=identity,
        )
        return replace(binding, **changes)

    def act(
        self,
        kind: LogKind,
        signer: Colleague | None,
        grants: Sequence[GrantBody] = (),
        binding: Binding | None = None,
        *,
        ends: Sequence[GrantBody] = (),
        policy: RecoveryPolicy | None = None,
        signed_with_epoch: int | None = None,
        **changes: Any,
    ) -> bytes:
        """One more entry, signed by a card, or where `signer` is None by the mailbox signature key (of the epoch in force)."""
        entry = LogEntry(
            mailbox_id=self.mailbox_id,
            address=ADDRESS,
            seq=self.seq,
            prev_hash=self.head,
            time=self.time,
            kind=kind,
            grants=tuple(body.digest for body in grants),
            bindings=() if binding is None else (binding.digest,),
            ends=tuple(body.digest for body in ends),
            subject=None if policy is None else policy.digest,
        )
        own = self.certificates[signed_with_epoch or (self.epoch - 1 if kind is LogKind.ROTATE else self.epoch)]
        card = own if signer is None else signer.card
        self.entries.append(build_entry(replace(entry, **changes), card.signer, by_key_identifier=signer is None))
        self.bodies += [body.to_der() for body in grants] + ([policy.to_der()] if policy else [])
        self.bindings += [binding.to_der()] if binding else []
        if signer is not None:
            self.people[certificate_sha256(card.certificate)] = signer.identity
        return self.entries[-1]

    def grant(self, signer: Colleague | None, *bodies: GrantBody, ends: Sequence[GrantBody] = ()) -> None:
        self.act(LogKind.GRANT, signer, bodies, ends=ends)

    def revoke(self, signer: Colleague | None, *ends: GrantBody) -> None:
        self.act(LogKind.REVOKE, signer, ends=ends)

    def carried(self, *, without: Sequence[GrantBody] = ()) -> list[GrantBody]:
        """Every active member's body again, at the next place of the log and for the newest keys."""
        template = self.body(alice())
        place = ("epoch", "log_seq", "prev_log_hash", "encryption_spki", "signature_spki")
        place += ("encryption_certificate", "signature_certificate", "grant_id")
        gone = {body.digest for body in without}
        return [
            replace(one.body, **{name: getattr(template, name) for name in place})
            for one in self.replay().members
            if one.state is State.ACTIVE and one.digest not in gone
        ]

    def rotate(
        self,
        signer: Colleague | None,
        *more: GrantBody,
        ends: Sequence[GrantBody] = (),
        keys: MailboxKeys | None = None,
        identity: Identity | None = None,
    ) -> list[GrantBody]:
        """A new epoch for everybody but `ends`; the bodies it lists. `more` are for the place and epoch that come."""
        known = self.replay()
        self.new_epoch(keys)
        bodies = [*self.carried(without=ends), *(self.placed(body) for body in more)]
        self.act(LogKind.ROTATE, signer, bodies, self.binding(identity or known.binding.identity), ends=ends)
        return bodies

    def placed(self, body: GrantBody) -> GrantBody:
        """The same right at the next place of the log and for the newest keys."""
        template = self.body(alice())
        names = ("epoch", "log_seq", "prev_log_hash", "encryption_spki", "signature_spki")
        return replace(body, **{name: getattr(template, name) for name in names})

    def validate(self, certificate: x509.Certificate, _chain: Sequence[x509.Certificate], _at: datetime) -> Identity:
        """Who signed: one of the cards, or a mailbox signature key, which proves no more than the address."""
        digest = certificate_sha256(certificate)
        if digest in self.people:
            return self.people[digest]
        if any(certificate == one.certificate for one in self.certificates.values()):
            return self.mailbox_identity
        raise CertificateUntrusted

    @property
    def mailbox_identity(self) -> Identity:
        """Whom a mailbox signature certificate proves: nobody, at an address."""
        return Identity("passkey", "", "", ADDRESS, "")

    def verified(self) -> list[VerifiedEntry]:
        return [verify_entry(one, validate_signer=self.validate) for one in self.entries]

    def replay(self, known: Membership | None = None) -> Membership:
        return replay(self.verified(), self.bodies, self.bindings, known)


@cache
def _opened(owner: Colleague) -> Register:
    return Register.new(owner)


@cache
def _opened_by_passkey(secret: bytes, person: Identity) -> Register:
    return Register.new_by_passkey(secret, person)
