"""Account/export: its owner takes a mailbox along; the messages then go through his page to his bridge (docs/adr/0020).
Account/set: whether each member has read marks of an own.
"""

from webmail.domain import read_marks, trace
from webmail.domain.access import Right
from webmail.domain.trace import Act
from webmail.jmap.capabilities import KEYS
from webmail.jmap.dispatch import Answer, Arguments, Call, Method
from webmail.jmap.shapes import ACCOUNT, arguments
from webmail.models import Message
from webmail.schema import boolean


def export(call: Call, wanted: Arguments) -> Answer:
    """Says so in the trace, and how many messages there are."""
    account_id = wanted["accountId"]
    total = Message.objects.filter(account_id=account_id).count()
    trace.record(account_id, Act.EXPORTED, call.caller, account=call.account, object_id="mailbox", count=max(total, 1))
    return {"accountId": account_id, "total": total}


def set_(call: Call, wanted: Arguments) -> Answer:
    """Account/set."""
    read_marks.ask_for(call.account.id, own_marks=wanted["perPersonUnread"])
    return {"accountId": wanted["accountId"], "perPersonUnread": wanted["perPersonUnread"]}


METHODS = {
    "Account/export": Method(KEYS, arguments(ACCOUNT), export, Right.OWN, step_up=True),
    "Account/set": Method(KEYS, arguments(ACCOUNT, {"perPersonUnread": boolean}), set_, Right.MANAGE),
}
