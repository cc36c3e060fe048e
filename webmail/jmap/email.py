"""Email/get (RFC 8621 §4.1, §4.2): what the server knows of a message. Of its content it knows nothing, and says null."""

from base64 import b64encode
from datetime import UTC

from webmail.domain import messages, trace
from webmail.domain.change import Kind
from webmail.domain.trace import Act
from webmail.jmap.capabilities import MAIL
from webmail.jmap.changes import changes_method, state_of
from webmail.jmap.dispatch import Answer, Arguments, Call, Method
from webmail.jmap.errors import MethodError
from webmail.jmap.shapes import GET, arguments
from webmail.jmap.standard import Object, check_properties, get_answer, requested_ids
from webmail.models import Message
from webmail.schema import Members, Optional, anything

PROPERTIES = (
    "id",
    "blobId",
    "threadId",
    "mailboxIds",
    "keywords",
    "size",
    "receivedAt",
    "sealedSummary",
    "epoch",
    "packId",
    "confidential",
)
# RFC 8621 §4.1.2 to §4.1.4: sealed, so the server's answer is the same for every message.
CONTENT = dict.fromkeys(
    (
        "headers",
        "messageId",
        "inReplyTo",
        "references",
        "sender",
        "from",
        "to",
        "cc",
        "bcc",
        "replyTo",
        "subject",
        "sentAt",
        "bodyStructure",
        "bodyValues",
        "textBody",
        "htmlBody",
        "attachments",
        "hasAttachment",
        "preview",
    )
)
# Arguments that only shape content (RFC 8621 §4.2): taken, and without effect.
CONTENT_ARGUMENTS: Members = {
    name: Optional(anything)
    for name in (
        "bodyProperties",
        "fetchTextBodyValues",
        "fetchHTMLBodyValues",
        "fetchAllBodyValues",
        "maxBodyValueBytes",
    )
}


def get(call: Call, wanted: Arguments) -> Answer:
    """Email/get. Serving a summary is a line in the mailbox's trace: the caller could have read it."""
    properties = wanted["properties"]
    content = [name for name in properties or () if name in CONTENT or name.startswith("header:")]
    wanted = {**wanted, "properties": properties or list(PROPERTIES)}
    check_properties(wanted, (*PROPERTIES, *content))
    account_id = wanted["accountId"]
    ids = requested_ids(call, wanted)
    if ids is None:
        raise MethodError("requestTooLarge")  # RFC 8620 §5.1 lets a server refuse "all"; the list comes by Email/query.
    rows = messages.find(account_id, ids, call.scope())
    if rows and "sealedSummary" in wanted["properties"]:
        served = [row.id for row in rows]
        trace.record(account_id, Act.COULD_READ, call.caller, account=call.account, count=len(rows), message_ids=served)
    placed = messages.folders_of(account_id, [row.id for row in rows], call.scope())
    words = messages.keywords_of(account_id, rows, call.account.reader)
    found = (serialised(row, placed[row.id], words[row.id]) | dict.fromkeys(content) for row in rows)
    return get_answer(wanted, state_of(account_id, Kind.EMAIL), ids, found)


def serialised(row: Message, folder_ids: set[str], words: set[str]) -> Object:
    """The Email object without content."""
    return {
        "id": row.id,
        "blobId": row.blob_id,
        "threadId": row.thread_id,
        "mailboxIds": dict.fromkeys(sorted(folder_ids), True),
        "keywords": dict.fromkeys(sorted(words), True),
        "size": row.size,
        "receivedAt": row.received_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "sealedSummary": b64encode(row.summary).decode(),
        "epoch": row.epoch,
        "packId": row.pack_id or None,
        "confidential": row.confidential,
    }


METHODS = {
    "Email/get": Method(MAIL, arguments(GET, CONTENT_ARGUMENTS), get),
    "Email/changes": changes_method(MAIL, Kind.EMAIL),
}
