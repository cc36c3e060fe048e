"""Thread/get (RFC 8621 §3): the messages of a conversation, oldest first."""

from webmail.domain import messages
from webmail.domain.change import Kind
from webmail.jmap.capabilities import MAIL
from webmail.jmap.changes import state_of
from webmail.jmap.dispatch import Answer, Arguments, Call, Method
from webmail.jmap.errors import MethodError
from webmail.jmap.shapes import GET, arguments
from webmail.jmap.standard import check_properties, get_answer, requested_ids


def get(call: Call, wanted: Arguments) -> Answer:
    """Thread/get."""
    check_properties(wanted, ("id", "emailIds"))
    ids = requested_ids(call, wanted)
    if ids is None:
        raise MethodError("requestTooLarge")  # RFC 8620 §5.1: "all" may be refused.
    account_id = wanted["accountId"]
    found = (
        {"id": id_, "emailIds": members} for id_, members in messages.threads(account_id, ids, call.scope()).items()
    )
    return get_answer(wanted, state_of(account_id, Kind.EMAIL), ids, found)


METHODS = {"Thread/get": Method(MAIL, arguments(GET), get)}
