"""What a person's own device says it did with messages: shown, printed, saved. Only it can know, and it may stay silent.

Every report has a name of the device's choosing; the same one again changes nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import transaction

from webmail.domain import messages, trace
from webmail.domain.access import Account
from webmail.domain.caller import Caller
from webmail.domain.trace import Act, Use
from webmail.models import AccessEvent


@dataclass(frozen=True)
class DeviceReport:
    """`part` is the attachment by its place in the message from 1; None for the message itself."""

    id: str
    message_id: str
    act: Act
    part: int | None = None


def keep(caller: Caller, account: Account, reports: Sequence[DeviceReport]) -> list[str]:
    """Append a line for each that is new and about a message within reach; gives the names of those taken, old ones too."""
    known = {row.id for row in messages.find(account.id, [one.message_id for one in reports], account.scope())}
    taken = [one for one in reports if one.message_id in known]
    with transaction.atomic():
        mailbox = trace.locked(account.id)
        before = _names(account.id, known)
        for one in {one.id: one for one in taken}.values():
            if one.id not in before:
                use = Use(one.act, object_id=one.message_id, report_id=one.id, part=one.part)
                trace.append(mailbox, use, caller, account)
    return [one.id for one in taken]


def _names(account_id: str, message_ids: set[str]) -> set[str]:
    rows = AccessEvent.objects.filter(account_id=account_id, object_id__in=message_ids, act__in=trace.REPORTED)
    return set(rows.values_list("report_id", flat=True))
