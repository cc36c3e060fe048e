"""An exported message that any program reads: what Pli encrypts for Pli (AES-GCM, RFC 5084) Thunderbird and gpgsm cannot open.

The encryption around it is made anew as EnvelopedData with AES-256-CBC to the same key; what was inside, signatures included, stays
octet for octet. The message as it came is kept beside it.
"""

import base64
import binascii
import re
from collections.abc import Callable, Sequence
from typing import Any

from cryptography import x509

from bridge.cms.enveloped import Enveloped, build_enveloped, parse_enveloped
from bridge.cms.errors import CmsError
from bridge.cms.recipients import CertificateRecipient

Unwrap = Callable[[Sequence[dict[str, Any]]], Sequence[bytes]]

_END_OF_HEADERS = re.compile(rb"\r?\n\r?\n")
_CONTENT_TYPE = re.compile(rb"^content-type:[^\r\n]*(?:\r?\n[ \t][^\r\n]*)*", re.IGNORECASE | re.MULTILINE)
_TRANSFER = re.compile(rb"^content-transfer-encoding:[^\r\n]*(?:\r?\n[ \t][^\r\n]*)*", re.IGNORECASE | re.MULTILINE)
_SMIME = re.compile(rb"application/(x-)?pkcs7-mime", re.IGNORECASE)
_ENVELOPED = b"Content-Type: application/pkcs7-mime; smime-type=enveloped-data; name=smime.p7m"


def readable(message: bytes, certificate: x509.Certificate, epoch: int, unwrap: Unwrap) -> bytes | None:
    """The message with an encryption that others read; None where it has one already, or none, or is not for this certificate."""
    found = _END_OF_HEADERS.search(message)
    head = message[: found.start()] if found else b""
    kind = _CONTENT_TYPE.search(head)
    if found is None or kind is None or not _SMIME.search(kind[0]):
        return None
    try:
        opened = _open(parse_enveloped(_decoded(head, message[found.end() :])), certificate, epoch, unwrap)
    except (CmsError, binascii.Error, ValueError):
        return None
    if opened is None:
        return None
    sealed = build_enveloped(opened, [CertificateRecipient(certificate)], content_algorithm="aes-256-cbc")
    named = _TRANSFER.sub(b"Content-Transfer-Encoding: base64", head[: kind.start()] + _ENVELOPED + head[kind.end() :])
    return named + b"\r\n\r\n" + base64.encodebytes(sealed).replace(b"\n", b"\r\n")


def _decoded(head: bytes, body: bytes) -> bytes:
    transfer = _TRANSFER.search(head)
    return base64.b64decode(body) if transfer and b"base64" in transfer[0].lower() else body


def _open(enveloped: Enveloped, certificate: x509.Certificate, epoch: int, unwrap: Unwrap) -> bytes | None:
    if enveloped.kind != "authEnvelopedData":
        return None
    own = [one for one in enveloped.recipients if one.matches(certificate)][:1]
    algorithm = enveloped.content_algorithm.oid
    for key in unwrap([{"recipientInfo": one.der, "contentAlgorithm": algorithm, "epoch": epoch} for one in own]):
        return enveloped.decrypt(key)
    return None
