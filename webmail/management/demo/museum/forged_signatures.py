"""Signatures that look like one: over other bytes, without attributes, by several people, with a false card inside."""

from collections.abc import Callable
from functools import partial

from asn1crypto import cms as asn1_cms

from bridge.cms import algorithms, ber
from bridge.cms.ber import encode, encode_set
from bridge.cms.messages import Signer, sign_with_card
from bridge.cms.oid import encode_oid
from webmail.management.demo.museum import openssl, shapes
from webmail.management.demo.museum.cms_parts import attribute, signed_data, signer_info, usual_attributes
from webmail.management.demo.museum.dialects import SIGNED, UNPROTECTED
from webmail.management.demo.museum.exhibit import Exhibit, Expected, Maker, Room
from webmail.management.demo.museum.materials import Materials
from webmail.management.demo.museum.signatures import by_card, by_delegate, by_openssl, card_alone, sealed
from webmail.management.demo.museum.signing import sign_around, sign_entity

_SHA256 = algorithms.hash_oids["sha256"]
_ECDSA_SHA256 = "1.2.840.10045.4.3.2"


def attributes_as_content(materials: Materials, subject: str) -> bytes:
    """What was signed as attributes is presented as content without attributes (RFC 5652 §5.4 lets both pass for the same octets)."""
    found = asn1_cms.ContentInfo.load(openssl.sign(materials, materials.denis, shapes.entity(), "-nodetach"))
    signed = found["content"]
    signer = signed["signer_infos"][0]
    attributes = signer["signed_attrs"].untag().dump()
    signer["signed_attrs"] = None
    signed["encap_content_info"] = {"content_type": "data", "content": attributes}
    return shapes.outer(materials, subject) + shapes.pkcs7(found.dump(force=True), "signed-data")


def altered(materials: Materials, subject: str) -> bytes:
    signature = openssl.sign(materials, materials.denis, shapes.entity())
    return shapes.outer(materials, subject) + shapes.clear_signed(shapes.entity("Virez 1000 euros.\r\n"), signature)


def corrupted(materials: Materials, subject: str) -> bytes:
    """The last octet of the signature's value is another."""
    signature = bytearray(openssl.sign(materials, materials.denis, shapes.entity()))
    signature[-1] ^= 1
    return shapes.outer(materials, subject) + shapes.clear_signed(shapes.entity(), bytes(signature))


def not_a_signature(materials: Materials, subject: str) -> bytes:
    return shapes.outer(materials, subject) + shapes.clear_signed(shapes.entity(), b"\x30\x03\x02\x01\x00")


def with_a_foreigner(materials: Materials, subject: str) -> bytes:
    """Denis and Élise sign one text."""
    signature = openssl.sign(materials, materials.denis, shapes.entity(), *materials.files(materials.elise))
    return shapes.outer(materials, subject) + shapes.clear_signed(shapes.entity(), signature)


def one_of_two_broken(materials: Materials, subject: str) -> bytes:
    """Two signatures of one person, of which the second does not hold."""
    signature = openssl.sign(materials, materials.denis, shapes.entity(), *materials.files(materials.denis_again))
    found = asn1_cms.ContentInfo.load(signature)
    last = found["content"]["signer_infos"][-1]
    last["signature"] = bytes(last["signature"].native[:-1]) + b"\0"
    return shapes.outer(materials, subject) + shapes.clear_signed(shapes.entity(), found.dump(force=True))


def with_attributes(materials: Materials, signer: Signer, entity: bytes, *more: bytes) -> bytes:
    """A SignedData of a P-256 signer over the usual attributes and `more`, whatever they are."""
    attributes = [*usual_attributes(entity, "sha256", materials.now), *more]
    algorithm = encode(ber.SEQUENCE, encode_oid(_ECDSA_SHA256))
    info = signer_info(signer.certificate, _SHA256, algorithm, attributes, signer.sign(encode_set(attributes)))
    return signed_data(None, [signer.certificate, *signer.chain], [info], [_SHA256])


def digest_twice(materials: Materials, subject: str) -> bytes:
    """Two messageDigest attributes: one of this text, one of another."""
    other = usual_attributes(b"autre chose", "sha256", materials.now)[1]
    signature = with_attributes(materials, materials.elise.signer, shapes.entity(), other)
    signed = shapes.clear_signed(shapes.entity(), signature)
    return shapes.outer(materials, subject, materials.elise.sender) + signed


def signed_after_encryption(materials: Materials, subject: str) -> bytes:
    """Whoever signs a sealed envelope says nothing of who filled it."""
    envelope = shapes.pkcs7(openssl.encrypt(materials, shapes.entity(), "-aes-256-gcm"))
    signature = openssl.sign(materials, materials.denis, envelope)
    return shapes.outer(materials, subject) + shapes.clear_signed(envelope, signature)


def card_part(materials: Materials, subject: str, *, part: Callable[[Materials, bytes], bytes]) -> bytes:
    """Genuine mailbox signature around what `part` makes of the entity as the card's."""
    sender = materials.exposition.sender
    entity = shapes.protected(materials, subject, sender)
    inner = part(materials, entity)
    signature = sign_around(materials, entity, materials.exposition, inner)
    return sealed(materials, subject, shapes.clear_signed(entity, signature), sender)


def card_stripped(materials: Materials, subject: str) -> bytes:
    """The card's part is taken out of the attributes that the mailbox signed."""
    sender = materials.exposition.sender
    entity = shapes.protected(materials, subject, sender)
    found = asn1_cms.ContentInfo.load(sign_entity(materials, entity, materials.exposition, materials.card("bob")))
    signer = found["content"]["signer_infos"][0]
    kept = [one for one in signer["signed_attrs"] if one["type"].dotted != algorithms.PLI_CARD_SIGNATURE]
    signer["signed_attrs"] = asn1_cms.CMSAttributes(kept)
    return sealed(materials, subject, shapes.clear_signed(entity, found.dump(force=True)), sender)


def card_replayed(materials: Materials, subject: str) -> bytes:
    """Mallory signs Bob's own words, with Bob's card part, from her mailbox."""
    mallory = materials.mailbox("Mallory", "mallory@pli.example")
    entity = shapes.protected(materials, subject, materials.exposition.sender)
    signature = sign_entity(materials, entity, mallory, materials.card("bob"))
    return sealed(materials, subject, shapes.clear_signed(entity, signature), mallory.sender)


def card_attribute_twice(materials: Materials, subject: str) -> bytes:
    """Two attributes under the card's OID, where the standard allows one."""
    sender = materials.exposition.sender
    entity = shapes.protected(materials, subject, sender)
    parts = (sign_with_card(entity, materials.card(name), materials.now) for name in ("bob", "alice"))
    both = [attribute(algorithms.PLI_CARD_SIGNATURE, part) for part in parts]
    signature = with_attributes(materials, materials.exposition.signer, entity, *both)
    return sealed(materials, subject, shapes.clear_signed(entity, signature), sender)


def _corrupted_part(materials: Materials, entity: bytes) -> bytes:
    part = bytearray(sign_with_card(entity, materials.card("bob"), materials.now))
    part[-1] ^= 1
    return bytes(part)


def _part_of_other_content(materials: Materials, entity: bytes) -> bytes:
    del entity
    return sign_with_card(shapes.entity(), materials.card("bob"), materials.now)


def _two_parts(materials: Materials, entity: bytes) -> bytes:
    """Two values in the one attribute, in DER's order."""
    cards = (materials.card(name) for name in ("alice", "bob"))
    return b"".join(sorted(sign_with_card(entity, card, materials.now) for card in cards))


def _part_of_login_key(materials: Materials, entity: bytes) -> bytes:
    return sign_with_card(entity, materials.card("bob", "authentication"), materials.now)


def _part_of_false_authority(materials: Materials, entity: bytes) -> bytes:
    return sign_with_card(entity, materials.false_card, materials.now)


def _row(key: str, title: str, maker: Maker, expected: Expected) -> Exhibit:
    return Exhibit(key, Room.FORGERY, title, maker, expected)


def broken(reason: str) -> Expected:
    """Treated as unsigned, in clear."""
    return Expected("S5", notices=UNPROTECTED, text=shapes.TEXT, reason=reason)


def mailbox_only(reason: str) -> Expected:
    """The mailbox is proved, the person is not."""
    return Expected("S1b", encrypted=True, text=shapes.TEXT, reason=reason)


_SEALED = Expected("S5", encrypted=True, text=shapes.TEXT)
_PLAIN_ONLY = _SEALED.but(notices=frozenset({"plain-text-only"}))
_NOT_ALLOWED = Expected("S3", encrypted=True, text=shapes.TEXT)

ROOM = (
    _row(
        "attributes-as-content",
        "Attributs signés présentés comme contenu",
        attributes_as_content,
        broken("attributes-refused").but(text=None, files=("attachment-1.bin",)),
    ),
    _row(
        "no-attributes", "Signature sans attributs signés", by_openssl("denis", "-noattr"), broken("attributes-refused")
    ),
    _row("digest-twice", "Deux empreintes pour une signature", digest_twice, broken("attributes-refused")),
    _row("foreign-signer", "Un second signataire étranger", with_a_foreigner, broken("several-signers")),
    _row("second-broken", "Deux signatures, dont une fausse", one_of_two_broken, broken("signature-invalid")),
    _row("altered", "Texte changé après signature", altered, broken("digest-mismatch").but(text="Virez 1000 euros.")),
    _row("corrupted", "Signature abîmée", corrupted, broken("signature-invalid")),
    _row("malformed", "Signature qui n’en est pas une", not_a_signature, broken("signature-malformed")),
    _row(
        "encrypted-then-signed",
        "Enveloppe signée de l’extérieur",
        signed_after_encryption,
        _SEALED.but(notices=UNPROTECTED, reason="sender-not-proved"),
    ),
    _row("expired", "Certificat expiré", by_openssl("expired"), broken("certificate-expired")),
    _row(
        "stranger", "Autorité inconnue", by_openssl("stranger"), SIGNED.but(state="S4", reason="certificate-untrusted")
    ),
    _row(
        "card-revoked-alone",
        "Carte révoquée, seule",
        partial(card_alone, sender="rene@cabinet.example", card="rene"),
        Expected("S5", text=shapes.TEXT, reason="certificate-revoked"),
    ),
    _row(
        "card-expired",
        "Partie carte : carte expirée",
        partial(by_card, card="erin"),
        mailbox_only("card-certificate-expired"),
    ),
    _row(
        "card-revoked",
        "Partie carte : carte révoquée",
        partial(by_card, card="rene"),
        mailbox_only("card-certificate-revoked"),
    ),
    _row("card-stripped", "Partie carte ôtée", card_stripped, _PLAIN_ONLY.but(reason="signature-invalid")),
    _row(
        "card-corrupted",
        "Partie carte abîmée",
        partial(card_part, part=_corrupted_part),
        mailbox_only("card-signature-invalid"),
    ),
    _row(
        "card-other-content",
        "Partie carte d’un autre texte",
        partial(card_part, part=_part_of_other_content),
        mailbox_only("card-signature-invalid"),
    ),
    _row(
        "card-two-values",
        "Partie carte doublée",
        partial(card_part, part=_two_parts),
        _PLAIN_ONLY.but(reason="attributes-refused"),
    ),
    _row(
        "card-two-attributes",
        "Deux attributs de carte",
        card_attribute_twice,
        _PLAIN_ONLY.but(reason="attributes-refused"),
    ),
    _row(
        "card-login-key",
        "Partie carte faite avec la clé de connexion",
        partial(card_part, part=_part_of_login_key),
        mailbox_only("card-signature-invalid"),
    ),
    _row(
        "card-false-authority",
        "Partie carte d’une fausse autorité",
        partial(card_part, part=_part_of_false_authority),
        mailbox_only("card-certificate-untrusted"),
    ),
    _row(
        "card-replayed",
        "Partie carte rejouée sous une autre adresse",
        card_replayed,
        Expected("S3", encrypted=True, notices=frozenset({"from-differs"}), text=shapes.TEXT),
    ),
    _row("delegation-over", "Délégation terminée", partial(by_delegate, days=1), _NOT_ALLOWED),
    _row(
        "delegation-foreign",
        "Délégation accordée par un autre",
        partial(by_delegate, granter="alice"),
        _NOT_ALLOWED,
    ),
    _row(
        "card-not-listed",
        "Carte d’une autre personne que celle de l’annuaire",
        partial(card_alone, sender="bob.lefevre@pli.example", card="alice"),
        Expected("S3", text=shapes.TEXT, reason="directory-differs"),
    ),
)
