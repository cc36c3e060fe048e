"""`grant.make`: new holders of the keys of an open mailbox, or a new card in the place of an old one.

Nobody gets keys whom the prompt did not name. One entry of the log, with one signature, lists them all.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from bridge.acting import Scene, check_current, day_of, set_scene
from bridge.bench import Bench
from bridge.cms.errors import ActRefused
from bridge.cms.grants import GrantBody, Role
from bridge.cms.log import LogKind
from bridge.cms.membership import Member
from bridge.desk import Caller
from bridge.holders import NamedHolder, card_holder, passkey_holder, present_card_holder
from bridge.ledger import refusals
from bridge.pki import certificates as pki
from bridge.prompts.requests import Terms
from bridge.protocol import from_rfc3339
from bridge.proving import probe
from bridge.ways import way_in, ways_of

FIRST_EPOCH = 1
_RANKS = tuple(Role)  # "each role includes those before it"


@dataclass(frozen=True)
class Newcomer:
    """A holder with the grant body he gets, and the terms of it in a prompt's words."""

    who: NamedHolder
    body: GrantBody
    terms: Terms


def make_grants(
    bench: Bench,
    caller: Caller,
    handle: str,
    evidence: dict[str, Any],
    grants: list[dict[str, Any]],
    kind: str,
    ends: Sequence[bytes] = (),
    card: str | None = None,
) -> dict[str, Any]:
    """The sealed grants, their bodies and the entry. Raises RpcError GRANT_REFUSED, LOG_REFUSED, KEY_USE_DENIED, what the card says."""
    # Who lost every other way in comes back by the code on paper, with a new card of his own: the log's rules compare the person.
    levels = ("full", "recovery") if kind == LogKind.CERT_CHANGE.value else ("full",)
    scene = set_scene(bench, caller, handle, evidence, card, levels=levels)
    with refusals():
        check_current(scene)
        _check_own(scene)
        newcomers = [newcomer(scene, one) for one in grants]
        hashes = tuple(one.body.digest for one in newcomers)
        entry = scene.entry(LogKind(kind), grants=hashes, ends=tuple(ends))
        scene.rehearse(entry, [one.body for one in newcomers])
    ask_for(scene, newcomers, "change-consent" if kind == LogKind.CERT_CHANGE.value else "grant-consent")
    ask_for_ends(scene, ends, newcomers)
    wanted = [{"body": one.body.to_der(), "recipient": one.who.recipient} for one in newcomers]
    sealed = bench.vault.call("grants", handle=handle, wanted=wanted, floor=scene.membership.history_floor)
    return {"grants": sealed, "bodies": [one["body"] for one in wanted], "logEntry": scene.sign(entry)}


def _check_own(scene: Scene) -> None:
    """A session by recovery code serves its own person's new card, and nobody else's."""
    holder, who = scene.mailbox.holder, scene.actor.identity
    if scene.mailbox.level == "full" or holder is None:
        return
    if not holder.id_value or (holder.id_type, holder.id_value) != (who.id_type, who.id_value):
        raise ActRefused("identity-changed")


def newcomer(scene: Scene, asked: dict[str, Any], epoch: int | None = None) -> Newcomer:
    """Who is asked for, as the bridge proved him. `epoch`: the one that a rotation begins. Raises PkiError, ActRefused."""
    if asked.get("confidential") and asked["role"] != Role.OWNER.value:
        raise ActRefused("confidential")  # its owners' alone, and theirs always
    who = _holder(scene, asked["holder"])
    begins = epoch is not None
    if asked["history"] == "now" and not begins and scene.membership.epoch == FIRST_EPOCH:
        raise ActRefused("rotation-needed")  # the first epoch has no beginning but the mailbox's own
    history_from = (epoch or scene.membership.epoch) if asked["history"] == "now" else earliest(scene)
    body = new_body(
        scene,
        who,
        epoch=epoch or scene.membership.epoch,
        role=Role(asked["role"]),
        history_from_epoch=history_from,
        not_before=from_rfc3339(asked["notBefore"]),
        not_after=from_rfc3339(asked["notAfter"]) if "notAfter" in asked else None,
    )
    return Newcomer(who, body, _terms(scene, body, begins=begins))


def new_body(scene: Scene, who: NamedHolder, **given: Any) -> GrantBody:
    """A body of this act, of the keys that the scene's mailbox names."""
    mailbox, head = scene.mailbox, scene.membership.head
    pair = (mailbox.encryption_certificate, mailbox.signature_certificate)
    return GrantBody(
        grant_id=secrets.token_bytes(16),
        mailbox_id=scene.mailbox_id,
        address=mailbox.address,
        encryption_spki=pki.spki_sha256(pair[0]),
        signature_spki=pki.spki_sha256(pair[1]),
        encryption_certificate=pki.certificate_sha256(pair[0]),
        signature_certificate=pki.certificate_sha256(pair[1]),
        holder=who.holder,
        log_seq=head.seq + 1,
        prev_log_hash=head.hash,
        holder_key=who.holder_key,
        **given,
    )


def _holder(scene: Scene, asked: dict[str, Any]) -> NamedHolder:
    ((how, given),) = asked.items()
    if how == "card":
        return card_holder(scene.bench, given, scene.proofs, scene.now)
    if how == "passkey":
        return passkey_holder(scene.bench, scene.mailbox, signing_person(scene), given)
    (algorithm, *_) = probe(scene.bench, scene.caller, given["card"])
    return present_card_holder(scene.bench, scene.caller, given["card"], scene.proofs, scene.now, algorithm)


def signing_person(scene: Scene) -> Any:
    """Whose passkey it becomes: the card's holder's, or without a card the owner's that the binding names."""
    return scene.actor.identity if scene.actor.card is not None else scene.membership.binding.identity


def earliest(scene: Scene) -> int:
    """As far back as the signer may read himself: the rules of the log let nobody give more."""
    rights = scene.membership.rights(person_of_actor(scene), scene.now)
    return 1 if rights is None else rights.history_from


def person_of_actor(scene: Scene) -> tuple[str, str]:
    """The signer, as the log's rules compare people."""
    who = scene.actor.identity
    return (who.id_type, who.id_value) if scene.actor.card is not None and who.id_value else scene.membership.owner


def _terms(scene: Scene, body: GrantBody, *, begins: bool) -> Terms:
    days = (day_of(body.not_before), None if body.not_after is None else day_of(body.not_after))
    if body.history_from_epoch < body.epoch or body.epoch == FIRST_EPOCH:
        return Terms(body.role.value, *days, "all")
    if begins:
        return Terms(body.role.value, *days, "now")
    return Terms(body.role.value, *days, "since", day_of(scene.membership.binding.not_before))


def ask_for(scene: Scene, newcomers: Sequence[Newcomer], kind: str) -> None:
    """Name each of them, with what he is given; those with the same terms together."""
    ordered = sorted(newcomers, key=lambda one: repr(one.terms))
    for _, group in groupby(ordered, key=lambda one: repr(one.terms)):
        alike = list(group)
        scene.ask_about(kind, [way_in(one.who.holder, scene.membership) for one in alike], alike[0].terms)


def ask_for_ends(scene: Scene, ends: Sequence[bytes], newcomers: Sequence[Newcomer] = ()) -> None:
    """Name everybody who loses a way in that the same act does not give him again."""
    if lost := _uncovered([scene.membership.member(one) for one in ends], [one.body for one in newcomers]):
        scene.ask_about("end-consent", ways_of(lost, scene.membership))


def _uncovered(ended: Sequence[Member], given: Sequence[GrantBody]) -> list[Member]:
    """Those of them with no like among the new ones. One new grant stands for one old one: it must hide the end of no other."""
    lost, left = [], sorted(given, key=lambda one: _RANKS.index(one.role))
    for member in ended:
        like = next((one for one in left if _covers(one, member.body)), None)
        left = [one for one in left if one is not like]
        if like is None:
            lost.append(member)
    return lost


def _covers(new: GrantBody, old: GrantBody) -> bool:
    """The same way in of the same person, with no less of a role. Who has no identifier is known as nobody's second self."""
    person = (old.holder.id_type, old.holder.id_value)
    is_same = bool(old.holder.id_value) and (new.holder.id_type, new.holder.id_value) == person
    return is_same and new.holder.kind is old.holder.kind and _RANKS.index(new.role) >= _RANKS.index(old.role)
