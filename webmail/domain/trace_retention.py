"""Forgetting old lines of the access traces, as each establishment asks: whole days, up to a checkpoint that then says so.

The chain begins anew at that checkpoint, signed over with the word `cut`, so that a removal by this rule and one by hand differ.
What happened in an emergency stays: those lines are named in the note one by one.
"""

from datetime import UTC, datetime, timedelta

from django.db import transaction
from django.utils import timezone

from webmail.domain import checkpoints, trace
from webmail.domain.trace_note import TraceNote
from webmail.models import AccessEvent, Checkpoint, Mailbox, MessageSet, Tenant


def forget_old(now: datetime | None = None) -> int:
    """Apply every tenant's `retention_days`. Gives how many lines went."""
    moment = now or timezone.now()
    gone = 0
    for tenant in Tenant.objects.filter(retention_days__gt=0):
        limit = moment.astimezone(UTC).date() - timedelta(days=tenant.retention_days)
        for account_id in Mailbox.objects.filter(tenant_id=tenant.id).values_list("id", flat=True):
            last = Checkpoint.objects.filter(account_id=account_id, day__lt=limit).order_by("-seq").first()
            gone += _cut(last, moment) if last is not None else 0
    return gone


def _cut(row: Checkpoint, at: datetime) -> int:
    """Only at a checkpoint that agrees with the chain: a rule must not clear away what proves a forgery."""
    with transaction.atomic():
        trace.locked(row.account_id)
        note = checkpoints.note_of(row)
        lines = AccessEvent.objects.filter(account_id=row.account_id, seq__lt=row.seq)
        last = lines.filter(seq=row.seq - 1).first()
        removed = lines.exclude(act__in=trace.LASTING)
        if note is None or note.kept is not None or last is None or bytes(last.digest) != note.head:
            return 0
        kept = {event.seq: trace.digest_alone(event) for event in lines.filter(act__in=trace.LASTING)}
        Checkpoint.objects.filter(account_id=row.account_id, seq__lte=row.seq).delete()
        cut = TraceNote(note.account_id, note.day, note.size, note.head, kept)
        checkpoints.signed_row(cut, at).save(force_insert=True)
        count = removed.delete()[0]
        _forget_sets(row.account_id)
    return count


def _forget_sets(account_id: str) -> None:
    used = AccessEvent.objects.filter(account_id=account_id).exclude(message_set="").values("message_set")
    MessageSet.objects.filter(account_id=account_id).exclude(id__in=used).delete()
