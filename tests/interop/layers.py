"""MIME around CMS (RFC 8551 §3), for peers that are tools for CMS alone."""

import base64
import re
from abc import abstractmethod
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.utils import format_datetime
from typing import TYPE_CHECKING

from peer import Commission, Peer, PeerRefused, Reading

if TYPE_CHECKING:
    from email.message import Message

_MOST_LAYERS = 6


class CmsTool(Peer):
    """A peer that takes and gives CMS; the MIME layers are taken off and put on here."""

    @abstractmethod
    def decrypt(self, der: bytes) -> bytes:
        """The content of an EnvelopedData or AuthEnvelopedData."""

    @abstractmethod
    def verify(self, der: bytes, content: bytes | None) -> bytes:
        """The content of a SignedData whose signature is good; `content` where it is detached."""

    @abstractmethod
    def sign(self, entity: bytes, letter: Commission, *, detached: bool) -> bytes:
        """A SignedData of the letter's sender."""

    @abstractmethod
    def encrypt(self, entity: bytes, letter: Commission) -> bytes:
        """An EnvelopedData or AuthEnvelopedData in the letter's form."""

    def read(self, message: bytes) -> Reading:
        entity, encrypted, signed = canonical(message), False, False
        for _ in range(_MOST_LAYERS):
            kind = content_kind(entity)
            if kind == "leaf":
                return Reading(entity, encrypted, signed, whole=True)
            encrypted, signed = encrypted or kind == "encrypted", signed or kind != "encrypted"
            entity = canonical(self._without_layer(entity, kind))
        raise PeerRefused("too many layers")

    def _without_layer(self, entity: bytes, kind: str) -> bytes:
        if kind == "encrypted":
            return self.decrypt(body_der(entity))
        if kind == "opaque":
            return self.verify(body_der(entity), None)
        content, signature = signed_parts(entity)
        return self.verify(signature, content)

    def write(self, letter: Commission) -> bytes:
        form, entity = letter.form, text_entity(letter.text)
        if form.signed:
            entity = self._signed(entity, letter, detached=form.inner_detached)
        if form.encrypted:
            entity = opaque_entity(self.encrypt(entity, letter), "enveloped-data")
        if form.structure == "nested":
            entity = self._signed(entity, letter, detached=True)
        return outer_fields(letter.sender.address, letter.recipient, letter.subject) + entity

    def _signed(self, entity: bytes, letter: Commission, *, detached: bool) -> bytes:
        signature = self.sign(entity, letter, detached=detached)
        return signed_entity(entity, signature) if detached else opaque_entity(signature, "signed-data")


def content_kind(entity: bytes) -> str:
    head: Message = message_from_bytes(entity.partition(b"\r\n\r\n")[0] + b"\r\n\r\n", policy=policy.SMTP)
    if head.get_content_type() == "multipart/signed":
        return "detached"
    if head.get_content_type() not in {"application/pkcs7-mime", "application/x-pkcs7-mime"}:
        return "leaf"
    return "opaque" if head.get_param("smime-type") == "signed-data" else "encrypted"


def body_der(entity: bytes) -> bytes:
    payload = message_from_bytes(entity, policy=policy.SMTP).get_payload(decode=True)
    assert isinstance(payload, bytes)
    return payload


def signed_parts(entity: bytes) -> tuple[bytes, bytes]:
    """The exact signed bytes and the detached SignedData of a multipart/signed entity."""
    head, _, body = entity.partition(b"\r\n\r\n")
    outer: Message = message_from_bytes(head + b"\r\n\r\n", policy=policy.SMTP)
    boundary = outer.get_param("boundary", unquote=True)
    pieces = re.split(rb"\r\n--" + re.escape(str(boundary).encode()) + rb"(?:--)?[ \t]*(?:\r\n|$)", b"\r\n" + body)
    return pieces[1], body_der(pieces[2])


def canonical(entity: bytes) -> bytes:
    return re.sub(rb"\r?\n", b"\r\n", entity)


def text_entity(text: str) -> bytes:
    head = "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"
    return canonical(f"{head}{text}\r\n".encode())


def opaque_entity(der: bytes, kind: str) -> bytes:
    head = f"Content-Type: application/pkcs7-mime; smime-type={kind}; name=smime.p7m\r\n"
    return f"{head}Content-Transfer-Encoding: base64\r\n\r\n".encode() + _lines(der)


def signed_entity(entity: bytes, signature: bytes) -> bytes:
    head = 'multipart/signed; protocol="application/pkcs7-signature"; micalg=sha-256; boundary="=_signed"'
    part = "Content-Type: application/pkcs7-signature; name=smime.p7s\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    before = f"Content-Type: {head}\r\n\r\n--=_signed\r\n".encode()
    return before + entity + f"\r\n--=_signed\r\n{part}".encode() + _lines(signature) + b"\r\n--=_signed--\r\n"


def protected_entity(sender: str, recipient: str, subject: str, text: str) -> bytes:
    """The text with its header fields inside (RFC 9788)."""
    inner = text_entity(text).replace(b"charset=utf-8", b'charset=utf-8; hp="cipher"', 1)
    return _fields(sender, recipient, subject) + inner


def outer_fields(sender: str, recipient: str, subject: str) -> bytes:
    return _fields(sender, recipient, subject) + b"MIME-Version: 1.0\r\n"


def _fields(sender: str, recipient: str, subject: str) -> bytes:
    date = format_datetime(datetime.now(UTC))
    return f"From: {sender}\r\nTo: {recipient}\r\nSubject: {subject}\r\nDate: {date}\r\n".encode()


def _lines(der: bytes) -> bytes:
    return base64.encodebytes(der).replace(b"\n", b"\r\n")
