"""Another seal in the place of a stored one: the same content under the key of the owners alone, or under a newer epoch.

The server cannot tell whether the content is the same; it sees that what comes in is a seal, that nobody gets to a message by
it from whose epoch his right does not reach, and that no list of everybody still holds the row of a confidential one.
"""

from dataclasses import dataclass

from webmail.domain import blobs, sealed_copies
from webmail.domain.change import AccountChange, Kind, changing
from webmail.domain.errors import AccessDenied, InvalidProperties, NotFound, VersionMismatch
from webmail.domain.scope import Scope
from webmail.models import MailboxKey, Membership, Message, SealedObject

_OBJECT_FORMAT = 1
_OBJECT_OVERHEAD = 1 + 12 + 16  # docs/FORMATS.md, *Sealed objects*: format, nonce, tag


@dataclass(frozen=True)
class NewSeal:
    """`former` is the blob that it takes the place of. A confidential message has no `summary`; `epoch` None leaves it as it is."""

    message_id: str
    former: str
    blob_id: str
    confidential: bool
    summary: bytes = b""
    epoch: int | None = None


def replace_seal(account_id: str, new: NewSeal, scope: Scope) -> Message:
    """Put `new` in the place of the seal it names. The same again answers as before.

    Raises NotFound, AccessDenied (confidential and no owner), VersionMismatch (another one stands there), InvalidProperties.
    """
    with changing(account_id) as change:
        row = _within(account_id, new.message_id, scope)
        if new.confidential and not scope.confidential:
            raise AccessDenied
        if row.blob_id == new.blob_id:
            return row
        if row.blob_id != new.former:
            raise VersionMismatch
        _check(row, new)
        _put(change, row, new)
    return row


def _within(account_id: str, message_id: str, scope: Scope) -> Message:
    row = Message.objects.filter(scope.messages(account_id), account_id=account_id, id=message_id).first()
    if row is None:
        raise NotFound
    return row


def _check(row: Message, new: NewSeal) -> None:
    sealed = _bytes_of(row.account_id, new.blob_id)
    if new.confidential:
        _check_confidential(row, new, sealed)
        return
    if not sealed_copies.is_seal(new.summary):
        raise InvalidProperties("sealedSummary")
    if not sealed_copies.is_seal(sealed):
        raise InvalidProperties("blobId")
    require_nobody_gains(row.account_id, row.epoch, row.epoch if new.epoch is None else new.epoch)


def _bytes_of(account_id: str, blob_id: str) -> bytes:
    try:
        return blobs.read(blobs.find(account_id, blob_id))
    except NotFound as error:
        raise InvalidProperties("blobId") from error


def _check_confidential(row: Message, new: NewSeal, sealed: bytes) -> None:
    """Nothing of it stays where everybody reads: no summary, and no row but in a list of the owners."""
    if new.summary:
        raise InvalidProperties("sealedSummary")
    if new.epoch not in (None, row.epoch):
        raise InvalidProperties("epoch")
    if len(sealed) < _OBJECT_OVERHEAD or sealed[0] != _OBJECT_FORMAT:
        raise InvalidProperties("blobId")
    here = SealedObject.objects.filter(account_id=row.account_id, id=row.pack_id)
    if not here.filter(object_class=SealedObject.Class.CONFIDENTIAL).exists():
        raise InvalidProperties("packId")


def require_nobody_gains(account_id: str, former: int, epoch: int) -> None:
    """A content goes to a newer epoch only where no member's right begins after its own: he would be given what is not his.

    Raises InvalidProperties.
    """
    keys = MailboxKey.objects.filter(account_id=account_id, epoch=epoch).exclude(state=MailboxKey.State.PENDING)
    if epoch < former or not keys.exists():
        raise InvalidProperties("epoch")
    living = Membership.objects.filter(account_id=account_id).exclude(state=Membership.State.ENDED)
    if living.filter(history_from_epoch__gt=former, history_from_epoch__lte=epoch).exists():
        raise InvalidProperties("epoch")


def _put(change: AccountChange, row: Message, new: NewSeal) -> None:
    blob, former = blobs.take(change, new.blob_id), row.blob_id
    row.blob_id, row.size, row.summary, row.confidential = blob.id, blob.size, new.summary, new.confidential
    row.epoch = row.epoch if new.epoch is None else new.epoch
    row.modseq = change.next(Kind.EMAIL)
    row.save(update_fields=["blob_id", "size", "summary", "confidential", "epoch", "modseq"])
    change.grow(-blobs.drop(row.account_id, [former]))
