"""Messages in folders, with the counters kept in step (RFC 8621 §2: totalEmails, unreadEmails)."""

from collections import Counter
from collections.abc import Iterable, Sequence

from webmail.domain.change import AccountChange, Kind
from webmail.models import Folder, Message, MessageFolder


def place(change: AccountChange, message: Message, folder_ids: Iterable[str]) -> None:
    """Put one message into folders."""
    place_all(change, [(message, folder_id) for folder_id in folder_ids])


def place_all(change: AccountChange, pairs: Sequence[tuple[Message, str]]) -> None:
    """Put messages of one account into folders, in few statements."""
    rows = _folders(change, {folder_id for _, folder_id in pairs})
    placed = []
    for message, folder_id in pairs:
        folder = rows[folder_id]
        placed.append(_row(message, folder))
        folder.uid_next += 1
        folder.total += 1
        folder.unread += not message.seen
    MessageFolder.objects.bulk_create(placed)
    _save(change, rows.values())


def unplace(change: AccountChange, message: Message) -> None:
    """Take a message out of all its folders."""
    move(change, message, ())


def move(change: AccountChange, message: Message, folder_ids: Iterable[str]) -> None:
    """Make `folder_ids` the folders of a message."""
    placed = MessageFolder.objects.filter(account_id=message.account_id, message_id=message.id)
    present, wanted = set(placed.values_list("folder_id", flat=True)), set(folder_ids)
    if leaving := present - wanted:
        placed.filter(folder_id__in=leaving).delete()
        rows = _folders(change, leaving)
        _count(rows.values(), total=-1, unread=-int(not message.seen))
        _save(change, rows.values())
    place(change, message, wanted - present)


def change_seen(change: AccountChange, message: Message, *, seen: bool) -> None:
    """Set `seen` on a message (the caller saves it) and count it in its folders."""
    if message.seen == seen:
        return
    message.seen = seen
    placed = MessageFolder.objects.filter(account_id=message.account_id, message_id=message.id)
    rows = _folders(change, set(placed.values_list("folder_id", flat=True)))
    _count(rows.values(), total=0, unread=-1 if seen else 1)
    _save(change, rows.values())


def note_read(change: AccountChange, message: Message) -> None:
    """Somebody's own count of unread messages changed in the folders of this one."""
    placed = MessageFolder.objects.filter(account_id=message.account_id, message_id=message.id)
    _save(change, _folders(change, set(placed.values_list("folder_id", flat=True))).values())


def recount(account_id: str) -> dict[str, tuple[int, int]]:
    """(total, unread) of each folder, counted from the rows: what the kept counters must equal."""
    placed = MessageFolder.objects.filter(account_id=account_id).values_list("folder_id", "message_id")
    seen = dict(Message.objects.filter(account_id=account_id).values_list("id", "seen"))
    total: Counter[str] = Counter()
    unread: Counter[str] = Counter()
    for folder_id, message_id in placed:
        total[folder_id] += 1
        unread[folder_id] += not seen.get(message_id, True)
    ids = Folder.objects.filter(account_id=account_id).values_list("id", flat=True)
    return {folder_id: (total[folder_id], unread[folder_id]) for folder_id in ids}


def _folders(change: AccountChange, ids: set[str]) -> dict[str, Folder]:
    return {row.id: row for row in Folder.objects.filter(account_id=change.mailbox.id, id__in=ids)}


def _row(message: Message, folder: Folder) -> MessageFolder:
    return MessageFolder(
        account_id=message.account_id,
        folder_id=folder.id,
        message_id=message.id,
        received_at=message.received_at,
        uid=folder.uid_next,
    )


def _count(rows: Iterable[Folder], *, total: int, unread: int) -> None:
    for row in rows:
        row.total += total
        row.unread += unread


def _save(change: AccountChange, rows: Iterable[Folder]) -> None:
    for row in rows:
        row.modseq = change.next(Kind.FOLDER)
        row.save(update_fields=["uid_next", "total", "unread", "modseq"])
