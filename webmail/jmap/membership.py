"""Membership/append: one act, as one signed entry and everything it names; Member/get: whom the server takes for members."""

from base64 import b64encode
from datetime import UTC, datetime
from typing import Any

from webmail.domain import acts, key_change, memberships
from webmail.domain.access import Right
from webmail.domain.act import NewAct, Release, Settings
from webmail.domain.change import Kind
from webmail.domain.errors import AccessDenied, ActRefused, NotFound, VersionMismatch
from webmail.jmap.capabilities import KEYS
from webmail.jmap.changes import state_of
from webmail.jmap.dispatch import Answer, Arguments, Call, Method
from webmail.jmap.errors import MethodError
from webmail.jmap.shapes import ACCOUNT, GET, arguments, identifier
from webmail.jmap.standard import Object, check_properties, get_answer, requested_ids
from webmail.models import Membership, Person
from webmail.schema import Members, Optional, Record, binary, nullable, one_of, sequence

MAX_DER = 64 * 1024
MAX_HISTORY = 2**20
MAX_MEMBERS = 1000  # bodies of one act
PROFILES = one_of(*Membership.Profile.values)
SETTINGS = Record(
    {
        "bodyHash": binary(32),
        "profile": Optional(PROFILES, Membership.Profile.MEMBER.value),
        "folders": Optional(sequence(identifier, 100), []),
    }
)
RELEASE = Record({"requestId": identifier, "release": binary(MAX_DER)})
APPEND: Members = {
    **ACCOUNT,
    "logEntry": binary(MAX_DER),
    "grants": Optional(sequence(binary(MAX_DER), MAX_MEMBERS), []),
    "bindings": Optional(sequence(binary(MAX_DER), 1), []),
    "history": Optional(nullable(binary(MAX_HISTORY))),
    "policy": Optional(nullable(binary(MAX_DER))),
    "shares": Optional(nullable(sequence(binary(MAX_DER), 255))),
    "loginKey": Optional(nullable(binary(65))),
    "release": Optional(nullable(RELEASE)),
    "memberships": Optional(nullable(sequence(SETTINGS, MAX_MEMBERS))),
}
MEMBER_PROPERTIES = (
    "id",
    "bodyHash",
    "personId",
    "name",
    "rppsNumber",
    "role",
    "profile",
    "folders",
    "notBefore",
    "notAfter",
    "historyFromEpoch",
    "state",
    "endedAt",
    "lastSeenAt",
)


def append(call: Call, wanted: Arguments) -> Answer:
    """Membership/append. Who may, is said by the log's own rules; the caller is its signer."""
    try:
        seq = acts.append(call.caller, wanted["accountId"], _act(wanted))
    except (AccessDenied, NotFound) as error:
        raise MethodError("accountNotFound") from error
    except VersionMismatch as error:
        raise MethodError("stateMismatch") from error
    except ActRefused as error:
        raise MethodError("actRefused", reason=error.reason) from error
    return {"accountId": wanted["accountId"], "seq": seq, "state": state_of(wanted["accountId"], Kind.KEY)}


def _act(wanted: Arguments) -> NewAct:
    release: dict[str, Any] | None = wanted["release"]
    return NewAct(
        entry=wanted["logEntry"],
        grants=wanted["grants"],
        bindings=wanted["bindings"],
        history=wanted["history"] or b"",
        policy=wanted["policy"] or b"",
        shares=wanted["shares"] or (),
        login_key=wanted["loginKey"] or b"",
        release=Release(release["requestId"], release["release"]) if release else None,
        settings={
            each["bodyHash"]: Settings(each["profile"], tuple(each["folders"])) for each in wanted["memberships"] or ()
        },
    )


def get_members(call: Call, wanted: Arguments) -> Answer:
    """Member/get: the server's view of every membership, for those who manage."""
    check_properties(wanted, MEMBER_PROPERTIES)
    account_id = wanted["accountId"]
    rows = memberships.shown(account_id)
    people = Person.objects.in_bulk({row.person_id for row in rows})
    blocked = memberships.blocked(account_id)
    found = (_member(row, people.get(row.person_id), row.revoked_at or blocked.get(row.id)) for row in rows)
    answer = get_answer(wanted, state_of(account_id, Kind.MEMBER), requested_ids(call, wanted), found)
    return {**answer, "keyChangeDue": key_change.is_due(account_id)}


def _member(row: Membership, person: Person | None, ended_at: datetime | None) -> Object:
    return {
        "id": row.id,
        "bodyHash": b64encode(bytes.fromhex(row.id)).decode(),
        "personId": row.person_id,
        "name": person.name if person else "",
        "rppsNumber": person.rpps_number if person else "",
        "role": row.role,
        "profile": row.profile,
        "folders": row.folders,
        "notBefore": _moment(row.not_before),
        "notAfter": _moment(row.not_after),
        "historyFromEpoch": row.history_from_epoch,
        "state": row.state,
        "endedAt": _moment(ended_at),
        "lastSeenAt": _moment(row.last_seen_at),
    }


def _moment(value: datetime | None) -> str | None:
    return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if value else None


METHODS = {
    "Membership/append": Method(KEYS, arguments(APPEND), append, right=None, step_up=True),
    "Member/get": Method(KEYS, arguments(GET), get_members, Right.MANAGE),
}
