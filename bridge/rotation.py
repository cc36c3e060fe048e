"""`mailbox.rotate`: the next epoch of a mailbox, for everybody who still has a right, and for newcomers (DESIGN §4.6).

Old keys stay what they are; the new ones go to whom the replayed log shows and to whom the prompt names. Nothing is remembered
before the log says that it happened: asked twice, this makes two sound acts, of which a server takes one.
"""

import hashlib
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from cryptography import x509

from bridge.acting import Scene, check_current, set_scene
from bridge.bench import Bench
from bridge.cms.binding import Binding
from bridge.cms.delegation import Delegation
from bridge.cms.errors import ActRefused, CmsError
from bridge.cms.grants import GrantBody, Holder, HolderKind
from bridge.cms.history import history_floor
from bridge.cms.log import LogKind
from bridge.cms.membership import Member
from bridge.desk import Caller
from bridge.enrolment import certified_pair
from bridge.granting import Newcomer, ask_for, ask_for_ends, newcomer
from bridge.holders import NamedHolder, card_holder
from bridge.ledger import refusals
from bridge.mailboxes import OpenMailbox
from bridge.pki import certificates as pki
from bridge.pki.errors import PkiError
from bridge.protocol import RpcError


@dataclass(frozen=True)
class _Wrapped:
    """A body with what the vault wraps its keys to."""

    body: GrantBody
    recipient: dict[str, Any]


@dataclass(frozen=True)
class _Next:
    """Everything of the act but its signature."""

    binding: Binding
    newcomers: Sequence[Newcomer]
    wrapped: Sequence[_Wrapped]


def rotate_mailbox(
    bench: Bench,
    caller: Caller,
    handle: str,
    new_handle: str,
    encryption_certificate: bytes,
    signature_certificate: bytes,
    evidence: dict[str, Any],
    holders: list[dict[str, Any]],
    add: Sequence[dict[str, Any]] = (),
    ends: Sequence[bytes] = (),
    card: str | None = None,
) -> dict[str, Any]:
    """The grants, binding, history and entry of the next epoch; `new_handle` is then open in it. Raises RpcError as `grant.make`."""
    scene = set_scene(bench, caller, handle, evidence, card, "rotate")
    _check_requested(scene, new_handle)
    with refusals():
        check_current(scene)
        pair = (encryption_certificate, signature_certificate)
        certified = certified_pair(bench, new_handle, scene.mailbox.address, pair, scene.proofs, scene.now)
        later = _next_mailbox(scene, new_handle, certified)
        act = _next(replace(scene, mailbox=later), holders, add, ends)
        hashes = tuple(one.body.digest for one in act.wrapped)
        entry = scene.entry(LogKind.ROTATE, grants=hashes, bindings=(act.binding.digest,), ends=tuple(ends))
        scene.rehearse(entry, [one.body for one in act.wrapped], act.binding)
    ask_for(scene, act.newcomers, "grant-consent")
    ask_for_ends(scene, ends, act.newcomers)
    made = _wrap(scene, new_handle, act)
    signed = scene.sign(entry)
    _open(scene, replace(later, delegation=_delegation(scene, act, signed)))
    return {**made, "binding": act.binding.to_der(), "logEntry": signed, "epoch": later.epoch}


def _check_requested(scene: Scene, handle: str) -> None:
    waiting = scene.bench.requested.get(handle) or scene.bench.begun.get(handle)
    if waiting != (scene.caller.origin, scene.mailbox.address):
        raise RpcError("HANDLE_UNKNOWN")


def _next_mailbox(scene: Scene, handle: str, pair: tuple[x509.Certificate, x509.Certificate]) -> OpenMailbox:
    return replace(
        scene.mailbox,
        handle=handle,
        epoch=scene.membership.epoch + 1,
        encryption_certificate=pair[0],
        signature_certificate=pair[1],
        until=min(scene.mailbox.until, scene.bench.mailboxes.until()),
    )


def _next(
    scene: Scene, holders: Sequence[dict[str, Any]], add: Sequence[dict[str, Any]], ends: Sequence[bytes]
) -> _Next:
    """`scene` is that of the new keys."""
    newcomers = [newcomer(scene, one, scene.mailbox.epoch) for one in add]
    certificates = {hashlib.sha256(one["certificate"]).digest(): one for one in holders}
    carried = _carry_all(scene, _staying(scene, ends), certificates)
    return _Next(_binding(scene), newcomers, [*carried, *(_Wrapped(one.body, one.who.recipient) for one in newcomers)])


def _staying(scene: Scene, ends: Sequence[bytes]) -> list[Member]:
    """Whoever has a right that nobody ends here. A share that was used opens no further epoch."""
    spent = {one.reference for one in scene.membership.policies.values() if one.spent}
    return [
        one
        for one in scene.membership.active
        if one.digest not in ends
        and not one.expired(scene.now)
        and one.body.holder.reference not in spent
        and (one.body.holder.kind is not HolderKind.PASSKEY or one.body.holder_key is not None)  # one of the first kind
    ]


def _carry_all(scene: Scene, members: Sequence[Member], certificates: Mapping[bytes, dict[str, Any]]) -> list[_Wrapped]:
    """Raises RpcError GRANT_REFUSED, with every holder whose card is why: who ends one of them is not to meet the next."""
    carried, refused = [], []
    for one in members:
        try:
            carried.append(_carry(scene, one, certificates))
        except (CmsError, PkiError) as error:
            refused.append({"holder": one.digest, "reason": getattr(error, "reason", error.code)})
    if refused:
        raise RpcError("GRANT_REFUSED", **refused[0], refused=refused)
    return carried


def _carry(scene: Scene, member: Member, certificates: Mapping[bytes, dict[str, Any]]) -> _Wrapped:
    """The same right for the new keys. Raises CmsError and PkiError where the card is not believed."""
    body, mailbox, head = member.body, scene.mailbox, scene.membership.head
    pair = (mailbox.encryption_certificate, mailbox.signature_certificate)
    again = replace(
        body,
        grant_id=secrets.token_bytes(16),
        epoch=mailbox.epoch,
        encryption_spki=pki.spki_sha256(pair[0]),
        signature_spki=pki.spki_sha256(pair[1]),
        encryption_certificate=pki.certificate_sha256(pair[0]),
        signature_certificate=pki.certificate_sha256(pair[1]),
        log_seq=head.seq + 1,
        prev_log_hash=head.hash,
    )
    if body.holder_key is not None:
        return _Wrapped(again, {"reference": body.holder.reference, "public_key": body.holder_key})
    return _Wrapped(again, _same_person(scene, body.holder, certificates).recipient)


def _same_person(scene: Scene, holder: Holder, certificates: Mapping[bytes, dict[str, Any]]) -> NamedHolder:
    if holder.reference not in certificates:
        raise ActRefused("holder-missing")
    found = card_holder(scene.bench, certificates[holder.reference], scene.proofs, scene.now)
    if (found.holder.id_type, found.holder.id_value) != (holder.id_type, holder.id_value):
        raise ActRefused("identity-mismatch")
    return found


def _binding(scene: Scene) -> Binding:
    mailbox = scene.mailbox
    return Binding(
        mailbox_id=scene.mailbox_id,
        address=mailbox.address,
        epoch=mailbox.epoch,
        encryption_spki=pki.spki_sha256(mailbox.encryption_certificate),
        signature_spki=pki.spki_sha256(mailbox.signature_certificate),
        not_before=scene.now,
        not_after=mailbox.encryption_certificate.not_valid_after_utc.replace(microsecond=0),
        identity=scene.membership.binding.identity,
    )


def _wrap(scene: Scene, new_handle: str, act: _Next) -> dict[str, Any]:
    """All grants and the shared history, made in the vault."""
    vault, floor = scene.bench.vault, history_floor(one.body for one in act.wrapped)
    vault.call("begin", handle=new_handle, previous=scene.mailbox.handle, confidential=scene.mailbox.role == "owner")
    wrapped = [{"body": one.body.to_der(), "recipient": one.recipient} for one in act.wrapped]
    return {
        "grants": vault.call("grants", handle=new_handle, wanted=wrapped, floor=floor),
        "bodies": [one["body"] for one in wrapped],
        "history": vault.call("history", handle=new_handle, mailbox_id=scene.mailbox_id, floor=floor),
    }


def _open(scene: Scene, later: OpenMailbox) -> None:
    """The new keys can be used as soon as the server has taken the act; a page that left takes them with it."""
    bench = scene.bench
    bench.begun[later.handle] = (later.origin, later.address)
    bench.requested.pop(later.handle, None)
    bench.ledger.keep(later.handle, scene.membership)
    bench.mailboxes.add(later)


def _delegation(scene: Scene, act: _Next, signed: bytes) -> bytes | None:
    """For a manager who signs mail for somebody else: by what he does so under the new keys."""
    if scene.mailbox.delegation is None:
        return None
    own = next((one.body for one in act.wrapped if one.body.holder == scene.mailbox.holder), None)
    return None if own is None else Delegation(signed, own.to_der()).to_der()
