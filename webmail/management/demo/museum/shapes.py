"""MIME around CMS: the outer fields, the entity that is signed, and the forms in which programs send both."""

import base64
import hashlib
from email.header import Header

from webmail.management.demo.museum.materials import OUTSIDER, Materials

CRLF = b"\r\n"
DENIS = f"Denis Garnier <{OUTSIDER}>"
BILAN = "Voici le bilan."
TEXT = f"Bonjour,\n\n{BILAN}"
BODY = "Bonjour,\r\n\r\nVoici le bilan.\r\n"


def fields(
    materials: Materials, subject: str, sender: str = DENIS, *, recipient: str | None = None, more: str = ""
) -> bytes:
    """The header fields of a message, without the empty line; `more` are further whole lines."""
    lines = [
        f"From: {sender}",
        f"To: {recipient or materials.recipient}",
        f"Subject: {encoded(subject)}",
        f"Date: {materials.date}",
        f"Message-ID: <{identifier(subject)}@musee.invalid>",
    ]
    return ("\r\n".join(lines) + "\r\n" + more).encode()


def outer(materials: Materials, subject: str, sender: str = DENIS, **options: str) -> bytes:
    """The fields of the message itself, ready for a Content-Type."""
    return fields(materials, subject, sender, **options) + b"MIME-Version: 1.0\r\n"


def encoded(text: str) -> str:
    """RFC 2047, folded."""
    return Header(text, "utf-8", header_name="Subject").encode(linesep="\r\n") if not text.isascii() else text


def identifier(subject: str) -> str:
    return hashlib.sha256(subject.encode()).hexdigest()[:20]


def entity(text: str = BODY, kind: str = "text/plain; charset=utf-8", head: bytes = b"") -> bytes:
    """A leaf; `head` are the protected fields, if any."""
    return head + f"Content-Type: {kind}\r\nContent-Transfer-Encoding: 8bit\r\n\r\n{text}".encode()


def protected(materials: Materials, subject: str, sender: str, text: str = BODY, *, hp: str = "cipher") -> bytes:
    """An entity with the fields of RFC 9788 inside."""
    return entity(text, f'text/plain; charset=utf-8; hp="{hp}"', fields(materials, subject, sender))


def multipart(kind: str, *parts: bytes, edge: str = "=_salle") -> bytes:
    """`kind` is the whole value of Content-Type up to the boundary."""
    mark = f"--{edge}".encode()
    inside = b"".join(mark + CRLF + part + CRLF for part in parts)
    return f'Content-Type: {kind}; boundary="{edge}"\r\n\r\n'.encode() + inside + mark + b"--\r\n"


def clear_signed(content: bytes, signature: bytes, micalg: str = "sha-256") -> bytes:
    """`multipart/signed` around an entity, kept to the octet."""
    kind = f'multipart/signed; protocol="application/pkcs7-signature"; micalg={micalg}'
    part = b"Content-Type: application/pkcs7-signature; name=smime.p7s\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    return multipart(kind, content, part + lines(signature), edge="=_signe")


def pkcs7(cms: bytes, kind: str = "enveloped-data", *, media: str = "application/pkcs7-mime") -> bytes:
    """The usual form of an opaque CMS."""
    head = f'Content-Type: {media}; smime-type={kind}; name="smime.p7m"\r\nContent-Transfer-Encoding: base64\r\n'
    return head.encode() + b'Content-Disposition: attachment; filename="smime.p7m"\r\n\r\n' + lines(cms)


def lines(data: bytes) -> bytes:
    """Base64 in lines of 76."""
    return base64.encodebytes(data).replace(b"\n", CRLF)
