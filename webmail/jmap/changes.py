"""`/changes` (RFC 8620 §5.2), the same for every type that has a state."""

from webmail.domain import change, changes
from webmail.domain.change import Kind
from webmail.jmap.dispatch import Answer, Arguments, Call, Method
from webmail.jmap.errors import MethodError
from webmail.jmap.shapes import CHANGES, arguments


def changes_method(capability: str, kind: Kind, **extra: object) -> Method:
    """The `/changes` method of a type; `extra` are further members of its answer."""

    def answer(call: Call, wanted: Arguments) -> Answer:
        since = changes.changes(wanted["accountId"], kind, wanted["sinceState"], wanted["maxChanges"])
        found = changes.within(wanted["accountId"], kind, since, call.scope())
        return {
            "accountId": wanted["accountId"],
            "oldState": found.old_state,
            "newState": found.new_state,
            "hasMoreChanges": found.has_more,
            "created": found.created,
            "updated": found.updated,
            "destroyed": found.destroyed,
            **extra,
        }

    return Method(capability, arguments(CHANGES), answer)


def state_of(account_id: str, kind: Kind) -> str:
    """The current state string of a type in a mailbox."""
    return change.states(account_id)[kind]


def require_state(account_id: str, kind: Kind, expected: str | None) -> str:
    """The current state; raises `stateMismatch` when the caller expected another (`ifInState`)."""
    current = state_of(account_id, kind)
    if expected is not None and expected != current:
        raise MethodError("stateMismatch")
    return current
