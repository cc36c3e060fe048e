"""Opening an account: mailbox keys made in the vault, certified by the operator, granted to a card or a passkey.

The act is one genesis entry of the membership log: it lists the hashes of the owner's grant and of the binding of address,
keys and identity, and costs exactly one card signature (DESIGN §4.3).
"""

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from cryptography import x509

from bridge.bench import Bench
from bridge.cms.binding import Binding
from bridge.cms.errors import ActRefused
from bridge.cms.grants import (
    CardRecipient,
    GrantBody,
    Holder,
    HolderKind,
    Role,
    holder_reference,
)
from bridge.cms.log import NO_PREVIOUS, LogEntry, LogKind, build_entry, entry_hash
from bridge.cms.messages import Signer
from bridge.desk import Caller, PresentCard
from bridge.heads import Head
from bridge.mailboxes import OpenMailbox
from bridge.pki import certificates as pki
from bridge.pki.anchors import Purpose as CertificatePurpose
from bridge.pki.errors import PkiError
from bridge.pki.health_identity import Identity, identity_of
from bridge.pki.path import RevocationMode, validate_path
from bridge.prompts.requests import Purpose
from bridge.protocol import RpcError
from bridge.proving import transports
from bridge.signing import card_signer, mailbox_signer
from bridge.validation import Proofs, mailbox_certificate

EPOCH = 1


@dataclass(frozen=True)
class _Owner:
    """For whom the account is opened, and who signs its genesis entry."""

    identity: Identity
    holder: Holder
    recipient: dict[str, Any]
    signer: Signer
    card_identity: str | None


def request_certificates(
    bench: Bench, caller: Caller, address: str, encryption_algorithm: str, signature_algorithm: str
) -> dict[str, Any]:
    """New mailbox keys in the vault, and a certificate request for each pair."""
    if (surplus := bench.surplus(caller.origin)) is not None:
        bench.requested.pop(surplus, None)
        bench.vault.call("forget", handle=surplus)
    handle = bench.mailboxes.new_handle()
    made = bench.vault.call(
        "make_keys", handle=handle, address=address, encryption=encryption_algorithm, signature=signature_algorithm
    )
    bench.requested[handle] = (caller.origin, address)
    return {
        "handle": handle,
        "encryptionRequest": made["encryption_request"],
        "signatureRequest": made["signature_request"],
    }


def create_mailbox(
    bench: Bench,
    caller: Caller,
    handle: str,
    mailbox_id: str,
    address: str,
    encryption_certificate: bytes,
    signature_certificate: bytes,
    chain: list[bytes],
    crls: list[bytes],
    holder: dict[str, Any],
    ocsps: Sequence[bytes] = (),
) -> dict[str, Any]:
    """The grant, the binding and the genesis entry of a new mailbox, which then is open under `handle`."""
    if bench.requested.get(handle) != (caller.origin, address):
        raise RpcError("HANDLE_UNKNOWN")
    now = datetime.now(UTC).replace(microsecond=0)
    try:
        proofs = Proofs(tuple(pki.load_certificate(der) for der in chain), crls, ocsps)
        bench.intermediates.learn(proofs.chain)
        pair = certified_pair(bench, handle, address, (encryption_certificate, signature_certificate), proofs, now)
        draft = _draft(bench, caller, handle, mailbox_id, address, pair)
        owner = _owner(bench, caller, draft, holder, proofs, now)
    except (PkiError, ActRefused) as error:
        raise RpcError("GRANT_REFUSED", reason=getattr(error, "reason", error.code)) from None
    result = _genesis(bench, draft, owner, now)
    mailbox = OpenMailbox(**{**vars(draft), "card_identity": owner.card_identity, "holder": owner.holder})
    del bench.requested[handle]
    bench.heads.remember(mailbox_id, Head(0, entry_hash(result["logEntry"])))
    bench.mailboxes.add(mailbox)
    return result


def certified_pair(
    bench: Bench, handle: str, address: str, ders: tuple[bytes, bytes], proofs: Proofs, now: datetime
) -> tuple[x509.Certificate, x509.Certificate]:
    """Both certificates: of the operator, for this address, and for the very keys in the vault."""
    purposes = (CertificatePurpose.ENCRYPT, CertificatePurpose.MESSAGE_SIGNATURE)
    encryption, signature = (
        mailbox_certificate(bench.policy, der, purpose, proofs=proofs, at=now, revocation=RevocationMode.HARD)
        for der, purpose in zip(ders, purposes, strict=True)
    )
    made = bench.vault.call("public_keys", handle=handle)
    if (pki.spki_sha256(encryption), pki.spki_sha256(signature)) != (made["encryption_spki"], made["signature_spki"]):
        raise ActRefused("certificate-mismatch")
    if any(pki.emails(certificate) != [address.lower()] for certificate in (encryption, signature)):
        raise ActRefused("address-mismatch")
    return encryption, signature


def _draft(
    bench: Bench,
    caller: Caller,
    handle: str,
    mailbox_id: str,
    address: str,
    pair: tuple[x509.Certificate, x509.Certificate],
) -> OpenMailbox:
    return OpenMailbox(
        handle=handle,
        origin=caller.origin,
        mailbox_id=mailbox_id,
        address=address,
        epoch=EPOCH,
        role="owner",
        encryption_certificate=pair[0],
        signature_certificate=pair[1],
        card_identity=None,
        until=bench.mailboxes.until(),
    )


def _owner(
    bench: Bench, caller: Caller, draft: OpenMailbox, holder: dict[str, Any], proofs: Proofs, now: datetime
) -> _Owner:
    if "card" in holder:
        return _card_owner(bench, caller, draft, bench.desk.find(caller, holder["card"]), proofs, now)
    passkey = holder["passkey"]
    identity = Identity("passkey", passkey["idType"], passkey["idValue"], passkey["name"], "")
    reference = hashlib.sha256(passkey["credentialId"]).digest()
    secret = {"kind": HolderKind.PASSKEY.value, "secret": passkey["prf"]}
    key = bench.vault.call("holder_key", mailbox_id=bytes.fromhex(draft.mailbox_id), **secret)
    bench.desk.confirm(caller, None, _purpose("create-consent", draft))
    named = Holder(HolderKind.PASSKEY, reference, identity.id_type, identity.id_value, identity.name)
    recipient = {"reference": reference, "public_key": key}
    return _Owner(identity, named, recipient, mailbox_signer(bench, draft), None)


def _card_owner(
    bench: Bench, caller: Caller, draft: OpenMailbox, card: PresentCard, proofs: Proofs, now: datetime
) -> _Owner:
    purpose = _purpose("create", draft)
    signer = card_signer(bench, caller, card, purpose)
    key = card.content.unwrap_key
    if key is None:
        raise RpcError("CARD_UNSUPPORTED")
    identity = signing_identity(bench, signer, proofs, now)
    bench.desk.confirm(caller, card, _purpose("create-consent", draft))
    (algorithm, *_) = transports(bench, caller, card, key, purpose)
    reference = holder_reference(CardRecipient(key.unverified_certificate))
    named = Holder(HolderKind.CARD, reference, identity.id_type, identity.id_value, identity.name)
    return _Owner(identity, named, {"certificate": key.der, "algorithm": algorithm}, signer, card.identity)


def signing_identity(bench: Bench, signer: Signer, proofs: Proofs, now: datetime) -> Identity:
    """Who the card's signature key speaks for now. Raises PathError, also where nothing says that it is not revoked."""
    validated = validate_path(
        signer.certificate,
        chain=[*signer.chain, *proofs.chain],
        anchors=bench.policy.anchors,
        purpose=CertificatePurpose.CARD_SIGNATURE,
        at=now,
        crls=proofs.crls,
        ocsps=proofs.ocsps,
        revocation=RevocationMode.HARD,
    )
    return identity_of(validated)


def _genesis(bench: Bench, draft: OpenMailbox, owner: _Owner, now: datetime) -> dict[str, Any]:
    identifier = bytes.fromhex(draft.mailbox_id)
    binding = Binding(
        mailbox_id=identifier,
        address=draft.address,
        epoch=EPOCH,
        encryption_spki=pki.spki_sha256(draft.encryption_certificate),
        signature_spki=pki.spki_sha256(draft.signature_certificate),
        not_before=now,
        not_after=draft.encryption_certificate.not_valid_after_utc.replace(microsecond=0),
        identity=owner.identity,
    )
    body = _body(draft, owner, now)
    bench.vault.call("begin", handle=draft.handle, confidential=True)
    grant = bench.vault.call("grant", handle=draft.handle, body=body.to_der(), recipient=owner.recipient)
    entry = LogEntry(
        mailbox_id=identifier,
        address=draft.address,
        seq=0,
        prev_hash=NO_PREVIOUS,
        time=now,
        kind=LogKind.GENESIS,
        grants=(body.digest,),
        bindings=(binding.digest,),
    )
    signed = build_entry(entry, owner.signer, by_key_identifier=owner.card_identity is None)
    return {"grant": grant, "binding": binding.to_der(), "logEntry": signed, "epoch": EPOCH}


def _body(draft: OpenMailbox, owner: _Owner, now: datetime) -> GrantBody:
    return GrantBody(
        grant_id=secrets.token_bytes(16),
        mailbox_id=bytes.fromhex(draft.mailbox_id),
        address=draft.address,
        epoch=EPOCH,
        encryption_spki=pki.spki_sha256(draft.encryption_certificate),
        signature_spki=pki.spki_sha256(draft.signature_certificate),
        encryption_certificate=pki.certificate_sha256(draft.encryption_certificate),
        signature_certificate=pki.certificate_sha256(draft.signature_certificate),
        holder=owner.holder,
        role=Role.OWNER,
        history_from_epoch=EPOCH,
        not_before=now,
        not_after=None,
        log_seq=0,
        prev_log_hash=NO_PREVIOUS,
        holder_key=owner.recipient.get("public_key"),
    )


def _purpose(kind: str, draft: OpenMailbox) -> Purpose:
    return Purpose(kind, (("address", draft.address),))
