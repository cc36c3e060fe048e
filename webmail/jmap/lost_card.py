"""Member/block: somebody else's card is lost. Its person blocks it himself by Credential/set."""

from webmail.domain import lost_cards
from webmail.domain.access import Right
from webmail.domain.errors import AccessDenied, NotFound
from webmail.jmap.capabilities import KEYS
from webmail.jmap.dispatch import Answer, Arguments, Call, Method
from webmail.jmap.errors import MethodError
from webmail.jmap.shapes import ACCOUNT, arguments
from webmail.schema import binary


def block(call: Call, wanted: Arguments) -> Answer:
    """`loginBlocked`: the caller was somebody who may say that it logs in nowhere any more."""
    try:
        login_blocked = lost_cards.block_member(call.caller, call.account, wanted["bodyHash"].hex())
    except NotFound as error:
        raise MethodError("notFound") from error
    except AccessDenied as error:
        raise MethodError("forbidden") from error
    return {"accountId": wanted["accountId"], "loginBlocked": login_blocked}


METHODS = {
    "Member/block": Method(KEYS, arguments(ACCOUNT, {"bodyHash": binary(32)}), block, Right.MANAGE, step_up=True)
}
