"""What the server holds of one message, shown to its owner as it is: rows and the first bytes of stored ciphertext."""

import base64
from typing import Any

from django.db.models import Model

from webmail.domain import blobs, serve
from webmail.domain.access import Account
from webmail.domain.caller import Caller
from webmail.domain.errors import NotFound
from webmail.models import Blob, Message, MessageFolder, SealedObject, SeenToken, Submission, Unread, Work

SHOWN_BYTES = 4096


def held(caller: Caller, account: Account, message_id: str) -> dict[str, Any]:
    """`{"rows": [{"table", "columns"}], "blobs": [{"blobId", "size", "bytes"}]}`; binary values in base64, each blob cut
    to 4 KiB. A short message is whole in those, so this is traced, counted and kept within reach as a download is. Raises NotFound, MessageLimit.
    """
    account_id, scope = account.id, account.scope()
    message = Message.objects.filter(scope.messages(account_id), account_id=account_id, id=message_id).first()
    if message is None:
        raise NotFound
    pack = SealedObject.objects.filter(scope.objects(account_id), account_id=account_id, id=message.pack_id).first()
    blob_ids = [message.blob_id, *([pack.blob_id] if pack else [])]
    stored = list(Blob.objects.filter(account_id=account_id, id__in=blob_ids))
    for blob in stored:
        serve.note(caller, account, blob.id)
    rows: list[Model] = [message, *([pack] if pack else []), *stored]
    placed = MessageFolder.objects.filter(account_id=account_id, message_id=message_id)
    rows += [one for one in placed if scope.holds_folder(one.folder_id)]
    rows += SeenToken.objects.filter(account_id=account_id, reference__in=[message.id, message.thread_id])
    for table in (Submission, Work, Unread):
        rows += table._default_manager.filter(account_id=account_id, message_id=message_id)  # noqa: SLF001
    return {"rows": [_row(row) for row in rows], "blobs": [_blob(row) for row in stored]}


def _row(row: Model) -> dict[str, Any]:
    columns = {field.attname: _shown(getattr(row, field.attname)) for field in row._meta.concrete_fields}  # noqa: SLF001
    columns.pop("pk", None)
    return {"table": row._meta.db_table, "columns": columns}  # noqa: SLF001


def _shown(value: Any) -> Any:
    if isinstance(value, bytes | memoryview):
        return base64.b64encode(bytes(value)[:SHOWN_BYTES]).decode()
    return value if isinstance(value, str | int | bool | dict | list | None) else str(value)


def _blob(blob: Blob) -> dict[str, Any]:
    beginning = base64.b64encode(blobs.read(blob)[:SHOWN_BYTES]).decode()
    return {"blobId": blob.id, "size": blob.size, "bytes": beginning}
