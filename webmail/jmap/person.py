"""Person/offboard: an administrator lets somebody of his establishment go."""

from webmail.domain import offboard
from webmail.domain.errors import AccessDenied, InvalidProperties, NotFound, SuccessorNeeded
from webmail.domain.offboard import AddressRule
from webmail.jmap.capabilities import KEYS
from webmail.jmap.dispatch import Answer, Arguments, Call, Method
from webmail.jmap.errors import MethodError
from webmail.jmap.shapes import arguments, identifier
from webmail.schema import Members, Optional, boolean, one_of, text


def leave(call: Call, wanted: Arguments) -> Answer:
    """`address`: what becomes of mail to the person's own address; `anyway`: though a shared mailbox loses its last owner."""
    rule = AddressRule(wanted["address"])
    try:
        departure = offboard.leave_by_administrator(
            call.caller, wanted["personId"], rule, wanted["redirectTo"], anyway=wanted["anyway"]
        )
    except (AccessDenied, NotFound) as error:
        raise MethodError("notFound") from error
    except InvalidProperties as error:
        raise MethodError("invalidArguments", arguments=["redirectTo"]) from error
    except SuccessorNeeded as error:
        raise MethodError("successorNeeded", addresses=list(error.addresses)) from error
    return {"credentials": departure.credentials, "accountIds": list(departure.account_ids)}


SHAPE: Members = {
    "personId": identifier,
    "address": Optional(one_of(*AddressRule), AddressRule.KEEP.value),
    "redirectTo": Optional(text(254), ""),
    "anyway": Optional(boolean, False),
}
METHODS = {"Person/offboard": Method(KEYS, arguments(SHAPE), leave, right=None, step_up=True)}
