"""Clearing away: orphan blobs, old tokens and tombstones, abandoned openings, names of whom one wrote to."""

import time
from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from webmail.domain.submit import FORGET_AFTER
from webmail.models import Address, Blob, Challenge, Mailbox, MailboxKey, OutboxItem, SeenToken, Submission, Tombstone

FILE_GRACE = timedelta(hours=1)  # longer than any delivery takes between its file and its row
TOMBSTONE_MEMORY = timedelta(days=365)


def sweep(now: datetime | None = None) -> dict[str, int]:
    """Do all of it; gives how many of each were removed."""
    moment = now or timezone.now()
    return {
        "uploads": _expired_uploads(moment),
        "files": orphan_files(moment),
        "tokens": SeenToken.objects.filter(expires_at__lt=moment).delete()[0],
        "challenges": Challenge.objects.filter(expires_at__lt=moment).delete()[0],
        "tombstones": Tombstone.objects.filter(destroyed_at__lt=moment - TOMBSTONE_MEMORY).delete()[0],
        "openings": _abandoned_openings(moment),
        "recipients": Submission.objects.filter(final_at__lt=moment - FORGET_AFTER)
        .exclude(delivery={})
        .update(delivery={}),
        "outbox": OutboxItem.objects.exclude(state="waiting").filter(next_at__lt=moment - FORGET_AFTER).delete()[0],
    }


def orphan_files(now: datetime) -> int:
    """Remove files without a row that are older than any delivery in progress."""
    limit = now.timestamp() - FILE_GRACE.total_seconds()
    return sum(_remove_orphans(folder, limit) for folder in settings.PLI_BLOBS.glob("??"))


def _remove_orphans(folder: Path, limit: float) -> int:
    old = [file for file in folder.iterdir() if _modified(file) < limit]
    known = set(Blob.objects.filter(id__in=[file.name for file in old]).values_list("id", flat=True))
    orphans = [file for file in old if file.name not in known]
    for file in orphans:
        file.unlink(missing_ok=True)
    return len(orphans)


def _modified(file: Path) -> float:
    try:
        return file.stat().st_mtime
    except FileNotFoundError:
        return time.time()


def _expired_uploads(now: datetime) -> int:
    """Rows first; their files become orphans and go an hour later."""
    return Blob.objects.filter(expires_at__lt=now).delete()[0]


def _abandoned_openings(now: datetime) -> int:
    held = list(Address.objects.filter(reserved_until__lt=now))
    for row in held:
        with transaction.atomic():
            if Mailbox.objects.filter(id=row.account_id, status=Mailbox.Status.OPENING).delete()[0]:
                MailboxKey.objects.filter(account_id=row.account_id).delete()
                row.delete()
    return len(held)
