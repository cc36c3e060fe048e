"""Taking in what a client has sealed: nothing readable may enter the store by this door either."""

from __future__ import annotations

from bridge.cms.enveloped import parse_enveloped
from bridge.cms.errors import CmsError
from webmail.domain import blobs, messages
from webmail.domain.errors import InvalidProperties, NotFound
from webmail.models import MailboxKey, Message


def import_sealed(account_id: str, new: messages.NewMessage) -> Message:
    """Store a message sealed by a client, once its structure says that it is a seal. Raises InvalidProperties."""
    if not MailboxKey.objects.filter(account_id=account_id, epoch=new.epoch).exists():
        raise InvalidProperties("epoch")
    if not is_seal(new.summary):
        raise InvalidProperties("sealedSummary")
    try:
        sealed = blobs.read(blobs.find(account_id, new.blob_id))
    except NotFound as error:
        raise InvalidProperties("blobId") from error
    if not is_seal(sealed):
        raise InvalidProperties("blobId")
    return messages.import_message(account_id, new)


def is_seal(data: bytes) -> bool:
    """Whether the bytes are one AuthEnvelopedData to exactly one holder (docs/FORMATS.md, Seals)."""
    try:
        enveloped = parse_enveloped(data)
    except CmsError:
        return False
    return enveloped.kind == "authEnvelopedData" and len(enveloped.recipients) == 1
