"""What each kind of act after the genesis may do, and to what it changes the membership (docs/FORMATS.md, *Membership*).

Every function takes the membership before an act and gives the one after it, or raises `ActRefused`. Dates are compared with the
time the entry states.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from bridge.cms.act_shapes import check_shape
from bridge.cms.errors import ActRefused
from bridge.cms.grants import GrantBody, HolderKind, Role
from bridge.cms.log import LogKind
from bridge.cms.members import MANAGING, RANK, LoggedPolicy, Member, Membership, Person, Rights, State, person_of
from bridge.cms.members import person_of_signer as card_person

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from bridge.cms.binding import Binding
    from bridge.cms.log import LogEntry, VerifiedEntry
    from bridge.cms.recovery_policy import PolicyKind, RecoveryPolicy

CLOCKS_DIFFER = timedelta(hours=1)  # as far as an act may be dated before the one that it follows
_ONES_OWN = (HolderKind.PASSKEY, HolderKind.RECOVERY)


@dataclass(frozen=True)
class Act:
    """A verified entry with what it names by hash: grant bodies that begin here, a binding, a recovery policy."""

    entry: VerifiedEntry
    grants: tuple[GrantBody, ...]
    binding: Binding | None = None
    policy: RecoveryPolicy | None = None

    @property
    def fields(self) -> LogEntry:
        return self.entry.entry

    @property
    def at(self) -> datetime:
        return self.fields.time


@dataclass(frozen=True)
class _Signer:
    person: Person
    rights: Rights


def apply_act(before: Membership, act: Act) -> Membership:
    """The membership after `act`. Raises `ActRefused`."""
    check_shape(act.fields)
    if act.at < before.time - CLOCKS_DIFFER:
        raise ActRefused("time-backwards")  # who may no longer sign would state a time when he might
    after = _RULES[act.fields.kind](before, act)
    if not any(one.body.role in MANAGING and not one.expired(act.at) for one in after.active):
        raise ActRefused("last-owner")
    return replace(after, head=act.entry.head, time=max(before.time, act.at), policies=_living_policies(after))


def _grant(before: Membership, act: Act) -> Membership:
    signer = _manager(before, act)
    return _add(_end(before, act, signer), before, act, signer)


def _revoke(before: Membership, act: Act) -> Membership:
    person = before.signer(act.entry)
    ended = [_current(before, digest) for digest in act.fields.ends]
    if all(one.person == person for one in ended) and not before.signed_by_mailbox(act.entry):
        after = _ended(before, act)  # who goes asks nobody
    else:
        after = _end(before, act, _manager(before, act))
    return replace(after, revoked=before.revoked or any(one.state is State.ACTIVE for one in ended))


def _certificate_change(before: Membership, act: Act) -> Membership:
    """A new card, or other unlocker, of one person in place of an old one; it gives what the old one gave."""
    ended = [_current(before, digest) for digest in act.fields.ends]
    people = {one.person for one in ended} | {person_of(body.holder, before.owner) for body in act.grants}
    if len(people) != 1:
        raise ActRefused("identity-changed")
    given = {(one.body.role, one.body.history_from_epoch, one.body.not_after) for one in ended}
    if any((body.role, body.history_from_epoch, body.not_after) not in given for body in act.grants):
        raise ActRefused("rights-changed")
    signer = _own_or_manager(before, act, people)
    return _add(_end(before, act, signer), before, act, signer)


def _rotate(before: Membership, act: Act) -> Membership:
    """A new epoch: everybody with a right gets it again, newcomers may come, and what is not given again is over."""
    signer = _manager(before, act)
    binding = _next_binding(before, act)
    ended = _end(before, act, signer)
    if any(body.history_from_epoch < signer.rights.history_from for body in act.grants):
        raise ActRefused("history-above-signer")  # he cannot pass on what he does not have
    carried = _carried(ended, act)
    _check_nobody_dropped(ended, {one.digest for one in carried.values()}, act.at)
    opened = replace(
        ended,
        bindings={**before.bindings, binding.epoch: binding},
        floors={**before.floors, binding.epoch: max(body.history_from_epoch for body in act.grants)},
        members=tuple(_over(one, act) for one in ended.members),
        revoked=False,
    )
    return _add(_carry(opened, act, carried), before, act, signer, [one for one in act.grants if one not in carried])


def _confirm(before: Membership, act: Act) -> Membership:
    signer = _manager(before, act)
    for digest in act.fields.grants:
        member = _current(before, digest)
        if member.state is not State.PENDING:
            raise ActRefused("not-pending")
        _check_confirms(before, act, signer, member)
    return replace(
        before,
        members=tuple(
            replace(one, state=State.ACTIVE) if one.digest in act.fields.grants else one for one in before.members
        ),
    )


def _check_confirms(before: Membership, act: Act, signer: _Signer, member: Member) -> None:
    """Somebody else agrees. Where nobody else is left who could, the proposer gives alone what he could then give anew."""
    is_proposer = signer.person == member.proposer
    if signer.person == member.person or (is_proposer and _others(before, act, signer, member.person)):
        raise ActRefused("confirm-self")
    if is_proposer:
        _check_no_more(signer, member.body)


def _others(before: Membership, act: Act, signer: _Signer, person: Person) -> frozenset[Person]:
    """Who manages besides the signer and that person."""
    return before.managers(act.at) - {signer.person, person}


def _policy(before: Membership, act: Act) -> Membership:
    signer = _manager(before, act)
    after = _add(_end(before, act, signer), before, act, signer)
    policy = act.policy
    if policy is None:
        raise ActRefused("body-missing")
    granted = [one for one in after.active if one.digest == policy.grant_body]
    if (
        policy.mailbox_id != act.fields.mailbox_id
        or not granted
        or granted[0].body.holder.kind is not HolderKind.OFFICER
    ):
        raise ActRefused("policy-mismatch")
    logged = LoggedPolicy(policy, policy.digest, act.fields.seq, granted[0].body.holder.reference)
    return replace(after, policies={**after.policies, policy.kind: logged})


def _recovery(before: Membership, act: Act) -> Membership:
    """One who holds a share has released it for a request."""
    request, person = act.fields.subject or b"", card_person(act.entry)
    held = {kind: one for kind, one in before.policies.items() if one.is_shared_with(act.entry)}
    if not held:
        raise ActRefused("not-a-share-holder")
    if any(person in one.releases.get(request, ()) for one in held.values()):
        raise ActRefused("already-released")
    released = {
        kind: replace(one, releases={**one.releases, request: one.releases.get(request, frozenset()) | {person}})
        for kind, one in held.items()
    }
    return replace(before, policies={**before.policies, **released})


def _manager(before: Membership, act: Act) -> _Signer:
    """The signer, if he manages at that time. Raises `ActRefused`."""
    person = before.signer(act.entry)
    rights = before.rights(person, act.at)
    if rights is None or not rights.manages:
        raise ActRefused("signer-not-manager")
    if before.signed_by_mailbox(act.entry):
        _check_alone(before, act)
    return _Signer(person, rights)


def _own_or_manager(before: Membership, act: Act, people: set[Person]) -> _Signer:
    person = before.signer(act.entry)
    rights = before.rights(person, act.at)
    if rights is not None and people == {person} and not before.signed_by_mailbox(act.entry):
        return _Signer(person, rights)
    return _manager(before, act)


def _check_alone(before: Membership, act: Act) -> None:
    """Every member holds the mailbox signature key, so it speaks for the owner only as long as nobody else has been one."""
    people = {one.person for one in before.members if one.body.epoch == before.epoch}
    people |= {person_of(body.holder, before.owner) for body in act.grants}
    if people != {before.owner}:
        raise ActRefused("passkey-cannot-share")


def _end(before: Membership, act: Act, signer: _Signer) -> Membership:
    for digest in act.fields.ends:
        member = _current(before, digest)
        is_above = member.body.role is Role.OWNER and signer.rights.role is not Role.OWNER
        if is_above and not _keeps_another_way(before, act, member):
            raise ActRefused("owner-ended")
    return _ended(before, act)


def _keeps_another_way(before: Membership, act: Act, ended: Member) -> bool:
    """Whether it is one of several ways in of an owner, left out of a new epoch that is wrapped for another of them.

    Where his lost card could not be left out, nobody below him could change the keys. He stays an owner, and comes in.
    """
    others = [one for one in before.active if one.person == ended.person and one.digest not in act.fields.ends]
    return act.fields.kind is LogKind.ROTATE and any(_gives_as_much(one, ended, act) for one in others)


def _gives_as_much(one: Member, other: Member, act: Act) -> bool:
    is_wrapped_for = one.in_force(act.at) and not _is_passkey_without_key(one)
    reaches = one.body.role is other.body.role and one.body.history_from_epoch <= other.body.history_from_epoch
    until, needed = one.body.not_after, other.body.not_after
    return is_wrapped_for and reaches and (until is None or (needed is not None and until >= needed))


def _ended(before: Membership, act: Act) -> Membership:
    after = replace(
        before,
        members=tuple(_over(one, act) if one.digest in act.fields.ends else one for one in before.members),
    )
    gone = {one.person for one in before.active} - {one.person for one in after.active}
    given = {person_of(body.holder, before.owner) for body in act.grants}
    return replace(after, revoked=before.revoked or bool(gone - given))


def _add(
    after: Membership, before: Membership, act: Act, signer: _Signer, bodies: Sequence[GrantBody] | None = None
) -> Membership:
    """`after` with new members; `before` says who managed when the act was signed."""
    added = after
    for body in act.grants if bodies is None else bodies:
        _check_body(added, act, body)
        _check_ones_own(added, signer, body)
        _check_new(added, signer, body)
        added = replace(added, members=(*added.members, _new(before, act, signer, body)))
    return added


def _check_body(after: Membership, act: Act, body: GrantBody) -> None:
    """The body is of this act, and of the keys of the current epoch."""
    entry = act.fields
    stated = (body.mailbox_id, body.address, body.log_seq, body.prev_log_hash)
    if stated != (entry.mailbox_id, entry.address, entry.seq, entry.prev_hash):
        raise ActRefused("mailbox-mismatch")
    if body.epoch != after.epoch:
        raise ActRefused("epoch-mismatch")
    binding = after.binding
    if (body.encryption_spki, body.signature_spki) != (binding.encryption_spki, binding.signature_spki):
        raise ActRefused("certificate-mismatch")


def _check_ones_own(after: Membership, signer: _Signer, body: GrantBody) -> None:
    """A passkey or printed code made in another's name would log in as him, and outlast who made it."""
    if body.holder.kind in _ONES_OWN and person_of(body.holder, after.owner) != signer.person:
        raise ActRefused("identity-changed")


def _check_new(after: Membership, signer: _Signer, body: GrantBody) -> None:
    _check_no_more(signer, body)
    if body.not_after is not None and body.not_after < body.not_before:
        raise ActRefused("dates")
    if body.holder.kind is HolderKind.OFFICER and body.role is not Role.READER:
        raise ActRefused("officer-role")
    if not _separable(after, body.history_from_epoch):
        raise ActRefused("rotation-needed")
    before = [one for one in after.members if one.holder_id == (body.holder.kind, body.holder.reference)]
    if any(one.state is not State.ENDED for one in before):
        raise ActRefused("already-member")
    if before and body.holder.kind is HolderKind.OFFICER:
        raise ActRefused("policy-spent")  # shares of an old secret are about


def _check_no_more(signer: _Signer, body: GrantBody) -> None:
    """Nobody gives more than he has."""
    rights = signer.rights
    if RANK[body.role] > RANK[rights.role]:
        raise ActRefused("role-above-signer")
    if body.history_from_epoch < rights.history_from:
        raise ActRefused("history-above-signer")
    if rights.until is not None and (body.not_after is None or body.not_after > rights.until):
        raise ActRefused("end-above-signer")


def _separable(after: Membership, history_from: int) -> bool:
    """Whether no history object of an epoch from there on holds an older one: its key comes with the epoch."""
    floors = [floor for epoch, floor in after.floors.items() if epoch >= history_from]
    return bool(floors) and min(floors) >= history_from


def _new(before: Membership, act: Act, signer: _Signer, body: GrantBody) -> Member:
    person = person_of(body.holder, before.owner)
    makes_manager = body.role in MANAGING and person != signer.person
    # By those who managed before: an act that ends them does not also do without them.
    state = State.PENDING if makes_manager and _others(before, act, signer, person) else State.ACTIVE
    return Member(body, body.digest, person, act.fields.seq, act.at, act.entry.signer, signer.person, state)


def _current(before: Membership, digest: bytes) -> Member:
    """The member that an act ends or confirms. Raises `ActRefused("not-active")`."""
    for one in before.members:
        if one.digest == digest and one.state is not State.ENDED:
            return one
    raise ActRefused("not-active")


def _over(one: Member, act: Act) -> Member:
    return one if one.state is State.ENDED else replace(one, state=State.ENDED, ended_seq=act.fields.seq)


def _next_binding(before: Membership, act: Act) -> Binding:
    """Of the next epoch, with keys never used before, for the same address and person."""
    binding = act.binding
    if binding is None:
        raise ActRefused("binding-missing")
    if (binding.mailbox_id, binding.address) != (act.fields.mailbox_id, act.fields.address):
        raise ActRefused("mailbox-mismatch")
    if binding.epoch != before.epoch + 1:
        raise ActRefused("epoch-mismatch")
    used = {spki for pair in before.spkis.values() for spki in pair}
    if binding.encryption_spki == binding.signature_spki or {binding.encryption_spki, binding.signature_spki} & used:
        raise ActRefused("key-reused")
    _check_identity(before.binding, binding, act)
    return binding


def _check_identity(old: Binding, new: Binding, act: Act) -> None:
    """The person stays; a card may come to prove what was only claimed, if it is that person's own."""
    one, other = old.identity, new.identity
    same_person = (one.id_type, one.id_value) == (other.id_type, other.id_value)
    if not same_person or (not one.id_value and one.name != other.name):
        raise ActRefused("identity-changed")
    signer = act.entry.signer
    vouched = signer.level == other.level == "card" and (signer.id_type, signer.id_value) == (one.id_type, one.id_value)
    if one.level != other.level and not (one.id_value and vouched):
        raise ActRefused("identity-changed")


def _carried(ended: Membership, act: Act) -> dict[GrantBody, Member]:
    """The bodies that repeat a member's right for the next epoch, each with that member. The others give something new."""
    rights = {_right(one.body): one for one in ended.active if not one.expired(act.at)}
    carried = {body: rights.pop(_right(body)) for body in act.grants if _right(body) in rights}
    if any(_is_spent(ended, one) for one in carried.values()):
        raise ActRefused("policy-spent")
    return carried


def _right(body: GrantBody) -> tuple[object, ...]:
    return (body.holder, body.holder_key, body.role, body.not_before, body.not_after, body.history_from_epoch)


def _carry(opened: Membership, act: Act, carried: dict[GrantBody, Member]) -> Membership:
    for body in carried:
        _check_body(opened, act, body)
    again = (replace(one, body=body, digest=body.digest) for body, one in carried.items())
    return replace(opened, members=(*opened.members, *again))


def _check_nobody_dropped(ended: Membership, kept: set[bytes], at: datetime) -> None:
    """Nobody loses his right by silence. A passkey of the first kind cannot be wrapped to while it is absent."""
    for one in ended.active:
        may_be_absent = one.expired(at) or _is_spent(ended, one) or _is_passkey_without_key(one)
        if one.digest not in kept and not may_be_absent:
            raise ActRefused("member-dropped")


def _is_passkey_without_key(one: Member) -> bool:
    return one.body.holder.kind is HolderKind.PASSKEY and one.body.holder_key is None


def _is_spent(members: Membership, one: Member) -> bool:
    return one.body.holder.reference in {policy.reference for policy in members.policies.values() if policy.spent}


def _living_policies(after: Membership) -> dict[PolicyKind, LoggedPolicy]:
    """Those whose officer grant is still one."""
    held = {one.body.holder.reference for one in after.active if one.body.holder.kind is HolderKind.OFFICER}
    return {kind: one for kind, one in after.policies.items() if one.reference in held}


_RULES: dict[LogKind, Callable[[Membership, Act], Membership]] = {
    LogKind.GRANT: _grant,
    LogKind.REVOKE: _revoke,
    LogKind.ROTATE: _rotate,
    LogKind.CERT_CHANGE: _certificate_change,
    LogKind.RECOVERY: _recovery,
    LogKind.CONFIRM: _confirm,
    LogKind.POLICY: _policy,
}
