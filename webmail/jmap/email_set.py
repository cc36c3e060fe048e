"""Email/set (RFC 8621 §4.6): keywords, folders and destroying. Creating is Email/import, since only a client can seal."""

from collections.abc import Iterable
from typing import Any

from django.db import transaction

from webmail.domain import messages, own_copies, trace
from webmail.domain.access import Right
from webmail.domain.change import Kind
from webmail.domain.errors import InvalidProperties
from webmail.domain.messages import MessagePatch
from webmail.domain.scope import Scope
from webmail.domain.trace import Act
from webmail.jmap.capabilities import MAIL
from webmail.jmap.changes import require_state, state_of
from webmail.jmap.dispatch import Answer, Arguments, Call, Method
from webmail.jmap.errors import SetError
from webmail.jmap.shapes import SET, arguments, reference
from webmail.jmap.standard import Object, SetRun, refuse_verb, resolve
from webmail.models import Mailbox, Message
from webmail.schema import Members, Optional, Record, SchemaError, mapping, text, true

WHOLE: Members = {
    "keywords": Optional(mapping(text(), true, 64)),
    "mailboxIds": Optional(mapping(reference, true, 64)),
}


def set_(call: Call, wanted: Arguments) -> Answer:
    """Email/set."""
    account_id = wanted["accountId"]
    old_state = require_state(account_id, Kind.EMAIL, wanted["ifInState"])
    run = SetRun(call, wanted)
    run.create(refuse_verb)
    _update(run, call, account_id, wanted["update"] or {})
    _destroy(run, call, account_id, wanted["destroy"] or [])
    return run.answer(old_state, state_of(account_id, Kind.EMAIL))


def _update(run: SetRun, call: Call, account_id: str, wanted: dict[str, Object]) -> None:
    """All patches in one change of the account: 500 read marks are one transaction, not 500.

    A patch of single members reads the sets it patches, so the account is locked before they are read.
    """
    by_id = {resolve(call, id_): patch for id_, patch in wanted.items()}
    patches: list[MessagePatch] = []
    refused: dict[str, Any] = {}
    reader = call.account.reader
    with transaction.atomic():
        Mailbox.objects.select_for_update().get(id=account_id)
        rows = {row.id: row for row in messages.find(account_id, list(by_id), call.scope(Right.WRITE))}
        placed = messages.folders_of(account_id, list(by_id))
        words = messages.keywords_of(account_id, list(rows.values()), reader)
        for id_, patch in by_id.items():
            try:
                patches.append(_patch(call, patch, _present(rows, id_), placed[id_], words))
            except SetError as error:
                refused[id_] = error.value()
        outcome = messages.update(account_id, patches, reader) if patches else {}
    refused |= {id_: _refusal(wrong) for id_, wrong in outcome.items() if wrong is not None}
    updated = {id_: None for id_, wrong in outcome.items() if wrong is None}
    run.done |= {"updated": updated or None, "notUpdated": refused or None}


def _refusal(error: Exception) -> dict[str, Any]:
    if isinstance(error, InvalidProperties):
        return SetError("invalidProperties", properties=list(error.properties)).value()
    return SetError("notFound").value()


def _present(rows: dict[str, Message], id_: str) -> Message:
    """The message; one out of reach is one that is not there."""
    if id_ not in rows:
        raise SetError("notFound")
    return rows[id_]


def _patch(call: Call, patch: Object, row: Message, placed: set[str], present: dict[str, set[str]]) -> MessagePatch:
    """The new sets of one message, from a PatchObject of whole sets or of single members (RFC 8620 §5.3)."""
    whole, single = _parted(patch)
    words = _members(whole["keywords"], single.get("keywords"), present[row.id])
    reached = _within(call.scope(Right.WRITE), row, placed)
    folders = _members(whole["mailboxIds"], single.get("mailboxIds"), reached)
    return MessagePatch(
        row.id,
        keywords=None if words is None else frozenset(words),
        folder_ids=None if folders is None else _reachable(call, folders) | (placed - reached),
    )


def _reachable(call: Call, folders: Iterable[str]) -> frozenset[str]:
    """The folder ids, all of them within reach: what stands elsewhere stays there."""
    ids = frozenset(resolve(call, folder) for folder in folders)
    if not all(call.scope(Right.WRITE).holds_folder(folder) for folder in ids):
        raise SetError("invalidProperties", properties=["mailboxIds"])
    return ids


def _parted(patch: Object) -> tuple[dict[str, Any], dict[str, dict[str, bool]]]:
    """Whole sets, and the members to set (true) or to unset (null)."""
    single: dict[str, dict[str, bool]] = {}
    whole: Object = {}
    for pointer, value in patch.items():
        name, separator, member = pointer.partition("/")
        if not separator:
            whole[name] = value
        elif name in WHOLE and (value is True or value is None):
            single.setdefault(name, {})[member.replace("~1", "/").replace("~0", "~")] = value is True
        else:
            raise SetError("invalidProperties", properties=[pointer[:100]])
    if whole.keys() & single.keys():
        raise SetError("invalidPatch")
    try:
        return Record(WHOLE)(whole), single
    except SchemaError as error:
        raise SetError("invalidProperties", properties=error.path.split("/")[1:2]) from error


def _members(whole: Iterable[str] | None, single: dict[str, bool] | None, present: set[str]) -> set[str] | None:
    if whole is not None:
        return set(whole)
    if single is None:
        return None
    return {name for name in present | single.keys() if single.get(name, True)}


def _destroy(run: SetRun, call: Call, account_id: str, references: list[str]) -> None:
    ids = [resolve(call, reference) for reference in references]
    gone = set(messages.destroy(account_id, _wholly_within(call, account_id, ids))) if ids else set()
    for id_ in gone:
        trace.record(account_id, Act.DESTROYED, call.caller, object_id=id_)
    missing = {id_: SetError("notFound").value() for id_ in ids if id_ not in gone}
    run.done |= {"destroyed": [id_ for id_ in ids if id_ in gone] or None, "notDestroyed": missing or None}


def _wholly_within(call: Call, account_id: str, ids: list[str]) -> list[str]:
    """Those that stand in no folder out of reach: nobody destroys for a folder he does not see. And copies not yet sent."""
    scope = call.scope(Right.WRITE)
    if scope.is_whole:
        return ids
    placed = messages.folders_of(account_id, ids)
    rows = messages.find(account_id, ids, scope)
    within = [row.id for row in rows if placed[row.id] == _within(scope, row, placed[row.id])]
    return within + own_copies.unsent(account_id, call.person_id, [one for one in ids if one not in within])


def _within(scope: Scope, row: Message, placed: set[str]) -> set[str]:
    """In which of its folders this very message is within reach: a right from a date on reaches into a folder, and not all of it."""
    reaches = [one.folders for one in scope.reaches if one.from_epoch <= row.epoch]
    return {folder for folder in placed if any(folders is None or folder in folders for folders in reaches)}


METHODS = {"Email/set": Method(MAIL, arguments(SET), set_, Right.WRITE)}
