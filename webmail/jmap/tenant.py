"""Tenant/get and /set: an administrator's own establishment, its people and inboxes by name and state, and its rules."""

from datetime import UTC, datetime

from webmail.domain import administration
from webmail.domain.administration import Colleague, Inbox
from webmail.domain.errors import AccessDenied, NotFound
from webmail.jmap.capabilities import KEYS
from webmail.jmap.dispatch import Answer, Arguments, Call, Method
from webmail.jmap.shapes import GET, SET, arguments
from webmail.jmap.standard import Object, SetRun, check_properties, get_answer, refuse_verb, requested_ids
from webmail.models import Tenant
from webmail.schema import Optional, Record, Shape, boolean, integer

STATE = "0"  # asked for where it is shown; nothing is pushed
MAX_DAYS = 36_500
_RULES: dict[str, tuple[str, Shape]] = {
    "cardRequired": ("card_required", boolean),
    "noBridgeAllowed": ("no_bridge_allowed", boolean),
    "recoveryRequired": ("recovery_required", boolean),
    "delegationDaysMax": ("delegation_days_max", integer(0, MAX_DAYS)),
    "retentionDays": ("retention_days", integer(0, MAX_DAYS)),
    "membersOpenServices": ("members_open_services", boolean),
    "listedOnly": ("listed_only", boolean),
}
PROPERTIES = ("id", "name", "domain", "timeZone", "people", "inboxes", *_RULES)
PATCH = Record({name: Optional(shape) for name, (_, shape) in _RULES.items()})


def get(call: Call, wanted: Arguments) -> Answer:
    """Tenant/get: the one that the caller administers; to anybody else there is none."""
    check_properties(wanted, PROPERTIES)
    tenant = administration.administered_by(call.caller)
    return get_answer(wanted, STATE, requested_ids(call, wanted), [_tenant(tenant)] if tenant else [])


def _tenant(tenant: Tenant) -> Object:
    return {
        "id": tenant.id,
        "name": tenant.name,
        "domain": tenant.domain,
        "timeZone": tenant.timezone,
        **{name: getattr(tenant, column) for name, (column, _) in _RULES.items()},
        "people": [_person(one) for one in administration.colleagues(tenant)],
        "inboxes": [_inbox(one) for one in administration.inboxes(tenant)],
    }


def _person(one: Colleague) -> Object:
    return {
        "id": one.id,
        "personId": one.person_id or None,
        "name": one.name,
        "rppsNumber": one.rpps_number,
        "address": one.address,
        "administrator": one.administrator,
        "state": one.state,
        "lacks": list(one.lacks),
        "cardEnds": _moment(one.card_ends),
        "inboxes": [{"address": address, "role": role} for address, role in one.inboxes.items()],
    }


def _inbox(one: Inbox) -> Object:
    return {
        "id": one.id,
        "address": one.address,
        "name": one.name,
        "kind": one.kind,
        "open": one.is_open,
        "managers": list(one.managers),
        "members": one.members,
    }


def set_(call: Call, wanted: Arguments) -> Answer:
    """Tenant/set: rules only; lists are the operator's."""

    def update(tenant_id: str, patch: Object) -> None:
        given = {_RULES[name][0]: value for name, value in PATCH(patch).items() if value is not None}
        try:
            administration.change_rules(call.caller, tenant_id, given)
        except AccessDenied as error:
            raise NotFound from error

    run = SetRun(call, wanted)
    run.create(refuse_verb)
    run.update(update)
    run.destroy(refuse_verb)
    return run.answer(STATE, STATE)


def _moment(value: datetime | None) -> str | None:
    return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if value else None


METHODS = {
    "Tenant/get": Method(KEYS, arguments(GET), get, right=None),
    "Tenant/set": Method(KEYS, arguments(SET), set_, right=None),
}
