"""What foreign keys would have guarded, and the counters that are kept instead of counted."""

import hashlib
from collections.abc import Iterator

from django.db.models import Model, Sum

from webmail.domain import blobs, objects, placing
from webmail.models import (
    Address,
    Blob,
    Checkpoint,
    Credential,
    DutySlot,
    Folder,
    Grant,
    GrantBody,
    Invitation,
    ListedInbox,
    ListedPerson,
    LogEntry,
    Mailbox,
    MailboxKey,
    Membership,
    Message,
    MessageFolder,
    OutboxItem,
    Person,
    PreparedLetter,
    RecoveryPolicy,
    RecoveryRequest,
    SealedObject,
    Share,
    Tenant,
    Unread,
    Work,
)

_STORED = (Address, Blob, Folder, Grant, GrantBody, LogEntry, MailboxKey, Membership, Message, SealedObject, OutboxItem)
_SHARED = (Checkpoint, DutySlot, Invitation, PreparedLetter, RecoveryPolicy, RecoveryRequest, Share, Unread, Work)
_OF_ACCOUNT: dict[type[Model], tuple[str, ...]] = dict.fromkeys((*_STORED, *_SHARED, ListedInbox), ("account_id",))
_OF_PERSON: dict[type[Model], tuple[str, ...]] = {
    Credential: ("person_id",),
    DutySlot: ("person_id",),
    Grant: ("person_id",),
    Invitation: ("person_id", "by_person"),
    ListedPerson: ("person_id",),
    Membership: ("person_id",),
    PreparedLetter: ("prepared_by", "updated_by"),
    RecoveryRequest: ("requester_id",),
    Share: ("person_id",),
    Unread: ("person_id",),
    Work: ("assigned_to", "answering_by", "done_by"),
}
_OF_TENANT: dict[type[Model], tuple[str, ...]] = dict.fromkeys(
    (ListedInbox, ListedPerson, Mailbox, Person), ("tenant_id",)
)


def check_references() -> Iterator[str]:
    """One sentence for each thing that does not hold, naming ids only."""
    known = set(Mailbox.objects.values_list("id", flat=True))
    yield from _leads(_OF_ACCOUNT, "account", known)
    yield from _leads(_OF_PERSON, "person", set(Person.objects.values_list("id", flat=True)))
    yield from _leads(_OF_TENANT, "tenant", set(Tenant.objects.values_list("id", flat=True)))
    for account_id in sorted(known):
        yield from (f"account {account_id}: {finding}" for finding in check_account(account_id))


def _leads(columns: dict[type[Model], tuple[str, ...]], what: str, known: set[str]) -> Iterator[str]:
    """Each id of these columns that is of nothing; "" stands for none."""
    for model, names in columns.items():
        for name in names:
            used = set(model._default_manager.values_list(name, flat=True).distinct()) - {""}  # noqa: SLF001
            yield from (f"{model._meta.model_name}: {what} {one} does not exist" for one in sorted(used - known))  # noqa: SLF001


def check_account(account_id: str) -> Iterator[str]:
    """The same for one account."""
    yield from _blobs(account_id)
    yield from _folders(account_id)
    yield from _packs(account_id)
    yield from _log(account_id)
    yield from _bodies(account_id)
    yield from _of_messages(account_id)
    yield from _of_recovery(account_id)


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
    packs = SealedObject.objects.filter(account_id=account_id, object_class__in=objects.LISTS)
    yield from (f"pack {pack} is missing" for pack in sorted(named - set(packs.values_list("id", flat=True))))


def _log(account_id: str) -> Iterator[str]:
    for expected, row in enumerate(LogEntry.objects.filter(account_id=account_id).order_by("seq")):
        if row.seq != expected:
            yield f"log entry {expected} is missing"
        if hashlib.sha256(bytes(row.entry)).digest() != bytes(row.head):
            yield f"log entry {row.seq} is not the one received"


def _bodies(account_id: str) -> Iterator[str]:
    rows = {row.id: row for row in GrantBody.objects.filter(account_id=account_id)}
    entries = set(LogEntry.objects.filter(account_id=account_id).values_list("seq", flat=True))
    for row in rows.values():
        if hashlib.sha256(bytes(row.body)).hexdigest() != row.id:
            yield f"grant body {row.id} is not the one its hash names"
        if row.log_seq not in entries:
            yield f"grant body {row.id} stands in no entry"
    members = Membership.objects.filter(account_id=account_id).values_list("id", flat=True)
    yield from (f"membership {member} has no grant body" for member in sorted(set(members) - set(rows)))


def _of_messages(account_id: str) -> Iterator[str]:
    messages = set(Message.objects.filter(account_id=account_id).values_list("id", flat=True))
    for model in (Work, Unread):
        used = set(model._default_manager.filter(account_id=account_id).values_list("message_id", flat=True))  # noqa: SLF001
        yield from (f"{model._meta.model_name}: message {one} does not exist" for one in sorted(used - messages))  # noqa: SLF001
    objects = set(SealedObject.objects.filter(account_id=account_id).values_list("id", flat=True)) | {""}
    for letter in PreparedLetter.objects.filter(account_id=account_id):
        if letter.state != PreparedLetter.State.SIGNED and letter.object_id not in objects:
            yield f"letter {letter.id} has no draft"


def _of_recovery(account_id: str) -> Iterator[str]:
    policies = set(RecoveryPolicy.objects.filter(account_id=account_id).values_list("id", flat=True))
    for model in (Share, RecoveryRequest):
        used = set(model._default_manager.filter(account_id=account_id).values_list("policy_id", flat=True))  # noqa: SLF001
        yield from (f"{model._meta.model_name}: policy {one} does not exist" for one in sorted(used - policies))  # noqa: SLF001
