"""What was usual once: ciphers that open on demand only, signatures that prove nothing any more."""

from webmail.management.demo.museum import openssl, shapes
from webmail.management.demo.museum.dialects import SIGNED_AND_ENCRYPTED, UNPROTECTED, signed
from webmail.management.demo.museum.exhibit import Exhibit, Expected, Maker, Room
from webmail.management.demo.museum.materials import Materials
from webmail.management.demo.museum.signatures import by_openssl

LEGACY = ("-provider", "default", "-provider", "legacy")
WEAK = Expected("S5", text=shapes.TEXT, reason="weak-algorithm", notices=UNPROTECTED)


def under(*cipher: str) -> Maker:
    """Signed, then encrypted with an old cipher."""

    def make(materials: Materials, subject: str) -> bytes:
        cms = openssl.encrypt_to(signed(materials, shapes.entity()), [str(materials.reader_file)], *cipher)
        return shapes.outer(materials, subject) + shapes.pkcs7(cms)

    return make


def closed(reason: str) -> Expected:
    return Expected("S5", encrypted=True, quarantined=reason)


def _row(key: str, title: str, maker: Maker, expected: Expected) -> Exhibit:
    return Exhibit(key, Room.OLD, title, maker, expected)


def _closed_row(key: str, title: str, maker: Maker) -> Exhibit:
    """It opens when a person asks for it as an old message."""
    asking = {"allowOld": True}
    return Exhibit(key, Room.OLD, title, maker, closed("old-cipher"), permission=asking, granted=_OPENED)


_OPENED = SIGNED_AND_ENCRYPTED.but(notices=UNPROTECTED | {"old-cipher"})


ROOM = (
    _closed_row("triple-des", "3DES, à ouvrir comme ancien message", under("-des3")),
    _closed_row("rc2-128", "RC2 à 128 bits, à ouvrir comme ancien message", under("-rc2-cbc", *LEGACY)),
    _row(
        "rc2-40",
        "RC2 à 40 bits, que Pli ne lit pas",
        under("-rc2-40-cbc", *LEGACY),
        closed("unsupported-algorithm").but(encrypted=False),
    ),
    _row(
        "des",
        "DES simple, que Pli ne lit pas",
        under("-des-cbc", *LEGACY),
        closed("unsupported-algorithm").but(encrypted=False),
    ),
    _row("sha1", "Signature SHA-1", by_openssl("denis", "-md", "sha1"), WEAK),
    _row("md5", "Signature MD5", by_openssl("denis", "-md", "md5"), WEAK),
    _row("rsa-1024", "Signature RSA à 1024 bits", by_openssl("weak_key_owner"), WEAK),
    _row("rsa-e3", "Signature RSA d’exposant 3", by_openssl("exponent_three_owner"), WEAK),
)
