"""Signing as Pli signs (form E2h, docs/FORMATS.md), with the museum's mailboxes and the sample cards."""

import os
from datetime import timedelta

from bridge.cms.delegation import Delegation
from bridge.cms.grants import GrantBody, Holder, HolderKind, Role
from bridge.cms.log import LogEntry, LogKind, build_entry
from bridge.cms.messages import Signer, sign_message, sign_with_card
from bridge.pki.certificates import certificate_sha256, spki_sha256
from bridge.pki.sample_health_pki import CARDS
from webmail.management.demo.museum.materials import Materials, SampleMailbox

HASH_LENGTH, ID_LENGTH = 32, 16


def sign_entity(
    materials: Materials,
    entity: bytes,
    mailbox: SampleMailbox,
    card: Signer | None = None,
    delegation: bytes | None = None,
) -> bytes:
    """The mailbox's SignedData with the card's inside, if there is one."""
    inner = sign_with_card(entity, card, materials.now) if card else None
    return sign_around(materials, entity, mailbox, inner, delegation)


def sign_around(
    materials: Materials,
    entity: bytes,
    mailbox: SampleMailbox,
    card_signature: bytes | None,
    delegation: bytes | None = None,
) -> bytes:
    """The same around whatever is given as the card's part."""
    return sign_message(
        entity,
        mailbox.signer,
        encryption_certificate=mailbox.encryption_certificate,
        signing_time=materials.now,
        card_signature=card_signature,
        delegation=delegation,
    )


def delegate(materials: Materials, mailbox: SampleMailbox, holder: str, granter: Signer, days: int = 7) -> bytes:
    """A delegation of `days` from two days ago: the granter's card lets the holder's card write from the mailbox."""
    body = _grant_body(materials, mailbox, holder, timedelta(days=days))
    entry = LogEntry(
        body.mailbox_id,
        body.address,
        body.log_seq,
        body.prev_log_hash,
        body.not_before,
        LogKind.GRANT,
        (body.digest,),
        (),
    )
    return Delegation(build_entry(entry, granter), body.to_der()).to_der()


def _grant_body(materials: Materials, mailbox: SampleMailbox, holder: str, duration: timedelta) -> GrantBody:
    begin = materials.now - timedelta(days=2)
    encryption, signature = mailbox.encryption_certificate, mailbox.signer.certificate
    return GrantBody(
        grant_id=os.urandom(ID_LENGTH),
        mailbox_id=os.urandom(ID_LENGTH),
        address=mailbox.address,
        epoch=1,
        encryption_spki=spki_sha256(encryption),
        signature_spki=spki_sha256(signature),
        encryption_certificate=certificate_sha256(encryption),
        signature_certificate=certificate_sha256(signature),
        holder=_holder(materials, holder),
        role=Role.SENDER,
        history_from_epoch=1,
        not_before=begin,
        not_after=begin + duration,
        log_seq=1,
        prev_log_hash=os.urandom(HASH_LENGTH),
    )


def _holder(materials: Materials, name: str) -> Holder:
    """Named as a granter's directory names him: by the certificate of his authentication key, and by his number."""
    card = next(card for card in CARDS if card.name == name)
    kind, value = ("RPPS", card.rpps_number) if card.rpps_number else ("FINESS", card.structure[1:])
    reference = certificate_sha256(materials.card(name, "authentication").certificate)
    return Holder(HolderKind.CARD, reference, kind, value, f"{card.given} {card.family.upper()}")
