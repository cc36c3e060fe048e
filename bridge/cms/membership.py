"""Replaying a membership log: who is a member, from the signed entries alone (docs/FORMATS.md, *Membership*).

A server's tables are a cache of this. Nothing is ever wrapped for anybody whom the replay does not show.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from bridge.cms.act_rules import Act, apply_act
from bridge.cms.act_shapes import check_shape
from bridge.cms.acts import check_genesis_act
from bridge.cms.binding import Binding
from bridge.cms.errors import ActRefused
from bridge.cms.grants import GrantBody
from bridge.cms.log import LogKind, VerifiedEntry, verify_chain
from bridge.cms.members import LoggedPolicy, Member, Membership, Person, Rights, State, person_of
from bridge.cms.recovery_policy import RecoveryPolicy
from bridge.pki.certificates import spki_sha256

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

__all__ = ["LoggedPolicy", "Member", "Membership", "Person", "Rights", "State", "replay"]


def replay(
    entries: Sequence[VerifiedEntry],
    bodies: Iterable[bytes],
    bindings: Iterable[bytes],
    known: Membership | None = None,
) -> Membership:
    """The membership at the last entry, after the rules of every act from the genesis on, or from `known` on.

    `bodies` are the DER grant bodies and recovery policies that the entries name by hash, in any order; what no entry names counts
    for nothing. Raises `LogRefused` for a chain that is broken or does not extend `known`; `ActRefused` for an act that its signer
    may not do, or whose bodies are not all here (`body-missing`, `binding-missing`); `GrantRefused` or `ShareRefused` (`malformed`).
    """
    verify_chain(entries, None if known is None else known.head)
    named = {hashlib.sha256(der).digest(): der for der in (*bodies, *bindings)}
    membership = known
    for entry in entries:
        if membership is None:
            membership = _genesis(_act(entry, named))
        elif entry.entry.seq > membership.head.seq:
            membership = apply_act(membership, _act(entry, named))
    if membership is None:
        raise ActRefused("not-genesis")
    return membership


def _act(entry: VerifiedEntry, named: Mapping[bytes, bytes]) -> Act:
    fields = entry.entry
    check_shape(fields)
    begins = () if fields.kind is LogKind.CONFIRM else fields.grants  # what is confirmed began earlier
    return Act(
        entry,
        grants=tuple(GrantBody.from_der(_found(named, digest, "body-missing")) for digest in begins),
        binding=next((Binding.from_der(_found(named, one, "binding-missing")) for one in fields.bindings), None),
        policy=_policy(entry, named),
    )


def _policy(entry: VerifiedEntry, named: Mapping[bytes, bytes]) -> RecoveryPolicy | None:
    if entry.entry.kind is not LogKind.POLICY:
        return None
    return RecoveryPolicy.from_der(_found(named, entry.entry.subject or b"", "body-missing"))


def _found(named: Mapping[bytes, bytes], digest: bytes, reason: str) -> bytes:
    if digest not in named:
        raise ActRefused(reason)
    return named[digest]


def _genesis(act: Act) -> Membership:
    body, binding = act.grants[0], act.binding
    if binding is None:
        raise ActRefused("binding-missing")
    check_genesis_act(act.entry, body, binding)
    if body.history_from_epoch > body.epoch:
        raise ActRefused("rotation-needed")
    owner = person_of(body.holder)
    signer = act.entry.signer
    knows_by_key = signer.level != "passkey" and not signer.id_value
    return Membership(
        head=act.entry.head,
        time=act.at,
        owner=owner,
        owner_key=spki_sha256(act.entry.signer_certificate) if knows_by_key else b"",
        bindings={binding.epoch: binding},
        members=(Member(body, body.digest, owner, 0, act.at, signer, owner, State.ACTIVE),),
        floors={binding.epoch: binding.epoch},
    )
