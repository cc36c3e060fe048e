"""MIME entities of the header-protection messages, octet by octet: fields, bodies, legacy displays, wrappers."""

import base64
from collections.abc import Mapping
from email.header import Header

FIELDS = {
    "From": "Alice Martin <alice@pli.example>",
    "To": "Bob Lefèvre <bob@pli.example>",
    "Cc": "Chloé Durand <chloe@pli.example>",
    "Subject": "Rendez-vous de lundi",
    "Date": "Sat, 21 Nov 2026 10:00:00 +0100",
    "Message-ID": "<rendez-vous@pli.example>",
}
REPLY = {"In-Reply-To": "<premier@pli.example>", "References": "<zero@pli.example> <premier@pli.example>"}
TEXT = "Bonjour Bob,\nrendez-vous à 9 h.\n"
HTML = "<html><body><p>Bonjour Bob, rendez-vous à 9 h.</p></body></html>\r\n"
ATTACHMENT = "plan.png"
_IMAGE = b"\x89PNG\r\n\x1a\n" + bytes(40)


def baseline(inner: Mapping[str, str]) -> dict[str, str]:
    """The outer fields by hcp_baseline (RFC 9788 §3.2.1): the subject is hidden."""
    return dict(inner) | {"Subject": "[...]"}


def shy(inner: Mapping[str, str]) -> dict[str, str]:
    """The outer fields by hcp_shy (RFC 9788 §3.2.2): display names and time zone are hidden as well."""
    bare = {name: _address(inner[name]) for name in ("From", "To", "Cc")}
    return baseline(inner) | bare | {"Date": "Sat, 21 Nov 2026 09:00:00 +0000"}


def _address(value: str) -> str:
    return value[value.index("<") + 1 : -1]


def hidden(inner: Mapping[str, str], outer: Mapping[str, str], wanted: bool) -> dict[str, str]:
    """The fields that a legacy display repeats."""
    return {name: value for name, value in inner.items() if outer.get(name) != value} if wanted else {}


def fields(values: Mapping[str, str]) -> bytes:
    return b"".join(f"{name}: {_encode(value)}\r\n".encode("ascii") for name, value in values.items())


def _encode(value: str) -> str:
    if value.isascii():
        return value
    name, separator, address = value.partition(" <")
    return Header(name, "utf-8").encode() + separator + address


def entity(
    inner: Mapping[str, str] | None = None,
    parameters: str = "",
    *,
    shape: str = "simple",
    outer: Mapping[str, str] | None = None,
    legacy: Mapping[str, str] | None = None,
) -> bytes:
    """The payload: `inner` fields and HP-Outer lines where given, then a text or a text with HTML and an image."""
    head = fields(inner or {})
    head += b"".join(b"HP-Outer: " + fields({name: value}) for name, value in (outer or {}).items())
    lines = "".join(f"{name}: {value}\n" for name, value in (legacy or {}).items())
    if shape == "simple":
        return head + _text("plain", TEXT, parameters, lines)
    return head + _complex(parameters, lines)


def _text(kind: str, text: str, parameters: str, legacy: str) -> bytes:
    marks = [mark for mark in (parameters, 'hp-legacy-display="1"' if legacy else "") if mark]
    marks = [mark for index, mark in enumerate(marks) if mark not in "".join(marks[:index])]
    if legacy:
        text = _with_legacy(kind, text, legacy)
    head = "; ".join([f"Content-Type: text/{kind}; charset=utf-8", *marks])
    body = text.replace("\r\n", "\n").replace("\n", "\r\n").encode()
    return f"{head}\r\nContent-Transfer-Encoding: 8bit\r\n\r\n".encode() + body


def _with_legacy(kind: str, text: str, legacy: str) -> str:
    if kind == "plain":
        return f"{legacy}\n{text}"
    block = f'<div class="header-protection-legacy-display"><div><pre>{legacy}</pre></div></div>'
    return text.replace("<body>", f"<body>{block}")


def _complex(parameters: str, legacy: str) -> bytes:
    alternative = _multipart("alternative", "", _text("plain", TEXT, "", legacy), _text("html", HTML, "", legacy))
    image = b'Content-Type: image/png\r\nContent-Disposition: attachment; filename="plan.png"\r\n'
    image += b"Content-Transfer-Encoding: base64\r\n\r\n" + base64.encodebytes(_IMAGE)
    return _multipart("mixed", parameters, alternative, image)


def mixed(part: bytes) -> bytes:
    return _multipart("mixed", "", part)


def _multipart(kind: str, parameters: str, *parts: bytes) -> bytes:
    boundary = f"=_{kind}"
    marks = f"; {parameters}" if parameters else ""
    head = f'Content-Type: multipart/{kind}; boundary="{boundary}"{marks}\r\n\r\n'.encode()
    opening, closing = f"--{boundary}\r\n".encode(), f"--{boundary}--\r\n".encode()
    return head + b"".join(opening + part + b"\r\n" for part in parts) + closing


def with_legacy_part(body: bytes, repeated: Mapping[str, str]) -> bytes:
    """The drafts' display: a part of its own before the body."""
    marked = b'Content-Type: text/rfc822-headers; protected-headers="v1"\r\nContent-Disposition: inline\r\n\r\n'
    return fields(repeated) + _multipart("mixed", 'protected-headers="v1"', marked + fields(repeated), body)


def wrapped(message: bytes, parameters: str = "") -> bytes:
    """RFC 8551 §3.1: the whole message as the payload."""
    return f"Content-Type: message/rfc822{parameters}\r\n\r\n".encode() + message


def carrying(cms: bytes, kind: str) -> bytes:
    head = f'Content-Type: application/pkcs7-mime; smime-type={kind}; name="smime.p7m"\r\n'
    return head.encode() + b"Content-Transfer-Encoding: base64\r\n\r\n" + base64.encodebytes(cms)


def multipart_signed(content: bytes, signature: bytes) -> bytes:
    part = b"Content-Type: application/pkcs7-signature; name=smime.p7s\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    part += base64.encodebytes(signature)
    head = b'Content-Type: multipart/signed; protocol="application/pkcs7-signature"; micalg=sha-256; boundary="=_s"\r\n\r\n'
    return head + b"--=_s\r\n" + content + b"\r\n--=_s\r\n" + part + b"\r\n--=_s--\r\n"
