"""Logs written by chance: acts that mostly may be, in mailboxes of every kind, until one may not. For two replays to agree upon."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from bridge.cms.errors import CmsError
from bridge.cms.grants import HolderKind, Role
from bridge.cms.log import LogKind
from bridge.cms.membership import State
from bridge.cms.recovery_policy import PolicyKind
from tests.vectors.cast import NOW
from tests.vectors.membership_cases.cases import DAY
from tests.vectors.membership_cases.officers import officer_body, policy_of
from tests.vectors.registers import Register, alice, bob, chloe, denis, nameless, renewed

if TYPE_CHECKING:
    from collections.abc import Callable
    from random import Random

    from bridge.cms.grants import GrantBody
    from bridge.cms.membership import Membership
    from tests.vectors.registers import Colleague

SECRETS = [bytes((number,)) * 32 for number in range(1, 6)]
_ATTEMPTS = 5
_MOST_ACTS = 7


def random_log(rng: Random) -> Register:
    """A few acts, each tried until it is allowed; now and then the one that was not is left as the last."""
    register = _opened(rng)
    for _ in range(rng.randint(1, _MOST_ACTS)):
        found = _next(register, rng)
        register = found or register
        if found is None or not _stands(found):
            break
    return register


def _opened(rng: Random) -> Register:
    if rng.random() < 0.25:
        return Register.opened_by_passkey(SECRETS[0], rng.choice((alice(), nameless())).identity)
    return Register.opened(rng.choice((alice(), alice(), nameless())))


def _next(register: Register, rng: Random) -> Register | None:
    membership = register.replay()
    for _ in range(_ATTEMPTS):
        tried = register.fork()
        tried.time += rng.choice((0, 0, 0, 1, 2)) * DAY
        _Chance(tried, membership, rng).act()
        if _stands(tried) or rng.random() < 0.15:
            return tried
    return None


def _stands(register: Register) -> bool:
    try:
        register.replay()
    except CmsError:
        return False
    return True


@dataclass
class _Chance:
    """One act by chance upon a log that stands."""

    register: Register
    membership: Membership
    rng: Random

    def act(self) -> None:
        common = [LogKind.GRANT] * 3 + [LogKind.ROTATE] * 2
        kind = self.rng.choice([one for one in LogKind if one is not LogKind.GENESIS] + common)
        acts: dict[LogKind, Callable[[], None]] = {
            LogKind.GRANT: self._grant,
            LogKind.REVOKE: lambda: self.register.revoke(self._signer(), *self._ends()),
            LogKind.ROTATE: self._rotate,
            LogKind.CERT_CHANGE: self._renew,
            LogKind.CONFIRM: self._confirm,
            LogKind.POLICY: self._policy,
            LogKind.RECOVERY: self._release,
        }
        acts[kind]()

    def _grant(self) -> None:
        bodies = [self._body() for _ in range(self.rng.choice((1, 1, 2)))]
        self.register.grant(self._signer(), *bodies, ends=self._ends() if self.rng.random() < 0.3 else ())

    def _rotate(self) -> None:
        signer, ends = self._signer(), self._ends()
        self.register.new_epoch(self.register.keys[1] if self.rng.random() < 0.05 else None)
        spent = {one.reference for one in self.membership.policies.values() if one.spent}
        over = [
            one.body
            for one in self.membership.active
            if one.expired(self.register.time) or one.body.holder.reference in spent
        ]
        bodies = self.register.carried(without=[*ends, *(over if self.rng.random() < 0.9 else ())])
        if bodies and self.rng.random() < 0.1:
            bodies.pop(self.rng.randrange(len(bodies)))
        if self.rng.random() < 0.4:
            bodies.append(replace(self._body(), history_from_epoch=self.rng.choice((1, self.register.epoch))))
        identity = self.membership.binding.identity
        if self.rng.random() < 0.1:
            identity = replace(identity, level=self.rng.choice(("card", "software", "passkey")))
        self.register.act(LogKind.ROTATE, signer, bodies, self.register.binding(identity), ends=ends)

    def _renew(self) -> None:
        old = self.rng.choice(self._live())
        person = next((one for one in _people() if one.identity.id_value == old.holder.id_value), alice())
        new = renewed(person)
        given = {"history_from_epoch": old.history_from_epoch, "not_after": old.not_after}
        body = self.register.body(new, old.role if self.rng.random() < 0.9 else Role.OWNER, **given)
        self.register.act(LogKind.CERT_CHANGE, self.rng.choice((self._signer(), person, new)), [body], ends=[old])

    def _confirm(self) -> None:
        waiting = [one.body for one in self.membership.pending] or self._live()
        self.register.act(LogKind.CONFIRM, self._signer(), [self.rng.choice(waiting)])

    def _policy(self) -> None:
        body, count = officer_body(self.register, self.rng.choice(SECRETS)), self.rng.randint(1, 3)
        people = self.rng.sample(_people(), count)
        policy = policy_of(
            self.register, body, self.rng.randint(1, count), *people, kind=self.rng.choice(list(PolicyKind))
        )
        officers = [one for one in self._live() if one.holder.kind is HolderKind.OFFICER]
        ends = officers if self.rng.random() < 0.3 else []
        self.register.act(LogKind.POLICY, self._signer(), [body], policy=policy, ends=ends)

    def _release(self) -> None:
        self.register.act(LogKind.RECOVERY, self.rng.choice(_people()), subject=self.rng.choice(SECRETS[:2]))

    def _signer(self) -> Colleague | None:
        """Mostly somebody who manages; None is the mailbox key."""
        if self.membership.binding.identity.level == "passkey" and self.rng.random() < 0.6:
            return None
        managers = self.membership.managers(self.register.time)
        able = [one for one in _people() if (one.identity.id_type, one.identity.id_value) in managers]
        return self.rng.choice(able or [alice()]) if self.rng.random() < 0.8 else self.rng.choice([*_people(), None])

    def _ends(self) -> list[GrantBody]:
        listed = [one.body for one in self.membership.members]
        chosen = [
            self.rng.choice(self._live() if self.rng.random() < 0.9 else listed)
            for _ in range(self.rng.choice((0, 1, 2)))
        ]
        return list(dict.fromkeys(chosen))

    def _live(self) -> list[GrantBody]:
        return [one.body for one in self.membership.members if one.state is not State.ENDED]

    def _body(self) -> GrantBody:
        """Somebody's card, passkey, code, or officers, with a right by chance."""
        changes: dict[str, object] = {}
        if self.rng.random() < 0.3:
            changes["history_from_epoch"] = self.rng.randint(1, self.register.epoch + 1)
        if self.rng.random() < 0.3:
            changes["not_after"] = NOW + self.rng.choice((0, 1, 3, 9)) * DAY
        if self.rng.random() < 0.15:
            changes["not_before"] = NOW + self.rng.choice((-1, 1, 2)) * timedelta(days=1)
        person, role = self.rng.choice(_people()), self.rng.choice(list(Role))
        if self.rng.random() < 0.65:
            return self.register.body(self.rng.choice((person, renewed(person))), role, **changes)
        kind = self.rng.choice((HolderKind.PASSKEY, HolderKind.RECOVERY, HolderKind.OFFICER))
        is_officer = kind is HolderKind.OFFICER and self.rng.random() < 0.8
        return self.register.keyed(
            kind, self.rng.choice(SECRETS), Role.READER if is_officer else role, person=person.identity, **changes
        )


def _people() -> list[Colleague]:
    return [alice(), bob(), chloe(), denis(), nameless()]
