"""Acts dated back or ahead, and rights that have not begun or are over."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from bridge.cms.grants import GrantBody, HolderKind, Role
from bridge.cms.log import LogKind
from tests.vectors.cast import NOW
from tests.vectors.membership_cases.cases import DAY, HOUR, SECOND, SECRET, case, joined
from tests.vectors.registers import Register, alice, bob, chloe, denis, nameless

if TYPE_CHECKING:
    from datetime import timedelta


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
    passkey = replace(register.keyed(HolderKind.PASSKEY, SECRET, Role.OWNER), holder_key=None)
    register.grant(alice(), passkey)
    register.new_epoch()
    register.act(LogKind.ROTATE, bob(), register.carried(without=[passkey]), register.binding(alice().identity))
    return register
