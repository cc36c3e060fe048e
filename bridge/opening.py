"""Opening a mailbox with its grant: log first, then grant, and only then one operation of the card.

Nothing of the page reaches a card key before a log signed by the owner's card lists it, so `mailbox.open` is no oracle.
"""

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from cryptography import x509

from bridge.bench import Bench
from bridge.card.card import Mechanism
from bridge.card.errors import DecryptionFailed as CardDecryptionFailed
from bridge.cms import algorithms
from bridge.cms.acts import check_binding_listed, check_grant_listed, check_managers
from bridge.cms.binding import Binding
from bridge.cms.delegation import Delegation
from bridge.cms.errors import ActRefused, CmsError, GrantRefused, LogRefused
from bridge.cms.grants import Grant, HolderKind, parse_grant
from bridge.cms.key_agreement import EcdhDerive
from bridge.cms.log import LogHead, LogKind, VerifiedEntry, verify_chain
from bridge.desk import Caller
from bridge.heads import Head
from bridge.mailboxes import OpenMailbox
from bridge.pki import certificates as pki
from bridge.pki.anchors import Purpose as CertificatePurpose
from bridge.pki.errors import PkiError
from bridge.pki.path import RevocationMode
from bridge.prompts.requests import Purpose
from bridge.protocol import RpcError, rfc3339
from bridge.validation import describe_identity, mailbox_certificate, verify_entries

_CONTENT_KEY_LENGTH = 32  # a grant's content cipher is AES-256-GCM


@dataclass(frozen=True)
class _CheckedGrant:
    """A grant that the membership log vouches for, with what belongs to it."""

    grant: Grant
    entry: VerifiedEntry  # the one that lists the grant
    binding: Binding
    head: LogHead
    encryption_certificate: x509.Certificate
    signature_certificate: x509.Certificate


def open_mailbox(bench: Bench, caller: Caller, grant: bytes, unlock: dict[str, Any], **evidence: Any) -> dict[str, Any]:
    """Check everything, then open. Raises RpcError LOG_REFUSED, GRANT_REFUSED, RECIPIENT_MISMATCH, or what the card says."""
    try:
        checked = _check(bench, parse_grant(grant), **evidence)
    except LogRefused as error:
        raise RpcError("LOG_REFUSED", reason=error.reason) from None
    except (ActRefused, GrantRefused) as error:
        raise RpcError("GRANT_REFUSED", reason=error.reason) from None
    except (CmsError, PkiError) as error:
        raise RpcError("GRANT_REFUSED", reason=error.code) from None
    handle = bench.mailboxes.new_handle()
    serial = _open(bench, caller, handle, grant, checked, unlock)
    mailbox = _opened(bench, caller, handle, checked, serial)
    bench.heads.remember(mailbox.mailbox_id, Head(checked.head.seq, checked.head.hash))
    bench.mailboxes.add(mailbox)
    return _describe(mailbox, checked)


def _check(
    bench: Bench,
    grant: Grant,
    log_entries: list[bytes],
    bindings: list[bytes],
    encryption_certificate: bytes,
    signature_certificate: bytes,
    chain: list[bytes],
    crls: list[bytes],
) -> _CheckedGrant:
    authorities = tuple(pki.load_certificate(der) for der in chain)
    entries = verify_entries(bench.policy, log_entries, authorities, crls)
    bench.intermediates.learn(authorities)
    for one in entries:
        # The issuer of the card that signed, which the card may not hold.
        bench.intermediates.learn(one.unverified_chain)
    head = _check_log(bench, grant, entries)
    entry = check_grant_listed(grant, entries)
    _check_dates(grant)
    encryption, signature = (
        mailbox_certificate(
            bench.policy,
            der,
            purpose,
            chain=authorities,
            crls=crls,
            at=entry.signing_time,  # an owner still reads old mail when the operator's certificate has run out
            revocation=RevocationMode.SOFT,
        )
        for der, purpose in (
            (encryption_certificate, CertificatePurpose.ENCRYPT),
            (signature_certificate, CertificatePurpose.MESSAGE_SIGNATURE),
        )
    )
    _check_certificates(grant, encryption, signature)
    binding = _binding(grant, entries, bindings, encryption, signature)
    return _CheckedGrant(grant, entry, binding, head, encryption, signature)


def _check_log(bench: Bench, grant: Grant, entries: Sequence[VerifiedEntry]) -> LogHead:
    """The log extends the head remembered for this mailbox; managers alone extend it."""
    known = bench.heads.known(grant.body.mailbox_id.hex())
    head = verify_chain(entries, None if known is None else LogHead(known.seq, known.digest))
    if entries[0].entry.mailbox_id != grant.body.mailbox_id:
        raise LogRefused("fork")
    if entries[0].entry.kind is not LogKind.GENESIS:
        raise LogRefused("gap")  # who may extend a log is known from its beginning only
    if len(entries) > 1:
        check_managers(entries, [grant.body])
    return head


def _check_dates(grant: Grant) -> None:
    now = datetime.now(UTC)
    if now < grant.body.not_before:
        raise GrantRefused("not-yet-valid")
    if grant.body.not_after is not None and now > grant.body.not_after:
        raise GrantRefused("expired")


def _check_certificates(grant: Grant, encryption: x509.Certificate, signature: x509.Certificate) -> None:
    body = grant.body
    hashes = (pki.certificate_sha256(encryption), pki.certificate_sha256(signature))
    keys = (pki.spki_sha256(encryption), pki.spki_sha256(signature))
    if hashes != (body.encryption_certificate, body.signature_certificate):
        raise ActRefused("certificate-mismatch")
    if keys != (body.encryption_spki, body.signature_spki):
        raise ActRefused("certificate-mismatch")


def _binding(
    grant: Grant,
    entries: Sequence[VerifiedEntry],
    bindings: Sequence[bytes],
    encryption: x509.Certificate,
    signature: x509.Certificate,
) -> Binding:
    """The binding of this epoch, as the log signs it, for both certificates."""
    for der in bindings:
        digest = hashlib.sha256(der).digest()
        entry = next((entry for entry in entries if digest in entry.entry.bindings), None)
        if entry is None:
            continue
        check_binding_listed(der, entry, encryption, grant.body.address)
        binding = check_binding_listed(der, entry, signature, grant.body.address)
        if binding.epoch == grant.body.epoch:
            return binding
    raise ActRefused("binding-not-listed")


def _open(
    bench: Bench, caller: Caller, handle: str, grant: bytes, checked: _CheckedGrant, unlock: dict[str, Any]
) -> str | None:
    """Let card or passkey open the grant inside the vault; the serial of the card that did."""
    holder = checked.grant.body.holder
    if "card" in unlock:
        card = bench.desk.find(caller, unlock["card"])
        content_key = _card_content_key(bench, caller, unlock["card"], checked.grant)
        bench.vault.call("open_with_content_key", handle=handle, grant=grant, content_key=content_key)
        return card.identity
    passkey = unlock["passkey"]
    reference = hashlib.sha256(passkey["credentialId"]).digest()
    if holder.kind is not HolderKind.PASSKEY or holder.reference != reference:
        raise RpcError("RECIPIENT_MISMATCH")
    named = {"credential_id": passkey["credentialId"], "prf": passkey["prf"]}
    bench.vault.call("open_with_prf", handle=handle, grant=grant, **named)
    return None


def _card_content_key(bench: Bench, caller: Caller, name: str, grant: Grant) -> bytes:
    """One card operation. A block that does not open yields a key that opens nothing: one answer for every failure."""
    card = bench.desk.find(caller, name)
    holder = grant.body.holder
    key = next((one for one in card.content.keys if one.certificate_sha256 == holder.reference), None)
    recipient = grant.sealed.recipients[0]
    if key is None or holder.kind is not HolderKind.CARD or not recipient.matches(key.unverified_certificate):
        raise RpcError("RECIPIENT_MISMATCH")
    if key is not card.content.unwrap_key:
        raise RpcError("KEY_USE_DENIED")
    plan = grant.card_plan
    data = plan.public_point if isinstance(plan, EcdhDerive) else plan.ciphertext
    purpose = Purpose("open", (("address", grant.body.address),))
    try:
        content_key = plan.content_key(bench.desk.perform(caller, card, key, _mechanism(plan), data, purpose))
    except (CardDecryptionFailed, CmsError):
        content_key = b""
    return content_key if len(content_key) == _CONTENT_KEY_LENGTH else secrets.token_bytes(_CONTENT_KEY_LENGTH)


def _mechanism(plan: Any) -> Mechanism:
    if plan.mechanism in ("rsa-pkcs1", "ecdh"):
        return Mechanism(plan.mechanism)
    if plan.mechanism != "rsa-oaep":
        raise RpcError("ALG_UNSUPPORTED")
    if plan.label or plan.hash_name != plan.mgf_hash_name or plan.hash_name not in ("sha1", "sha256"):
        raise RpcError("ALG_UNSUPPORTED")
    return Mechanism.RSA_OAEP_SHA1 if plan.hash_name == "sha1" else Mechanism.RSA_OAEP_SHA256


def _opened(bench: Bench, caller: Caller, handle: str, checked: _CheckedGrant, serial: str | None) -> OpenMailbox:
    body, until = checked.grant.body, bench.mailboxes.until()
    return OpenMailbox(
        handle=handle,
        origin=caller.origin,
        mailbox_id=body.mailbox_id.hex(),
        address=body.address,
        epoch=body.epoch,
        role=body.role.value,
        encryption_certificate=checked.encryption_certificate,
        signature_certificate=checked.signature_certificate,
        card_identity=serial,
        until=until if body.not_after is None else min(until, body.not_after),
        delegation=_delegation(checked),
    )


def _delegation(checked: _CheckedGrant) -> bytes | None:
    """For a card whose holder is not the person the binding names: by what he signs for the mailbox (S2)."""
    holder, owner = checked.grant.body.holder, checked.binding.identity
    if holder.kind is not HolderKind.CARD or (holder.id_type, holder.id_value) == (owner.id_type, owner.id_value):
        return None
    return Delegation(checked.entry.der, checked.grant.body_der).to_der()


def _describe(mailbox: OpenMailbox, checked: _CheckedGrant) -> dict[str, Any]:
    return {
        "handle": mailbox.handle,
        "mailboxId": mailbox.mailbox_id,
        "address": mailbox.address,
        "epoch": mailbox.epoch,
        "role": mailbox.role,
        "identity": describe_identity(checked.binding.identity),
        "logSeq": checked.head.seq,
        "logHead": checked.head.hash,
        "until": rfc3339(mailbox.until),
    }


def check_content_algorithms(items: list[dict[str, Any]]) -> None:
    """The length of an answer follows from the content algorithm, so that one must be known. Raises RpcError."""
    for position, item in enumerate(items):
        try:
            algorithms.content_algorithm(item["contentAlgorithm"])
        except CmsError:
            raise RpcError("INVALID_PARAMS", member=f"items[{position}].contentAlgorithm") from None
