"""What a mailbox's holders need to open it: certificates, grants and the membership log, as they were signed."""

from __future__ import annotations

from django.db.models import Q
from django.utils import timezone

from webmail.models import Grant, LogEntry, MailboxKey


def mailbox_keys(account_id: str) -> list[MailboxKey]:
    """The certified epochs of a mailbox, oldest first."""
    rows = MailboxKey.objects.filter(account_id=account_id).exclude(state=MailboxKey.State.PENDING)
    return list(rows.order_by("epoch"))


def grants_of(account_id: str, person_id: str) -> list[Grant]:
    """The person's own grants that are in force, oldest epoch first."""
    now = timezone.now()
    ended = Q(not_after__lte=now) | Q(revoked_at__lte=now)
    rows = Grant.objects.filter(account_id=account_id, person_id=person_id, not_before__lte=now).exclude(ended)
    return list(rows.order_by("epoch", "id"))


def log_entries(account_id: str, since: int = 0) -> list[LogEntry]:
    """The membership log from entry `since` on."""
    return list(LogEntry.objects.filter(account_id=account_id, seq__gte=since).order_by("seq"))
