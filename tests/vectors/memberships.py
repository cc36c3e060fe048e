"""The vectors of membership/: every kind of act as it may be and as it may not, in one mailbox or another.

A case is a function that writes a log and a word: `ok`, or the reason for which the replay refuses its last act.
"""

from __future__ import annotations

import hashlib
import os
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from bridge.cms.grants import GrantBody, HolderKind, Role
from bridge.cms.log import LogKind
from bridge.cms.recovery_policy import PolicyKind, RecoveryPolicy, ShareHolder
from bridge.pki.certificates import certificate_sha256
from bridge.protocol import rfc3339
from bridge.validation import describe_identity
from tests.vectors.cast import NOW
from tests.vectors.registers import Colleague, Register, alice, bob, chloe, denis, fresh_keys, nameless, renewed
from tests.vectors.writing import b64, flip_last

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime

    from bridge.cms.membership import Membership
    from bridge.pki.health_identity import Identity
    from tests.vectors.cast import Cast

    Case = Callable[[], Register]

DAY, HOUR, SECOND = timedelta(days=1), timedelta(hours=1), timedelta(seconds=1)
CASES: dict[str, tuple[Case, str]] = {}
_SECRET = hashlib.sha256(b"a passkey").digest()
_OTHER_SECRET = hashlib.sha256(b"another passkey").digest()


def case(name: str, expect: str = "ok") -> Callable[[Case], Case]:
    def add(function: Case) -> Case:
        CASES[name] = (function, expect)
        return function

    return add


def joined(role: Role, person: Colleague | None = None, **changes: Any) -> tuple[Register, GrantBody]:
    """Alice's mailbox, where Bob (or `person`) has this role."""
    register = Register.opened()
    body = register.body(person or bob(), role, **changes)
    register.grant(alice(), body)
    return register, body


def two_managers() -> tuple[Register, GrantBody]:
    return joined(Role.MANAGER)


def owner_body(register: Register) -> GrantBody:
    return GrantBody.from_der(register.bodies[0])


# Grants


@case("the genesis alone")
def _() -> Register:
    return Register.opened()


@case("the owner makes a reader for two weeks")
def _() -> Register:
    return joined(Role.READER, not_after=NOW + 14 * DAY)[0]


@case("one entry for several members")
def _() -> Register:
    register = Register.opened()
    register.grant(alice(), register.body(bob()), register.body(chloe(), Role.SENDER), register.body(denis()))
    return register


@case("a manager makes a sender")
def _() -> Register:
    register, _ = joined(Role.MANAGER)
    register.grant(bob(), register.body(chloe(), Role.SENDER))
    return register


@case("a sender makes a reader", "signer-not-manager")
def _() -> Register:
    register, _ = joined(Role.SENDER)
    register.grant(bob(), register.body(chloe()))
    return register


@case("a stranger makes a reader", "signer-not-manager")
def _() -> Register:
    register = Register.opened()
    register.grant(denis(), register.body(chloe()))
    return register


@case("a manager who makes himself one in the act that needs one", "signer-not-manager")
def _() -> Register:
    register = Register.opened()
    register.grant(bob(), register.body(bob(), Role.MANAGER))
    return register


@case("a manager makes an owner", "role-above-signer")
def _() -> Register:
    register, _ = joined(Role.MANAGER)
    register.grant(bob(), register.body(chloe(), Role.OWNER))
    return register


@case("a manager whose time is over makes a reader", "signer-not-manager")
def _() -> Register:
    register, _ = joined(Role.MANAGER, not_after=NOW + DAY)
    register.time = NOW + 2 * DAY
    register.grant(bob(), register.body(chloe(), not_after=NOW + DAY))
    return register


@case("a manager at the last second of his time")
def _() -> Register:
    register, _ = joined(Role.MANAGER, not_after=NOW + DAY)
    register.time = NOW + DAY
    register.grant(bob(), register.body(chloe(), not_after=NOW + DAY))
    return register


@case("a manager whose time has not begun makes a reader", "signer-not-manager")
def _() -> Register:
    register, _ = joined(Role.MANAGER, not_before=NOW + DAY)
    register.grant(bob(), register.body(chloe()))
    return register


@case("a manager for a week makes a reader for two", "end-above-signer")
def _() -> Register:
    register, _ = joined(Role.MANAGER, not_after=NOW + 7 * DAY)
    register.grant(bob(), register.body(chloe(), not_after=NOW + 14 * DAY))
    return register


@case("a manager for a week makes a reader without end", "end-above-signer")
def _() -> Register:
    register, _ = joined(Role.MANAGER, not_after=NOW + 7 * DAY)
    register.grant(bob(), register.body(chloe()))
    return register


@case("a grant that ends before it begins", "dates")
def _() -> Register:
    register = Register.opened()
    register.grant(alice(), register.body(bob(), not_after=NOW - DAY))
    return register


@case("the same card twice", "already-member")
def _() -> Register:
    register, _ = joined(Role.READER)
    register.grant(alice(), register.body(bob(), Role.SENDER))
    return register


@case("a role changed: the old grant ends in the entry of the new one")
def _() -> Register:
    register, reader = joined(Role.READER)
    register.grant(alice(), register.body(bob(), Role.SENDER), ends=[reader])
    return register


@case("a body of another mailbox", "mailbox-mismatch")
def _() -> Register:
    register = Register.opened()
    register.grant(alice(), register.body(bob(), mailbox_id=bytes(16)))
    return register


@case("a body of another address", "mailbox-mismatch")
def _() -> Register:
    register = Register.opened()
    register.grant(alice(), register.body(bob(), address="other@pli.example"))
    return register


@case("a body of another place in the log", "mailbox-mismatch")
def _() -> Register:
    register = Register.opened()
    register.grant(alice(), register.body(bob(), log_seq=2))
    return register


@case("a body after another entry", "mailbox-mismatch")
def _() -> Register:
    register = Register.opened()
    register.grant(alice(), register.body(bob(), prev_log_hash=bytes(32)))
    return register


@case("a body of an epoch to come", "epoch-mismatch")
def _() -> Register:
    register = Register.opened()
    register.grant(alice(), register.body(bob(), epoch=2))
    return register


@case("a body with keys of nobody", "certificate-mismatch")
def _() -> Register:
    register = Register.opened()
    register.grant(alice(), register.body(bob(), encryption_spki=bytes(32)))
    return register


@case("a body that is not there", "body-missing")
def _() -> Register:
    register, body = joined(Role.READER)
    register.bodies.remove(body.to_der())
    return register


@case("a grant entry without grants", "malformed")
def _() -> Register:
    register = Register.opened()
    register.grant(alice())
    return register


@case("a grant entry with a binding", "malformed")
def _() -> Register:
    register = Register.opened()
    register.act(LogKind.GRANT, alice(), [register.body(bob())], register.binding(alice().identity))
    return register


@case("one body listed twice", "malformed")
def _() -> Register:
    register = Register.opened()
    body = register.body(bob())
    register.grant(alice(), body, body)
    return register


@case("one card in two bodies of one entry", "already-member")
def _() -> Register:
    register = Register.opened()
    register.grant(alice(), register.body(bob()), register.body(bob(), Role.SENDER))
    return register


@case("an owner whose card has no identifier")
def _() -> Register:
    register = Register.opened(nameless())
    register.grant(nameless(), register.body(bob()))
    return register


@case("another card without identifier is not the owner's", "signer-not-manager")
def _() -> Register:
    register = Register.opened(nameless())
    register.grant(renewed(nameless()), register.body(bob()))
    return register


@case("a card with the identifier of another register is another person", "signer-not-manager")
def _() -> Register:
    register = Register.opened()
    other = renewed(alice())
    register.grant(Colleague(other.card, replace(other.identity, id_type="FINESS")), register.body(bob()))
    return register


@case("the owner's second card signs too")
def _() -> Register:
    register = Register.opened()
    second = renewed(alice())
    register.grant(alice(), register.body(second, Role.OWNER))
    register.grant(second, register.body(bob()))
    return register


@case("the mailbox key of a mailbox with cards signs a grant", "signer-not-manager")
def _() -> Register:
    register, _ = joined(Role.READER)
    register.grant(None, register.body(chloe()))
    return register


@case("a grant that ends the second it begins")
def _() -> Register:
    return joined(Role.READER, not_after=NOW)[0]


@case("a card with a holder key", "malformed")
def _() -> Register:
    register = Register.opened()
    key = register.keyed(HolderKind.PASSKEY, _SECRET, Role.OWNER).holder_key
    register.grant(alice(), register.body(bob(), holder_key=key))
    return register


@case("a recovery code without a holder key", "malformed")
def _() -> Register:
    register = Register.opened()
    register.grant(alice(), replace(register.keyed(HolderKind.RECOVERY, _SECRET, Role.OWNER), holder_key=None))
    return register


@case("a recovery code named by another key", "malformed")
def _() -> Register:
    register = Register.opened()
    body = register.keyed(HolderKind.RECOVERY, _SECRET, Role.OWNER)
    register.grant(alice(), replace(body, holder=replace(body.holder, reference=bytes(32))))
    return register


@case("a holder key that is no point of the curve", "malformed")
def _() -> Register:
    register = Register.opened()
    body = register.keyed(HolderKind.PASSKEY, _SECRET, Role.OWNER)
    register.grant(alice(), replace(body, holder_key=flip_last(body.holder_key or b"")))
    return register


@case("an epoch below nought", "malformed")
def _() -> Register:
    register = Register.opened()
    register.grant(alice(), register.body(bob(), history_from_epoch=-1))
    return register


@case("an epoch beyond counting", "malformed")
def _() -> Register:
    register = Register.opened()
    register.grant(alice(), register.body(bob(), history_from_epoch=2**31))
    return register


def two_certificates() -> Register:
    """The owner's card has no identifier, and one certificate to sign with and another to open with."""
    register = Register()
    register.new_epoch()
    opens_with = replace(nameless().holder, reference=renewed(nameless()).holder.reference)
    body = register.body(nameless(), Role.OWNER, holder=opens_with)
    register.act(LogKind.GENESIS, nameless(), [body], register.binding(nameless().identity))
    return register


@case("an owner known by the key that signed the genesis")
def _() -> Register:
    register = two_certificates()
    register.grant(nameless(), register.body(bob()))
    return register


# Two managers


@case("a third manager waits for the second")
def _() -> Register:
    register, _ = two_managers()
    register.grant(alice(), register.body(chloe(), Role.MANAGER))
    return register


@case("a manager who waits signs nothing", "signer-not-manager")
def _() -> Register:
    register, _ = two_managers()
    register.grant(alice(), register.body(chloe(), Role.MANAGER))
    register.grant(chloe(), register.body(denis()))
    return register


def proposed() -> tuple[Register, GrantBody]:
    register, _ = two_managers()
    body = register.body(chloe(), Role.MANAGER)
    register.grant(alice(), body)
    return register, body


def confirm(register: Register, signer: Colleague | None, *bodies: GrantBody) -> None:
    register.act(LogKind.CONFIRM, signer, grants=bodies)


@case("the second manager confirms the third, who then signs")
def _() -> Register:
    register, body = proposed()
    confirm(register, bob(), body)
    register.grant(chloe(), register.body(denis()))
    return register


@case("a proposer confirms himself", "confirm-self")
def _() -> Register:
    register, body = proposed()
    confirm(register, alice(), body)
    return register


@case("a proposer confirms with his second card", "confirm-self")
def _() -> Register:
    register, body = proposed()
    confirm(register, renewed(alice()), body)
    return register


@case("who is proposed confirms himself", "signer-not-manager")
def _() -> Register:
    register, body = proposed()
    confirm(register, chloe(), body)
    return register


@case("a manager proposed for owner confirms himself", "confirm-self")
def _() -> Register:
    register, _ = two_managers()
    body = register.body(bob(), Role.OWNER, holder=renewed(bob()).holder)
    register.grant(alice(), body)
    confirm(register, bob(), body)
    return register


@case("a reader confirms", "signer-not-manager")
def _() -> Register:
    register, body = proposed()
    register.grant(alice(), register.body(denis()))
    confirm(register, denis(), body)
    return register


@case("what is active is not confirmed", "not-pending")
def _() -> Register:
    register, body = two_managers()
    confirm(register, alice(), body)
    return register


@case("what was never listed is not confirmed", "not-active")
def _() -> Register:
    register, _ = two_managers()
    confirm(register, alice(), register.body(denis(), Role.MANAGER))
    return register


@case("what was withdrawn is not confirmed", "not-active")
def _() -> Register:
    register, body = proposed()
    register.revoke(alice(), body)
    confirm(register, bob(), body)
    return register


@case("a manager adds his own second card alone")
def _() -> Register:
    register, _ = two_managers()
    register.grant(bob(), register.body(renewed(bob()), Role.MANAGER))
    return register


@case("a manager adds a card of the other manager, which waits")
def _() -> Register:
    register, _ = two_managers()
    register.grant(alice(), register.body(renewed(bob()), Role.MANAGER))
    return register


@case("a manager whose time is over is no second one")
def _() -> Register:
    register, _ = joined(Role.MANAGER, not_after=NOW + DAY)
    register.time = NOW + 2 * DAY
    register.grant(alice(), register.body(chloe(), Role.MANAGER))
    return register


# Endings


@case("the owner ends a reader")
def _() -> Register:
    register, body = joined(Role.READER)
    register.revoke(alice(), body)
    return register


@case("a reader leaves")
def _() -> Register:
    register, body = joined(Role.READER)
    register.revoke(bob(), body)
    return register


@case("a reader ends another", "signer-not-manager")
def _() -> Register:
    register, _ = joined(Role.READER)
    other = register.body(chloe())
    register.grant(alice(), other)
    register.revoke(bob(), other)
    return register


@case("a reader leaves and takes another along", "signer-not-manager")
def _() -> Register:
    register, body = joined(Role.READER)
    other = register.body(chloe())
    register.grant(alice(), other)
    register.revoke(bob(), body, other)
    return register


@case("a manager ends a reader")
def _() -> Register:
    register, _ = joined(Role.MANAGER)
    other = register.body(chloe())
    register.grant(alice(), other)
    register.revoke(bob(), other)
    return register


@case("a manager ends another manager")
def _() -> Register:
    register, body = joined(Role.MANAGER)
    other = register.body(chloe(), Role.MANAGER)
    register.grant(alice(), other)
    confirm(register, bob(), other)
    register.revoke(chloe(), body)
    return register


@case("an owner ends another")
def _() -> Register:
    register, body = joined(Role.OWNER)
    register.revoke(alice(), body)
    return register


@case("a grant that ends somebody else: the key change is due")
def _() -> Register:
    register, body = joined(Role.READER)
    register.grant(alice(), register.body(chloe()), ends=[body])
    return register


@case("a proposal withdrawn leaves the key change due as it was")
def _() -> Register:
    register, _ = two_managers()
    reader, proposal = register.body(denis()), register.body(chloe(), Role.MANAGER)
    register.grant(alice(), reader, proposal)
    register.revoke(alice(), reader)
    register.revoke(alice(), proposal)
    return register


@case("a proposal withdrawn makes no key change due")
def _() -> Register:
    register, body = proposed()
    register.revoke(alice(), body)
    return register


@case("a manager ends the owner", "owner-ended")
def _() -> Register:
    register, _ = joined(Role.MANAGER)
    register.revoke(bob(), owner_body(register))
    return register


@case("a manager ends, beside a grant, what was proposed to make him an owner", "owner-ended")
def _() -> Register:
    register, _ = two_managers()
    proposal = register.body(renewed(bob()), Role.OWNER)
    register.grant(alice(), proposal)
    register.grant(bob(), register.body(chloe()), ends=[proposal])
    return register


@case("the owner leaves, and nobody is left", "last-owner")
def _() -> Register:
    register, _ = joined(Role.SENDER)
    register.revoke(alice(), owner_body(register))
    return register


@case("the owner leaves a mailbox with a manager")
def _() -> Register:
    register, _ = joined(Role.MANAGER)
    register.revoke(alice(), owner_body(register))
    return register


@case("the owner leaves a mailbox with a manager whose time is over", "last-owner")
def _() -> Register:
    register, _ = joined(Role.MANAGER, not_after=NOW + DAY)
    register.time = NOW + 2 * DAY
    register.revoke(alice(), owner_body(register))
    return register


@case("the owner leaves a mailbox with a manager not yet confirmed", "last-owner")
def _() -> Register:
    register, bobs = two_managers()
    body = register.body(chloe(), Role.MANAGER)
    register.grant(alice(), body)
    register.revoke(alice(), bobs)
    register.revoke(alice(), owner_body(register))
    return register


@case("a lost card is ended by the owner's other one")
def _() -> Register:
    register = Register.opened()
    second = renewed(alice())
    register.grant(alice(), register.body(second, Role.OWNER))
    register.revoke(second, owner_body(register))
    return register


@case("what has ended does not end again", "not-active")
def _() -> Register:
    register, body = joined(Role.READER)
    register.revoke(alice(), body)
    register.revoke(alice(), body)
    return register


@case("a reader ended together with a proposal: the key change is due")
def _() -> Register:
    register, body = proposed()
    reader = register.body(denis())
    register.grant(alice(), reader)
    register.revoke(alice(), body, reader)
    return register


@case("one ending listed twice", "malformed")
def _() -> Register:
    register, body = joined(Role.READER)
    register.revoke(alice(), body, body)
    return register


@case("an ending without anything", "malformed")
def _() -> Register:
    register = Register.opened()
    register.revoke(alice())
    return register


@case("who was ended signs no more", "signer-not-manager")
def _() -> Register:
    register, body = joined(Role.MANAGER)
    register.revoke(alice(), body)
    register.grant(bob(), register.body(chloe()))
    return register


@case("who was ended may come back")
def _() -> Register:
    register, body = joined(Role.READER)
    register.revoke(alice(), body)
    register.grant(alice(), register.body(bob()))
    return register


# Cards renewed


@case("a card renewed, signed by the old one")
def _() -> Register:
    register, body = joined(Role.READER, not_after=NOW + 14 * DAY)
    new = register.body(renewed(bob()), not_after=NOW + 14 * DAY, not_before=NOW + DAY)
    register.act(LogKind.CERT_CHANGE, bob(), [new], ends=[body])
    return register


@case("a card renewed, signed by the new one")
def _() -> Register:
    register, body = joined(Role.READER)
    card = renewed(bob())
    register.act(LogKind.CERT_CHANGE, card, [register.body(card)], ends=[body])
    return register


@case("a card renewed by a manager")
def _() -> Register:
    register, body = joined(Role.READER)
    register.act(LogKind.CERT_CHANGE, alice(), [register.body(renewed(bob()))], ends=[body])
    return register


@case("a card renewed by another reader", "signer-not-manager")
def _() -> Register:
    register, body = joined(Role.READER)
    register.grant(alice(), register.body(chloe()))
    register.act(LogKind.CERT_CHANGE, chloe(), [register.body(renewed(bob()))], ends=[body])
    return register


@case("a card renewed for somebody else", "identity-changed")
def _() -> Register:
    register, body = joined(Role.READER)
    register.act(LogKind.CERT_CHANGE, alice(), [register.body(chloe())], ends=[body])
    return register


@case("a card renewed with another RPPS, signed by the old one", "identity-changed")
def _() -> Register:
    register, body = joined(Role.READER)
    register.act(LogKind.CERT_CHANGE, bob(), [register.body(denis())], ends=[body])
    return register


@case("a card renewed, and a friend let in with it", "identity-changed")
def _() -> Register:
    register, body = joined(Role.READER)
    grants = [register.body(renewed(bob())), register.body(chloe())]
    register.act(LogKind.CERT_CHANGE, alice(), grants, ends=[body])
    return register


@case("a reader renews his card and becomes manager", "rights-changed")
def _() -> Register:
    register, body = joined(Role.READER)
    register.act(LogKind.CERT_CHANGE, bob(), [register.body(renewed(bob()), Role.MANAGER)], ends=[body])
    return register


@case("a reader renews his card and becomes manager by another", "rights-changed")
def _() -> Register:
    register, body = joined(Role.READER)
    grants = [register.body(renewed(bob())), register.body(renewed(bob()), Role.MANAGER)]
    register.act(LogKind.CERT_CHANGE, bob(), grants, ends=[body])
    return register


@case("the mailbox key renews an unlocker while a colleague knows it", "passkey-cannot-share")
def _() -> Register:
    register = passkey_and_card()
    register.grant(alice(), register.body(bob()))
    passkey = register.keyed(HolderKind.PASSKEY, _OTHER_SECRET, Role.OWNER)
    register.act(LogKind.CERT_CHANGE, None, [passkey], ends=[owner_body(register)])
    return register


@case("a reader renews his card and stays longer", "rights-changed")
def _() -> Register:
    register, body = joined(Role.READER, not_after=NOW + DAY)
    register.act(LogKind.CERT_CHANGE, bob(), [register.body(renewed(bob()))], ends=[body])
    return register


@case("a reader renews his card and reads older mail", "rights-changed")
def _() -> Register:
    register = Register.opened()
    register.rotate(alice(), register.body(bob(), history_from_epoch=2))
    body = GrantBody.from_der(register.bodies[-1])
    new = register.body(renewed(bob()), history_from_epoch=1)
    register.act(LogKind.CERT_CHANGE, bob(), [new], ends=[body])
    return register


@case("a card renewed of which nothing ends", "malformed")
def _() -> Register:
    register, _ = joined(Role.READER)
    register.act(LogKind.CERT_CHANGE, alice(), [register.body(renewed(bob()))])
    return register


@case("a reader renews his card after his time", "signer-not-manager")
def _() -> Register:
    register, body = joined(Role.READER, not_after=NOW + DAY)
    register.time = NOW + 2 * DAY
    register.act(LogKind.CERT_CHANGE, bob(), [register.body(renewed(bob()), not_after=NOW + DAY)], ends=[body])
    return register


@case("the owner's new card, the old one dead")
def _() -> Register:
    register = Register.opened()
    card = renewed(alice())
    register.act(LogKind.CERT_CHANGE, card, [register.body(card, Role.OWNER)], ends=[owner_body(register)])
    register.grant(card, register.body(bob()))
    return register


# Rotations


@case("a new epoch for everybody")
def _() -> Register:
    register, _ = joined(Role.READER)
    register.rotate(alice())
    return register


@case("a new epoch ends one member, who is key change due until then")
def _() -> Register:
    register, body = joined(Role.READER)
    register.revoke(alice(), body)
    register.rotate(alice())
    return register


@case("a new epoch, its endings and a newcomer in one entry")
def _() -> Register:
    register, body = joined(Role.READER)
    register.rotate(alice(), register.body(chloe(), history_from_epoch=2), ends=[body])
    return register


@case("a manager makes the new epoch")
def _() -> Register:
    register, _ = joined(Role.MANAGER)
    register.rotate(bob())
    register.rotate(alice())
    return register


@case("a reader makes a new epoch", "signer-not-manager")
def _() -> Register:
    register, _ = joined(Role.READER)
    register.rotate(bob())
    return register


@case("a new epoch that forgets a member", "member-dropped")
def _() -> Register:
    register, body = joined(Role.READER)
    register.new_epoch()
    kept = register.carried(without=[body])
    register.act(LogKind.ROTATE, alice(), kept, register.binding(alice().identity))
    return register


@case("a new epoch in which a member becomes less", "member-dropped")
def _() -> Register:
    register, _ = joined(Role.SENDER)
    register.new_epoch()
    bodies = [replace(one, role=Role.READER) if one.role is Role.SENDER else one for one in register.carried()]
    register.act(LogKind.ROTATE, alice(), bodies, register.binding(alice().identity))
    return register


@case("a new epoch in which a member gets an end", "member-dropped")
def _() -> Register:
    register, _ = joined(Role.SENDER)
    register.new_epoch()
    bodies = [replace(one, not_after=NOW + DAY) if one.role is Role.SENDER else one for one in register.carried()]
    register.act(LogKind.ROTATE, alice(), bodies, register.binding(alice().identity))
    return register


@case("a new epoch in which a member begins earlier", "member-dropped")
def _() -> Register:
    register, _ = joined(Role.SENDER)
    register.new_epoch()
    bodies = [replace(one, not_before=NOW - DAY) if one.role is Role.SENDER else one for one in register.carried()]
    register.act(LogKind.ROTATE, alice(), bodies, register.binding(alice().identity))
    return register


@case("a new epoch in which a member loses his history", "member-dropped")
def _() -> Register:
    register, _ = joined(Role.SENDER)
    register.new_epoch()
    bodies = [replace(one, history_from_epoch=2) if one.role is Role.SENDER else one for one in register.carried()]
    register.act(LogKind.ROTATE, alice(), bodies, register.binding(alice().identity))
    return register


@case("a new epoch with another key under a passkey's name", "member-dropped")
def _() -> Register:
    register = Register.opened()
    register.grant(alice(), register.keyed(HolderKind.PASSKEY, _SECRET, Role.OWNER))
    register.new_epoch()
    other = register.keyed(HolderKind.PASSKEY, _OTHER_SECRET, Role.OWNER).holder_key
    bodies = [replace(one, holder_key=other) if one.holder_key else one for one in register.carried()]
    register.act(LogKind.ROTATE, alice(), bodies, register.binding(alice().identity))
    return register


@case("a new epoch that forgets a passkey", "member-dropped")
def _() -> Register:
    register = Register.opened()
    passkey = register.keyed(HolderKind.PASSKEY, _SECRET, Role.OWNER)
    register.grant(alice(), passkey)
    register.new_epoch()
    register.act(LogKind.ROTATE, alice(), register.carried(without=[passkey]), register.binding(alice().identity))
    return register


@case("a new epoch with one member twice", "already-member")
def _() -> Register:
    register, _ = joined(Role.READER)
    register.new_epoch()
    bodies = register.carried()
    again = replace(bodies[-1], grant_id=os.urandom(16))
    register.act(LogKind.ROTATE, alice(), [*bodies, again], register.binding(alice().identity))
    return register


@case("a role changed in a new epoch")
def _() -> Register:
    register, body = joined(Role.READER)
    register.rotate(alice(), register.body(bob(), Role.SENDER), ends=[body])
    return register


@case("a member whose time is over is not carried into a new epoch")
def _() -> Register:
    register, body = joined(Role.READER, not_after=NOW + DAY)
    register.time = NOW + 2 * DAY
    register.new_epoch()
    register.act(LogKind.ROTATE, alice(), register.carried(without=[body]), register.binding(alice().identity))
    return register


@case("a member whose time is to come is carried into a new epoch")
def _() -> Register:
    register, _ = joined(Role.READER, not_before=NOW + DAY)
    register.rotate(alice())
    return register


@case("a manager not yet confirmed falls out of a new epoch")
def _() -> Register:
    register, _ = proposed()
    register.rotate(alice())
    return register


@case("a manager proposed by a new epoch waits")
def _() -> Register:
    register, _ = two_managers()
    register.rotate(alice(), register.body(chloe(), Role.MANAGER))
    return register


@case("an epoch left out", "epoch-mismatch")
def _() -> Register:
    register = Register.opened()
    register.new_epoch()
    register.new_epoch()
    register.act(LogKind.ROTATE, alice(), register.carried(), register.binding(alice().identity), signed_with_epoch=1)
    return register


@case("bodies of the old epoch in a new one", "epoch-mismatch")
def _() -> Register:
    register = Register.opened()
    old = register.carried()
    register.new_epoch()
    register.act(LogKind.ROTATE, alice(), old, register.binding(alice().identity))
    return register


@case("a new epoch with the old keys", "key-reused")
def _() -> Register:
    register = Register.opened()
    register.rotate(alice(), keys=register.keys[1])
    return register


@case("a new epoch with one old key", "key-reused")
def _() -> Register:
    register = Register.opened()
    register.rotate(alice(), keys=replace(fresh_keys(), encryption_key=register.keys[1].encryption_key))
    return register


@case("a new epoch with keys given up two epochs ago", "key-reused")
def _() -> Register:
    register = Register.opened()
    register.rotate(alice())
    register.rotate(alice(), keys=replace(fresh_keys(), signature_key=register.keys[1].signature_key))
    return register


@case("a new epoch for another person", "identity-changed")
def _() -> Register:
    register, _ = joined(Role.MANAGER)
    register.rotate(bob(), identity=bob().identity)
    return register


@case("a new epoch with one key for both uses", "key-reused")
def _() -> Register:
    register = Register.opened()
    register.new_epoch()
    binding = register.binding(alice().identity)
    same = replace(binding, signature_spki=binding.encryption_spki)
    bodies = [replace(one, signature_spki=binding.encryption_spki) for one in register.carried()]
    register.act(LogKind.ROTATE, alice(), bodies, same)
    return register


@case("a new epoch that proves less", "identity-changed")
def _() -> Register:
    register = Register.opened()
    register.rotate(alice(), identity=replace(alice().identity, level="software"))
    return register


@case("a new epoch with the person's new name")
def _() -> Register:
    register = Register.opened()
    register.rotate(alice(), identity=replace(alice().identity, name="Alice Morel", profession="Sage-femme"))
    return register


@case("a new epoch for a person without identifier")
def _() -> Register:
    register = Register.opened(nameless())
    register.rotate(nameless())
    return register


@case("a new epoch with another name for a person without identifier", "identity-changed")
def _() -> Register:
    register = Register.opened(nameless())
    register.rotate(nameless(), identity=replace(nameless().identity, name="Mallory"))
    return register


@case("a new epoch for another address", "mailbox-mismatch")
def _() -> Register:
    register = Register.opened()
    register.new_epoch()
    binding = register.binding(alice().identity, address="other@pli.example")
    register.act(LogKind.ROTATE, alice(), register.carried(), binding)
    return register


@case("a new epoch whose binding is not there", "binding-missing")
def _() -> Register:
    register = Register.opened()
    register.rotate(alice())
    del register.bindings[-1]
    return register


@case("a new epoch without a binding", "malformed")
def _() -> Register:
    register = Register.opened()
    register.new_epoch()
    register.act(LogKind.ROTATE, alice(), register.carried())
    return register


@case("a new epoch that ends the only owner", "last-owner")
def _() -> Register:
    register, _ = joined(Role.READER)
    register.rotate(alice(), ends=[owner_body(register)])
    return register


@case("a manager's new epoch that ends the owner", "owner-ended")
def _() -> Register:
    register, _ = joined(Role.MANAGER)
    register.rotate(bob(), ends=[owner_body(register)])
    return register


def with_second_way(role: Role = Role.OWNER, **changes: Any) -> tuple[Register, GrantBody, GrantBody]:
    """Bob manages; Alice has her card and a passkey, which gives her `role`."""
    register, _ = joined(Role.MANAGER)
    passkey = register.keyed(HolderKind.PASSKEY, _SECRET, role, person=alice().identity, **changes)
    register.grant(alice(), passkey)
    card = next(one.body for one in register.replay().active if one.body.holder == alice().holder)
    return register, card, passkey


@case("a manager leaves an owner's lost card out, and her passkey in")
def _() -> Register:
    register, card, _ = with_second_way()
    register.rotate(bob(), ends=[card])
    return register


@case("an owner whose lost card was left out is an owner still")
def _() -> Register:
    register, card, _ = with_second_way()
    register.rotate(bob(), ends=[card])
    register.grant(alice(), register.body(renewed(alice()), Role.OWNER))
    return register


@case("a manager leaves both ways in of an owner out", "owner-ended")
def _() -> Register:
    register, card, passkey = with_second_way()
    register.rotate(bob(), ends=[card, passkey])
    return register


@case("a manager leaves an owner's card out who may only read by her passkey", "owner-ended")
def _() -> Register:
    register, card, _ = with_second_way(Role.READER)
    register.rotate(bob(), ends=[card])
    return register


@case("a manager leaves an owner's card out whose passkey ends before it", "owner-ended")
def _() -> Register:
    register, card, _ = with_second_way(not_after=NOW + DAY)
    register.rotate(bob(), ends=[card])
    return register


@case("a manager leaves an owner's card out whose passkey has not begun", "owner-ended")
def _() -> Register:
    register, card, _ = with_second_way(not_before=NOW + DAY)
    register.rotate(bob(), ends=[card])
    return register


@case("a manager leaves an owner's card out whose passkey reads less of the past", "owner-ended")
def _() -> Register:
    register, _ = joined(Role.MANAGER)
    passkey = register.keyed(HolderKind.PASSKEY, _SECRET, Role.OWNER, person=alice().identity, history_from_epoch=2)
    register.rotate(alice(), passkey)
    card = next(one.body for one in register.replay().active if one.body.holder == alice().holder)
    register.rotate(bob(), ends=[card])
    return register


@case("a manager leaves an owner's card out, and a passkey of the first kind, which falls out, in", "owner-ended")
def _() -> Register:
    register, _ = joined(Role.MANAGER)
    passkey = replace(register.keyed(HolderKind.PASSKEY, _SECRET, Role.OWNER), holder_key=None)
    register.grant(alice(), passkey)
    register.rotate(bob(), ends=[owner_body(register)])
    return register


@case("a manager ends an owner's lost card and leaves the keys as they are", "owner-ended")
def _() -> Register:
    register, card, _ = with_second_way()
    register.revoke(bob(), card)
    return register


@case("a manager puts his own card in place of an owner's lost one", "owner-ended")
def _() -> Register:
    register, card, _ = with_second_way()
    register.grant(bob(), register.body(denis()), ends=[card])
    return register


@case("a manager leaves an owner's card out because another owner stays", "owner-ended")
def _() -> Register:
    register, _ = joined(Role.MANAGER)
    other = register.body(chloe(), Role.OWNER)
    register.grant(alice(), other)
    register.act(LogKind.CONFIRM, bob(), [other])
    register.rotate(bob(), ends=[owner_body(register)])
    return register


# History


@case("a newcomer without history comes with a new epoch")
def _() -> Register:
    register = Register.opened()
    register.rotate(alice(), register.body(bob(), history_from_epoch=2))
    return register


@case("a newcomer without history in an epoch that opens older ones", "rotation-needed")
def _() -> Register:
    register = Register.opened()
    register.rotate(alice())
    register.grant(alice(), register.body(bob(), history_from_epoch=2))
    return register


@case("a newcomer without history in an epoch that opens none to all")
def _() -> Register:
    register = Register.opened()
    register.rotate(alice(), register.body(bob(), history_from_epoch=2))
    register.grant(alice(), register.body(chloe(), history_from_epoch=2))
    return register


@case("a newcomer from an epoch on whose history opens older ones", "rotation-needed")
def _() -> Register:
    register = Register.opened()
    register.rotate(alice())
    register.rotate(alice(), register.body(bob(), history_from_epoch=2))
    return register


@case("a newcomer from an epoch on in which somebody began too")
def _() -> Register:
    register = Register.opened()
    register.rotate(alice(), register.body(bob(), history_from_epoch=2))
    register.rotate(alice())
    register.grant(alice(), register.body(chloe(), history_from_epoch=2))
    return register


@case("a newcomer with history from an epoch to come", "rotation-needed")
def _() -> Register:
    register = Register.opened()
    register.grant(alice(), register.body(bob(), history_from_epoch=2))
    return register


@case("a newcomer with all history while others have less")
def _() -> Register:
    register = Register.opened()
    register.rotate(alice(), register.body(bob(), history_from_epoch=2))
    register.grant(alice(), register.body(chloe()))
    return register


def manager_from_2() -> Register:
    register = Register.opened()
    register.rotate(alice(), register.body(bob(), Role.MANAGER, history_from_epoch=2))
    return register


@case("a manager without history gives it", "history-above-signer")
def _() -> Register:
    register = manager_from_2()
    register.grant(bob(), register.body(chloe(), history_from_epoch=1))
    return register


@case("a manager without history gives what he has")
def _() -> Register:
    register = manager_from_2()
    register.grant(bob(), register.body(chloe(), history_from_epoch=2))
    return register


@case("a manager without history makes a new epoch for those who have it", "history-above-signer")
def _() -> Register:
    register = manager_from_2()
    register.rotate(bob())
    return register


# Passkeys


def passkey_mailbox() -> Register:
    return Register.opened_by_passkey(_SECRET)


@case("a mailbox opened by passkey")
def _() -> Register:
    return passkey_mailbox()


@case("a second passkey of its owner")
def _() -> Register:
    register = passkey_mailbox()
    register.grant(None, register.keyed(HolderKind.PASSKEY, _OTHER_SECRET, Role.OWNER))
    return register


@case("a recovery code of its owner, by the mailbox key")
def _() -> Register:
    register = passkey_mailbox()
    register.grant(None, register.keyed(HolderKind.RECOVERY, _OTHER_SECRET, Role.OWNER))
    return register


@case("a passkey's mailbox makes a new epoch")
def _() -> Register:
    register = passkey_mailbox()
    register.rotate(None)
    register.grant(None, register.keyed(HolderKind.PASSKEY, _OTHER_SECRET, Role.OWNER))
    return register


@case("a passkey's mailbox lets a colleague in", "passkey-cannot-share")
def _() -> Register:
    register = passkey_mailbox()
    register.grant(None, register.body(bob()))
    return register


@case("a passkey's mailbox lets a colleague in with a new epoch", "passkey-cannot-share")
def _() -> Register:
    register = passkey_mailbox()
    register.rotate(None, register.body(bob()))
    return register


def nameless_passkey_mailbox() -> Register:
    """Whose owner has no identifier at all."""
    return Register.opened_by_passkey(_SECRET, nameless().identity)


@case("a second passkey and a code of an owner without identifier")
def _() -> Register:
    register = nameless_passkey_mailbox()
    kinds = (HolderKind.PASSKEY, HolderKind.RECOVERY)
    bodies = [register.keyed(kind, _OTHER_SECRET, Role.OWNER, person=nameless().identity) for kind in kinds]
    register.grant(None, *bodies)
    register.rotate(None)
    return register


@case("a card without identifier is not taken for his", "passkey-cannot-share")
def _() -> Register:
    register = nameless_passkey_mailbox()
    register.grant(None, register.body(nameless(), Role.OWNER))
    return register


@case("a passkey of somebody else in a mailbox opened by passkey", "passkey-cannot-share")
def _() -> Register:
    register = passkey_mailbox()
    register.grant(None, register.keyed(HolderKind.PASSKEY, _OTHER_SECRET, Role.READER, person=bob().identity))
    return register


@case("the mailbox key confirms what nobody proposed", "not-pending")
def _() -> Register:
    register = passkey_mailbox()
    register.act(LogKind.CONFIRM, None, [owner_body(register)])
    return register


@case("the mailbox key of an older epoch", "signer-not-manager")
def _() -> Register:
    register = passkey_mailbox()
    register.rotate(None)
    body = register.keyed(HolderKind.PASSKEY, _OTHER_SECRET, Role.OWNER)
    register.act(LogKind.GRANT, None, [body], signed_with_epoch=1)
    return register


def passkey_and_card() -> Register:
    """Opened by passkey; the owner has a card by now."""
    register = passkey_mailbox()
    register.grant(None, register.body(alice(), Role.OWNER))
    return register


@case("the owner of a passkey's mailbox gets a card, which lets a colleague in")
def _() -> Register:
    register = passkey_and_card()
    register.grant(alice(), register.body(bob()))
    return register


@case("with a colleague in, the mailbox key speaks for nobody", "passkey-cannot-share")
def _() -> Register:
    register = passkey_and_card()
    register.grant(alice(), register.body(bob()))
    register.grant(None, register.keyed(HolderKind.PASSKEY, _OTHER_SECRET, Role.OWNER))
    return register


@case("nor once the colleague has gone, who still knows the key", "passkey-cannot-share")
def _() -> Register:
    register = passkey_and_card()
    body = register.body(bob())
    register.grant(alice(), body)
    register.revoke(alice(), body)
    register.revoke(None, owner_body(register))
    return register


@case("and does again after a new epoch without him")
def _() -> Register:
    register = passkey_and_card()
    body = register.body(bob())
    register.grant(alice(), body)
    register.rotate(alice(), ends=[body])
    register.grant(None, register.keyed(HolderKind.PASSKEY, _OTHER_SECRET, Role.OWNER))
    return register


@case("a card comes to prove whom a passkey claimed")
def _() -> Register:
    register = passkey_and_card()
    register.rotate(alice(), identity=alice().identity)
    return register


@case("the mailbox key claims a card", "identity-changed")
def _() -> Register:
    register = passkey_and_card()
    register.rotate(None, identity=alice().identity)
    return register


@case("once a card has proved it, the mailbox key speaks no more", "signer-not-manager")
def _() -> Register:
    register = passkey_and_card()
    register.rotate(alice(), identity=alice().identity)
    register.grant(None, register.keyed(HolderKind.PASSKEY, _OTHER_SECRET, Role.OWNER))
    return register


@case("a colleague's card vouches for a name that is not his", "identity-changed")
def _() -> Register:
    register = passkey_and_card()
    register.grant(alice(), register.body(bob(), Role.OWNER))
    register.rotate(bob(), identity=alice().identity)
    return register


@case("the owner of a card adds a passkey and a recovery code")
def _() -> Register:
    register = Register.opened()
    register.grant(
        alice(),
        register.keyed(HolderKind.PASSKEY, _SECRET, Role.OWNER),
        register.keyed(HolderKind.RECOVERY, _OTHER_SECRET, Role.OWNER),
    )
    register.rotate(alice())
    return register


@case("a new card when all but the passkey is lost")
def _() -> Register:
    register = Register.opened()
    register.grant(alice(), register.keyed(HolderKind.PASSKEY, _SECRET, Role.OWNER))
    register.revoke(alice(), owner_body(register))
    card = renewed(alice())
    register.grant(card, register.body(card, Role.OWNER))
    return register


@case("a manager adds a passkey and a recovery code of his own")
def _() -> Register:
    register, _ = two_managers()
    kinds = (HolderKind.PASSKEY, HolderKind.RECOVERY)
    register.grant(bob(), *(register.keyed(kind, _SECRET, Role.MANAGER, person=bob().identity) for kind in kinds))
    return register


@case("a manager's new epoch carries the owner's passkey and brings one of his own")
def _() -> Register:
    register, _ = two_managers()
    register.grant(alice(), register.keyed(HolderKind.PASSKEY, _SECRET, Role.OWNER))
    register.rotate(bob(), register.keyed(HolderKind.PASSKEY, _OTHER_SECRET, Role.READER, person=bob().identity))
    return register


@case("a manager makes a passkey in the owner's name", "identity-changed")
def _() -> Register:
    register, _ = two_managers()
    register.grant(bob(), register.keyed(HolderKind.PASSKEY, _SECRET, Role.READER))
    return register


@case("a manager makes a recovery code in the owner's name", "identity-changed")
def _() -> Register:
    register, _ = two_managers()
    register.grant(bob(), register.keyed(HolderKind.RECOVERY, _SECRET, Role.READER))
    return register


@case("a manager makes a passkey in nobody's name, which is the owner's", "identity-changed")
def _() -> Register:
    register, _ = two_managers()
    nobody = replace(bob().identity, id_type="", id_value="")
    register.grant(bob(), register.keyed(HolderKind.PASSKEY, _SECRET, Role.READER, person=nobody))
    return register


@case("the owner makes a passkey in a colleague's name", "identity-changed")
def _() -> Register:
    register, _ = joined(Role.READER)
    register.grant(alice(), register.keyed(HolderKind.PASSKEY, _SECRET, Role.READER, person=bob().identity))
    return register


@case("the owner makes a recovery code in a stranger's name", "identity-changed")
def _() -> Register:
    register = Register.opened()
    register.grant(alice(), register.keyed(HolderKind.RECOVERY, _SECRET, Role.READER, person=chloe().identity))
    return register


@case("a passkey of one's own, and a colleague's beside it", "identity-changed")
def _() -> Register:
    register, _ = joined(Role.READER)
    own = register.keyed(HolderKind.PASSKEY, _SECRET, Role.OWNER)
    register.grant(alice(), own, register.keyed(HolderKind.PASSKEY, _OTHER_SECRET, Role.READER, person=bob().identity))
    return register


@case("a new epoch brings a passkey in the owner's name", "identity-changed")
def _() -> Register:
    register, _ = two_managers()
    register.rotate(bob(), register.keyed(HolderKind.PASSKEY, _SECRET, Role.READER))
    return register


@case("a colleague's passkey carried with another role is a new one", "identity-changed")
def _() -> Register:
    register, _ = two_managers()
    register.grant(bob(), register.keyed(HolderKind.PASSKEY, _SECRET, Role.READER, person=bob().identity))
    passkey = GrantBody.from_der(register.bodies[-1])
    register.rotate(alice(), replace(passkey, role=Role.SENDER), ends=[passkey])
    return register


@case("a reader puts a passkey in place of his card")
def _() -> Register:
    register, body = joined(Role.READER)
    passkey = register.keyed(HolderKind.PASSKEY, _SECRET, Role.READER, person=bob().identity)
    register.act(LogKind.CERT_CHANGE, bob(), [passkey], ends=[body])
    return register


@case("the owner puts a passkey in place of a reader's card", "identity-changed")
def _() -> Register:
    register, body = joined(Role.READER)
    passkey = register.keyed(HolderKind.PASSKEY, _SECRET, Role.READER, person=bob().identity)
    register.act(LogKind.CERT_CHANGE, alice(), [passkey], ends=[body])
    return register


# Times


def turned_back(by: timedelta) -> Register:
    """Two days on, where the next act states a time so much earlier."""
    register, _ = joined(Role.MANAGER, not_after=NOW + DAY)
    register.time = NOW + 2 * DAY
    register.grant(alice(), register.body(chloe()))
    register.time -= by
    return register


@case("an act dated an hour before the last one")
def _() -> Register:
    register = turned_back(HOUR)
    register.grant(alice(), register.body(denis()))
    return register


@case("an act dated more than an hour before the last one", "time-backwards")
def _() -> Register:
    register = turned_back(HOUR + SECOND)
    register.grant(alice(), register.body(denis()))
    return register


@case("acts that each go back an hour from the one before", "time-backwards")
def _() -> Register:
    register = turned_back(HOUR)
    register.grant(alice(), register.body(denis()))
    register.time -= HOUR
    register.grant(alice(), register.body(nameless()))
    return register


@case("two acts an hour before the latest")
def _() -> Register:
    register = turned_back(HOUR)
    register.grant(alice(), register.body(denis()))
    register.grant(alice(), register.body(nameless()))
    return register


@case("a manager whose time is over dates his act into it", "time-backwards")
def _() -> Register:
    register = turned_back(DAY)
    register.grant(bob(), register.body(denis(), not_after=NOW + DAY))
    return register


@case("who leaves says that he left yesterday", "time-backwards")
def _() -> Register:
    register = turned_back(DAY)
    register.revoke(chloe(), GrantBody.from_der(register.bodies[-1]))
    return register


@case("a new epoch dated before the one who came last", "time-backwards")
def _() -> Register:
    register = turned_back(DAY)
    register.rotate(alice())
    return register


@case("a passkey of the first kind falls out of a colleague's new epoch")
def _() -> Register:
    register, _ = joined(Role.MANAGER)
    passkey = replace(register.keyed(HolderKind.PASSKEY, _SECRET, Role.OWNER), holder_key=None)
    register.grant(alice(), passkey)
    register.new_epoch()
    register.act(LogKind.ROTATE, bob(), register.carried(without=[passkey]), register.binding(alice().identity))
    return register


# Officers


def share_holder(person: Colleague, number: int = 0) -> ShareHolder:
    named = (person.identity.id_type, person.identity.id_value, person.identity.name)
    return ShareHolder(person.holder.reference, *named, hashlib.sha256(b"share %d" % number).digest())


def policy_of(
    register: Register, body: GrantBody, threshold: int, *people: Colleague, kind: PolicyKind = PolicyKind.OFFICERS
) -> RecoveryPolicy:
    holders = tuple(share_holder(person, place) for place, person in enumerate(people))
    return RecoveryPolicy(register.mailbox_id, kind, threshold, body.digest, 60, 0, holders)


def officer_body(register: Register, secret: bytes = _SECRET, **changes: Any) -> GrantBody:
    holder = replace(alice().identity, id_type="", id_value="", name="Officers")
    return register.keyed(HolderKind.OFFICER, secret, Role.READER, person=holder, **changes)


def with_officers(threshold: int = 2, *people: Colleague) -> Register:
    register, _ = joined(Role.MANAGER)
    body = officer_body(register)
    policy = policy_of(register, body, threshold, *(people or (bob(), chloe(), denis())))
    register.act(LogKind.POLICY, alice(), [body], policy=policy)
    return register


def release(register: Register, person: Colleague | None, request: bytes = b"request") -> None:
    register.act(LogKind.RECOVERY, person, subject=hashlib.sha256(request).digest())


@case("officers and their grant in one entry")
def _() -> Register:
    return with_officers()


@case("officers for a grant made earlier")
def _() -> Register:
    register = Register.opened()
    body = officer_body(register)
    register.grant(alice(), body)
    register.act(LogKind.POLICY, alice(), policy=policy_of(register, body, 1, bob()))
    return register


@case("officers that a reader names", "signer-not-manager")
def _() -> Register:
    register, _ = joined(Role.READER)
    body = officer_body(register)
    register.act(LogKind.POLICY, bob(), [body], policy=policy_of(register, body, 1, bob()))
    return register


@case("officers of a grant that is not theirs", "policy-mismatch")
def _() -> Register:
    register, body = joined(Role.READER)
    register.act(LogKind.POLICY, alice(), policy=policy_of(register, body, 1, chloe()))
    return register


@case("officers of a grant that does not exist", "policy-mismatch")
def _() -> Register:
    register = Register.opened()
    body = officer_body(register)
    register.act(LogKind.POLICY, alice(), policy=policy_of(register, body, 1, chloe()))
    return register


@case("officers of another mailbox", "policy-mismatch")
def _() -> Register:
    register = Register.opened()
    body = officer_body(register)
    policy = replace(policy_of(register, body, 1, bob()), mailbox_id=bytes(16))
    register.act(LogKind.POLICY, alice(), [body], policy=policy)
    return register


@case("a policy that is not there", "body-missing")
def _() -> Register:
    register = with_officers()
    del register.bodies[-1]
    return register


@case("officers who may send", "officer-role")
def _() -> Register:
    register = Register.opened()
    body = replace(officer_body(register), role=Role.SENDER)
    register.act(LogKind.POLICY, alice(), [body], policy=policy_of(register, body, 1, bob()))
    return register


@case("officers named by the mailbox key", "passkey-cannot-share")
def _() -> Register:
    register = passkey_mailbox()
    body = officer_body(register, _OTHER_SECRET)
    register.act(LogKind.POLICY, None, [body], policy=policy_of(register, body, 1, bob()))
    return register


@case("one of two shares released")
def _() -> Register:
    register = with_officers()
    release(register, chloe())
    return register


@case("two of two shares released: the key change is due")
def _() -> Register:
    register = with_officers()
    release(register, chloe())
    release(register, denis())
    return register


@case("two shares for two requests are one each")
def _() -> Register:
    register = with_officers()
    release(register, chloe())
    release(register, denis(), b"another request")
    return register


@case("who holds no share releases none", "not-a-share-holder")
def _() -> Register:
    register = with_officers()
    release(register, alice())
    return register


@case("the mailbox key releases no share", "not-a-share-holder")
def _() -> Register:
    register = with_officers()
    release(register, None)
    return register


@case("one share counts once", "already-released")
def _() -> Register:
    register = with_officers()
    release(register, chloe())
    release(register, renewed(chloe()))
    return register


@case("one share counts once, in whatever policies its holder is", "already-released")
def _() -> Register:
    register = with_officers()
    release(register, chloe())
    body = officer_body(register, _OTHER_SECRET)
    policy = policy_of(register, body, 2, chloe(), denis(), kind=PolicyKind.BREAK_GLASS)
    register.act(LogKind.POLICY, alice(), [body], policy=policy)
    release(register, chloe())
    return register


@case("an officer whose card has no identifier")
def _() -> Register:
    register = with_officers(1, nameless(), chloe())
    release(register, nameless())
    return register


@case("another card without identifier releases none", "not-a-share-holder")
def _() -> Register:
    register = with_officers(1, nameless(), chloe())
    release(register, renewed(nameless()))
    return register


@case("a share of officers who were replaced", "not-a-share-holder")
def _() -> Register:
    register = with_officers()
    old = GrantBody.from_der(register.bodies[-2])
    body = officer_body(register, _OTHER_SECRET)
    policy = policy_of(register, body, 1, denis())
    register.act(LogKind.POLICY, alice(), [body], ends=[old], policy=policy)
    release(register, chloe())
    return register


@case("a share of officers whose grant was ended", "not-a-share-holder")
def _() -> Register:
    register = with_officers()
    register.revoke(alice(), GrantBody.from_der(register.bodies[-2]))
    release(register, chloe())
    return register


@case("officers are carried into a new epoch")
def _() -> Register:
    register = with_officers()
    register.rotate(alice())
    release(register, chloe())
    return register


@case("officers whose secret is known are not", "policy-spent")
def _() -> Register:
    register = with_officers(1)
    release(register, chloe())
    register.rotate(alice())
    return register


@case("a new epoch after a recovery, without the old officers")
def _() -> Register:
    register = with_officers(1)
    release(register, chloe())
    register.new_epoch()
    kept = [body for body in register.carried() if body.holder.kind is not HolderKind.OFFICER]
    register.act(LogKind.ROTATE, alice(), kept, register.binding(alice().identity))
    return register


@case("the same secret for officers again", "policy-spent")
def _() -> Register:
    register = with_officers(1)
    release(register, chloe())
    officer = GrantBody.from_der(register.bodies[-2])
    register.rotate(alice(), officer_body(register), ends=[officer])
    return register


@case("break-glass beside officers")
def _() -> Register:
    register = with_officers()
    body = officer_body(register, _OTHER_SECRET)
    policy = policy_of(register, body, 1, denis(), kind=PolicyKind.BREAK_GLASS)
    register.act(LogKind.POLICY, bob(), [body], policy=policy)
    release(register, denis())
    return register


@case("a second genesis", "fork")
def _() -> Register:
    register = Register.opened()
    register.act(LogKind.GENESIS, alice(), [register.body(alice(), Role.OWNER)], register.binding(alice().identity))
    return register


class _Pool:
    """Values that many logs share, written once; `place` is where one stands."""

    def __init__(self) -> None:
        self.values: list[str] = []

    def place(self, value: bytes) -> int:
        text = b64(value)
        if text not in self.values:
            self.values.append(text)
        return self.values.index(text)


def membership_vectors(_cast: Cast) -> dict[str, Any]:
    return logs_as_data([(name, write(), expect) for name, (write, expect) in CASES.items()])


def logs_as_data(logs: Iterable[tuple[str, Register, str]]) -> dict[str, Any]:
    """Logs with their names and outcomes, as membership/membership.json holds them."""
    entries, bodies, bindings = _Pool(), _Pool(), _Pool()
    people: dict[bytes, Identity] = {}
    vectors = []
    for name, register, expect in logs:
        people |= register.people
        people |= {
            certificate_sha256(one.certificate): register.mailbox_identity for one in register.certificates.values()
        }
        vector: dict[str, Any] = {
            "name": name,
            "entries": [entries.place(one) for one in register.entries],
            "bodies": [bodies.place(one) for one in register.bodies],
            "bindings": [bindings.place(one) for one in register.bindings],
            "at": rfc3339(register.time),
            "expect": expect,
        }
        vectors.append(vector | (described(register.replay(), register.time) if expect == "ok" else {}))
    signers = [
        {"certificate": b64(digest), "identity": describe_identity(identity)} for digest, identity in people.items()
    ]
    pools = {"entries": entries.values, "bodies": bodies.values, "bindings": bindings.values}
    return {"signers": signers, **pools, "vectors": vectors}


def described(membership: Membership, at: datetime) -> dict[str, Any]:
    """What a replay has to find."""
    return {
        "logSeq": membership.head.seq,
        "logHead": b64(membership.head.hash),
        "epoch": membership.epoch,
        "historyFloor": membership.history_floor,
        "keyChangeDue": membership.key_change_due(at),
        "members": [
            {
                "bodyHash": b64(one.digest),
                "person": list(one.person),
                "role": one.body.role.value,
                "state": one.state.value,
                "seq": one.seq,
                "by": one.by.name,
            }
            for one in membership.members
        ],
        "managers": sorted(list(one) for one in membership.managers(at)),
        "policies": [
            {"kind": kind.value, "hash": b64(one.digest), "spent": one.spent}
            for kind, one in membership.policies.items()
        ],
    }
