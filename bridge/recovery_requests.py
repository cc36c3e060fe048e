"""`recovery.request`: somebody asks the holders of shares to open a mailbox, with a key made in this vault (docs/FORMATS.md)."""

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from bridge.bench import Bench
from bridge.cms.errors import ShareRefused
from bridge.cms.grants import Holder, HolderKind
from bridge.cms.recovery import RecoveryRequest, build_request
from bridge.cms.recovery_policy import RecoveryPolicy
from bridge.desk import Caller, PresentCard
from bridge.holders import own_identity, unwrap_certificate
from bridge.ledger import refusals
from bridge.pki import certificates as pki
from bridge.pki.health_identity import Identity
from bridge.prompts.requests import Purpose
from bridge.protocol import RpcError
from bridge.signing import card_signer

_MOST_ASKED = 8  # requests of one origin that wait for shares


@dataclass(frozen=True)
class Asked:
    """A request of this bridge that waits for shares. Its key is in the vault, under `handle`."""

    handle: str
    origin: str
    request: RecoveryRequest
    digest: bytes


def request_recovery(
    bench: Bench,
    caller: Caller,
    address: str,
    mailbox_id: str,
    policy: bytes,
    reason: str,
    card: str,
    chain: Sequence[bytes] = (),
) -> dict[str, Any]:
    """A request signed by the requester's card, with a key of this vault. Raises RpcError SHARE_REFUSED, what the card says."""
    with refusals():
        agreed = RecoveryPolicy.from_der(policy)
        if agreed.mailbox_id.hex() != mailbox_id:
            raise ShareRefused("policy")
    present = bench.desk.find(caller, card)
    purpose = Purpose("request-consent", (("address", address), ("reason", reason)))
    bench.desk.confirm(caller, present, purpose)
    now = datetime.now(UTC).replace(microsecond=0)
    signer = card_signer(bench, caller, present, Purpose("act", (("address", address),)))
    with refusals():
        identity = own_identity(bench, signer, [pki.load_certificate(der) for der in chain], now)
    handle = bench.mailboxes.new_handle()
    _make_room(bench, caller)
    request = RecoveryRequest(
        mailbox_id=agreed.mailbox_id,
        request_id=secrets.token_bytes(16),
        policy=agreed.digest,
        requester=_requester(present, identity),
        request_key=bench.vault.call("ask_for_shares", handle=handle),
        reason=reason,
        time=now,
    )
    signed = build_request(request, signer)
    bench.asked[request.request_id.hex()] = Asked(handle, caller.origin, request, hashlib.sha256(signed).digest())
    return {"request": signed, "requestId": request.request_id.hex(), "handle": handle}


def _make_room(bench: Bench, caller: Caller) -> None:
    waiting = [name for name, asked in bench.asked.items() if asked.origin == caller.origin]
    if len(waiting) >= _MOST_ASKED:
        bench.vault.call("forget", handle=bench.asked.pop(waiting[0]).handle)


def _requester(card: PresentCard, identity: Identity) -> Holder:
    reference = pki.certificate_sha256(unwrap_certificate(card))
    return Holder(HolderKind.CARD, reference, identity.id_type, identity.id_value, identity.name)


def find_asked(bench: Bench, caller: Caller, request_id: str) -> Asked:
    """A request of this origin, by its id or its handle. Raises RpcError HANDLE_UNKNOWN."""
    for name, asked in list(bench.asked.items()):
        if request_id in (name, asked.handle) and asked.origin == caller.origin:
            return asked
    raise RpcError("HANDLE_UNKNOWN")
