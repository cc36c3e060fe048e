"""Recovery policies, shares and what is released."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import Any

from bridge.cms.grants import GrantBody, HolderKind, Role
from bridge.cms.log import LogKind
from bridge.cms.recovery_policy import PolicyKind, RecoveryPolicy, ShareHolder
from tests.vectors.membership_cases.cases import OTHER_SECRET, SECRET, case, joined
from tests.vectors.membership_cases.passkeys import passkey_mailbox
from tests.vectors.registers import Colleague, Register, alice, bob, chloe, denis, nameless, renewed


def share_holder(person: Colleague, number: int = 0) -> ShareHolder:
    named = (person.identity.id_type, person.identity.id_value, person.identity.name)
    return ShareHolder(person.holder.reference, *named, hashlib.sha256(b"share %d" % number).digest())


def policy_of(
    register: Register, body: GrantBody, threshold: int, *people: Colleague, kind: PolicyKind = PolicyKind.OFFICERS
) -> RecoveryPolicy:
    holders = tuple(share_holder(person, place) for place, person in enumerate(people))
    return RecoveryPolicy(register.mailbox_id, kind, threshold, body.digest, 60, 0, holders)


def officer_body(register: Register, secret: bytes = SECRET, **changes: Any) -> GrantBody:
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
    body = officer_body(register, OTHER_SECRET)
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
    body = officer_body(register, OTHER_SECRET)
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
    body = officer_body(register, OTHER_SECRET)
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
    body = officer_body(register, OTHER_SECRET)
    policy = policy_of(register, body, 1, denis(), kind=PolicyKind.BREAK_GLASS)
    register.act(LogKind.POLICY, bob(), [body], policy=policy)
    release(register, denis())
    return register


@case("a second genesis", "fork")
def _() -> Register:
    register = Register.opened()
    register.act(LogKind.GENESIS, alice(), [register.body(alice(), Role.OWNER)], register.binding(alice().identity))
    return register
