"""SignatureBook/get, /changes and /set: letters that wait for their signature. Ids, states and times; what they say is sealed.

`create` puts a draft into the book, `update` takes it one step further (`state`, with what that state needs), `destroy` takes
it out. The owner of the mailbox sees all letters, anybody else those that he prepared.
"""

from dataclasses import replace
from datetime import UTC, datetime

from webmail.domain import changes, signature_book
from webmail.domain.access import Right
from webmail.domain.change import Kind
from webmail.domain.signature_book import Step
from webmail.jmap.capabilities import KEYS
from webmail.jmap.changes import require_state, state_of
from webmail.jmap.dispatch import Answer, Arguments, Call, Method
from webmail.jmap.shapes import CHANGES, GET, SET, arguments, identifier
from webmail.jmap.standard import Object, SetRun, check_properties, get_answer, requested_ids
from webmail.models import PreparedLetter
from webmail.schema import Optional, Record, integer, one_of, text

PROPERTIES = (
    "id",
    "objectId",
    "version",
    "state",
    "preparedBy",
    "isMine",
    "preparedAt",
    "updatedBy",
    "updatedAt",
    "noteObjectId",
    "emailId",
    "failure",
)
NEW = Record({"objectId": identifier, "version": integer(1)})
STEP = Record(
    {
        "state": one_of(*PreparedLetter.State.values),
        "version": Optional(integer(1)),
        "noteObjectId": Optional(identifier, ""),
        "emailId": Optional(identifier, ""),
        "failure": Optional(text(64, r"[A-Za-z0-9_-]*"), ""),
    }
)


def get(call: Call, wanted: Arguments) -> Answer:
    """SignatureBook/get."""
    check_properties(wanted, PROPERTIES)
    account_id = wanted["accountId"]
    ids = requested_ids(call, wanted)
    state = state_of(account_id, Kind.LETTER)
    return get_answer(wanted, state, ids, _serialised(call, signature_book.find(call.caller, call.account, ids)))


def _serialised(call: Call, letters: list[PreparedLetter]) -> list[Object]:
    names = signature_book.names(letters)
    versions = signature_book.versions(call.account.id, letters)
    return [
        {
            "id": letter.id,
            "objectId": letter.object_id,
            "version": versions.get(letter.object_id),
            "state": letter.state,
            "preparedBy": names.get(letter.prepared_by, ""),
            "isMine": letter.prepared_by == call.person_id,
            "preparedAt": _moment(letter.prepared_at),
            "updatedBy": names.get(letter.updated_by, ""),
            "updatedAt": _moment(letter.updated_at),
            "noteObjectId": letter.note_object_id or None,
            "emailId": letter.email_id or None,
            "failure": letter.failure or None,
        }
        for letter in letters
    ]


def changes_of(call: Call, wanted: Arguments) -> Answer:
    """SignatureBook/changes: letters of others are not mentioned, or have gone."""
    found = changes.changes(wanted["accountId"], Kind.LETTER, wanted["sinceState"], wanted["maxChanges"])
    told = [*found.created, *found.updated]
    seen = {letter.id for letter in signature_book.find(call.caller, call.account, told)}
    reached = replace(
        found,
        created=[one for one in found.created if one in seen],
        updated=[one for one in found.updated if one in seen],
    )
    return {
        "accountId": wanted["accountId"],
        "oldState": reached.old_state,
        "newState": reached.new_state,
        "hasMoreChanges": reached.has_more,
        "created": reached.created,
        "updated": reached.updated,
        "destroyed": reached.destroyed,
    }


def set_(call: Call, wanted: Arguments) -> Answer:
    """SignatureBook/set."""
    account_id = wanted["accountId"]
    old_state = require_state(account_id, Kind.LETTER, wanted["ifInState"])

    def create(values: Object) -> Object:
        new = NEW(values)
        letter = signature_book.prepare(call.caller, call.account, new["objectId"], new["version"])
        return _serialised(call, [letter])[0]

    def update(letter_id: str, patch: Object) -> None:
        step = STEP(patch)
        further = Step(step["state"], step["version"], step["noteObjectId"], step["emailId"], step["failure"])
        signature_book.move(call.caller, call.account, letter_id, further)

    run = SetRun(call, wanted)
    run.create(create)
    run.update(update)
    run.destroy(lambda letter_id: signature_book.withdraw(call.caller, call.account, letter_id))
    return run.answer(old_state, state_of(account_id, Kind.LETTER))


def _moment(value: datetime) -> str:
    return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


METHODS = {
    "SignatureBook/get": Method(KEYS, arguments(GET), get),
    "SignatureBook/changes": Method(KEYS, arguments(CHANGES), changes_of),
    "SignatureBook/set": Method(KEYS, arguments(SET), set_, Right.WRITE),
}
