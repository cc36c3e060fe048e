"""Identity/get (RFC 8621 §6): who one may write as. One mailbox, one identity."""

from webmail.domain.access import Right
from webmail.jmap.capabilities import SUBMISSION
from webmail.jmap.dispatch import Answer, Arguments, Call, Method
from webmail.jmap.shapes import GET, arguments
from webmail.jmap.standard import check_properties, get_answer, requested_ids

PROPERTIES = ("id", "name", "email", "replyTo", "bcc", "textSignature", "htmlSignature", "mayDelete")
STATE = "0"  # An identity changes only with its mailbox, and then the session does too.


def get(call: Call, wanted: Arguments) -> Answer:
    """Identity/get. The name is empty here: display names are content, and the client puts them inside the seal."""
    check_properties(wanted, PROPERTIES)
    account = call.account
    identity = {
        "id": account.id,
        "name": "",
        "email": account.address,
        "replyTo": None,
        "bcc": None,
        "textSignature": "",
        "htmlSignature": "",
        "mayDelete": False,
    }
    return get_answer(wanted, STATE, requested_ids(call, wanted), [identity] if Right.SEND in account.rights else [])


METHODS = {"Identity/get": Method(SUBMISSION, arguments(GET), get)}
