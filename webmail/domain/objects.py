"""Sealed objects: written by compare-and-set on their version, never opened here (docs/FORMATS.md)."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import QuerySet
from django.utils import timezone

from webmail.domain import blobs, folders, messages, reseal
from webmail.domain.change import AccountChange, Kind, changing
from webmail.domain.errors import AccessDenied, AlreadyExists, InvalidProperties, NotFound, VersionMismatch
from webmail.domain.scope import EVERYWHERE, Scope
from webmail.models import PreparedLetter, SealedObject

_IDENTIFIER = re.compile(r"[0-9a-f]{32}")
LISTS = frozenset({SealedObject.Class.PACK.value, SealedObject.Class.CONFIDENTIAL.value})
"""Classes whose objects hold rows of messages: of those that every member may read, and of the confidential ones."""


@dataclass(frozen=True)
class NewObject:
    """An object with an id its client chose; `message_ids` are the messages whose rows it holds."""

    id: str
    object_class: str
    epoch: int
    blob_id: str
    version: int = 1
    message_ids: Sequence[str] | None = None


@dataclass(frozen=True)
class NewVersion:
    """The next version of an object: `version` must be the stored one plus 1. `resealed`: its content is the former one's."""

    id: str
    version: int
    blob_id: str
    epoch: int | None = None
    message_ids: Sequence[str] | None = None
    resealed: bool = False


def find(
    account_id: str,
    ids: Sequence[str] | None = None,
    object_class: str | None = None,
    scope: Scope = EVERYWHERE,
) -> list[SealedObject]:
    """Objects by ids, by class, or all, as far as they are within reach; oldest change first."""
    found = SealedObject.objects.filter(scope.objects(account_id), account_id=account_id)
    if ids is not None:
        found = found.filter(id__in=ids)
    if object_class is not None:
        found = found.filter(object_class=object_class)
    return list(found.order_by("modseq"))


def require_within(account_id: str, object_id: str, scope: Scope) -> None:
    """Raises NotFound for an object out of reach."""
    if not find(account_id, [object_id], scope=scope):
        raise NotFound


def create(account_id: str, new: NewObject) -> SealedObject:
    """Store a first version. Raises AlreadyExists, InvalidProperties, NotFound (account)."""
    _check_new(new)
    with changing(account_id) as change:
        if SealedObject.objects.filter(account_id=account_id, id=new.id).exists():
            raise AlreadyExists
        blob, modseq = blobs.take(change, new.blob_id), change.next(Kind.OBJECT)
        row = SealedObject.objects.create(
            account_id=account_id,
            id=new.id,
            object_class=new.object_class,
            version=1,
            epoch=new.epoch,
            blob_id=blob.id,
            size=blob.size,
            updated_at=timezone.now(),
            created_modseq=modseq,
            modseq=modseq,
        )
        _cover(change, row, new.message_ids)
    return row


def update(account_id: str, new: NewVersion) -> SealedObject:
    """Replace an object by its next version. Raises NotFound, VersionMismatch, InvalidProperties, AccessDenied for a letter on its way."""
    with changing(account_id) as change:
        row = _one(account_id, new.id)
        if new.version != row.version + 1:
            raise VersionMismatch
        if _letters_of(account_id, row.id).filter(state=PreparedLetter.State.SENDING).exists():
            raise AccessDenied
        epoch = row.epoch if new.epoch is None else new.epoch
        if new.resealed:
            reseal.require_nobody_gains(account_id, row.epoch, epoch)
        blob, former = blobs.take(change, new.blob_id), row.blob_id
        row.version, row.blob_id, row.size, row.epoch = new.version, blob.id, blob.size, epoch
        row.updated_at = row.updated_at if new.resealed else timezone.now()
        row.modseq = change.next(Kind.OBJECT)
        row.save(force_update=True)
        change.grow(-blobs.drop(account_id, [former]))
        _cover(change, row, new.message_ids)
    return row


def destroy(account_id: str, object_id: str) -> None:
    """Remove an object; messages of a pack lose their `pack_id`. Raises NotFound, AccessDenied for a letter to be signed."""
    with changing(account_id) as change:
        if _letters_of(account_id, object_id).exclude(state=PreparedLetter.State.SIGNED).exists():
            raise AccessDenied  # it is taken out of the book first
        remove(change, object_id)


def remove(change: AccountChange, object_id: str) -> None:
    """The same within a change, whatever it stands in. Raises NotFound."""
    account_id = change.mailbox.id
    row = _one(account_id, object_id)
    row.delete()
    change.grow(-blobs.drop(account_id, [row.blob_id]))
    folders.bury(change, Kind.OBJECT, [(object_id, row.created_modseq)])
    if row.object_class in LISTS:
        messages.set_pack(change, messages.in_pack(account_id, object_id), "")


def _letters_of(account_id: str, object_id: str) -> QuerySet[PreparedLetter]:
    """The letter of the signature book that this draft is."""
    return PreparedLetter.objects.filter(account_id=account_id, object_id=object_id)


def _check_new(new: NewObject) -> None:
    wrong = [
        name
        for name, holds in (
            ("id", bool(_IDENTIFIER.fullmatch(new.id))),
            ("class", new.object_class in SealedObject.Class.values),
            ("version", new.version == 1),
            ("epoch", new.epoch >= 1),
        )
        if not holds
    ]
    if wrong:
        raise InvalidProperties(*wrong)


def _one(account_id: str, object_id: str) -> SealedObject:
    row = SealedObject.objects.filter(account_id=account_id, id=object_id).first()
    if row is None:
        raise NotFound
    return row


def _cover(change: AccountChange, row: SealedObject, message_ids: Sequence[str] | None) -> None:
    if message_ids is None:
        return
    if row.object_class not in LISTS:
        raise InvalidProperties("messageIds")
    if row.object_class == SealedObject.Class.PACK and messages.some_confidential(row.account_id, message_ids):
        raise InvalidProperties("messageIds")
    former = set(messages.in_pack(row.account_id, row.id))
    messages.set_pack(change, former - set(message_ids), "")
    messages.set_pack(change, set(message_ids) - former, row.id)
