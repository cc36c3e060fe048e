"""AccessEvent/query and Held/get: what was done with a mailbox, and what the server keeps of one message."""

from datetime import UTC
from typing import Any

from webmail.domain import held, trace
from webmail.domain.access import Right
from webmail.domain.errors import NotFound
from webmail.jmap.capabilities import KEYS
from webmail.jmap.dispatch import Answer, Arguments, Call, Method
from webmail.jmap.errors import MethodError
from webmail.jmap.shapes import ACCOUNT, arguments, identifier
from webmail.jmap.standard import Object
from webmail.models import AccessEvent, Mailbox, Person
from webmail.schema import Optional, integer

MAX_EVENTS = 500


def query_events(call: Call, wanted: Arguments) -> Answer:
    """AccessEvent/query: the lines of the trace, newest first, for the mailbox's owner."""
    del call
    account_id = wanted["accountId"]
    rows = trace.query(account_id, wanted["position"], min(wanted["limit"], MAX_EVENTS))
    people = Person.objects.in_bulk({row.person_id for row in rows})
    return {
        "accountId": account_id,
        "position": wanted["position"],
        "total": Mailbox.objects.values_list("trace_length", flat=True).get(id=account_id),
        "list": [_event(row, people) for row in rows],
    }


def _event(row: AccessEvent, people: dict[Any, Person]) -> Object:
    person = people.get(row.person_id)
    return {
        "id": str(row.seq),
        "at": row.at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "act": row.act,
        "objectId": row.object_id,
        "count": row.count,
        "name": person.name if person else "",
        "rppsNumber": person.rpps_number if person else "",
    }


def get_held(call: Call, wanted: Arguments) -> Answer:
    """Held/get: the very rows, and the first bytes of each stored blob."""
    try:
        found = held.held(wanted["accountId"], wanted["emailId"], call.scope())
    except NotFound as error:
        raise MethodError("notFound") from error
    return {
        "accountId": wanted["accountId"],
        "rows": [{"table": row["table"], "row": row["columns"]} for row in found["rows"]],
        "blobs": [{"name": blob["blobId"], "size": blob["size"], "bytes": blob["bytes"]} for blob in found["blobs"]],
    }


METHODS = {
    "AccessEvent/query": Method(
        KEYS,
        arguments(ACCOUNT, {"position": Optional(integer(), 0), "limit": Optional(integer(1), 50)}),
        query_events,
        Right.OWN,
    ),
    "Held/get": Method(KEYS, arguments(ACCOUNT, {"emailId": identifier}), get_held),
}
