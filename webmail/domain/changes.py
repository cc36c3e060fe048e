"""What changed since a state, for every JMAP type (RFC 8620 §5.2)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import Model

from webmail.domain.change import STATE_COLUMN, Kind
from webmail.domain.errors import CannotCalculateChanges, NotFound
from webmail.models import Folder, Mailbox, Message, SealedObject, Submission, Tombstone

_TABLE: dict[Kind, type[Model]] = {
    Kind.EMAIL: Message,
    Kind.FOLDER: Folder,
    Kind.SUBMISSION: Submission,
    Kind.OBJECT: SealedObject,
}
DEFAULT_LIMIT = 500


@dataclass(frozen=True)
class Changes:
    """Ids in the order of their change; `has_more` when `new_state` is not yet the current one."""

    old_state: str
    new_state: str
    created: list[str]
    updated: list[str]
    destroyed: list[str]
    has_more: bool


def changes(account_id: str, kind: Kind, since: str, limit: int | None = None) -> Changes:
    """What was created, updated and destroyed after the state `since`.

    Raises NotFound for an unknown account, CannotCalculateChanges for a state that is not one of ours.
    """
    current = _current(account_id, kind)
    start = _number(since, current)
    limit = limit or DEFAULT_LIMIT
    rows = _rows(_TABLE[kind], {"account_id": account_id}, start, limit)
    rows += _rows(Tombstone, {"account_id": account_id, "kind": kind.value}, start, limit, gone=True)
    rows.sort()
    page, has_more = rows[:limit], len(rows) > limit
    return Changes(
        old_state=since,
        new_state=str(page[-1][0]) if has_more else str(current),
        created=[row[2] for row in page if not row[3] and row[1] > start],
        updated=[row[2] for row in page if not row[3] and row[1] <= start],
        destroyed=[row[2] for row in page if row[3] and row[1] <= start],
        has_more=has_more,
    )


def _rows(
    table: type[Model], owner: dict[str, str], start: int, limit: int, *, gone: bool = False
) -> list[tuple[int, int, str, bool]]:
    found: Any = table._default_manager.filter(**owner, modseq__gt=start).order_by("modseq")  # noqa: SLF001
    return [(*row, gone) for row in found.values_list("modseq", "created_modseq", "id")[: limit + 1]]


def _current(account_id: str, kind: Kind) -> int:
    current = Mailbox.objects.filter(id=account_id).values_list(STATE_COLUMN[kind], flat=True).first()
    if current is None:
        raise NotFound
    return int(current)


def _number(state: str, current: int) -> int:
    if not (state.isascii() and state.isdigit()) or int(state) > current:
        raise CannotCalculateChanges
    return int(state)
