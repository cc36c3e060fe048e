"""Writing what the server cannot read, as a page does: sealed objects, and the mark of a confidential message (FORMATS)."""

import json
import secrets
from base64 import b64decode
from typing import Any

from bridge.cms.objects import seal_object
from webmail.management.demo.colleague import HeldMailbox

_FIRST_VERSION = 1


def keep(mailbox: HeldMailbox, object_class: str, content: Any, **more: Any) -> str:
    """A new sealed object that holds this JSON; its id."""
    object_id = secrets.token_hex(16)
    sealed = _seal(mailbox, object_class, object_id, json.dumps(content).encode())
    named = {"class": object_class, "id": object_id, "version": _FIRST_VERSION, "epoch": mailbox.epoch}
    create = {"one": named | {"blobId": mailbox.jmap.upload(sealed)} | more}
    assert "one" in mailbox.jmap.call("SealedObject/set", create=create)["created"]
    return object_id


def mark_confidential(mailbox: HeldMailbox, email: dict[str, Any]) -> None:
    """The row goes into a list of the owners, then the message itself under their key."""
    keep(mailbox, "confidential", {"v": 1, "rows": []}, messageIds=[email["id"]])
    sealed = _seal(mailbox, "confidential", email["id"], mailbox.read(email))
    again = {"former": email["blobId"], "blobId": mailbox.jmap.upload(sealed), "confidential": True}
    assert email["id"] in mailbox.jmap.call("Email/reseal", update={email["id"]: again})["updated"]


def _seal(mailbox: HeldMailbox, object_class: str, object_id: str, content: bytes) -> bytes:
    items = [{"class": object_class, "id": object_id}]
    (key,) = mailbox.colleague.page.bridge("storage.keys", handle=mailbox.handle, items=items)["keys"]
    return seal_object(
        content,
        b64decode(key),
        object_class=object_class,
        mailbox_id=bytes.fromhex(mailbox.id),
        object_id=object_id,
        epoch=mailbox.epoch,
        version=_FIRST_VERSION,
    )
