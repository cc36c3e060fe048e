"""AccessEvent/query, /report and /export, Held/get: what was done with a mailbox, and what the server keeps of one message."""

from base64 import b64encode
from datetime import UTC
from typing import Any

from webmail.domain import device_reports, held, trace, trace_file, trace_query
from webmail.domain.access import Right
from webmail.domain.device_reports import DeviceReport
from webmail.domain.errors import MessageLimit, NotFound
from webmail.domain.trace import Act
from webmail.domain.trace_query import TraceFilter, TracePage
from webmail.jmap.capabilities import KEYS
from webmail.jmap.dispatch import Answer, Arguments, Call, Method
from webmail.jmap.errors import MethodError
from webmail.jmap.shapes import ACCOUNT, arguments, identifier
from webmail.jmap.standard import Object
from webmail.models import AccessEvent, Credential
from webmail.schema import Optional, Record, boolean, integer, moment, nullable, one_of, sequence, text

MAX_EVENTS = 500
MAX_REPORTS = 100
_MESSAGE = text(32, r"[0-9a-f]{32}")
FILTER = Record(
    {
        "personId": Optional(identifier),
        "acts": Optional(sequence(one_of(*Act), len(Act))),
        "emailId": Optional(_MESSAGE),
        "after": Optional(moment),
        "before": Optional(moment),
    }
)
REPORT = Record(
    {
        "id": _MESSAGE,
        "emailId": _MESSAGE,
        "act": one_of(*sorted(trace.REPORTED)),
        "part": Optional(nullable(integer(1, 1000))),
    }
)


def query_events(call: Call, wanted: Arguments) -> Answer:
    """AccessEvent/query: the lines of the trace, newest first, for the mailbox's owner."""
    del call
    account_id = wanted["accountId"]
    found = trace_query.query(
        account_id, _filter(wanted["filter"] or {}), wanted["position"], min(wanted["limit"], MAX_EVENTS)
    )
    return {
        "accountId": account_id,
        "position": wanted["position"],
        "total": found.total,
        "list": [_event(row, found) for row in found.events],
        "people": [{"id": person.id, "name": person.name} for person in trace_query.people_of(account_id)],
    }


def report(call: Call, wanted: Arguments) -> Answer:
    """AccessEvent/report: what the device of this person did with messages; the names of the reports that were taken."""
    reports = [DeviceReport(one["id"], one["emailId"], Act(one["act"]), one["part"]) for one in wanted["reports"]]
    return {"accountId": wanted["accountId"], "taken": device_reports.keep(call.caller, call.account, reports)}


def export(call: Call, wanted: Arguments) -> Answer:
    """AccessEvent/export: the whole trace as CSV, or that enclosed in a signature of this server; a line of the trace itself."""
    account_id = wanted["accountId"]
    trace.record(account_id, Act.EXPORTED, call.caller, account=call.account, object_id="trace")
    made = trace_file.signed(account_id) if wanted["signed"] else trace_file.csv_of(account_id)
    return {"accountId": account_id, "file": b64encode(made).decode()}


def _filter(wanted: dict[str, Any]) -> TraceFilter:
    return TraceFilter(
        person_id=wanted.get("personId") or "",
        acts=wanted.get("acts") or (),
        message_id=wanted.get("emailId") or "",
        after=wanted.get("after"),
        before=wanted.get("before"),
    )


def _event(row: AccessEvent, found: TracePage) -> Object:
    person = found.people.get(row.person_id)
    owner = found.people.get(row.on_behalf_of)
    about = found.people.get(row.object_id)
    return {
        "id": str(row.seq),
        "at": row.at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "act": row.act,
        "objectId": row.object_id,
        "count": row.count,
        "part": row.part,
        "personId": row.person_id,
        "name": person.name if person else "",
        "rppsNumber": person.rpps_number if person else "",
        "about": about.name if about else "",
        "onBehalfOf": owner.name if owner else "",
        "through": row.through,
        "credential": _credential(found.credentials.get(row.credential), row.credential),
        "clientKind": row.client_kind,
        "address": row.address or "",
    }


def _credential(row: Credential | None, reference: str) -> Object | None:
    """By what somebody opened: its kind, what its holder calls it, the day printed on a code's sheet, and the first digits of its
    fingerprint. Since when a colleague has a card or passkey is nothing of the owner's.
    """
    if not reference:
        return None
    sheet = row if row and row.kind == Credential.Kind.RECOVERY else None
    return {
        "kind": row.kind if row else "",
        "name": row.name if row else "",
        "madeAt": sheet.created_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if sheet else None,
        "fingerprint": reference[:16],
    }


def get_held(call: Call, wanted: Arguments) -> Answer:
    """Held/get: the very rows, and the first bytes of each stored blob; which is a line in the trace."""
    try:
        found = held.held(call.caller, call.account, wanted["emailId"])
    except NotFound as error:
        raise MethodError("notFound") from error
    except MessageLimit as error:
        raise MethodError(error.code, limit=error.limit) from error
    return {
        "accountId": wanted["accountId"],
        "rows": [{"table": row["table"], "row": row["columns"]} for row in found["rows"]],
        "blobs": [{"name": blob["blobId"], "size": blob["size"], "bytes": blob["bytes"]} for blob in found["blobs"]],
    }


METHODS = {
    "AccessEvent/query": Method(
        KEYS,
        arguments(
            ACCOUNT,
            {
                "filter": Optional(nullable(FILTER)),
                "position": Optional(integer(), 0),
                "limit": Optional(integer(1), 50),
            },
        ),
        query_events,
        Right.OWN,
    ),
    "AccessEvent/report": Method(KEYS, arguments(ACCOUNT, {"reports": sequence(REPORT, MAX_REPORTS)}), report),
    "AccessEvent/export": Method(KEYS, arguments(ACCOUNT, {"signed": boolean}), export, Right.OWN, step_up=True),
    "Held/get": Method(KEYS, arguments(ACCOUNT, {"emailId": identifier}), get_held),
}
