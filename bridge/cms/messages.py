"""The signature of a message, form E2h (docs/FORMATS.md, Messages; DESIGN §6, Who signs).

The card signs the MIME entity; the mailbox signature key then signs the same bytes as the only SignerInfo, with the card's
whole SignedData in a *signed* attribute. Every S/MIME program sees a good signature of From; removing the card breaks it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bridge.cms import algorithms, ber
from bridge.cms.ber import encode
from bridge.cms.errors import AttributeRefused
from bridge.cms.oid import encode_oid
from bridge.cms.recipients import announced_transports, issuer_and_serial_number
from bridge.cms.signed import build_signed, signature_algorithm
from bridge.cms.verification import verify_signed

if TYPE_CHECKING:
    from datetime import datetime

    from cryptography import x509

    from bridge.cms.signed import Sign, SignatureAlgorithm
    from bridge.cms.verification import VerifiedSignedData

# What we announce, each kind in order of preference (RFC 8551 §2.5.2), by the names of docs/FORMATS.md.
_CIPHERS = ("aes-256-gcm", "aes-256-cbc", "aes-128-gcm", "aes-128-cbc")
CAPABILITIES = (*_CIPHERS, "rsa-oaep", "ecdh")


@dataclass(frozen=True)
class Signer:
    """A key that signs: its certificate, the certificates between it and the anchor, and the callable.

    `sign` gets the DER of signedAttrs. `algorithm` is chosen from the certificate's key where it is None.
    """

    certificate: x509.Certificate
    chain: tuple[x509.Certificate, ...]
    sign: Sign
    algorithm: SignatureAlgorithm | None = None

    @property
    def signature_algorithm(self) -> SignatureAlgorithm:
        return self.algorithm or signature_algorithm(self.certificate.public_key())


@dataclass(frozen=True)
class VerifiedMessage:
    """Both signatures of a message over the same bytes; `card` is None where there is no card signature."""

    mailbox: VerifiedSignedData
    card: VerifiedSignedData | None


def sign_with_card(entity: bytes, card: Signer, signing_time: datetime) -> bytes:
    """The card's detached SignedData over the MIME entity."""
    return build_signed(
        entity,
        signer_certificate=card.certificate,
        sign=card.sign,
        algorithm=card.signature_algorithm,
        signing_time=signing_time,
        certificates=card.chain,
        detached=True,
    )


def sign_message(
    entity: bytes,
    mailbox: Signer,
    *,
    encryption_certificate: x509.Certificate,
    signing_time: datetime,
    card_signature: bytes | None = None,
    delegation: bytes | None = None,
) -> bytes:
    """The detached SignedData that goes into `smime.p7s`; `signing_time` is the message's Date.

    `delegation` (DER, `bridge.cms.delegation`) is for a card whose holder is not the mailbox's owner.
    """
    attributes = {
        algorithms.SMIME_CAPABILITIES: _capabilities(),
        algorithms.ENCRYPTION_KEY_PREFERENCE: _encryption_key_preference(encryption_certificate),
    }
    if card_signature is not None:
        attributes[algorithms.PLI_CARD_SIGNATURE] = card_signature
    if delegation is not None:
        attributes[algorithms.PLI_DELEGATION] = delegation
    return build_signed(
        entity,
        signer_certificate=mailbox.certificate,
        sign=mailbox.sign,
        algorithm=mailbox.signature_algorithm,
        signing_time=signing_time,
        attributes=attributes,
        certificates=(encryption_certificate, *mailbox.chain),
        detached=True,
    )


def verify_message(signature: bytes, entity: bytes) -> VerifiedMessage:
    """Check both signatures over `entity`. Raises a `SignatureError` if either fails: a bad card is not "no card".

    Certificates are not believed here, and the From comparison is the reader's.
    """
    mailbox = verify_signed(signature, entity, content_type=algorithms.ID_DATA)
    enclosed = mailbox.attributes.get(algorithms.PLI_CARD_SIGNATURE)
    if enclosed is None:
        return VerifiedMessage(mailbox, None)
    card = verify_signed(enclosed, entity, content_type=algorithms.ID_DATA)
    if not card.has_signing_certificate:
        raise AttributeRefused("a card signature without signingCertificateV2")
    return VerifiedMessage(mailbox, card)


def _capabilities() -> bytes:
    oids = (algorithms.content_algorithm(name).oid for name in _CIPHERS)
    return encode(ber.SEQUENCE, *(encode(ber.SEQUENCE, encode_oid(oid)) for oid in oids), *announced_transports())


def _encryption_key_preference(certificate: x509.Certificate) -> bytes:
    """SMIMEEncryptionKeyPreference, issuerAndSerialNumber [0] IMPLICIT (RFC 8551 §2.5.3)."""
    named = issuer_and_serial_number(certificate)
    return encode(ber.CONTEXT_0, named[ber.read(named).body :])
