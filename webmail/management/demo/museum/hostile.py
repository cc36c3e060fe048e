"""Messages that want to exhaust or to mislead what reads them: names of files, depth, number, and bombs."""

from functools import partial

from bridge.cms import algorithms, ber
from bridge.cms.ber import encode
from bridge.cms.oid import encode_oid
from webmail.management.demo.museum import shapes
from webmail.management.demo.museum.cms_parts import compressed_zeros, content_info
from webmail.management.demo.museum.exhibit import Exhibit, Expected, Maker, Room
from webmail.management.demo.museum.materials import Materials
from webmail.management.demo.museum.old import closed

_PIECE = 300
_BOMB = 120_000_000


def with_files(materials: Materials, subject: str) -> bytes:
    """Names that hide, escape or execute."""
    names = (
        "../../../etc/passwd",
        r"..\..\Windows\system32\calc.exe",
        "<img src=x onerror=alert(1)>.txt",
        "facture\u202efdp.exe",
        "CON",
        "x" * 4000 + ".pdf",
    )
    parts = (_file(name) for name in names)
    return shapes.outer(materials, subject) + shapes.multipart(
        "multipart/mixed", shapes.entity(), *parts, edge="=_noms"
    )


def _file(name: str) -> bytes:
    """RFC 2231, so that every character arrives."""
    escaped = "".join(f"%{octet:02X}" for octet in name.encode())
    pieces = [escaped[at : at + _PIECE] for at in range(0, len(escaped), _PIECE)]
    pieces[0] = f"utf-8''{pieces[0]}"
    named = "".join(f";\r\n filename*{number}*={piece}" for number, piece in enumerate(pieces))
    return f"Content-Type: application/octet-stream\r\nContent-Disposition: attachment{named}\r\n\r\nrien\r\n".encode()


def nested(materials: Materials, subject: str, *, levels: int) -> bytes:
    """Multiparts inside each other."""
    body = shapes.entity("Au fond.\r\n")
    for level in range(levels):
        body = shapes.multipart("multipart/mixed", body, edge=f"=_{level}")
    return shapes.outer(materials, subject) + body


def many(materials: Materials, subject: str, *, count: int) -> bytes:
    parts = (b"Content-Type: text/plain\r\n\r\n%d\r\n" % number for number in range(count))
    return shapes.outer(materials, subject) + shapes.multipart("multipart/mixed", *parts, edge="=_foule")


def long_field(materials: Materials, subject: str) -> bytes:
    """Three hundred kilobytes of header fields."""
    more = "".join(f"X-Vide-{number}: {'x' * 900}\r\n" for number in range(330))
    return shapes.outer(materials, subject, more=more) + shapes.entity()


def deep_ber(materials: Materials, subject: str, *, levels: int) -> bytes:
    """An envelope whose recipients are nothing but beginnings of indefinite length (X.690 §8.1.3.6)."""
    inside = b"\x30\x80" * levels + b"\0\0" * levels
    cms = content_info(algorithms.ID_ENVELOPED_DATA, encode(ber.SEQUENCE, encode(ber.INTEGER, b"\0"), inside))
    return shapes.outer(materials, subject) + shapes.pkcs7(cms)


def overlong(materials: Materials, subject: str) -> bytes:
    """A length of eight octets that promises more than there is."""
    head = encode_oid(algorithms.ID_ENVELOPED_DATA)
    cms = b"\x30\x88" + b"\x7f" + b"\xff" * 7 + head + b"\xa0\x80"
    return shapes.outer(materials, subject) + shapes.pkcs7(cms)


def bomb(materials: Materials, subject: str) -> bytes:
    """A hundred and twenty megabytes of nothing, in as many kilobytes."""
    return shapes.outer(materials, subject) + shapes.pkcs7(compressed_zeros(_BOMB), "compressed-data")


def _row(key: str, title: str, maker: Maker, expected: Expected) -> Exhibit:
    return Exhibit(key, Room.FORGERY, title, maker, expected)


_LIMIT = Expected("S5", quarantined="limit-exceeded")

ROOM = (
    _row(
        "file-names",
        "Noms de fichiers hostiles",
        with_files,
        Expected(
            "S5",
            text=shapes.TEXT,
            reason="unsigned",
            files=(
                "passwd",
                "calc.exe",
                "_img src=x onerror=alert(1)_.txt",
                "facturefdp.exe",
                "_CON",
                "x" * 116 + ".pdf",
            ),
        ),
    ),
    _row("nested-40", "Quarante niveaux d’emboîtement", partial(nested, levels=40), _LIMIT),
    _row("parts-1001", "Mille et une parties", partial(many, count=1001), _LIMIT),
    _row(
        "long-fields", "Trois cents kilo-octets d’en-têtes", long_field, _LIMIT.but(notices=frozenset({"from-hostile"}))
    ),
    _row("deep-ber", "Cinq mille niveaux de BER", partial(deep_ber, levels=5000), closed("decrypt-failed")),
    _row(
        "overlong",
        "Longueur BER qui promet trop",
        overlong,
        closed("decrypt-failed"),
    ),
    _row("bomb", "Bombe de décompression", bomb, _LIMIT),
)
