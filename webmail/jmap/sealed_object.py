"""SealedObject/get, /changes and /set: drafts, packs, pins and the like, which only clients open (docs/FORMATS.md).

The client chooses the id, and every write names the version it makes: of two writers one gets `stateMismatch`, reads
again and merges.
"""

from datetime import UTC

from webmail.domain import messages, objects
from webmail.domain.access import Right
from webmail.domain.change import Kind
from webmail.domain.objects import NewObject, NewVersion
from webmail.jmap.capabilities import KEYS
from webmail.jmap.changes import changes_method, require_state, state_of
from webmail.jmap.dispatch import Answer, Arguments, Call, Method
from webmail.jmap.errors import SetError
from webmail.jmap.shapes import GET, SET, arguments, identifier, reference
from webmail.jmap.standard import Object, SetRun, check_properties, get_answer, requested_ids, resolve
from webmail.models import SealedObject
from webmail.schema import Optional, Record, boolean, integer, nullable, one_of, sequence

PROPERTIES = ("id", "class", "version", "epoch", "size", "blobId", "updatedAt")
CLASSES = one_of(*SealedObject.Class.values)
MESSAGE_IDS = Optional(nullable(sequence(reference, 250)))  # A pack has at most 250 rows.
NEW = Record(
    {
        "class": CLASSES,
        "id": identifier,
        "version": integer(1),
        "epoch": integer(1),
        "blobId": identifier,
        "messageIds": MESSAGE_IDS,
    }
)
NEXT = Record(
    {
        "version": integer(1),
        "blobId": identifier,
        "epoch": Optional(integer(1)),
        "messageIds": MESSAGE_IDS,
        "resealed": Optional(boolean),
    }
)


def get(call: Call, wanted: Arguments) -> Answer:
    """SealedObject/get, by ids, by class, or all."""
    check_properties(wanted, PROPERTIES)
    account_id = wanted["accountId"]
    ids = requested_ids(call, wanted)
    rows = objects.find(account_id, ids, wanted["class"], call.scope())
    return get_answer(wanted, state_of(account_id, Kind.OBJECT), ids, map(serialised, rows))


def serialised(row: SealedObject) -> Object:
    """What the server knows of an object."""
    return {
        "id": row.id,
        "class": row.object_class,
        "version": row.version,
        "epoch": row.epoch,
        "size": row.size,
        "blobId": row.blob_id,
        "updatedAt": row.updated_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
    }


def set_(call: Call, wanted: Arguments) -> Answer:
    """SealedObject/set."""
    account_id = wanted["accountId"]
    old_state = require_state(account_id, Kind.OBJECT, wanted["ifInState"])

    def create(values: Object) -> Object:
        checked = NEW(values)
        if not call.scope(Right.WRITE).may_hold(checked["class"]):
            raise SetError("forbidden")
        row = objects.create(
            account_id,
            NewObject(
                id=checked["id"],
                object_class=checked["class"],
                epoch=checked["epoch"],
                blob_id=checked["blobId"],
                version=checked["version"],
                message_ids=_resolved(call, checked["messageIds"]),
            ),
        )
        return serialised(row)

    def update(object_id: str, values: Object) -> Object:
        checked = NEXT(values)
        objects.require_within(account_id, object_id, call.scope(Right.WRITE))
        row = objects.update(
            account_id,
            NewVersion(
                id=object_id,
                version=checked["version"],
                blob_id=checked["blobId"],
                epoch=checked["epoch"],
                message_ids=_resolved(call, checked["messageIds"]),
                resealed=bool(checked["resealed"]),
            ),
        )
        return {"size": row.size, "updatedAt": serialised(row)["updatedAt"]}

    def destroy(object_id: str) -> None:
        objects.require_within(account_id, object_id, call.scope(Right.WRITE))
        objects.destroy(account_id, object_id)

    run = SetRun(call, wanted)
    run.create(create)
    run.update(update)
    run.destroy(destroy)
    return run.answer(old_state, state_of(account_id, Kind.OBJECT))


def _resolved(call: Call, ids: list[str] | None) -> list[str] | None:
    """The messages whose rows it holds, none out of reach: its readers would look for them there in vain."""
    if ids is None:
        return None
    resolved, scope = [resolve(call, id_) for id_ in ids], call.scope(Right.WRITE)
    if scope.reaches_all_messages:
        return resolved
    within = {row.id for row in messages.find(call.account.id, resolved, scope)}
    if any(row.id not in within for row in messages.find(call.account.id, resolved)):
        raise SetError("invalidProperties", properties=["messageIds"])
    return resolved


METHODS = {
    "SealedObject/get": Method(KEYS, arguments(GET, {"class": Optional(nullable(CLASSES))}), get),
    "SealedObject/changes": changes_method(KEYS, Kind.OBJECT),
    "SealedObject/set": Method(KEYS, arguments(SET), set_, Right.WRITE),
}
