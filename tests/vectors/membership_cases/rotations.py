"""New epochs: who is wrapped to, who is dropped, what stays."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import Any

from bridge.cms.grants import GrantBody, HolderKind, Role
from bridge.cms.log import LogKind
from tests.vectors.cast import NOW
from tests.vectors.membership_cases.cases import DAY, OTHER_SECRET, SECRET, case, joined, owner_body, two_managers
from tests.vectors.membership_cases.two_managers import proposed
from tests.vectors.registers import Register, alice, bob, chloe, denis, fresh_keys, nameless, renewed


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
    register.grant(alice(), register.keyed(HolderKind.PASSKEY, SECRET, Role.OWNER))
    register.new_epoch()
    other = register.keyed(HolderKind.PASSKEY, OTHER_SECRET, Role.OWNER).holder_key
    bodies = [replace(one, holder_key=other) if one.holder_key else one for one in register.carried()]
    register.act(LogKind.ROTATE, alice(), bodies, register.binding(alice().identity))
    return register


@case("a new epoch that forgets a passkey", "member-dropped")
def _() -> Register:
    register = Register.opened()
    passkey = register.keyed(HolderKind.PASSKEY, SECRET, Role.OWNER)
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
    passkey = register.keyed(HolderKind.PASSKEY, SECRET, role, person=alice().identity, **changes)
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
    passkey = register.keyed(HolderKind.PASSKEY, SECRET, Role.OWNER, person=alice().identity, history_from_epoch=2)
    register.rotate(alice(), passkey)
    card = next(one.body for one in register.replay().active if one.body.holder == alice().holder)
    register.rotate(bob(), ends=[card])
    return register


@case("a manager leaves an owner's card out, and a passkey of the first kind, which falls out, in", "owner-ended")
def _() -> Register:
    register, _ = joined(Role.MANAGER)
    passkey = replace(register.keyed(HolderKind.PASSKEY, SECRET, Role.OWNER), holder_key=None)
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
