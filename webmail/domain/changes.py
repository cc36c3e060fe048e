"""What changed since a state, for every JMAP type (RFC 8620 §5.2)."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from django.db.models import Model, Q

from webmail.domain import work
from webmail.domain.change import STATE_COLUMN, Kind
from webmail.domain.errors import CannotCalculateChanges, NotFound
from webmail.domain.scope import Scope
from webmail.models import Folder, Mailbox, Message, PreparedLetter, SealedObject, Submission, Tombstone, Work

_TABLE: dict[Kind, type[Model]] = {
    Kind.EMAIL: Message,
    Kind.FOLDER: Folder,
    Kind.SUBMISSION: Submission,
    Kind.OBJECT: SealedObject,
    Kind.WORK: Work,
    Kind.LETTER: PreparedLetter,
}
_NAMED_BY: dict[type[Model], str] = {Work: "message_id"}  # others have an id of their own
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
    created, updated = _living(_TABLE[kind], account_id, start, limit)
    steps = sorted([*created, *updated, *_gone(account_id, kind, start, limit)])
    page, has_more = steps[:limit], len(steps) > limit
    return Changes(
        old_state=since,
        new_state=str(page[-1][0]) if has_more else str(current),
        created=[identifier for _, what, identifier in page if what == "created"],
        updated=[identifier for _, what, identifier in page if what == "updated"],
        destroyed=[identifier for _, what, identifier in page if what == "destroyed"],
        has_more=has_more,
    )


Step = tuple[int, str, str]


def _living(table: type[Model], account_id: str, start: int, limit: int) -> tuple[list[Step], list[Step]]:
    """What exists. A new thing stands where it was created, also when it changed later: whoever stops in between hears
    of it first as created, then as updated.
    """
    rows: Any = table._default_manager.filter(account_id=account_id, modseq__gt=start)  # noqa: SLF001
    name = _NAMED_BY.get(table, "id")
    new = rows.filter(created_modseq__gt=start).order_by("created_modseq").values_list("created_modseq", name)
    old = rows.filter(created_modseq__lte=start).order_by("modseq").values_list("modseq", name)
    return (
        [(modseq, "created", identifier) for modseq, identifier in new[: limit + 1]],
        [(modseq, "updated", identifier) for modseq, identifier in old[: limit + 1]],
    )


def _gone(account_id: str, kind: Kind, start: int, limit: int) -> list[Step]:
    """What was destroyed; a thing that came and went since `start` is never mentioned."""
    rows = Tombstone.objects.filter(account_id=account_id, kind=kind.value, modseq__gt=start, created_modseq__lte=start)
    found = rows.order_by("modseq").values_list("modseq", "id")[: limit + 1]
    return [(modseq, "destroyed", identifier) for modseq, identifier in found]


def within(account_id: str, kind: Kind, found: Changes, scope: Scope) -> Changes:
    """The same for somebody whose right reaches not everywhere: what is out of reach now counts as gone, and new things out of
    reach are not mentioned.
    """
    if scope.is_whole or kind not in _REACH:
        return found
    name, ids = _NAMED_BY.get(_TABLE[kind], "id"), [*found.created, *found.updated]
    rows = _TABLE[kind]._default_manager.filter(_REACH[kind](scope, account_id), account_id=account_id)  # noqa: SLF001
    reached = set(rows.filter(**{f"{name}__in": ids}).values_list(name, flat=True))
    return replace(
        found,
        created=[one for one in found.created if one in reached],
        updated=[one for one in found.updated if one in reached],
        destroyed=[*found.destroyed, *(one for one in found.updated if one not in reached)],
    )


_REACH: dict[Kind, Callable[[Scope, str], Q]] = {
    Kind.EMAIL: lambda scope, account_id: scope.messages(account_id),
    Kind.OBJECT: lambda scope, account_id: scope.objects(account_id),
    Kind.WORK: lambda scope, account_id: work.within(account_id, scope),
}


def _current(account_id: str, kind: Kind) -> int:
    current = Mailbox.objects.filter(id=account_id).values_list(STATE_COLUMN[kind], flat=True).first()
    if current is None:
        raise NotFound
    return int(current)


def _number(state: str, current: int) -> int:
    if not (state.isascii() and state.isdigit()) or int(state) > current:
        raise CannotCalculateChanges
    return int(state)
