"""Recovery by officers, and break-glass: `officers.make` deals the shares, `share.release` gives one (DESIGN §4.10).

A secret that opens the mailbox is dealt in shares, each sealed to a card; its holder gives his share to one signed request, which the
log records, and enough of them open the mailbox in the requester's vault, for a while and for reading.
"""

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from bridge.acting import Actor, Scene, card_actor, check_current, rehearse, set_scene
from bridge.bench import Bench
from bridge.card.errors import DecryptionFailed
from bridge.card_unwrap import content_key_by_card
from bridge.cms.act_rules import CLOCKS_DIFFER
from bridge.cms.errors import CmsError, ShareRefused
from bridge.cms.grants import Holder, HolderKind, Role
from bridge.cms.log import LogEntry, LogKind, build_entry
from bridge.cms.membership import Membership
from bridge.cms.recovery import VerifiedRequest, parse_sealed_share, verify_request
from bridge.cms.recovery_policy import PolicyKind, RecoveryPolicy, ShareHolder
from bridge.cms.unwrapping import CardDecryptPlan
from bridge.desk import Caller
from bridge.granting import ask_for_ends, earliest, new_body
from bridge.heads import Head
from bridge.holders import NamedHolder, card_holder, card_validator, unwrap_certificate
from bridge.ledger import Evidence, read_log, refusals
from bridge.pki import certificates as pki
from bridge.prompts.requests import Named, Purpose
from bridge.protocol import RpcError
from bridge.ways import person

_REQUEST_LASTS = timedelta(days=7)  # an emergency that is over opens nothing


def make_officers(
    bench: Bench,
    caller: Caller,
    handle: str,
    evidence: dict[str, Any],
    kind: str,
    threshold: int,
    minutes: int,
    messages: int,
    holders: list[dict[str, Any]],
    ends: Sequence[bytes] = (),
    card: str | None = None,
) -> dict[str, Any]:
    """The officer grant, the policy, and a sealed share for each holder; one entry lists them. Raises RpcError as `grant.make`."""
    if threshold > len(holders):
        raise RpcError("INVALID_PARAMS", member="threshold")
    scene = set_scene(bench, caller, handle, evidence, card)
    limits = {"kind": PolicyKind(kind), "threshold": threshold, "minutes": minutes, "messages": messages}
    with refusals():
        check_current(scene)
        people = [card_holder(bench, one, scene.proofs, scene.now) for one in holders]
        dealt = bench.vault.call(
            "deal", handle=handle, mailbox_id=scene.mailbox_id, threshold=threshold, count=len(people)
        )
        reference = hashlib.sha256(dealt["holder_key"]).digest()
        recipient = {"reference": reference, "public_key": dealt["holder_key"]}
        named_as = NamedHolder(Holder(HolderKind.OFFICER, reference, "", "", kind), recipient)
        body = new_body(
            scene, named_as, epoch=scene.membership.epoch, role=Role.READER, history_from_epoch=earliest(scene),
            not_before=scene.now, not_after=None,
        )  # fmt: skip
        policy = _policy(scene, people, dealt["commitments"], body.digest, limits)
        entry = scene.entry(LogKind.POLICY, grants=(body.digest,), ends=tuple(ends), subject=policy.digest)
        scene.rehearse(entry, [body], policy=policy)
    _ask_for_officers(scene, people, limits)
    ask_for_ends(scene, ends)
    floor = scene.membership.history_floor
    grant = bench.vault.call("grant", handle=handle, body=body.to_der(), recipient=recipient, floor=floor)
    shares = bench.vault.call(
        "seal_shares", handle=handle, policy=policy.to_der(), recipients=[one.recipient for one in people]
    )
    answer = {"grant": grant, "bodies": [body.to_der()], "policy": policy.to_der(), "shares": shares}
    return {**answer, "logEntry": scene.sign(entry)}


def _policy(
    scene: Scene, people: Sequence[NamedHolder], commitments: Sequence[bytes], body: bytes, limits: dict[str, Any]
) -> RecoveryPolicy:
    holders = tuple(
        ShareHolder(one.holder.reference, one.holder.id_type, one.holder.id_value, one.holder.name, commitment)
        for one, commitment in zip(people, commitments, strict=True)
    )
    return RecoveryPolicy(mailbox_id=scene.mailbox_id, grant_body=body, holders=holders, **limits)


def _ask_for_officers(scene: Scene, people: Sequence[NamedHolder], limits: dict[str, Any]) -> None:
    values = {name: str(limits[name]) for name in ("threshold", "minutes", "messages")}
    scene.ask_about("officers-consent", [person(one.holder) for one in people], None, count=str(len(people)), **values)


def release_share(
    bench: Bench, caller: Caller, card: str, share: bytes, request: bytes, policy: bytes, evidence: dict[str, Any]
) -> dict[str, Any]:
    """A share opened by its holder's card and sealed to the request, and the entry that records it. Raises RpcError SHARE_REFUSED."""
    brought = Evidence.of(evidence)
    now = datetime.now(UTC).replace(microsecond=0)
    with refusals():
        agreed = RecoveryPolicy.from_der(policy)
        membership = _agreed_membership(bench, agreed, brought)
        asked = verify_request(request, agreed, validate_signer=card_validator(bench, brought.proofs, now))
        _check_age(asked, now)
        sealed = parse_sealed_share(share, agreed)
        address = membership.binding.address
        actor = card_actor(bench, caller, card, Purpose("act", (("address", address),)), brought.proofs, now)
        entry = _recovery_entry(membership, asked, now)
        rehearse(membership, actor, entry)
    _ask_to_release(bench, caller, actor, asked, address)
    content_key = _content_key(bench, caller, card, agreed, sealed.card_plan, address)
    release = bench.vault.call(
        "release",
        sealed=share,
        content_key=content_key,
        policy=policy,
        request=asked.request.to_der(),
        digest=asked.digest,
    )
    bench.budgets.spend(agreed.mailbox_id.hex(), caller.origin, "signature", 1)
    bench.heads.remember(agreed.mailbox_id.hex(), Head(membership.head.seq, membership.head.hash, time=membership.time))
    return {"release": release, "logEntry": build_entry(entry, actor.signer)}


def _check_age(asked: VerifiedRequest, now: datetime) -> None:
    """Raises ShareRefused("expired"), also for a date ahead of time, which would make it last longer."""
    if not now - _REQUEST_LASTS <= asked.request.time <= now + CLOCKS_DIFFER:
        raise ShareRefused("expired")


def _agreed_membership(bench: Bench, policy: RecoveryPolicy, evidence: Evidence) -> Membership:
    """The log of the policy's mailbox, which holds just this policy. Raises ShareRefused("policy")."""
    membership = read_log(bench, policy.mailbox_id.hex(), evidence).membership
    logged = membership.policies.get(policy.kind)
    if logged is None or logged.digest != policy.digest:
        raise ShareRefused("policy")
    return membership


def _recovery_entry(membership: Membership, asked: VerifiedRequest, now: datetime) -> LogEntry:
    head, binding = membership.head, membership.binding
    return LogEntry(
        binding.mailbox_id,
        binding.address,
        head.seq + 1,
        head.hash,
        now,
        LogKind.RECOVERY,
        (),
        (),
        subject=asked.digest,
    )


def _ask_to_release(bench: Bench, caller: Caller, actor: Actor, asked: VerifiedRequest, address: str) -> None:
    who = Named(asked.signer.name, f"{asked.signer.id_type} {asked.signer.id_value}".strip())
    moment = asked.request.time.astimezone()
    when = (("day", moment.date().isoformat()), ("time", f"{moment:%H:%M}"))
    values = (("address", address), ("reason", asked.request.reason), *when)
    bench.desk.confirm(caller, actor.card, Purpose("release-consent", values, people=(who,)))


def _content_key(
    bench: Bench, caller: Caller, card: str, policy: RecoveryPolicy, plan: CardDecryptPlan, address: str
) -> bytes:
    """One operation of the card that the share is sealed to. Raises RpcError RECIPIENT_MISMATCH, SHARE_REFUSED."""
    present = bench.desk.find(caller, card)
    reference = pki.certificate_sha256(unwrap_certificate(present))
    if reference not in [one.reference for one in policy.holders]:
        raise RpcError("RECIPIENT_MISMATCH")
    try:
        return content_key_by_card(bench, caller, present, plan, Purpose("share", (("address", address),)))
    except (DecryptionFailed, CmsError):
        raise RpcError("SHARE_REFUSED", reason="sealed", index=None) from None
