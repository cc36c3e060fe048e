"""RecoveryPolicy/get, RecoveryRequest/get and /set, Share/get: opening a mailbox by the holders of its shares.

Whoever asks or holds a share need not be a member, so these methods decide by themselves what they show to whom.
"""

from base64 import b64encode
from datetime import UTC, datetime

from webmail.domain import key_material, membership_log, recover
from webmail.domain.caller import Caller
from webmail.domain.recover import Way
from webmail.jmap.capabilities import KEYS
from webmail.jmap.dispatch import Answer, Arguments, Call, Method
from webmail.jmap.errors import MethodError, SetError
from webmail.jmap.shapes import ACCOUNT, GET, SET, arguments
from webmail.jmap.standard import Object, SetRun, check_properties, get_answer, requested_ids
from webmail.models import Mailbox, Person, RecoveryRequest
from webmail.models import RecoveryPolicy as PolicyRow
from webmail.schema import Record, binary, one_of, text

PROPERTIES = (
    "id",
    "accountId",
    "address",
    "policyId",
    "requesterName",
    "requesterRppsNumber",
    "mine",
    "request",
    "reason",
    "createdAt",
    "released",
    "releases",
    "openedAt",
    "closesAt",
    "endedAt",
    "messageLimit",
    "messagesOpened",
)
STATE = "0"  # of several mailboxes at once; Member tells each of them that something changed
NEW = Record({"request": binary(64 * 1024)})
PATCH = Record({"state": one_of("open", "closed")})


def get_policies(call: Call, wanted: Arguments) -> Answer:
    """RecoveryPolicy/get: by which policies the caller may ask for the mailbox of an address."""
    found = recover.ways(call.caller, wanted["address"])
    return {"accountId": wanted["accountId"], "list": [_way(way) for way in found]}


def _way(way: Way) -> Object:
    return {
        "id": _text(bytes.fromhex(way.row.id)),
        "mailboxId": way.account_id,
        "address": way.address,
        "kind": way.policy.kind.value,
        "threshold": way.policy.threshold,
        "minutes": way.policy.minutes,
        "messages": way.policy.messages,
        "holders": [
            {"name": holder.name, "idType": holder.id_type, "idValue": holder.id_value} for holder in way.policy.holders
        ],
        "policy": _text(bytes(way.row.policy)),
    }


def get_requests(call: Call, wanted: Arguments) -> Answer:
    """RecoveryRequest/get: of all mailboxes, those the caller has to do with."""
    check_properties(wanted, PROPERTIES)
    rows = recover.requests_for(call.caller)
    people = Person.objects.in_bulk({row.requester_id for row in rows})
    addresses = dict(Mailbox.objects.filter(id__in={row.account_id for row in rows}).values_list("id", "address"))
    found = [_request(row, call.caller, people.get(row.requester_id), addresses[row.account_id]) for row in rows]
    return get_answer(wanted, STATE, requested_ids(call, wanted), found)


def _request(row: RecoveryRequest, caller: Caller, requester: Person | None, address: str) -> Object:
    mine = row.requester_id == caller.person_id
    return {
        "id": row.id,
        "accountId": row.account_id,
        "address": address,
        "policyId": _text(bytes.fromhex(row.policy_id)),
        "requesterName": requester.name if requester else "",
        "requesterRppsNumber": requester.rpps_number if requester else "",
        "mine": mine,
        "request": _text(bytes(row.request)),
        "reason": row.reason,
        "createdAt": _moment(row.created_at),
        "released": len(row.releases),
        "releases": [release["release"] for release in row.releases] if mine else [],
        "openedAt": _moment(row.opened_at),
        "closesAt": _moment(row.closes_at),
        "endedAt": _moment(row.ended_at),
        "messageLimit": row.message_limit,
        "messagesOpened": row.messages_opened,
    }


def set_requests(call: Call, wanted: Arguments) -> Answer:
    """RecoveryRequest/set: create asks; update `state` opens (enough shares are there) or closes. `accountId` is the mailbox."""
    account_id = wanted["accountId"]

    def create(values: Object) -> Object:
        row = recover.ask(call.caller, account_id, NEW(values)["request"])
        return {"id": row.id, "createdAt": _moment(row.created_at)}

    def update(request_id: str, values: Object) -> Object | None:
        if PATCH(values)["state"] == "closed":
            recover.close(call.caller, account_id, request_id)
            return None
        row = recover.open_session(call.caller, account_id, request_id)
        return {"openedAt": _moment(row.opened_at), "closesAt": _moment(row.closes_at)}

    run = SetRun(call, wanted)
    run.create(create)
    run.update(update)
    run.destroy(_refuse)
    return run.answer(STATE, STATE)


def _refuse(request_id: str) -> None:
    """A request stands in the trace and is not undone."""
    del request_id
    raise SetError("forbidden")


def get_shares(call: Call, wanted: Arguments) -> Answer:
    """Share/get: the caller's shares of a mailbox, with the log that a bridge replays before it releases one."""
    account_id = wanted["accountId"]
    found = recover.shares_of(call.caller, account_id)
    if not found:
        raise MethodError("accountNotFound")
    return {
        "accountId": account_id,
        "list": [_share(share.share, row) for share, row in found],
        "evidence": _evidence(account_id),
    }


def _share(share: bytes | memoryview, row: PolicyRow) -> Object:
    return {
        "policyId": _text(bytes.fromhex(row.id)),
        "policy": _text(bytes(row.policy)),
        "share": _text(bytes(share)),
        "spent": row.spent_at is not None,
    }


def _evidence(account_id: str) -> Object:
    entries = key_material.log_entries(account_id)
    chain: list[str] = next((key.chain for key in reversed(key_material.mailbox_keys(account_id))), [])
    return {
        "logEntries": [_text(bytes(row.entry)) for row in entries],
        "bodies": [_text(der) for der in membership_log.bodies(account_id)],
        "bindings": [_text(der) for der in membership_log.bindings(account_id)],
        "chain": chain,
    }


def _text(value: bytes) -> str:
    return b64encode(value).decode()


def _moment(value: datetime | None) -> str | None:
    return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if value else None


METHODS = {
    "RecoveryPolicy/get": Method(KEYS, arguments(ACCOUNT, {"address": text(254)}), get_policies, right=None),
    "RecoveryRequest/get": Method(KEYS, arguments(GET), get_requests, right=None),
    "RecoveryRequest/set": Method(KEYS, arguments(SET), set_requests, right=None),
    "Share/get": Method(KEYS, arguments(ACCOUNT), get_shares, right=None),
}
