"""Acts: whether an entry, the grants and bindings it lists and the certificates they name belong together.

The server asks before it stores, the bridge before it opens; neither takes the other's word.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bridge.cms.binding import Binding
from bridge.cms.errors import ActRefused
from bridge.cms.grants import Grant, GrantBody, HolderKind, Role, parse_grant
from bridge.cms.log import NO_PREVIOUS, LogKind, VerifiedEntry, verify_entry
from bridge.pki.certificates import certificate_sha256, emails, spki_sha256

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cryptography import x509

    from bridge.cms.members import Membership
    from bridge.cms.statements import ValidateSigner
    from bridge.pki.health_identity import Identity


@dataclass(frozen=True)
class GenesisFacts:
    """What a checked genesis establishes."""

    entry: VerifiedEntry
    binding: Binding
    grant: Grant
    identity: Identity


def check_genesis(
    log_entry: bytes,
    binding: bytes,
    grant: bytes,
    encryption_certificate: x509.Certificate,
    signature_certificate: x509.Certificate,
    validate_signer: ValidateSigner,
) -> GenesisFacts:
    """Check the opening of a mailbox: one entry, its one grant to the owner, its one binding, and both certificates.

    The certificates' paths are the caller's to validate. `validate_signer` gets the entry's signer: a card, or for a person
    without one the mailbox signature certificate, whose identity level it then gives as `passkey`. Raises `LogRefused`,
    `GrantRefused` or `ActRefused`.
    """
    entry = verify_entry(log_entry, validate_signer=validate_signer)
    parsed_grant, parsed_binding = parse_grant(grant), Binding.from_der(binding)
    check_genesis_act(entry, parsed_grant.body, parsed_binding)
    _check_certificates(parsed_grant.body, encryption_certificate, signature_certificate)
    return GenesisFacts(entry, parsed_binding, parsed_grant, parsed_binding.identity)


def check_genesis_act(entry: VerifiedEntry, body: GrantBody, binding: Binding) -> None:
    """As `check_genesis`, of what the log holds alone: no sealed part and no certificate. Raises `ActRefused`."""
    _check_entry(entry, body, binding)
    _check_same_mailbox(entry, body, binding)
    if (body.encryption_spki, body.signature_spki) != (binding.encryption_spki, binding.signature_spki):
        raise ActRefused("certificate-mismatch")
    _check_owner(entry, body, binding)


def check_grant_listed(grant: Grant, entries: Sequence[VerifiedEntry]) -> VerifiedEntry:
    """The entry that signs `grant`, of the same mailbox and at the position the body states. Raises `ActRefused`."""
    for entry in entries:
        if grant.body_hash in entry.entry.grants:
            body = grant.body
            stated = (body.mailbox_id, body.address, body.log_seq, body.prev_log_hash)
            if stated != (entry.entry.mailbox_id, entry.entry.address, entry.entry.seq, entry.entry.prev_hash):
                raise ActRefused("mailbox-mismatch")
            return entry
    raise ActRefused("grant-not-listed")


def check_binding_listed(
    binding: bytes,
    entry: VerifiedEntry,
    certificate: x509.Certificate,
    address: str,
    membership: Membership | None = None,
) -> Binding:
    """The binding of `address` that `entry` signs, if `certificate` holds one of its keys. Raises `ActRefused`.

    This is what a sender requires for an address of an operator domain; the operator's certificate alone never suffices. Where
    somebody else than the person it names has signed (a manager's rotation, or one by a passkey's older key), only `membership`,
    the replayed log, can say that he might.
    """
    parsed = Binding.from_der(binding)
    if parsed.digest not in entry.entry.bindings:
        raise ActRefused("binding-not-listed")
    if (parsed.mailbox_id, parsed.address) != (entry.entry.mailbox_id, entry.entry.address):
        raise ActRefused("mailbox-mismatch")
    if parsed.address.lower() != address.lower():
        raise ActRefused("address-mismatch")
    if spki_sha256(certificate) not in (parsed.encryption_spki, parsed.signature_spki):
        raise ActRefused("certificate-mismatch")
    if membership is None or membership.bindings.get(parsed.epoch) != parsed:
        _check_signer(entry, parsed)
    return parsed


def _check_entry(entry: VerifiedEntry, body: GrantBody, binding: Binding) -> None:
    is_first = entry.entry.seq == 0 and entry.entry.prev_hash == NO_PREVIOUS
    if entry.entry.kind is not LogKind.GENESIS or not is_first:
        raise ActRefused("not-genesis")
    if entry.entry.grants != (body.digest,):
        raise ActRefused("grant-not-listed")
    if entry.entry.bindings != (binding.digest,):
        raise ActRefused("binding-not-listed")


def _check_same_mailbox(entry: VerifiedEntry, body: GrantBody, binding: Binding) -> None:
    mailboxes = {(one.mailbox_id, one.address) for one in (entry.entry, body, binding)}
    position = (entry.entry.seq, entry.entry.prev_hash)
    if len(mailboxes) != 1 or body.epoch != binding.epoch or (body.log_seq, body.prev_log_hash) != position:
        raise ActRefused("mailbox-mismatch")


def _check_certificates(body: GrantBody, encryption: x509.Certificate, signature: x509.Certificate) -> None:
    hashes = (certificate_sha256(encryption), certificate_sha256(signature))
    keys = (spki_sha256(encryption), spki_sha256(signature))
    if hashes != (body.encryption_certificate, body.signature_certificate) or keys[0] == keys[1]:
        raise ActRefused("certificate-mismatch")
    if keys != (body.encryption_spki, body.signature_spki):
        raise ActRefused("certificate-mismatch")
    if any(emails(one) != [body.address.lower()] for one in (encryption, signature)):
        raise ActRefused("address-mismatch")


def _check_owner(entry: VerifiedEntry, body: GrantBody, binding: Binding) -> None:
    if body.role is not Role.OWNER or body.holder.kind not in (HolderKind.CARD, HolderKind.PASSKEY):
        raise ActRefused("holder-not-owner")
    holder = (body.holder.id_type, body.holder.id_value)
    if holder != (binding.identity.id_type, binding.identity.id_value):
        raise ActRefused("identity-mismatch")
    is_passkey = body.holder.kind is HolderKind.PASSKEY
    if is_passkey is not (binding.identity.level == "passkey"):
        raise ActRefused("identity-mismatch")
    _check_signer(entry, binding)


def _check_signer(entry: VerifiedEntry, binding: Binding) -> None:
    """A card vouches for its own holder; without a card the mailbox's own signature key does, and proves no more."""
    signed_by_mailbox = spki_sha256(entry.signer_certificate) == binding.signature_spki
    if binding.identity.level == "passkey":
        if not signed_by_mailbox:
            raise ActRefused("identity-mismatch")
    elif signed_by_mailbox or entry.signer != binding.identity:
        raise ActRefused("identity-mismatch")
