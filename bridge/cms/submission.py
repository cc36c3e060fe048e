"""What leaves a mailbox is encrypted: the server's check of every submitted message (promise 1 of SECURITY-MODEL).

Only structure is looked at: a single `application/pkcs7-mime` body that is an EnvelopedData or AuthEnvelopedData of its stated
number of recipients. What is inside stays unknown.
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from email.message import Message

from bridge.cms.addressing import header_of, read_fields
from bridge.cms.enveloped import parse_enveloped
from bridge.cms.errors import CmsError, LimitExceeded, Malformed, NotEnveloped, UnsupportedAlgorithm

MAX_MESSAGE_BYTES = 50 * 1024 * 1024
_TYPES = ("application/pkcs7-mime", "application/x-pkcs7-mime")
_TRANSFER_ENCODINGS = ("base64", "binary", "8bit", "7bit", "")
_RECIPIENT_KINDS = ("ktri", "kari", "kekri")  # a password may be known to anybody
_SINGLE_FIELDS = ("content-type", "content-transfer-encoding", "from")


@dataclass(frozen=True)
class EnvelopedSummary:
    """What the server may know of a submission."""

    kind: str  # "envelopedData" or "authEnvelopedData"
    content_algorithm: str
    recipients: int
    encrypted_size: int


def require_enveloped(message: bytes) -> EnvelopedSummary:
    """Accept an RFC 5322 message only if its one body is encrypted S/MIME. Raises `NotEnveloped` with a reason."""
    if len(message) > MAX_MESSAGE_BYTES:
        raise NotEnveloped("too-large")
    header = _header(message)
    if header.get_content_type() not in _TYPES:
        raise NotEnveloped("not-pkcs7-mime")
    if str(header.get_param("smime-type") or "enveloped-data").lower() not in ("enveloped-data", "authenveloped-data"):
        raise NotEnveloped("not-enveloped")
    return _summary(_decoded_body(message, header.get("content-transfer-encoding", "").strip().lower()))


def _header(message: bytes) -> Message:
    try:
        fields = read_fields(message)
    except (LimitExceeded, Malformed):
        raise NotEnveloped("headers") from None
    header = Message()
    for name, value in fields:
        if name in header and name in _SINGLE_FIELDS:
            raise NotEnveloped("headers")
        header[name] = value
    return header


def _decoded_body(message: bytes, encoding: str) -> bytes:
    body = message[len(header_of(message)) :].lstrip(b"\r\n")
    if encoding not in _TRANSFER_ENCODINGS:
        raise NotEnveloped("transfer-encoding")
    if encoding != "base64":
        return body
    try:
        return base64.b64decode(body.translate(None, b"\r\n\t "), validate=True)
    except binascii.Error:
        raise NotEnveloped("base64") from None


def _summary(der: bytes) -> EnvelopedSummary:
    try:
        enveloped = parse_enveloped(der)
    except UnsupportedAlgorithm:
        raise NotEnveloped("unsupported-algorithm") from None
    except CmsError:
        raise NotEnveloped("not-enveloped") from None
    is_readable = all(one.kind in _RECIPIENT_KINDS for one in enveloped.recipients)
    if enveloped.content_algorithm.degraded or enveloped.short_tag or not is_readable:
        raise NotEnveloped("unsupported-algorithm")
    return EnvelopedSummary(
        kind=enveloped.kind,
        content_algorithm=enveloped.content_algorithm.name,
        recipients=len(enveloped.recipients),
        encrypted_size=len(enveloped.ciphertext),
    )
