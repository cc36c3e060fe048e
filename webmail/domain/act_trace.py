"""What an act leaves in the trace of its mailbox."""

from bridge.cms.log import LogKind
from webmail.domain import trace
from webmail.domain.act import CheckedAct
from webmail.domain.caller import Caller
from webmail.domain.memberships import Changed
from webmail.domain.trace import Act

_OF_KIND = {
    LogKind.ROTATE: Act.KEY_CHANGED,
    LogKind.POLICY: Act.POLICY_CHANGED,
    LogKind.RECOVERY: Act.RECOVERY_RELEASED,
    LogKind.CONFIRM: Act.MEMBER_CONFIRMED,
}


def note(caller: Caller, account_id: str, checked: CheckedAct, changed: Changed) -> None:
    """Who came and who went, by person id; what else changed, by the number of its entry."""
    for person_id in changed.added:
        trace.record(account_id, Act.MEMBER_ADDED, caller, object_id=person_id)
    for person_id in changed.ended:
        trace.record(account_id, Act.MEMBER_ENDED, caller, object_id=person_id)
    kind = checked.entry.entry.kind
    if kind in _OF_KIND:
        trace.record(account_id, _OF_KIND[kind], caller, object_id=str(checked.entry.entry.seq))
