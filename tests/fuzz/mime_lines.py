"""Mail as lines that can be broken on purpose: fields, delimiters, encodings, and the CMS inside base64 bodies."""

from __future__ import annotations

import base64
import binascii
import re
from typing import TYPE_CHECKING

from tests.fuzz import der_tree

if TYPE_CHECKING:
    from random import Random

_BLOB = re.compile(rb"(?:[A-Za-z0-9+/]{40,76}\r?\n){2,}[A-Za-z0-9+/]*={0,2}")
_ADDRESSES = (
    b"a@b.example", b"A <a@b.example>", b'"x" <a@b.example>, c@d.example', b'"a@b.example" <e@f.example>', b"<a@b@c>",
    b"g: a@b.example, c@d.example;", b"a@b.example (comment)", b"(a(b)c) x@y.example", b'"a\\"b"@c.example', b"a@[127.0.0.1]",
    b"=?utf-8?b?w6k=?= <a@b.example>", b"=?x?q?a=20b?=", b"a@b.example\0", b"<a@b.example", b"a@b.example>", b",,;", b"@", b"",
    "é@b.example".encode(), b"undisclosed-recipients:;", b"a@b.example " * 40, b"=?utf-8?q?=40?= <a@b.example>", b"a b@c.example",
    b"\xff\xfe@b.example", "a\u200b@b.example".encode(), "\u202ea@b.example".encode(), b"<<a@b.example>>", b'"', b"\\",
)  # fmt: skip
_TYPES = (
    b"text/plain", b"text/html; charset=x", b"multipart/mixed; boundary=b", b'multipart/mixed; boundary=""', b"multipart/mixed",
    b'multipart/signed; boundary=b; protocol="application/pkcs7-signature"', b"message/rfc822", b"application/pkcs7-mime",
    b"application/pkcs7-mime; smime-type=signed-data; name=smime.p7m", b"application/octet-stream; name=smime.p7m", b"/", b"",
    b'text/plain; charset="utf-8"; hp="cipher"', b"text/plain; hp=clear; protected-headers=v1", b"multipart/digest; boundary=b",
    b"application/x; name*0=a; name*1=b; name*0*=utf-8''%e9", b"application/x; name*=utf-16'en'%ff%fe", b"text/plain; charset=utf-7",
    b"application/x;" + b" a=b;" * 200, b'application/x; name="a\\', b"multipart/appledouble; boundary=b", b"message/partial",
    b"application/x; " + b"; ".join(b"n*%d=x" % i for i in range(140)), b"text/plain; charset=" + b"x" * 3000, b"message/external-body",
)  # fmt: skip
_FIELDS = (
    (b"From", _ADDRESSES), (b"To", _ADDRESSES), (b"Cc", _ADDRESSES), (b"Reply-To", _ADDRESSES), (b"Sender", _ADDRESSES),
    (b"Content-Type", _TYPES),
    (b"Content-Transfer-Encoding", (b"base64", b"quoted-printable", b"binary", b"x-uuencode", b"BASE64 ;", b"7bit", b"")),
    (b"Content-Disposition", (b"attachment; filename=../../x", b"inline", b'attachment; filename="a\r\n b"', b"attachment; filename*=''%00")),
    (b"Subject", (b"=?utf-8?b?" + b"w6k=" * 40 + b"?=", b"=?utf-8?q?=C3?= =?utf-8?q?=A9?=", b"=?" * 300, b"a\tb", b"\xe9", b"=?x-no?q?a?=", b"=?utf-8?b?=?=")),
    (b"Date", (b"Sat, 21 Nov 2026 10:00:00 +0100", b"31 Feb 2026", b"99999999999", b"", b"1 Jan 0000 00:00 -9999", b"(" * 200)),
    (b"HP-Outer", (b"Subject: x", b"From: a@b.example", b":", b"")), (b"Message-ID", (b"<a@b>", b"<" * 300, b"<a b>")),
    (b"References", (b"<a@b> " * 400, b"<", b"x")), (b"Content-ID", (b"<a>", b"<>")), (b"MIME-Version", (b"1.0", b"2")), (b"X" * 1000, (b"y",)),
)  # fmt: skip
_BYTES = (
    b"\0",
    b"\r",
    b"\n",
    b"\r\n",
    b"\r\n\r\n",
    b"--",
    b":",
    b" ",
    b"\t",
    b"\xff",
    b"=",
    b"=?",
    b"?=",
    b'"',
    b"(",
    b"<",
    b";",
    b"\x1b",
    b"--b\r\n",
    b"--b--\r\n",
)


def mutate(data: bytes, rng: Random, others: list[bytes]) -> bytes:
    """One to four changes."""
    for _ in range(rng.choice((1, 1, 2, 2, 3, 4))):
        data = _CHANGES[rng.randrange(len(_CHANGES))](data, rng, others)
    return data[:400_000]


def _lines(data: bytes) -> list[bytes]:
    return data.splitlines(keepends=True) or [b""]


def _field(data: bytes, rng: Random, others: list[bytes]) -> bytes:
    """A field replaced, given twice, or put in."""
    lines = _lines(data)
    name, values = rng.choice(_FIELDS)
    line = name + b": " + rng.choice(values) + rng.choice((b"\r\n", b"\r\n", b"\n", b"\r"))
    same = [i for i, one in enumerate(lines) if one.lower().startswith(name.lower() + b":")]
    if same and rng.random() < 0.6:
        lines[rng.choice(same)] = line
    else:
        lines.insert(rng.choice((*same, 0, rng.randrange(min(len(lines), 30) + 1))), line)
    return b"".join(lines)


def _line(data: bytes, rng: Random, others: list[bytes]) -> bytes:
    """A line dropped, doubled, moved, folded or joined with the next."""
    lines = _lines(data)
    i, j = rng.randrange(len(lines)), rng.randrange(len(lines))
    match rng.randrange(5):
        case 0:
            del lines[i]
        case 1:
            lines[j:j] = [lines[i]] * rng.choice((1, 1, 3, 100))
        case 2:
            lines[i], lines[j] = lines[j], lines[i]
        case 3:
            lines[i] = lines[i].replace(b" ", b"\r\n ", 3)
        case _:
            lines[i] = lines[i].rstrip(b"\r\n")
    return b"".join(lines)


def _octets(data: bytes, rng: Random, others: list[bytes]) -> bytes:
    at = rng.randrange(len(data) + 1)
    return data[:at] + rng.choice(_BYTES) * rng.choice((1, 1, 2, 50)) + data[at + rng.choice((0, 0, 1, 20)) :]


def _line_ends(data: bytes, rng: Random, others: list[bytes]) -> bytes:
    return data.replace(b"\r\n", rng.choice((b"\n", b"\r", b"\r\r\n", b"\n\r")), rng.choice((1, -1)))


def _cut(data: bytes, rng: Random, others: list[bytes]) -> bytes:
    return data[: rng.randrange(len(data) + 1)]


def _splice(data: bytes, rng: Random, others: list[bytes]) -> bytes:
    """Lines of another sample in the place of some of these."""
    mine, theirs = _lines(data), _lines(rng.choice(others))
    i, j = rng.randrange(len(mine)), rng.randrange(len(theirs))
    mine[i : i + rng.choice((0, 1, 5, 50))] = theirs[j : j + rng.choice((1, 3, 10, 1000))]
    return b"".join(mine)


def _nest(data: bytes, rng: Random, others: list[bytes]) -> bytes:
    """The whole in one more message or multipart, or in far too many."""
    if rng.random() < 0.5:
        return b"From: a@b.example\r\nContent-Type: message/rfc822\r\n\r\n" * rng.choice((1, 2, 29, 35, 1100)) + data
    mark = b"m%d" % rng.randrange(1000)
    levels = rng.choice((1, 2, 28, 32))
    head = b"".join(
        b"Content-Type: multipart/mixed; boundary=%s%d\r\n\r\n--%s%d\r\n" % (mark, i, mark, i) for i in range(levels)
    )
    return head + data + b"\r\n--%s0--\r\n" % mark


def _parts(data: bytes, rng: Random, others: list[bytes]) -> bytes:
    """Many parts."""
    return (
        b"Content-Type: multipart/mixed; boundary=z\r\n\r\n"
        + b"--z\r\n\r\nx\r\n" * rng.choice((3, 999, 1001, 5000))
        + data
    )


def _blob(data: bytes, rng: Random, others: list[bytes]) -> bytes:
    """The CMS inside a base64 body, changed as CMS."""
    if not (found := list(_BLOB.finditer(data))):
        return _field(data, rng, others)
    match = rng.choice(found)
    try:
        tree = der_tree.read(base64.b64decode(match[0], validate=False))
    except (ValueError, binascii.Error):
        return _octets(data, rng, others)
    changed = der_tree.mutate(tree, rng, [tree.encode()])
    return data[: match.start()] + base64.encodebytes(changed).replace(b"\n", b"\r\n") + data[match.end() :]


_CHANGES = (
    _field,
    _field,
    _field,
    _line,
    _line,
    _octets,
    _line_ends,
    _cut,
    _splice,
    _nest,
    _blob,
    _blob,
    _blob,
    _parts,
)
