"""Invitation/get and /set: colleagues named before they came. Duty/get and /set: rosters as CSV or iCalendar text."""

from datetime import UTC, datetime

from webmail.domain import duty, invitations
from webmail.domain.access import Right
from webmail.domain.change import Kind
from webmail.domain.errors import InvalidProperties
from webmail.domain.invitations import NewInvitation
from webmail.domain.roster import MAX_TEXT, Roster
from webmail.jmap.capabilities import KEYS
from webmail.jmap.changes import require_state, state_of
from webmail.jmap.dispatch import Answer, Arguments, Call, Method
from webmail.jmap.errors import MethodError
from webmail.jmap.membership import PROFILES
from webmail.jmap.shapes import ACCOUNT, GET, SET, arguments, identifier
from webmail.jmap.standard import Object, SetRun, check_properties, get_answer, refuse_verb, requested_ids
from webmail.models import DutySlot, Invitation, Membership
from webmail.schema import Optional, Record, moment, nullable, one_of, sequence, text

PROPERTIES = (
    "id",
    "rppsNumber",
    "name",
    "personId",
    "role",
    "profile",
    "notBefore",
    "notAfter",
    "folders",
    "history",
    "state",
    "reason",
    "createdAt",
)
NEW = Record(
    {
        "rppsNumber": text(11),
        "name": text(200, r"\S[\s\S]*"),
        "role": one_of(*Membership.Role.values),
        "profile": Optional(PROFILES, "member"),
        "notBefore": moment,
        "notAfter": Optional(nullable(moment)),
        "folders": Optional(sequence(identifier, 100), []),
        "history": Optional(one_of("all", "now"), "all"),
    }
)
SLOT_PROPERTIES = ("id", "rosterId", "rppsNumber", "name", "personId", "starts", "ends")


def get(call: Call, wanted: Arguments) -> Answer:
    """Invitation/get."""
    check_properties(wanted, PROPERTIES)
    ids = requested_ids(call, wanted)
    found = map(_invitation, invitations.of_account(wanted["accountId"], ids))
    return get_answer(wanted, state_of(wanted["accountId"], Kind.MEMBER), ids, found)


def _invitation(row: Invitation) -> Object:
    return {
        "id": row.id,
        "rppsNumber": row.id_value,
        "name": row.name,
        "personId": row.person_id or None,
        "role": row.role,
        "profile": row.profile,
        "notBefore": _moment(row.not_before),
        "notAfter": _moment(row.not_after) if row.not_after else None,
        "folders": row.folders,
        "history": row.history,
        "state": row.state,
        "reason": row.reason or None,
        "createdAt": _moment(row.created_at),
    }


def set_(call: Call, wanted: Arguments) -> Answer:
    """Invitation/set: create and destroy (which withdraws); the act that makes the member ends the invitation by itself."""
    account_id = wanted["accountId"]
    old_state = require_state(account_id, Kind.MEMBER, wanted["ifInState"])

    def create(values: Object) -> Object:
        given = NEW(values)
        new = NewInvitation(
            rpps_number=given["rppsNumber"],
            name=given["name"],
            role=given["role"],
            profile=given["profile"],
            not_before=given["notBefore"],
            not_after=given["notAfter"],
            folders=tuple(given["folders"]),
            history=given["history"],
        )
        row = _invitation(invitations.invite(call.caller, call.account, new))
        return {name: row[name] for name in ("id", "personId", "state", "reason", "createdAt")}

    run = SetRun(call, wanted)
    run.create(create)
    run.update(refuse_verb)
    run.destroy(lambda invitation_id: invitations.withdraw(account_id, invitation_id))
    return run.answer(old_state, state_of(account_id, Kind.MEMBER))


def get_duty(call: Call, wanted: Arguments) -> Answer:
    """Duty/get: the slots, for every member: a service knows who is on call."""
    check_properties(wanted, SLOT_PROPERTIES)
    ids = requested_ids(call, wanted)
    found = map(_slot, duty.slots(wanted["accountId"], ids))
    return get_answer(wanted, state_of(wanted["accountId"], Kind.MEMBER), ids, found)


def _slot(row: DutySlot) -> Object:
    return {
        "id": row.id,
        "rosterId": row.roster_id,
        "rppsNumber": row.id_value,
        "name": row.name,
        "personId": row.person_id or None,
        "starts": _moment(row.starts),
        "ends": _moment(row.ends),
    }


def set_duty(call: Call, wanted: Arguments) -> Answer:
    """Duty/set: `roster` is the text of a CSV table or a calendar; `destroy` names rosters. Says what was read and what not.

    `timeZone` is where the reader is, for times without a zone in a mailbox without an establishment.
    """
    del call
    account_id = wanted["accountId"]
    try:
        for roster_id in wanted["destroy"]:
            duty.remove(account_id, roster_id)
    except InvalidProperties as error:
        raise MethodError("invalidArguments", arguments=["destroy"]) from error
    roster_id, roster = _upload(wanted) if wanted["roster"] else ("", Roster((), ()))
    rows = [row for row in duty.slots(account_id) if row.roster_id == roster_id] if roster_id else []
    return {
        "accountId": account_id,
        "rosterId": roster_id or None,
        "starts": _moment(roster.starts) if roster.starts else None,
        "ends": _moment(roster.ends) if roster.ends else None,
        "list": [_slot(row) for row in rows],
        "refused": [{"line": one.line, "reason": one.reason} for one in roster.refused],
        "newState": state_of(account_id, Kind.MEMBER),
    }


def _upload(wanted: Arguments) -> tuple[str, Roster]:
    return duty.upload(wanted["accountId"], wanted["roster"], wanted["timeZone"])


def _moment(value: datetime) -> str:
    return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


METHODS = {
    "Invitation/get": Method(KEYS, arguments(GET), get, Right.MANAGE),
    "Invitation/set": Method(KEYS, arguments(SET), set_, Right.MANAGE),
    "Duty/get": Method(KEYS, arguments(GET), get_duty),
    "Duty/set": Method(
        KEYS,
        arguments(
            ACCOUNT,
            {
                "roster": Optional(nullable(text(MAX_TEXT))),
                "timeZone": Optional(text(64), ""),
                "destroy": Optional(sequence(identifier, 100), []),
            },
        ),
        set_duty,
        Right.MANAGE,
    ),
}
