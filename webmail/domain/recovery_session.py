"""A mailbox opened by officers or break-glass: an hour, reading only, and perhaps no more than so many messages."""

from django.db import transaction
from django.db.models import F

from webmail.domain.access import Account
from webmail.domain.errors import MessageLimit
from webmail.models import AccessEvent, RecoveryRequest


def count_opened(account: Account, message_id: str) -> None:
    """One more message was opened in this session; one opened again is not counted twice. Raises MessageLimit."""
    with transaction.atomic():
        row = RecoveryRequest.objects.select_for_update().get(account_id=account.id, id=account.recovery)
        if not row.message_limit or _opened_before(row, message_id):
            return
        if row.messages_opened >= row.message_limit:
            raise MessageLimit(row.message_limit)
        RecoveryRequest.objects.filter(account_id=row.account_id, id=row.id).update(
            messages_opened=F("messages_opened") + 1
        )


def _opened_before(row: RecoveryRequest, message_id: str) -> bool:
    seen = AccessEvent.objects.filter(account_id=row.account_id, person_id=row.requester_id, act="opened")
    return row.opened_at is not None and seen.filter(object_id=message_id, at__gte=row.opened_at).exists()
