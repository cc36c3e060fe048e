"""What foreign keys would have guarded, and the counters that are kept instead of counted."""

import hashlib
from collections.abc import Iterator

from django.db.models import Sum

from webmail.domain import blobs, placing
from webmail.models import (
    Address,
    Blob,
    Folder,
    Grant,
    LogEntry,
    Mailbox,
    MailboxKey,
    Membership,
    Message,
    MessageFolder,
    OutboxItem,
    Person,
    SealedObject,
)


def check_references() -> Iterator[str]:
    """One sentence for each thing that does not hold, naming ids only."""
    known = set(Mailbox.objects.values_list("id", flat=True))
    for model in (Address, Blob, Folder, Grant, LogEntry, MailboxKey, Membership, Message, SealedObject, OutboxItem):
        used = set(model._default_manager.values_list("account_id", flat=True).distinct())  # noqa: SLF001
        yield from (f"{model._meta.db_table}: account {account} does not exist" for account in sorted(used - known))  # noqa: SLF001
    people = set(Person.objects.values_list("id", flat=True))
    members = set(Membership.objects.values_list("person_id", flat=True))
    yield from (f"membership: person {person} does not exist" for person in sorted(members - people))
    for account_id in sorted(known):
        yield from (f"account {account_id}: {finding}" for finding in check_account(account_id))


def check_account(account_id: str) -> Iterator[str]:
    """The same for one account."""
    yield from _blobs(account_id)
    yield from _folders(account_id)
    yield from _packs(account_id)
    yield from _log(account_id)


def _blobs(account_id: str) -> Iterator[str]:
    rows = {row.id: row for row in Blob.objects.filter(account_id=account_id).defer("data")}
    used = set(Message.objects.filter(account_id=account_id).values_list("blob_id", flat=True))
    used |= set(SealedObject.objects.filter(account_id=account_id).values_list("blob_id", flat=True))
    waiting = OutboxItem.objects.filter(account_id=account_id, state=OutboxItem.State.WAITING)
    used |= set(waiting.values_list("blob_id", flat=True))
    yield from (f"blob {blob_id} is missing" for blob_id in sorted(used - set(rows)))
    kept = {blob_id for blob_id, row in rows.items() if row.expires_at is None}
    yield from (f"blob {blob_id} is kept by nothing" for blob_id in sorted(kept - used))
    yield from (f"blob {blob_id} is used and expires" for blob_id in sorted((used & set(rows)) - kept))
    for row in rows.values():
        if row.place == Blob.Place.FILE and not _file_stands(row):
            yield f"blob {row.id} has no file of its size"
    stored = Blob.objects.filter(account_id=account_id, expires_at=None).aggregate(total=Sum("size"))["total"] or 0
    counted = Mailbox.objects.values_list("used_bytes", flat=True).get(id=account_id)
    if stored != counted:
        yield f"{stored} bytes are stored, {counted} counted"


def _file_stands(row: Blob) -> bool:
    file = blobs.file_of(row.id)
    return file.is_file() and file.stat().st_size == row.size


def _folders(account_id: str) -> Iterator[str]:
    folders = {row.id: row for row in Folder.objects.filter(account_id=account_id)}
    messages = set(Message.objects.filter(account_id=account_id).values_list("id", flat=True))
    placed = list(MessageFolder.objects.filter(account_id=account_id).values_list("folder_id", "message_id"))
    yield from (f"folder {folder} does not exist" for folder in sorted({f for f, _ in placed} - set(folders)))
    yield from (f"placed message {message} does not exist" for message in sorted({m for _, m in placed} - messages))
    yield from (f"message {message} is in no folder" for message in sorted(messages - {m for _, m in placed}))
    for folder_id, counts in placing.recount(account_id).items():
        kept = (folders[folder_id].total, folders[folder_id].unread)
        if kept != counts:
            yield f"folder {folder_id} counts {kept}, holds {counts}"


def _packs(account_id: str) -> Iterator[str]:
    named = set(Message.objects.filter(account_id=account_id).exclude(pack_id="").values_list("pack_id", flat=True))
    packs = SealedObject.objects.filter(account_id=account_id, object_class=SealedObject.Class.PACK)
    yield from (f"pack {pack} is missing" for pack in sorted(named - set(packs.values_list("id", flat=True))))


def _log(account_id: str) -> Iterator[str]:
    for expected, row in enumerate(LogEntry.objects.filter(account_id=account_id).order_by("seq")):
        if row.seq != expected:
            yield f"log entry {expected} is missing"
        if hashlib.sha256(bytes(row.entry)).digest() != bytes(row.head):
            yield f"log entry {row.seq} is not the one received"
