"""Judging an access trace: which line was altered, is missing or was cut off, and which checkpoint does not agree with it."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Literal

from django.utils import timezone

from webmail.domain import checkpoints, message_sets, trace
from webmail.domain.errors import NotFound
from webmail.domain.trace_note import TraceNote
from webmail.models import AccessEvent, Checkpoint, Mailbox

Wrong = Literal[
    "altered",
    "missing",
    "cut-off",
    "messages-altered",
    "checkpoint-altered",
    "checkpoint-disagrees",
    "checkpoint-missing",
]
_GRACE = timedelta(days=1)  # for a worker that stood still at midnight


@dataclass(frozen=True)
class Finding:
    """What does not stand: a line of the trace, by its number, or the checkpoint of a day."""

    wrong: Wrong
    line: int | None = None
    day: date | None = None

    def __str__(self) -> str:
        return f"{self.wrong}: " + (f"checkpoint of {self.day}" if self.day else f"line {self.line}")


@dataclass
class _Walk:
    """How far the chain stands: `heads` are the digests at the sizes that somebody signed or wrote down."""

    wanted: frozenset[int]
    base: TraceNote | None
    heads: dict[int, bytes] = field(default_factory=dict)
    length: int = 0
    head: bytes = b""
    kept: dict[int, bytes] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.base is not None:
            self.length, self.head = self.base.size, self.base.head
            self.kept = dict(self.base.kept or {})
        self.note()

    def note(self) -> None:
        if self.length in self.wanted:
            self.heads[self.length] = self.head


def verify(account_id: str, now: datetime | None = None) -> list[Finding]:
    """Nothing if all of it stands; else the first line and the first checkpoint that do not. Raises NotFound."""
    mailbox = Mailbox.objects.filter(id=account_id).first()
    if mailbox is None:
        raise NotFound
    rows = list(Checkpoint.objects.filter(account_id=account_id).order_by("seq"))
    notes = {row.day: checkpoints.note_of(row) for row in rows}
    witnessed = checkpoints.witnessed(account_id)
    sizes = {row.seq for row in rows} | {size for lines in witnessed.values() for size, _ in lines}
    base = next((note for note in notes.values() if note is not None and note.kept is not None), None)
    walk = _Walk(frozenset(sizes), base)
    line = _first_line(mailbox, walk)
    signed = (
        _signed(rows, notes, walk) or _witnessed(witnessed, walk) or _uncovered(account_id, rows, now or timezone.now())
    )
    return [one for one in (line, signed) if one is not None]


def _first_line(mailbox: Mailbox, walk: _Walk) -> Finding | None:
    sets: set[str] = set()
    for event in AccessEvent.objects.filter(account_id=mailbox.id).order_by("seq").iterator():
        found = _judge(event, walk) or _judge_set(event, sets)
        if found is not None:
            return found
    if walk.kept:
        return Finding("missing", min(walk.kept))
    if (walk.length, walk.head) == (mailbox.trace_length, bytes(mailbox.trace_head)):
        return None
    return Finding("cut-off" if walk.length < mailbox.trace_length else "altered", walk.length)


def _judge(event: AccessEvent, walk: _Walk) -> Finding | None:
    if walk.base is not None and event.seq < walk.base.size:
        alone = walk.kept.pop(event.seq, None)
        return None if alone == trace.digest_alone(event) else Finding("altered", event.seq)
    if event.seq != walk.length:
        return Finding("missing", walk.length)
    head = trace.chained(walk.head, event)
    if bytes(event.digest) != head:
        return Finding("altered", event.seq)
    walk.length, walk.head = event.seq + 1, head
    walk.note()
    return None


def _judge_set(event: AccessEvent, known: set[str]) -> Finding | None:
    if not event.message_set or event.message_set in known:
        return None
    if message_sets.members(event.account_id, event.message_set) is None:
        return Finding("messages-altered", event.seq)
    known.add(event.message_set)
    return None


def _signed(rows: list[Checkpoint], notes: dict[date, TraceNote | None], walk: _Walk) -> Finding | None:
    for row in rows:
        note = notes[row.day]
        if note is None:
            return Finding("checkpoint-altered", day=row.day)
        if walk.heads.get(note.size) != note.head:
            return Finding("checkpoint-disagrees", day=row.day)
    return None


def _witnessed(witnessed: dict[date, list[tuple[int, bytes]]], walk: _Walk) -> Finding | None:
    """The files of the days, where the database's own checkpoints were made over with it."""
    start = walk.base.size if walk.base else 0
    for day, lines in witnessed.items():
        if any(size >= start and walk.heads.get(size) != head for size, head in lines):
            return Finding("checkpoint-disagrees", day=day)
    return None


def _uncovered(account_id: str, rows: list[Checkpoint], now: datetime) -> Finding | None:
    """Lines of a day that is over, and no checkpoint: the worker does not run, or somebody removed one."""
    covered = rows[-1].seq if rows else 0
    limit = checkpoints.start_of(now.astimezone(UTC).date()) - _GRACE
    first = AccessEvent.objects.filter(account_id=account_id, seq__gte=covered, at__lt=limit).order_by("seq").first()
    return Finding("checkpoint-missing", day=first.at.astimezone(UTC).date()) if first else None


def verify_all() -> Iterator[tuple[str, Finding]]:
    """Every finding of every trace, by account."""
    for account_id in Mailbox.objects.order_by("id").values_list("id", flat=True).iterator():
        for finding in verify(account_id):
            yield account_id, finding
