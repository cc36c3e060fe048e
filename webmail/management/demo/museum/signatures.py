"""Who signed, proved how: every state a good signature can have."""

from functools import partial

from bridge.cms.messages import sign_with_card
from webmail.management.demo.museum import openssl, shapes
from webmail.management.demo.museum.cms_parts import ed25519_signature
from webmail.management.demo.museum.dialects import SIGNED, UNPROTECTED
from webmail.management.demo.museum.exhibit import Exhibit, Expected, Maker, Room
from webmail.management.demo.museum.materials import Correspondent, Materials
from webmail.management.demo.museum.signing import delegate, sign_entity

BOB = "bob.lefevre@pli.example"


def e2h(materials: Materials, subject: str, *, card: str = "bob", hp: str = "cipher") -> bytes:
    """An entity of the exposition's mailbox in form E2h: multipart/signed, mailbox signature around a card's."""
    entity = shapes.protected(materials, subject, materials.exposition.sender, hp=hp)
    signer = materials.card(card) if card else None
    return shapes.clear_signed(entity, sign_entity(materials, entity, materials.exposition, signer))


def sealed(materials: Materials, subject: str, entity: bytes, sender: str, cipher: str = "-aes-256-cbc") -> bytes:
    """The message around an encrypted entity."""
    return shapes.outer(materials, subject, sender) + shapes.pkcs7(openssl.encrypt(materials, entity, cipher))


def by_card(materials: Materials, subject: str, *, card: str = "bob", cipher: str = "-aes-256-cbc") -> bytes:
    return sealed(materials, subject, e2h(materials, subject, card=card), materials.exposition.sender, cipher)


def by_card_in_clear(materials: Materials, subject: str) -> bytes:
    return shapes.outer(materials, subject, materials.exposition.sender) + e2h(materials, subject, hp="clear")


def by_mailbox_alone(materials: Materials, subject: str) -> bytes:
    return by_card(materials, subject, card="")


def without_protected_fields(materials: Materials, subject: str) -> bytes:
    """Mailbox and card signed the text and nothing else."""
    entity = shapes.entity()
    signature = sign_entity(materials, entity, materials.exposition, materials.card("bob"))
    return shapes.outer(materials, subject, materials.exposition.sender) + shapes.clear_signed(entity, signature)


def card_alone(materials: Materials, subject: str, *, sender: str, card: str = "bob") -> bytes:
    """A card signs by itself; its certificate names a person and no address."""
    entity = shapes.protected(materials, subject, sender, hp="clear")
    signature = sign_with_card(entity, materials.card(card), materials.now)
    return shapes.outer(materials, subject, sender) + shapes.clear_signed(entity, signature)


def by_delegate(materials: Materials, subject: str, *, days: int = 7, granter: str = "bob") -> bytes:
    """Hugo's card writes from Bob's mailbox, by a grant that the granter's card signed."""
    bob = materials.mailbox("Dr Bob Lefèvre", BOB)
    entity = shapes.protected(materials, subject, bob.sender)
    allowed = delegate(materials, bob, "hugo", materials.card(granter), days)
    signature = sign_entity(materials, entity, bob, materials.card("hugo"), allowed)
    return sealed(materials, subject, shapes.clear_signed(entity, signature), bob.sender)


def by_openssl(who: str, *options: str) -> Maker:
    """One of the correspondents signs with OpenSSL, in clear; `who` is the name of the material."""

    def make(materials: Materials, subject: str) -> bytes:
        signer: Correspondent = getattr(materials, who)
        signature = openssl.sign(materials, signer, shapes.entity(), *options)
        return shapes.outer(materials, subject, signer.sender) + shapes.clear_signed(shapes.entity(), signature)

    return make


def by_ed25519(materials: Materials, subject: str) -> bytes:
    signature = ed25519_signature(shapes.entity(), materials.edgar, materials.now)
    signed = shapes.clear_signed(shapes.entity(), signature, "sha-512")
    return shapes.outer(materials, subject, materials.edgar.sender) + signed


def with_two_certificates(materials: Materials, subject: str) -> bytes:
    """Denis signs twice: with his RSA key and with his P-256 key."""
    signature = openssl.sign(materials, materials.denis, shapes.entity(), *materials.files(materials.denis_again))
    return shapes.outer(materials, subject) + shapes.clear_signed(shapes.entity(), signature)


def outsider_with_fields(materials: Materials, subject: str) -> bytes:
    """A current program of a correspondent: fields of RFC 9788, signed with his certificate."""
    entity = shapes.protected(materials, subject, shapes.DENIS, hp="clear")
    signature = openssl.sign(materials, materials.denis, entity)
    return shapes.outer(materials, subject) + shapes.clear_signed(entity, signature)


def plain(materials: Materials, subject: str) -> bytes:
    return shapes.outer(materials, subject) + shapes.entity()


def _row(key: str, title: str, maker: Maker, expected: Expected = SIGNED) -> Exhibit:
    return Exhibit(key, Room.SIGNATURE, title, maker, expected)


PROVEN = Expected("S1", encrypted=True, text=shapes.TEXT, reason="signed-by-card")

ROOM = (
    _row("card", "Signé par carte, chiffré", by_card, PROVEN),
    _row("card-gcm", "Signé par carte, chiffré en GCM", partial(by_card, cipher="-aes-256-gcm"), PROVEN),
    _row(
        "card-clear",
        "Signé par carte, en clair",
        by_card_in_clear,
        Expected("S1", text=shapes.TEXT, reason="signed-by-card"),
    ),
    _row("card-hospital", "Signé par la carte d’un agent hospitalier (FINESS)", partial(by_card, card="hugo"), PROVEN),
    _row(
        "card-text-only",
        "Signé par carte, en-têtes non protégés",
        without_protected_fields,
        Expected("S1b", notices=UNPROTECTED, text=shapes.TEXT, reason="headers-unprotected"),
    ),
    _row(
        "passkey",
        "Signé sans carte, comme avec une clé d’accès",
        by_mailbox_alone,
        Expected("S1b", encrypted=True, text=shapes.TEXT, reason="no-card"),
    ),
    _row(
        "card-alone",
        "Carte seule, que l’annuaire relie à l’adresse",
        partial(card_alone, sender=f"Dr Bob =?utf-8?q?Lef=C3=A8vre?= <{BOB}>"),
        Expected("S1", text=shapes.TEXT, reason="matched-by-directory"),
    ),
    _row(
        "card-unlisted",
        "Carte seule, adresse inconnue de l’annuaire",
        partial(card_alone, sender="Dr Bob <bob@cabinet.example>"),
        Expected("N", text=shapes.TEXT, reason="no-directory-entry"),
    ),
    _row(
        "delegate",
        "Signé par un délégué pour la boîte d’un autre",
        by_delegate,
        Expected("S2", encrypted=True, text=shapes.TEXT),
    ),
    _row(
        "outsider-fields",
        "Correspondant à en-têtes protégés",
        outsider_with_fields,
        Expected("S1b", text=shapes.TEXT, reason="no-card"),
    ),
    _row("pss", "Signature RSA-PSS", by_openssl("denis", "-keyopt", "rsa_padding_mode:pss")),
    _row("ecdsa", "Signature ECDSA P-256", by_openssl("elise")),
    _row("sha512", "Signature RSA, SHA-512", by_openssl("denis", "-md", "sha512")),
    _row("ed25519", "Signature Ed25519", by_ed25519),
    _row("key-identifier-signer", "Signataire nommé par l’identifiant de sa clé", by_openssl("denis", "-keyid")),
    _row("certificate-known", "Certificat absent, mais connu", by_openssl("denis", "-nocerts")),
    _row("two-certificates", "Deux signatures de la même personne", with_two_certificates),
    _row("plain", "Sans signature ni chiffrement", plain, Expected("S5", text=shapes.TEXT, reason="unsigned")),
)
