"""Header protection (RFC 9788) in the forms that programs write, and its predecessors."""

from functools import partial

from webmail.management.demo.museum import openssl, shapes
from webmail.management.demo.museum.dialects import UNPROTECTED
from webmail.management.demo.museum.exhibit import Exhibit, Expected, Maker, Room
from webmail.management.demo.museum.materials import Materials
from webmail.management.demo.museum.signatures import PROVEN, e2h, sealed
from webmail.management.demo.museum.signing import sign_entity

HIDDEN = "[...]"
_ALTERED = "Virement urgent"


def signed_by_exposition(materials: Materials, entity: bytes) -> bytes:
    signature = sign_entity(materials, entity, materials.exposition, materials.card("bob"))
    return shapes.clear_signed(entity, signature)


def under_other_subject(materials: Materials, subject: str, *, shown: str) -> bytes:
    """Inside stands the subject, outside another."""
    return sealed(materials, shown, e2h(materials, subject), materials.exposition.sender)


def with_outer_copy(materials: Materials, subject: str) -> bytes:
    """As Pli writes: what stood outside is repeated inside as HP-Outer (RFC 9788 §2.2)."""
    sender = materials.exposition.address
    copies = f"HP-Outer: Subject: {HIDDEN}\r\nHP-Outer: From: {sender}\r\nHP-Outer: To: {materials.address}\r\n"
    head = shapes.fields(materials, subject, materials.exposition.sender, more=copies)
    entity = shapes.entity(kind='text/plain; charset=utf-8; hp="cipher"', head=head)
    return sealed(materials, HIDDEN, signed_by_exposition(materials, entity), sender)


def legacy_text(materials: Materials, subject: str) -> bytes:
    """The fields are repeated at the top of the text, for programs that know nothing of it (RFC 9788 §2.1.2)."""
    text = f"Subject: {subject}\r\nFrom: {materials.exposition.address}\r\n\r\n{shapes.BODY}"
    head = shapes.fields(materials, subject, materials.exposition.sender)
    entity = shapes.entity(text, 'text/plain; charset=utf-8; hp-legacy-display="1"; hp="cipher"', head)
    return sealed(materials, HIDDEN, signed_by_exposition(materials, entity), materials.exposition.sender)


def legacy_html(materials: Materials, subject: str) -> bytes:
    """The same in both halves of an alternative."""
    text = shapes.entity(f"Subject: {subject}\r\n\r\n{shapes.BODY}", 'text/plain; charset=utf-8; hp-legacy-display="1"')
    block = f'<div class="header-protection-legacy-display"><pre>Subject: {subject}</pre></div>'
    page = f"<html><body>{block}<p>{shapes.BILAN}</p></body></html>"
    html = shapes.entity(page, 'text/html; charset=utf-8; hp-legacy-display="1"')
    head = shapes.fields(materials, subject, materials.exposition.sender)
    entity = head + shapes.multipart('multipart/alternative; hp="cipher"', text, html, edge="=_deux")
    return sealed(materials, HIDDEN, signed_by_exposition(materials, entity), materials.exposition.sender)


def old_draft(materials: Materials, subject: str) -> bytes:
    """`protected-headers="v1"`, from the time of the drafts."""
    head = shapes.fields(materials, subject)
    entity = shapes.entity(kind='text/plain; charset=utf-8; protected-headers="v1"', head=head)
    signed = shapes.clear_signed(entity, openssl.sign(materials, materials.denis, entity))
    return sealed(materials, "Encrypted Message", signed, shapes.DENIS)


def old_draft_with_display(materials: Materials, subject: str) -> bytes:
    """The draft's legacy part: the subject once more, as a part of its own."""
    legacy = shapes.entity(f"Subject: {subject}\r\n", 'text/plain; charset=utf-8; protected-headers="v1"')
    kind = 'multipart/mixed; protected-headers="v1"'
    entity = shapes.fields(materials, subject) + shapes.multipart(kind, legacy, shapes.entity(), edge="=_ancien")
    signed = shapes.clear_signed(entity, openssl.sign(materials, materials.denis, entity))
    return sealed(materials, "Encrypted Message", signed, shapes.DENIS)


def wrapped(materials: Materials, subject: str) -> bytes:
    """A whole message inside (RFC 8551 §3.1)."""
    inner = shapes.outer(materials, subject) + shapes.entity()
    entity = b"Content-Type: message/rfc822; forwarded=no\r\n\r\n" + inner
    signed = shapes.clear_signed(entity, openssl.sign(materials, materials.denis, entity))
    return sealed(materials, HIDDEN, signed, shapes.DENIS)


def fields_without_parameter(materials: Materials, subject: str) -> bytes:
    """Fields inside that nobody declared as protected do not count (RFC 9788 §4.3)."""
    entity = shapes.entity(head=shapes.fields(materials, _ALTERED))
    signed = shapes.clear_signed(entity, openssl.sign(materials, materials.denis, entity))
    return sealed(materials, subject, signed, shapes.DENIS)


def added_outside(materials: Materials, subject: str) -> bytes:
    """Somebody on the way added recipients and a reply address; only what is inside counts."""
    more = "Cc: mallory@evil.example\r\nReply-To: mallory@evil.example\r\n"
    outer = shapes.outer(materials, subject, materials.exposition.sender, more=more)
    return outer + shapes.pkcs7(openssl.encrypt(materials, e2h(materials, subject), "-aes-256-cbc"))


def _row(key: str, title: str, maker: Maker, expected: Expected = PROVEN) -> Exhibit:
    return Exhibit(key, Room.HEADERS, title, maker, expected)


_OUTSIDER = Expected("S1b", encrypted=True, text=shapes.TEXT, reason="no-card")

ROOM = (
    _row("hp-hidden", "Objet masqué à l’extérieur", partial(under_other_subject, shown=HIDDEN)),
    _row("hp-outer", "Objet masqué, copie des champs extérieurs", with_outer_copy),
    _row("hp-altered", "Objet extérieur changé en route", partial(under_other_subject, shown=_ALTERED)),
    _row("hp-added", "Destinataire et adresse de réponse ajoutés en route", added_outside),
    _row("hp-legacy-text", "En-têtes répétés dans le texte, montrés une fois", legacy_text),
    _row("hp-legacy-html", "En-têtes répétés dans le HTML, montrés une fois", legacy_html, PROVEN.but(html=True)),
    _row("hp-v1", "Ancienne protection protected-headers v1", old_draft, _OUTSIDER),
    _row("hp-v1-display", "Ancienne protection avec partie répétée", old_draft_with_display, _OUTSIDER),
    _row("hp-wrapped", "Message entier à l’intérieur (RFC 8551)", wrapped, _OUTSIDER),
    _row(
        "hp-undeclared",
        "Champs intérieurs non déclarés, donc sans valeur",
        fields_without_parameter,
        Expected("S1b", encrypted=True, notices=UNPROTECTED, text=shapes.TEXT, reason="headers-unprotected"),
    ),
)
