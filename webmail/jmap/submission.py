"""EmailSubmission/get, /changes and /set (RFC 8621 §7), with `pli:wire`: what goes out is not what is kept.

The Sent copy is sealed to the sender and could be read by nobody else, so the client uploads each encrypted wire message
and says for whom it is.
"""

from datetime import UTC
from typing import Any

from webmail.domain import submit
from webmail.domain.access import Right
from webmail.domain.change import Kind
from webmail.domain.errors import DeliveryDeferred
from webmail.domain.submit import NewSubmission, Wire
from webmail.jmap.capabilities import MAX_RECIPIENTS, SUBMISSION
from webmail.jmap.changes import changes_method, require_state, state_of
from webmail.jmap.dispatch import Answer, Arguments, Call, Method
from webmail.jmap.errors import SetError
from webmail.jmap.shapes import GET, SET, arguments, identifier, reference
from webmail.jmap.standard import Object, SetRun, check_properties, get_answer, refuse_verb, requested_ids, resolve
from webmail.models import Submission
from webmail.schema import Optional, Record, anything, nullable, sequence, text

PROPERTIES = (
    "id",
    "identityId",
    "emailId",
    "threadId",
    "envelope",
    "sendAt",
    "undoStatus",
    "deliveryStatus",
    "dsnBlobIds",
    "mdnBlobIds",
)
ADDRESS = text(254, r"[^\s@<>\x00-\x1f]{1,64}@[^\s@<>\x00-\x1f]{1,253}")
ENVELOPE_ADDRESS = Record({"email": ADDRESS, "parameters": Optional(nullable(anything))})
ENVELOPE = Record({"mailFrom": ENVELOPE_ADDRESS, "rcptTo": sequence(ENVELOPE_ADDRESS, MAX_RECIPIENTS)})
WIRE = Record({"blobId": identifier, "rcptTo": sequence(ADDRESS, MAX_RECIPIENTS)})
NEW = Record(
    {
        "identityId": reference,
        "emailId": reference,
        "envelope": ENVELOPE,
        "pli:wire": sequence(WIRE, MAX_RECIPIENTS),
    }
)


def get(call: Call, wanted: Arguments) -> Answer:
    """EmailSubmission/get."""
    check_properties(wanted, PROPERTIES)
    ids = requested_ids(call, wanted)
    rows = submit.find(wanted["accountId"], ids, _whose(call, Right.READ))
    return get_answer(wanted, state_of(wanted["accountId"], Kind.SUBMISSION), ids, map(serialised, rows))


def _whose(call: Call, right: Right) -> str | None:
    """Whoever sees some folders only knows his own letters, and whom they went to; None: everybody's."""
    return None if call.scope(right).reaches_all_messages else call.person_id


def serialised(row: Submission) -> Object:
    """The EmailSubmission object. Recipients are forgotten some time after the last delivery is final."""
    return {
        "id": row.id,
        "identityId": row.account_id,
        "emailId": row.message_id,
        "threadId": row.thread_id,
        "envelope": {"mailFrom": {"email": row.mail_from}, "rcptTo": [{"email": email} for email in row.delivery]},
        "sendAt": row.send_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "undoStatus": row.undo_status,
        "deliveryStatus": {email: _status(state) for email, state in row.delivery.items()},
        "dsnBlobIds": [],
        "mdnBlobIds": [],
    }


_DELIVERED = {"queued": "queued", "delivered": "yes", "failed": "no"}


def _status(state: dict[str, str]) -> dict[str, str]:
    return {
        "smtpReply": state["reply"] or "250 2.0.0 queued",
        "delivered": _DELIVERED.get(state["state"], "unknown"),
        "displayed": "unknown",
    }


def set_(call: Call, wanted: Arguments) -> Answer:
    """EmailSubmission/set."""
    account_id = wanted["accountId"]
    old_state = require_state(account_id, Kind.SUBMISSION, wanted["ifInState"])
    run = SetRun(call, wanted)
    run.create(lambda values: _submit(call, account_id, NEW(values)))
    run.update(refuse_verb)
    run.destroy(lambda submission_id: submit.destroy(account_id, submission_id, _whose(call, Right.SEND)))
    return run.answer(old_state, state_of(account_id, Kind.SUBMISSION))


def _submit(call: Call, account_id: str, values: dict[str, Any]) -> Object:
    if values["identityId"] != account_id:
        raise SetError("invalidProperties", properties=["identityId"])
    new = NewSubmission(
        message_id=resolve(call, values["emailId"]),
        mail_from=values["envelope"]["mailFrom"]["email"],
        recipients=tuple(recipient["email"] for recipient in values["envelope"]["rcptTo"]),
        wires=tuple(Wire(wire["blobId"], tuple(wire["rcptTo"])) for wire in values["pli:wire"]),
    )
    try:
        row = submit.submit(account_id, call.caller, new, call.scope(Right.SEND))
    except DeliveryDeferred as error:
        raise SetError("forbiddenToSend", description=error.code) from error
    full = serialised(row)
    return {name: full[name] for name in ("id", "threadId", "sendAt", "undoStatus", "deliveryStatus")}


METHODS = {
    "EmailSubmission/get": Method(SUBMISSION, arguments(GET), get),
    "EmailSubmission/changes": changes_method(SUBMISSION, Kind.SUBMISSION),
    "EmailSubmission/set": Method(SUBMISSION, arguments(SET), set_, Right.SEND),
}
