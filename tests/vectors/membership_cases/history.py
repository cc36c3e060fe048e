"""What of the past a member may read, and may give."""

from __future__ import annotations

from bridge.cms.grants import Role
from tests.vectors.membership_cases.cases import case
from tests.vectors.registers import Register, alice, bob, chloe


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
