"""Daily signed checkpoints of the access traces, made by the worker.

Each is signed by the operator's trace key and kept in the database; its first three lines also go to a file of its day below
`PLI_DATA/checkpoints`, so that who can write the database alone cannot make a trace over (docs/SECURITY-MODEL.md).
"""

import logging
import os
from base64 import b64decode, b64encode
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

from django.conf import settings
from django.db import transaction
from django.db.models import Max, OuterRef, Subquery
from django.utils import timezone

from bridge.cms.errors import CmsError
from webmail.domain import trace, trace_key
from webmail.domain.trace_note import NoteMalformed, TraceNote
from webmail.models import AccessEvent, Checkpoint, Mailbox

log = logging.getLogger(__name__)


def make_due(now: datetime | None = None) -> int:
    """A checkpoint of every trace that has lines of finished days which none covers. Gives how many were made."""
    moment = now or timezone.now()
    midnight = start_of(moment.astimezone(UTC).date())
    covered = Checkpoint.objects.filter(account_id=OuterRef("id")).order_by("-seq").values("seq")[:1]
    rows = Mailbox.objects.filter(trace_length__gt=0).annotate(covered=Subquery(covered))
    due = [row.id for row in rows.iterator() if row.trace_length > (row.covered or 0)]
    return sum(_make(account_id, midnight, moment) for account_id in due)


def note_of(row: Checkpoint) -> TraceNote | None:
    """What a checkpoint says; None where its signature or its columns do not hold."""
    try:
        note = TraceNote.from_text(trace_key.verified(bytes(row.signature)))
    except (CmsError, NoteMalformed):
        return None
    said = (note.account_id, note.day, note.size, note.head)
    return note if said == (row.account_id, row.day, row.seq, bytes(row.head)) else None


def signed_row(note: TraceNote, at: datetime) -> Checkpoint:
    """The row of a note."""
    signature = trace_key.sign(note.to_text(), at)
    return Checkpoint(account_id=note.account_id, day=note.day, seq=note.size, head=note.head, signature=signature)


def start_of(day: date) -> datetime:
    """The first moment of a day, UTC."""
    return datetime.combine(day, time(), UTC)


def witnessed(account_id: str) -> dict[date, list[tuple[int, bytes]]]:
    """What the files of each day say of a trace: size and head."""
    found: dict[date, list[tuple[int, bytes]]] = {}
    for file in sorted(_folder().glob("*.txt")):
        for line in _lines(file, account_id):
            found.setdefault(date.fromisoformat(file.stem), []).append(line)
    return found


def _make(account_id: str, midnight: datetime, at: datetime) -> int:
    with transaction.atomic():
        trace.locked(account_id)
        before = AccessEvent.objects.filter(account_id=account_id, at__lt=midnight)
        seq = before.aggregate(last=Max("seq"))["last"]
        newest = Checkpoint.objects.filter(account_id=account_id).order_by("-seq").first()
        if seq is None or (newest is not None and newest.seq > seq):
            return 0
        last = AccessEvent.objects.get(account_id=account_id, seq=seq)
        note = TraceNote(account_id, (midnight - timedelta(days=1)).date(), seq + 1, bytes(last.digest))
        _, made = Checkpoint.objects.get_or_create(
            account_id=account_id,
            day=note.day,
            defaults={"seq": note.size, "head": note.head, "signature": trace_key.sign(note.to_text(), at)},
        )
        if made:
            _witness(note)
    return int(made)


def _witness(note: TraceNote) -> None:
    folder = _folder()
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    line = f"{note.account_id} {note.size} {b64encode(note.head).decode()}\n"
    file = os.open(folder / f"{note.day.isoformat()}.txt", os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        os.write(file, line.encode())
    finally:
        os.close(file)
    log.info("checkpoint %s %d %s", note.account_id, note.size, note.head.hex())


def _lines(file: Path, account_id: str) -> Iterator[tuple[int, bytes]]:
    for line in file.read_text(encoding="ascii").splitlines():
        named, size, head = line.split(" ")
        if named == account_id:
            yield int(size), b64decode(head)


def _folder() -> Path:
    folder: Path = settings.PLI_DATA / "checkpoints"
    return folder
