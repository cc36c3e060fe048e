"""Who may end whose grant, and who may not."""

from __future__ import annotations

from bridge.cms.grants import Role
from tests.vectors.cast import NOW
from tests.vectors.membership_cases.cases import DAY, case, joined, owner_body, two_managers
from tests.vectors.membership_cases.two_managers import confirm, proposed
from tests.vectors.registers import Register, alice, bob, chloe, denis, renewed


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


@case("a manager ends, beside a grant, what was proposed to make somebody an owner", "owner-ended")
def _() -> Register:
    register, _ = two_managers()
    proposal = register.body(chloe(), Role.OWNER)
    register.grant(alice(), proposal)
    register.grant(bob(), register.body(denis()), ends=[proposal])
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
