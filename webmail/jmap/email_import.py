"""Email/import (RFC 8621 §4.8): a message that the client has sealed itself, with its sealed summary."""

from typing import Any

from django.utils import timezone

from webmail.domain import folders, own_copies, sealed_copies
from webmail.domain.access import Right
from webmail.domain.change import Kind
from webmail.domain.messages import NewMessage
from webmail.jmap import capabilities
from webmail.jmap.capabilities import MAIL
from webmail.jmap.changes import require_state, state_of
from webmail.jmap.dispatch import Answer, Arguments, Call, Method
from webmail.jmap.errors import MethodError, SetError
from webmail.jmap.shapes import ACCOUNT, arguments, identifier, json_object, reference, state
from webmail.jmap.standard import Object, SetRun, resolve
from webmail.models import Mailbox
from webmail.schema import Optional, Record, binary, integer, mapping, moment, nullable, text, true

EMAIL_IMPORT = Record(
    {
        "blobId": identifier,
        "mailboxIds": mapping(reference, true, 64),
        "keywords": Optional(mapping(text(), true, 64), {}),
        "receivedAt": Optional(nullable(moment)),
        "sealedSummary": binary(8 * 1024),
        "epoch": Optional(integer(1)),
    }
)


def import_(call: Call, wanted: Arguments) -> Answer:
    """Email/import."""
    account_id = wanted["accountId"]
    if len(wanted["emails"]) > capabilities.MAX_OBJECTS_IN_SET:
        raise MethodError("requestTooLarge")
    old_state = require_state(account_id, Kind.EMAIL, wanted["ifInState"])
    run = SetRun(call, {**wanted, "create": wanted["emails"], "update": None, "destroy": None})
    run.create(lambda values: _import_one(call, account_id, EMAIL_IMPORT(values)))
    return {
        "accountId": account_id,
        "oldState": old_state,
        "newState": state_of(account_id, Kind.EMAIL),
        "created": run.done["created"],
        "notCreated": run.done["notCreated"],
    }


def _import_one(call: Call, account_id: str, values: dict[str, Any]) -> Object:
    folder_ids = frozenset(resolve(call, folder) for folder in values["mailboxIds"])
    scope = call.scope(Right.WRITE)
    if not all(
        scope.holds_folder(row.id) or folders.takes_copies(row, scope)
        for row in folders.find(account_id, list(folder_ids))
    ):
        raise SetError("invalidProperties", properties=["mailboxIds"])
    message = sealed_copies.import_sealed(
        account_id,
        NewMessage(
            blob_id=values["blobId"],
            summary=values["sealedSummary"],
            epoch=values["epoch"] or Mailbox.objects.values_list("epoch", flat=True).get(id=account_id),
            folder_ids=folder_ids,
            keywords=frozenset(values["keywords"]),
            received_at=values["receivedAt"] or timezone.now(),
        ),
    )
    if not scope.reaches_all_messages:
        own_copies.note(account_id, call.person_id, message.id)
    return {"id": message.id, "blobId": message.blob_id, "threadId": message.thread_id, "size": message.size}


METHODS = {
    "Email/import": Method(
        MAIL,
        arguments(
            ACCOUNT, {"ifInState": Optional(nullable(state)), "emails": mapping(identifier, json_object, 10_000)}
        ),
        import_,
        Right.WRITE,
    )
}
