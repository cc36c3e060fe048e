"""The printed recovery code: `recovery.sheet` makes it and shows it, `recovery.make` makes it count (DESIGN §4.10).

The code is made in the vault and shown on a page of the bridge's own; the webmail page learns where that page is, and public keys.
"""

import hashlib
from typing import Any

from bridge.acting import check_current, set_scene
from bridge.bench import Bench
from bridge.cms.grants import Holder, HolderKind, Role
from bridge.cms.log import LogKind
from bridge.desk import Caller
from bridge.granting import earliest, new_body, person_of_actor, signing_person
from bridge.holders import NamedHolder
from bridge.ledger import refusals
from bridge.prompts.requests import Purpose
from bridge.protocol import RpcError
from bridge.sheets import Sheet


def begin_sheet(bench: Bench, caller: Caller, handle: str) -> dict[str, Any]:
    """A new code on a sheet that waits to be opened; nothing counts yet. Raises RpcError HANDLE_UNKNOWN, KEY_USE_DENIED."""
    mailbox = bench.mailboxes.get(caller, handle)
    if mailbox.level != "full":
        raise RpcError("KEY_USE_DENIED", reason="recovery")
    made = bench.vault.call("make_recovery", mailbox_id=bytes.fromhex(mailbox.mailbox_id))
    sheet = bench.sheets.begin(handle, mailbox.address, made["text"], made["holder_key"], made["login_key"])
    return {"sheet": sheet.id, "url": bench.sheets.url(sheet)}


def drop_sheet(bench: Bench, caller: Caller, handle: str, sheet: str) -> dict[str, Any]:
    """The person closed the dialog: the code is forgotten, and nobody waits for it any more. Raises RpcError HANDLE_UNKNOWN."""
    bench.mailboxes.get(caller, handle)
    bench.sheets.drop(handle, sheet)
    return {}


def make_recovery(
    bench: Bench, caller: Caller, handle: str, sheet: str, evidence: dict[str, Any], card: str | None = None
) -> dict[str, Any]:
    """The grant of a code that was written down and typed back. Raises RpcError as `grant.make`; USER_CANCELLED, PIN_TIMEOUT."""
    bench.mailboxes.get(caller, handle)
    checked = bench.sheets.wait_until_checked(handle, sheet, caller.cancelled)
    done = False
    try:
        answer = _make(bench, caller, handle, checked, evidence, card)
        done = True
    finally:
        bench.sheets.finish(checked, done=done)
    return {**answer, "loginKey": checked.login_key}


def _make(
    bench: Bench, caller: Caller, handle: str, sheet: Sheet, evidence: dict[str, Any], card: str | None
) -> dict[str, Any]:
    scene = set_scene(bench, caller, handle, evidence, card)
    with refusals():
        check_current(scene)
        who, person = signing_person(scene), person_of_actor(scene)
        reference = hashlib.sha256(sheet.holder_key).digest()
        holder = Holder(HolderKind.RECOVERY, reference, who.id_type, who.id_value, who.name)
        rights = scene.membership.rights(person, scene.now)
        body = new_body(
            scene,
            NamedHolder(holder, {"reference": reference, "public_key": sheet.holder_key}),
            epoch=scene.membership.epoch,
            role=Role.READER if rights is None else rights.role,
            history_from_epoch=earliest(scene),
            not_before=scene.now,
            not_after=None if rights is None else rights.until,
        )
        entry = scene.entry(LogKind.GRANT, grants=(body.digest,))
        scene.rehearse(entry, [body])
    scene.ask(Purpose("recovery-consent", (("address", scene.mailbox.address),)))
    recipient = {"reference": reference, "public_key": sheet.holder_key}
    floor = scene.membership.history_floor
    grant = bench.vault.call("grant", handle=handle, body=body.to_der(), recipient=recipient, floor=floor)
    return {"grant": grant, "bodies": [body.to_der()], "logEntry": scene.sign(entry)}
