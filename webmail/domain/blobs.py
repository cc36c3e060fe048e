"""Stored ciphertext. A small one lives in its row; a large one in a file that is durable before its row exists.

Order (mail-server.md §5): write aside, fsync, rename, fsync the folder, then the row. A crash in between leaves a file
without a row, which is never served and is swept.
"""

import hashlib
import os
from collections.abc import Iterable
from datetime import timedelta
from functools import partial
from pathlib import Path

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from webmail.domain.change import AccountChange
from webmail.domain.errors import InvalidProperties, NotFound, OverQuota, TooLarge
from webmail.models import Blob, Mailbox
from webmail.models.columns import new_identifier

INLINE_LIMIT = 128 * 1024
MAX_SIZE = 72 * 2**20  # 50 MB of message, sealed, and base64 once
UPLOAD_LIFETIME = timedelta(days=1)


def prepare(account_id: str, data: bytes) -> Blob:
    """A blob that is durable but has no row yet: the caller saves it in the transaction that refers to it."""
    if len(data) > MAX_SIZE:
        raise TooLarge
    blob = Blob(
        account_id=account_id,
        id=new_identifier(),
        place=Blob.Place.ROW if len(data) <= INLINE_LIMIT else Blob.Place.FILE,
        size=len(data),
        sha256=hashlib.sha256(data).digest(),
        created_at=timezone.now(),
    )
    if blob.place == Blob.Place.ROW:
        blob.data = data
    else:
        _write_durably(file_of(blob.id), data)
    return blob


def upload(account_id: str, data: bytes) -> Blob:
    """Keep what a client sent until something refers to it, for a day. Raises TooLarge, OverQuota, NotFound."""
    mailbox = Mailbox.objects.filter(id=account_id).first()
    if mailbox is None:
        raise NotFound
    if mailbox.used_bytes + len(data) > mailbox.quota_bytes:
        raise OverQuota
    blob = prepare(account_id, data)
    blob.expires_at = blob.created_at + UPLOAD_LIFETIME
    blob.save(force_insert=True)
    return blob


def find(account_id: str, blob_id: str) -> Blob:
    """The row of a blob of this account. Raises NotFound."""
    blob = Blob.objects.filter(account_id=account_id, id=blob_id).first()
    if blob is None:
        raise NotFound
    return blob


def read(blob: Blob) -> bytes:
    """Its bytes. Raises NotFound when the file is gone."""
    if blob.place == Blob.Place.ROW:
        return bytes(blob.data)
    try:
        return file_of(blob.id).read_bytes()
    except FileNotFoundError as error:
        raise NotFound from error


def take(change: AccountChange, blob_id: str) -> Blob:
    """An uploaded blob, now referred to and counted. Nothing takes a blob twice, so that whoever took it may drop it.

    Raises InvalidProperties("blobId") for one that is unknown or taken.
    """
    blob = Blob.objects.filter(account_id=change.mailbox.id, id=blob_id, expires_at__isnull=False).first()
    if blob is None:
        raise InvalidProperties("blobId")
    Blob.objects.filter(account_id=blob.account_id, id=blob.id).update(expires_at=None)
    change.grow(blob.size)
    return blob


def drop(account_id: str, blob_ids: Iterable[str]) -> int:
    """Forget blobs that nothing refers to any more; files go after the commit. Gives the bytes freed."""
    rows = list(Blob.objects.filter(account_id=account_id, id__in=list(blob_ids)).defer("data"))
    Blob.objects.filter(account_id=account_id, id__in=[row.id for row in rows]).delete()
    for row in rows:
        if row.place == Blob.Place.FILE:
            transaction.on_commit(partial(file_of(row.id).unlink, missing_ok=True))
    return sum(row.size for row in rows)


def discard(blob: Blob) -> None:
    """Remove the file of a prepared blob whose row was never written."""
    if blob.place == Blob.Place.FILE:
        file_of(blob.id).unlink(missing_ok=True)


def file_of(blob_id: str) -> Path:
    """Where a blob's file stands."""
    folder: Path = settings.PLI_BLOBS
    return folder / blob_id[:2] / blob_id


def _write_durably(path: Path, data: bytes) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    aside = path.with_suffix(".part")
    descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    aside.rename(path)
    _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
