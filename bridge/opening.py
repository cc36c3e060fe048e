"""Opening a mailbox with its grant: log first, then grant, and only then one operation of the card.

Nothing of the page reaches a card key before a log signed by the owner's card lists it, so `mailbox.open` is no oracle.
"""

import hashlib
import secrets
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography import x509

from bridge.bench import Bench
from bridge.card.errors import DecryptionFailed as CardDecryptionFailed
from bridge.card_unwrap import content_key_by_card
from bridge.cms.acts import check_grant_listed
from bridge.cms.binding import Binding
from bridge.cms.delegation import Delegation
from bridge.cms.errors import ActRefused, CmsError, GrantRefused
from bridge.cms.grants import Grant, HolderKind, parse_grant
from bridge.cms.log import VerifiedEntry
from bridge.cms.membership import Membership, State
from bridge.desk import Caller, PresentCard
from bridge.holders import unwrap_certificate
from bridge.ledger import Evidence, describe, read_log, refusals, remember
from bridge.mailboxes import Level, OpenMailbox
from bridge.owners_keys import check_older
from bridge.pki import certificates as pki
from bridge.pki.anchors import Purpose as CertificatePurpose
from bridge.pki.path import RevocationMode
from bridge.prompts.requests import Purpose
from bridge.protocol import RpcError, rfc3339
from bridge.recovery_requests import find_asked
from bridge.restoring import accept_restore
from bridge.validation import describe_identity, mailbox_certificate

_CONTENT_KEY_LENGTH = 32  # a grant's content cipher is AES-256-GCM


_SESSION_MINUTES = 60  # of one who opened by recovery code or as an officer


@dataclass(frozen=True)
class _CheckedGrant:
    """A grant that the membership log vouches for, with what belongs to it."""

    grant: Grant
    der: bytes
    entry: VerifiedEntry  # the one that lists the grant
    membership: Membership
    encryption_certificate: x509.Certificate
    signature_certificate: x509.Certificate
    older: tuple[Grant, bytes] | None = None  # of the same owner, with its DER

    @property
    def binding(self) -> Binding:
        """Of the grant's epoch."""
        return self.membership.bindings[self.grant.body.epoch]


def open_mailbox(
    bench: Bench,
    caller: Caller,
    grant: bytes,
    unlock: dict[str, Any],
    encryption_certificate: bytes,
    signature_certificate: bytes,
    history: bytes | None = None,
    restore: bytes | None = None,
    older: bytes | None = None,
    **brought: Any,
) -> dict[str, Any]:
    """Check everything, then open. Raises RpcError LOG_REFUSED, GRANT_REFUSED, RECIPIENT_MISMATCH, or what the card says."""
    evidence = Evidence.of(_wire_names(brought))
    with refusals():
        if restore is not None:
            mailbox_id = parse_grant(grant).body.mailbox_id.hex()
            accept_restore(bench, caller, mailbox_id, restore, evidence, encryption_certificate)
        checked = _check(bench, grant, evidence, encryption_certificate, signature_certificate, older)
    handle = bench.mailboxes.new_handle()
    opened = _open(bench, caller, handle, checked, unlock, history)
    if older is not None:
        _complete(bench, caller, handle, checked, unlock)
    mailbox = _opened(bench, caller, handle, checked, opened)
    remember(bench, handle, mailbox.mailbox_id, checked.membership)
    bench.mailboxes.add(mailbox)
    return _describe(bench, mailbox, checked)


def _check(
    bench: Bench, der: bytes, evidence: Evidence, encryption: bytes, signature: bytes, older: bytes | None
) -> _CheckedGrant:
    grant = parse_grant(der)
    # A page that knows of no other body than the grant's own need not send it twice.
    evidence = replace(evidence, bodies=[*evidence.bodies, grant.body_der])
    log = read_log(bench, grant.body.mailbox_id.hex(), evidence)
    entry = check_grant_listed(grant, log.entries)
    _check_state(log.membership, grant)
    _check_dates(grant)
    pair = [
        mailbox_certificate(
            bench.policy,
            certificate,
            purpose,
            proofs=evidence.proofs,
            at=entry.signing_time,  # an owner still reads old mail when the operator's certificate has run out
            revocation=RevocationMode.SOFT,
        )
        for certificate, purpose in (
            (encryption, CertificatePurpose.ENCRYPT),
            (signature, CertificatePurpose.MESSAGE_SIGNATURE),
        )
    ]
    _check_certificates(grant, *pair)
    kept = None if older is None else (check_older(older, grant, log.entries), older)
    return _CheckedGrant(grant, der, entry, log.membership, pair[0], pair[1], kept)


def _check_state(membership: Membership, grant: Grant) -> None:
    """What a later entry ended, or a second manager has not confirmed, opens nothing."""
    state = membership.member(grant.body_hash).state
    if state is not State.ACTIVE:
        raise GrantRefused(state.value)


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


@dataclass(frozen=True)
class _Unlocked:
    """How a mailbox was opened: by which card, if any, and what a session by recovery may do."""

    card_identity: str | None = None
    level: Level = "full"
    minutes: int | None = None
    messages: int = 0


def _open(
    bench: Bench, caller: Caller, handle: str, checked: _CheckedGrant, unlock: dict[str, Any], history: bytes | None
) -> _Unlocked:
    """Let a card, a passkey, a code or officers open the grant inside the vault."""
    ((how, given),) = unlock.items()
    if checked.grant.body.holder.kind.value != how:
        raise RpcError("RECIPIENT_MISMATCH")
    named = {"handle": handle, "grant": checked.der, "history": history, "spkis": spkis_of(checked.membership)}
    if how == "card":
        card = bench.desk.find(caller, given)
        content_key = _card_content_key(bench, caller, card, checked.grant)
        bench.vault.call("open_with_content_key", content_key=content_key, **named)
        return _Unlocked(card.identity)
    if how == "passkey":
        if checked.grant.body.holder.reference != hashlib.sha256(given["credentialId"]).digest():
            raise RpcError("RECIPIENT_MISMATCH")
        bench.vault.call("open_with_prf", credential_id=given["credentialId"], prf=given["prf"], **named)
        return _Unlocked()
    if how == "officer":
        return _open_by_shares(bench, caller, checked, given, named)
    bench.vault.call("open_with_recovery", secret=given["secret"], **named)
    return _Unlocked(level="recovery", minutes=_SESSION_MINUTES)


def _complete(bench: Bench, caller: Caller, handle: str, checked: _CheckedGrant, unlock: dict[str, Any]) -> None:
    """With the confidential keys of an older grant: one more operation of the card, until an owner rotates."""
    if checked.older is None:
        return
    (grant, der), beside = checked.older, bench.mailboxes.new_handle()
    try:
        _open(bench, caller, beside, replace(checked, grant=grant, der=der), unlock, None)
        bench.vault.call("complete", handle=handle, older=beside)
    except Exception:
        bench.vault.call("forget", handle=handle)
        raise


def _open_by_shares(
    bench: Bench, caller: Caller, checked: _CheckedGrant, given: dict[str, Any], named: dict[str, Any]
) -> _Unlocked:
    """What officers released for a request of this vault, as many as the policy asks and as the log records."""
    asked = find_asked(bench, caller, given["requestId"])
    logged = [
        one for one in checked.membership.policies.values() if one.digest == hashlib.sha256(given["policy"]).digest()
    ]
    if not logged or logged[0].reference != checked.grant.body.holder.reference:
        raise RpcError("SHARE_REFUSED", reason="policy", index=None)
    if len(logged[0].releases.get(asked.digest, ())) < logged[0].policy.threshold:
        raise RpcError("SHARE_REFUSED", reason="too-few", index=None)
    shown = {"policy": given["policy"], "request": asked.request.to_der(), "digest": asked.digest}
    bench.vault.call("open_with_shares", asking=asked.handle, releases=given["releases"], **shown, **named)
    bench.asked.pop(asked.request.request_id.hex(), None)
    policy = logged[0].policy
    return _Unlocked(level="officers", minutes=min(policy.minutes, _SESSION_MINUTES), messages=policy.messages)


def spkis_of(membership: Membership) -> list[list[Any]]:
    """The hashes of both public keys of each epoch, as the vault compares them."""
    return [[epoch, *pair] for epoch, pair in membership.spkis.items()]


def _card_content_key(bench: Bench, caller: Caller, card: PresentCard, grant: Grant) -> bytes:
    """One card operation. A block that does not open yields a key that opens nothing: one answer for every failure."""
    certificate = unwrap_certificate(card)
    if pki.certificate_sha256(certificate) != grant.body.holder.reference:
        held = {key.certificate_sha256 for key in card.content.keys}
        raise RpcError("KEY_USE_DENIED" if grant.body.holder.reference in held else "RECIPIENT_MISMATCH")
    if not grant.sealed.recipients[0].matches(certificate):
        raise RpcError("RECIPIENT_MISMATCH")
    purpose = Purpose("open", (("address", grant.body.address),))
    try:
        content_key = content_key_by_card(bench, caller, card, grant.card_plan, purpose)
    except (CardDecryptionFailed, CmsError):
        content_key = b""
    return content_key if len(content_key) == _CONTENT_KEY_LENGTH else secrets.token_bytes(_CONTENT_KEY_LENGTH)


def _opened(bench: Bench, caller: Caller, handle: str, checked: _CheckedGrant, how: _Unlocked) -> OpenMailbox:
    body, until = checked.grant.body, bench.mailboxes.until()
    ends = [until, *([body.not_after] if body.not_after is not None else [])]
    if how.minutes is not None:
        ends.append(datetime.now(UTC).replace(microsecond=0) + timedelta(minutes=how.minutes))
    return OpenMailbox(
        handle=handle,
        origin=caller.origin,
        mailbox_id=body.mailbox_id.hex(),
        address=body.address,
        epoch=body.epoch,
        role=body.role.value if how.level == "full" else "reader",
        encryption_certificate=checked.encryption_certificate,
        signature_certificate=checked.signature_certificate,
        card_identity=how.card_identity,
        until=min(ends),
        delegation=_delegation(checked),
        holder=body.holder,
        level=how.level,
        messages=how.messages,
    )


def _delegation(checked: _CheckedGrant) -> bytes | None:
    """For a card whose holder is not the person the binding names: by what he signs for the mailbox (S2)."""
    holder, owner = checked.grant.body.holder, checked.binding.identity
    if holder.kind is not HolderKind.CARD or (holder.id_type, holder.id_value) == (owner.id_type, owner.id_value):
        return None
    return Delegation(checked.entry.der, checked.grant.body_der).to_der()


def _describe(bench: Bench, mailbox: OpenMailbox, checked: _CheckedGrant) -> dict[str, Any]:
    membership = checked.membership
    return {
        "handle": mailbox.handle,
        "mailboxId": mailbox.mailbox_id,
        "address": mailbox.address,
        "role": mailbox.role,
        "level": "full" if mailbox.level == "full" else "recovery",
        "identity": describe_identity(checked.binding.identity),
        "logSeq": membership.head.seq,
        "logHead": membership.head.hash,
        "until": rfc3339(mailbox.until),
        "epochs": bench.vault.call("epochs", handle=mailbox.handle),
        **describe(membership),
    }


def _wire_names(brought: dict[str, Any]) -> dict[str, Any]:
    return {"logEntries": brought.pop("log_entries"), **brought}
