"""Serving stored ciphertext to someone who may have it; what that makes possible is a line in the trace."""

import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO

from django.db import transaction

from webmail.domain import access, blobs, messages, objects, recovery_session, trace
from webmail.domain.access import Account, Right
from webmail.domain.caller import Caller
from webmail.domain.errors import NotFound
from webmail.domain.trace import Act
from webmail.models import Blob, Message, SealedObject


def open_blob(caller: Caller, account_id: str, blob_id: str) -> tuple[IO[bytes], int]:
    """A blob's bytes as a file to be read and closed, and its size. Raises AccessDenied, NotFound, MessageLimit.

    Serving a message's blob is `opened`; serving a pack is `could-read`, for as many messages as it covers.
    """
    account = access.require(caller, account_id, Right.READ)
    blob = blobs.find(account_id, blob_id)
    with _one_at_a_time(account):
        use = _use(account, blob_id)
        source = _source(blob)
        _record(caller, account, use)
    return source, blob.size


def note(caller: Caller, account: Account, blob_id: str) -> None:
    """The same line for whoever is served some of a blob's bytes in another way. Raises NotFound for one out of reach, MessageLimit."""
    with _one_at_a_time(account):
        _record(caller, account, _use(account, blob_id))


@contextmanager
def _one_at_a_time(account: Account) -> Iterator[None]:
    """In a session that may open so many: what one request counts stands in the trace before another looks there."""
    if not account.recovery:
        yield
        return
    with transaction.atomic():
        trace.locked(account.id)
        yield


def _record(caller: Caller, account: Account, use: "_Use | None") -> None:
    if use is not None:
        members = {"object_id": use.object_id, "count": use.count, "message_ids": use.message_ids}
        trace.record(account.id, use.act, caller, account=account, **members)


def _source(blob: Blob) -> IO[bytes]:
    if blob.place == Blob.Place.ROW:
        return io.BytesIO(bytes(blob.data))
    try:
        return blobs.file_of(blob.id).open("rb")
    except FileNotFoundError as error:
        raise NotFound from error


@dataclass(frozen=True)
class _Use:
    """What serving a blob makes possible."""

    act: Act
    object_id: str
    message_ids: Sequence[str] = ()

    @property
    def count(self) -> int:
        return len(self.message_ids) or 1


def _use(account: Account, blob_id: str) -> _Use | None:
    """What the blob is, if it is within reach; None for one that is no message and no pack. Raises NotFound, MessageLimit."""
    scope, here = account.scope(), {"account_id": account.id, "blob_id": blob_id}
    message = Message.objects.filter(scope.messages(account.id), **here).values_list("id", flat=True).first()
    if message is not None:
        if account.recovery:
            recovery_session.count_opened(account, message)
        return _Use(Act.OPENED, message)
    stored = SealedObject.objects.filter(scope.objects(account.id), **here).first()
    if stored is None and not (scope.is_whole or _is_new(**here)):
        raise NotFound
    if stored is None or stored.object_class not in objects.LISTS:
        return None
    return _Use(Act.COULD_READ, stored.id, messages.in_pack(account.id, stored.id))


def _is_new(account_id: str, blob_id: str) -> bool:
    """Just uploaded, and of nothing yet: its random id is known to who uploaded it."""
    return Blob.objects.filter(account_id=account_id, id=blob_id, expires_at__isnull=False).exists()
