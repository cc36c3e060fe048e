"""Serving stored ciphertext to someone who may have it; what that makes possible is a line in the trace."""

from __future__ import annotations

import io
from typing import IO

from webmail.domain import access, blobs, messages, trace
from webmail.domain.access import Right
from webmail.domain.errors import NotFound
from webmail.domain.trace import Act
from webmail.models import Blob, Message, SealedObject


def open_blob(person_id: str, account_id: str, blob_id: str) -> tuple[IO[bytes], int]:
    """A blob's bytes as a file to be read and closed, and its size. Raises AccessDenied, NotFound.

    Serving a message's blob is `opened`; serving a pack is `could-read`, for as many messages as it covers.
    """
    access.require(person_id, account_id, Right.READ)
    blob = blobs.find(account_id, blob_id)
    source = _source(blob)
    _note(person_id, account_id, blob_id)
    return source, blob.size


def _source(blob: Blob) -> IO[bytes]:
    if blob.place == Blob.Place.ROW:
        return io.BytesIO(bytes(blob.data))
    try:
        return blobs.file_of(blob.id).open("rb")
    except FileNotFoundError as error:
        raise NotFound from error


def _note(person_id: str, account_id: str, blob_id: str) -> None:
    message = Message.objects.filter(account_id=account_id, blob_id=blob_id).values_list("id", flat=True).first()
    if message is not None:
        trace.record(account_id, Act.OPENED, person_id=person_id, object_id=message)
        return
    packs = SealedObject.objects.filter(account_id=account_id, blob_id=blob_id, object_class=SealedObject.Class.PACK)
    pack = packs.values_list("id", flat=True).first()
    if pack is not None:
        count = len(messages.in_pack(account_id, pack))
        trace.record(account_id, Act.COULD_READ, person_id=person_id, object_id=pack, count=count)
