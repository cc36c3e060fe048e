"""What the server reads of a clear message, in memory, before it is sealed: enough for one row of a list.

A message that cannot be read is still delivered: its summary then holds what could be read and `"quarantined": reason`.
"""

import hashlib
import json
import logging
import re
from dataclasses import dataclass
from email import message_from_bytes
from email.errors import MessageError
from email.message import Message
from email.utils import getaddresses
from functools import partial
from inspect import signature
from typing import Any

from bridge.cms.beginning import Beginning
from webmail.domain.foretelling import MAX_SUMMARY, beginning_of
from webmail.domain.header_fields import Fields, decode_words, header_fields

log = logging.getLogger(__name__)

MAX_HEADERS = 256 * 1024
MAX_PARTS = 1000
MAX_DEPTH = 30
MAX_SNIPPET = 160
MAX_TEXT = 400
MAX_NAMES = 20
_END_OF_HEADERS = re.compile(rb"\r?\n\r?\n")
_MESSAGE_ID = re.compile(r"<[^<>\s]{1,250}>")
_MAX_REFERENCES = 20
# A Python with the repair of CVE-2023-27043, Debian's too, gives nothing of a field with one odd address in it. A row proves nothing,
# and shows what the page shows of the letter.
_listed = partial(getaddresses, strict=False) if "strict" in signature(getaddresses).parameters else getaddresses


class Unreadable(Exception):
    """A message over a limit, or not a message; the text says which rule."""


@dataclass(frozen=True)
class Reading:
    """`summary` is the clear JSON to be sealed; Message-IDs are as written, with their angle brackets."""

    summary: bytes
    message_id: str
    references: tuple[str, ...]
    body_hash: bytes
    received_hops: int
    beginning: Beginning | None = None  # of an encrypted message


def read_message(content: bytes) -> Reading:
    """Read RFC 5322 bytes. Never raises for what a message contains."""
    head, body = split(content)
    body_hash = hashlib.sha256(body).digest()
    try:
        return _read(content, head, body_hash)
    except Unreadable as error:
        reason = str(error)
    except (MessageError, ValueError, LookupError, TypeError, AttributeError, IndexError, RecursionError):
        log.warning("a delivered message could not be read")
        reason = "malformed"
    return Reading(_json(empty_summary(len(content)) | {"quarantined": reason}), "", (), body_hash, 0)


def split(content: bytes) -> tuple[bytes, bytes]:
    """Header section and body."""
    found = _END_OF_HEADERS.search(content)
    return (content[: found.start()], content[found.end() :]) if found else (content, b"")


def empty_summary(size: int) -> dict[str, Any]:
    """The summary of FORMATS with nothing in it."""
    return {
        "v": 1,
        "from": [],
        "to": [],
        "cc": [],
        "subject": "",
        "date": None,
        "snippet": "",
        "attachments": [],
        "encrypted": False,
        "signed": False,
        "size": size,
    }


def _read(content: bytes, head: bytes, body_hash: bytes) -> Reading:
    if len(head) > MAX_HEADERS:
        raise Unreadable("limit-exceeded")
    message = message_from_bytes(content)
    fields = header_fields(content)
    return Reading(
        summary=_fitted(_summary(fields, message, len(content))),
        message_id=next(iter(_MESSAGE_ID.findall(_first(fields, "message-id"))), ""),
        references=_references(fields),
        body_hash=body_hash,
        received_hops=len(fields["received"]),
        beginning=beginning_of(message) if _protection(message)[0] else None,
    )


def _summary(fields: Fields, message: Message, size: int) -> dict[str, Any]:
    encrypted, signed = _protection(message)
    return empty_summary(size) | {
        "from": _addresses(fields["from"]),
        "to": _addresses(fields["to"]),
        "cc": _addresses(fields["cc"]),
        "subject": _text(_first(fields, "subject")),
        "date": _first(fields, "date").strip()[:64] or None,
        "encrypted": encrypted,
        "signed": signed,
        **({} if encrypted else _clear_content(message)),
    }


def _clear_content(message: Message) -> dict[str, Any]:
    """Snippet and names of attachments; of a message with too many parts only that it is one, so that its sender shows."""
    try:
        leaves = _leaves(message)
    except Unreadable as error:
        return {"quarantined": str(error)}
    return {"snippet": _snippet(leaves), "attachments": _attachments(leaves)}


def _protection(message: Message) -> tuple[bool, bool]:
    """(encrypted, signed) as the outermost content type claims (RFC 8551 §3.2); a claim, never a verdict."""
    kind = message.get_content_type()
    if kind == "multipart/signed":
        return False, True
    if kind not in ("application/pkcs7-mime", "application/x-pkcs7-mime"):
        return False, False
    signed = str(message.get_param("smime-type", "")).lower() == "signed-data"
    return not signed, signed


def _leaves(message: Message) -> list[Message]:
    """Every part that is no multipart, within the limits on number and on levels below the message."""
    leaves: list[Message] = []
    waiting = [(message, 0)]
    seen = 0
    while waiting:
        part, depth = waiting.pop(0)
        seen += 1
        if seen > MAX_PARTS or depth > MAX_DEPTH:
            raise Unreadable("limit-exceeded")
        children = part.get_payload() if part.is_multipart() else []
        if isinstance(children, list) and children:
            waiting[:0] = [(child, depth + 1) for child in children if isinstance(child, Message)]
        else:
            leaves.append(part)
    return leaves


def _snippet(leaves: list[Message]) -> str:
    for part in leaves:
        if part.get_content_type() == "text/plain" and not _filename(part):
            payload = part.get_payload(decode=True)
            if isinstance(payload, bytes):
                return " ".join(_decoded(payload[:4096], part.get_content_charset()).split())[:MAX_SNIPPET]
    return ""


def _decoded(payload: bytes, charset: str | None) -> str:
    try:
        return payload.decode(charset or "utf-8", errors="replace")
    except LookupError:
        return payload.decode("latin-1")


def _attachments(leaves: list[Message]) -> list[str]:
    names = (_filename(part) for part in leaves if part.get_content_type() != "application/pkcs7-signature")
    return [name for name in names if name][:MAX_NAMES]


def _filename(part: Message) -> str:
    return _text(part.get_filename())


def _first(fields: Fields, name: str) -> str:
    return fields[name][0] if fields[name] else ""


def _addresses(values: list[str]) -> list[dict[str, str]]:
    pairs = [pair for value in values for pair in _listed([value])]  # an open quotation ends with its field
    addressed = [(shown, address) for shown, address in pairs if address]
    return [{"name": _text(shown), "address": address[:254]} for shown, address in addressed[:MAX_NAMES]]


def _text(value: object) -> str:
    """A header value with its encoded words decoded (RFC 2047), on one line, cut to a readable length."""
    if value is None:
        return ""
    decoded = decode_words(str(value))
    printable = decoded.encode("utf-8", errors="replace").decode("utf-8")
    return " ".join(printable.split())[:MAX_TEXT]


def _references(fields: Fields) -> tuple[str, ...]:
    found: list[str] = []
    for value in (*fields["references"], *fields["in-reply-to"]):
        found += _MESSAGE_ID.findall(value)
    return tuple(dict.fromkeys(found[-_MAX_REFERENCES:]))


def _fitted(summary: dict[str, Any]) -> bytes:
    """The JSON within 4 KiB: long lists go first, then the snippet, then the subject."""
    for name, keep in (("attachments", 5), ("cc", 5), ("to", 5), ("attachments", 0), ("snippet", 0), ("cc", 0)):
        if len(encoded := _json(summary)) <= MAX_SUMMARY:
            return encoded
        summary[name] = summary[name][:keep]
    if len(encoded := _json(summary)) <= MAX_SUMMARY:
        return encoded
    summary |= {"to": [], "from": summary["from"][:1], "subject": summary["subject"][:100]}
    return _json(summary)


def _json(summary: dict[str, Any]) -> bytes:
    return json.dumps(summary, ensure_ascii=False, separators=(",", ":")).encode()
