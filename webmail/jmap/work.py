"""Work/get, /set and /changes: who of a shared inbox answers a message, whose it is, whether it is done. Ids and times only."""

from datetime import UTC, datetime
from typing import Any

from webmail.domain import work
from webmail.domain.access import Right
from webmail.domain.change import Kind
from webmail.domain.work import Colleague, Standing, Wish
from webmail.jmap.capabilities import KEYS
from webmail.jmap.changes import changes_method, require_state, state_of
from webmail.jmap.dispatch import Answer, Arguments, Call, Method
from webmail.jmap.shapes import GET, SET, arguments, identifier
from webmail.jmap.standard import Object, SetRun, check_properties, get_answer, refuse_verb, requested_ids
from webmail.schema import Optional, Record, boolean, nullable

PROPERTIES = (
    "id",
    "assignedTo",
    "answeringBy",
    "answeringSince",
    "answeringLeft",
    "doneBy",
    "doneAt",
)
_UNCHANGED = "unchanged!"  # no id
PATCH = Record(
    {
        "answering": Optional(nullable(boolean)),
        "insteadOf": Optional(identifier, ""),
        "assignedTo": Optional(nullable(identifier), _UNCHANGED),
        "done": Optional(nullable(boolean)),
    }
)


def get(call: Call, wanted: Arguments) -> Answer:
    """Work/get: an id is that of the message. `people` names those who may answer, and whoever else is mentioned."""
    check_properties(wanted, PROPERTIES)
    account_id = wanted["accountId"]
    ids = requested_ids(call, wanted)
    state = state_of(account_id, Kind.WORK)
    found = work.find(account_id, ids, call.scope())
    people = [_colleague(one, call.person_id) for one in work.colleagues(account_id, found)]
    return {**get_answer(wanted, state, ids, map(_standing, found)), "people": people}


def _standing(row: Standing) -> Object:
    return {
        "id": row.message_id,
        "assignedTo": row.assigned_to or None,
        "answeringBy": row.answering_by or None,
        "answeringSince": _moment(row.answering_since),
        "answeringLeft": int(row.answering_left.total_seconds()),
        "doneBy": row.done_by or None,
        "doneAt": _moment(row.done_at),
    }


def _colleague(person: Colleague, own: str) -> Object:
    return {"id": person.id, "name": person.name, "mayAnswer": person.may_answer, "isMe": person.id == own}


def set_(call: Call, wanted: Arguments) -> Answer:
    """Work/set: only updates; a message has its work from the first word that is said of it."""
    account_id = wanted["accountId"]
    old_state = require_state(account_id, Kind.WORK, wanted["ifInState"])
    run = SetRun(call, wanted)
    run.create(refuse_verb)
    run.update(lambda message_id, patch: work.change(call.caller, call.account, message_id, _wish(PATCH(patch))))
    run.destroy(refuse_verb)
    return run.answer(old_state, state_of(account_id, Kind.WORK))


def _wish(patch: dict[str, Any]) -> Wish:
    assigned = patch["assignedTo"]
    return Wish(
        answering=patch["answering"],
        instead_of=patch["insteadOf"],
        assigned_to=None if assigned == _UNCHANGED else assigned or "",
        done=patch["done"],
    )


def _moment(value: datetime | None) -> str | None:
    return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if value else None


METHODS = {
    "Work/get": Method(KEYS, arguments(GET), get),
    "Work/set": Method(KEYS, arguments(SET), set_, Right.SEND),
    "Work/changes": changes_method(KEYS, Kind.WORK),
}
