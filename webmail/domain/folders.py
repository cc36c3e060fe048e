"""Folders of a mailbox (JMAP Mailbox, RFC 8621 §2)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from django.db.models import Exists, OuterRef
from django.utils import timezone

from webmail.domain import read_marks
from webmail.domain.change import AccountChange, Kind, changing
from webmail.domain.errors import FolderNotEmpty, InvalidProperties, NotFound
from webmail.domain.scope import Scope
from webmail.models import Folder, Message, MessageFolder, SealedObject, Tombstone
from webmail.models.columns import new_identifier

DEFAULT_ROLES = ("inbox", "drafts", "sent", "archive", "junk", "trash")


@dataclass(frozen=True)
class FolderChange:
    """New values for a folder; None leaves one as it is."""

    parent_id: str | None = None
    name_object_id: str | None = None
    sort_order: int | None = None


def find(account_id: str, ids: Sequence[str] | None = None) -> list[Folder]:
    """The folders with these ids, or all; in display order."""
    found = Folder.objects.filter(account_id=account_id)
    if ids is not None:
        found = found.filter(id__in=ids)
    return list(found.order_by("sort_order", "id"))


@dataclass(frozen=True)
class FolderView:
    """A folder as one member sees it; of one that is not `within` reach nothing is counted."""

    folder: Folder
    total: int
    unread: int
    within: bool


def within(account_id: str, scope: Scope, ids: Sequence[str] | None = None, reader: str = "") -> list[FolderView]:
    """The folders with these ids, or all, as far as `scope` reaches. One out of reach shows only if it has a role: a sent copy
    has to go somewhere, and a name is its owner's. With a `reader` what is unread is what this person has not read.
    """
    views = [_view(folder, scope) for folder in find(account_id, ids)]
    if reader:
        own = read_marks.counted(account_id, reader, scope)
        views = [replace(view, unread=own[view.folder.id] if view.within else 0) for view in views]
    return [view for view in views if view.within or view.folder.role]


def takes_copies(folder: Folder, scope: Scope) -> bool:
    """Whether somebody with this scope may at least put a copy of what he writes there."""
    return bool(scope.reaches) and folder.role in (Folder.Role.SENT, Folder.Role.DRAFTS)


def _view(folder: Folder, scope: Scope) -> FolderView:
    if scope.holds_whole_folder(folder.id):
        return FolderView(folder, folder.total, folder.unread, within=True)
    if not scope.holds_folder(folder.id):
        return FolderView(folder, 0, 0, within=False)
    placed = MessageFolder.objects.filter(account_id=folder.account_id, folder_id=folder.id, message_id=OuterRef("id"))
    rows = Message.objects.filter(Exists(placed), scope.messages(folder.account_id), account_id=folder.account_id)
    return FolderView(folder, rows.count(), rows.filter(seen=False).count(), within=True)


def by_role(account_id: str, role: str) -> Folder:
    """The folder of this role. Raises NotFound."""
    folder = Folder.objects.filter(account_id=account_id, role=role).first()
    if folder is None:
        raise NotFound
    return folder


def create_defaults(change: AccountChange) -> None:
    """The six folders every new mailbox has."""
    for order, role in enumerate(DEFAULT_ROLES):
        _insert(change, role=role, sort_order=order)


def create(account_id: str, *, name_object_id: str, parent_id: str = "", sort_order: int = 100) -> Folder:
    """A folder named by a sealed object of class `folder`. Raises InvalidProperties."""
    with changing(account_id) as change:
        _check(account_id, "", FolderChange(parent_id, name_object_id, sort_order))
        return _insert(change, name_object_id=name_object_id, parent_id=parent_id, sort_order=sort_order)


def update(account_id: str, folder_id: str, values: FolderChange) -> Folder:
    """Rename, move or reorder a folder. Raises NotFound, InvalidProperties."""
    with changing(account_id) as change:
        folder = _one(account_id, folder_id)
        _check(account_id, folder_id, values)
        for name in ("parent_id", "name_object_id", "sort_order"):
            if (value := getattr(values, name)) is not None:
                setattr(folder, name, value)
        folder.modseq = change.next(Kind.FOLDER)
        folder.save(force_update=True)
        return folder


def destroy(account_id: str, folder_id: str) -> None:
    """Remove an empty folder without a role. Raises NotFound, FolderNotEmpty, InvalidProperties."""
    with changing(account_id) as change:
        folder = _one(account_id, folder_id)
        if folder.role:
            raise InvalidProperties("role")
        if folder.total or Folder.objects.filter(account_id=account_id, parent_id=folder_id).exists():
            raise FolderNotEmpty
        folder.delete()
        bury(change, Kind.FOLDER, [(folder_id, folder.created_modseq)])


def bury(change: AccountChange, kind: Kind, gone: Iterable[tuple[str, int]]) -> None:
    """Leave tombstones of (id, created_modseq) for `/changes`."""
    now = timezone.now()
    Tombstone.objects.bulk_create(
        Tombstone(
            account_id=change.mailbox.id,
            kind=kind.value,
            id=identifier,
            created_modseq=created,
            modseq=change.next(kind),
            destroyed_at=now,
        )
        for identifier, created in gone
    )


def _one(account_id: str, folder_id: str) -> Folder:
    folder = Folder.objects.filter(account_id=account_id, id=folder_id).first()
    if folder is None:
        raise NotFound
    return folder


def _insert(
    change: AccountChange, *, role: str = "", name_object_id: str = "", parent_id: str = "", sort_order: int
) -> Folder:
    modseq = change.next(Kind.FOLDER)
    return Folder.objects.create(
        account_id=change.mailbox.id,
        id=new_identifier(),
        role=role,
        name_object_id=name_object_id,
        parent_id=parent_id,
        sort_order=sort_order,
        uid_validity=int(timezone.now().timestamp()),
        created_modseq=modseq,
        modseq=modseq,
    )


def _check(account_id: str, folder_id: str, values: FolderChange) -> None:
    if values.name_object_id is not None:
        named = SealedObject.objects.filter(account_id=account_id, id=values.name_object_id, object_class="folder")
        if not named.exists():
            raise InvalidProperties("name")
    if values.parent_id and folder_id in _line_up(account_id, values.parent_id):
        raise InvalidProperties("parentId")


def _line_up(account_id: str, folder_id: str) -> list[str]:
    """A folder and its ancestors. Raises InvalidProperties if one of them does not exist or they form a ring."""
    parents = dict(Folder.objects.filter(account_id=account_id).values_list("id", "parent_id"))
    line: list[str] = []
    while folder_id:
        if folder_id not in parents or folder_id in line:
            raise InvalidProperties("parentId")
        line.append(folder_id)
        folder_id = parents[folder_id]
    return line
