"""The key of an encrypted message, foretold in its sealed summary, so that its reader asks for both keys at once (docs/FORMATS.md).

A reader takes the foretold key only for the very RecipientInfo that stands inside: what is told wrong costs one question in vain.
"""

import base64
import binascii
import json
import re
from email.message import Message

from cryptography import x509

from bridge.cms.beginning import Beginning, read_beginning

MAX_SUMMARY = 4 * 1024
_BEGINNING = 16 * 1024  # octets of a body as it travels: RecipientInfos for some twenty people
_WHITE_SPACE = re.compile(r"\s+")


def beginning_of(message: Message) -> Beginning | None:
    """Of its CMS structure; None where that cannot be read, or the transfer encoding is not base64."""
    body = message.get_payload()
    if not isinstance(body, str) or str(message.get("content-transfer-encoding", "")).strip().lower() != "base64":
        return None
    text = _WHITE_SPACE.sub("", body[:_BEGINNING])
    try:
        return read_beginning(binascii.a2b_base64(text[: len(text) // 4 * 4]))
    except ValueError:
        return None


def foretelling(summary: bytes, beginning: Beginning | None, certificate: x509.Certificate) -> bytes:
    """The JSON `summary` with the member `inner`, where that begins a message to `certificate` and there is room in 4 KiB."""
    key = None if beginning is None else beginning.opening_key(certificate)
    if key is None:
        return summary
    inner = {
        "recipientInfo": base64.b64encode(key.recipient_info).decode("ascii"),
        "contentAlgorithm": key.content_algorithm,
    }
    told = b"".join((summary[:-1], b',"inner":', json.dumps(inner, separators=(",", ":")).encode(), b"}"))
    return told if len(told) <= MAX_SUMMARY else summary
