"""A second manager or owner, whom a third has to confirm."""

from __future__ import annotations

from typing import Any

from bridge.cms.grants import GrantBody, Role
from bridge.cms.log import LogKind
from tests.vectors.cast import NOW
from tests.vectors.membership_cases.cases import DAY, case, joined, two_managers
from tests.vectors.registers import Colleague, Register, alice, bob, chloe, denis, renewed


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


def three_managers() -> Register:
    register, body = proposed()
    confirm(register, bob(), body)
    return register


def raised() -> tuple[Register, GrantBody]:
    """One of three managers is proposed for owner."""
    register = three_managers()
    body = register.body(bob(), Role.OWNER, holder=renewed(bob()).holder)
    register.grant(alice(), body)
    return register, body


@case("a manager proposed for owner confirms himself", "confirm-self")
def _() -> Register:
    register, body = raised()
    confirm(register, bob(), body)
    return register


@case("a manager proposed for owner is confirmed by the third")
def _() -> Register:
    register, body = raised()
    confirm(register, chloe(), body)
    return register


@case("one of two managers makes the other an owner, whom nobody else could confirm")
def _() -> Register:
    register, body = two_managers()
    register.grant(alice(), register.body(bob(), Role.OWNER), ends=(body,))
    register.grant(bob(), register.body(chloe(), Role.OWNER))
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


@case("one of two managers adds a card of the other, which nobody else could confirm")
def _() -> Register:
    register, _ = two_managers()
    register.grant(alice(), register.body(renewed(bob()), Role.MANAGER))
    return register


@case("one of three managers adds a card of another, which waits for the third")
def _() -> Register:
    register = three_managers()
    register.grant(alice(), register.body(renewed(bob()), Role.MANAGER))
    return register


@case("an act that ends the only other manager makes nobody a manager at once", "signer-not-manager")
def _() -> Register:
    register, _ = replaced()
    register.grant(chloe(), register.body(denis()))
    return register


def replaced() -> tuple[Register, GrantBody]:
    """In one act the only other manager is ended, and a new one proposed."""
    register, body = two_managers()
    new = register.body(chloe(), Role.MANAGER)
    register.grant(alice(), new, ends=(body,))
    return register, new


@case("who ended the only other manager in the same act confirms by an act of its own")
def _() -> Register:
    register, body = replaced()
    confirm(register, alice(), body)
    register.grant(chloe(), register.body(denis()))
    return register


@case("who is proposed confirms himself once nobody else could", "signer-not-manager")
def _() -> Register:
    register, body = replaced()
    confirm(register, chloe(), body)
    return register


@case("a new epoch ends the only other manager, and its signer confirms the new one after it")
def _() -> Register:
    register, body = two_managers()
    bodies = register.rotate(alice(), register.body(chloe(), Role.MANAGER, history_from_epoch=2), ends=(body,))
    confirm(register, alice(), bodies[-1])
    return register


@case("a proposer confirms himself once everybody else who manages has left")
def _() -> Register:
    register, second = two_managers()
    body = register.body(chloe(), Role.MANAGER)
    register.grant(alice(), body)
    register.revoke(bob(), second)
    confirm(register, alice(), body)
    return register


@case("a proposer confirms himself where one of two others has left", "confirm-self")
def _() -> Register:
    register = three_managers()
    body = register.body(denis(), Role.MANAGER)
    register.grant(alice(), body)
    register.revoke(alice(), GrantBody.from_der(register.bodies[1]))
    confirm(register, alice(), body)
    return register


@case("a manager proposed for owner confirms himself once nobody else manages", "confirm-self")
def _() -> Register:
    register, body = raised()
    register.revoke(chloe(), GrantBody.from_der(register.bodies[2]))
    register.revoke(alice(), GrantBody.from_der(register.bodies[0]))
    confirm(register, bob(), body)
    return register


def lowered(**changes: Any) -> tuple[Register, GrantBody]:
    """An owner proposed another, and has since kept no more than a manager's right; nobody else manages."""
    register, second = two_managers()
    body = register.body(chloe(), Role.OWNER)
    register.grant(alice(), body)
    register.grant(alice(), register.body(renewed(alice()), **changes))
    register.revoke(alice(), second)
    register.revoke(alice(), GrantBody.from_der(register.bodies[0]))
    return register, body


@case("a proposer who is no owner any more confirms an owner alone", "role-above-signer")
def _() -> Register:
    register, body = lowered(role=Role.MANAGER)
    confirm(register, alice(), body)
    return register


@case("a proposer whose right has an end now confirms alone one without end", "end-above-signer")
def _() -> Register:
    register, body = lowered(role=Role.OWNER, not_after=NOW + DAY)
    confirm(register, alice(), body)
    return register


@case("a manager whose time is over is no second one")
def _() -> Register:
    register, _ = joined(Role.MANAGER, not_after=NOW + DAY)
    register.time = NOW + 2 * DAY
    register.grant(alice(), register.body(chloe(), Role.MANAGER))
    return register
