"""`log.append`: acts that give nobody keys: ending somebody's access, leaving, and confirming a manager whom another proposed."""

from collections.abc import Sequence
from typing import Any

from bridge.acting import Scene, day_of, set_scene
from bridge.bench import Bench
from bridge.cms.log import LogKind
from bridge.cms.members import Member, Person
from bridge.desk import Caller
from bridge.ledger import refusals
from bridge.prompts.requests import Terms
from bridge.ways import way_in, ways_of


def append_to_log(
    bench: Bench,
    caller: Caller,
    handle: str,
    evidence: dict[str, Any],
    kind: str,
    hashes: Sequence[bytes],
    card: str | None = None,
) -> dict[str, Any]:
    """`revoke` ends grants, `confirm` makes pending ones count. Raises RpcError as `grant.make` does."""
    scene = set_scene(bench, caller, handle, evidence, card)
    listed = {"ends" if kind == LogKind.REVOKE.value else "grants": tuple(hashes)}
    entry = scene.entry(LogKind(kind), **listed)
    with refusals():
        members = [scene.membership.member(one) for one in hashes]
        scene.rehearse(entry)
    if kind == LogKind.CONFIRM.value:
        _ask_to_confirm(scene, scene.signer_of(entry), members)
    else:
        kind = "leave-consent" if _is_leaving(scene, members) else "end-consent"
        scene.ask_about(kind, ways_of(members, scene.membership))
    return {"logEntry": scene.sign(entry)}


def _ask_to_confirm(scene: Scene, person: Person, members: Sequence[Member]) -> None:
    """Where this person proposed somebody, the log has said that nobody else is left to confirm."""
    for one in members:
        kind = "confirm-own-consent" if one.proposer == person else "confirm-consent"
        body = one.body
        until = None if body.not_after is None else day_of(body.not_after)
        reaches = "all" if body.history_from_epoch == 1 else "since"
        begun = day_of(scene.membership.bindings[body.history_from_epoch].not_before)
        terms = Terms(body.role.value, day_of(body.not_before), until, reaches, begun)  # type: ignore[arg-type]
        scene.ask_about(kind, [way_in(body.holder, scene.membership)], terms)


def _is_leaving(scene: Scene, members: Sequence[Member]) -> bool:
    who = scene.actor.identity
    return all(one.person == (who.id_type, who.id_value) for one in members)
