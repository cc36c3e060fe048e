"""Credential/get and /set: the caller's own cards, passkeys and codes; a lost one is destroyed, which blocks it at once."""

from base64 import b64encode
from datetime import UTC, datetime

from cryptography import x509

from webmail.domain import credentials
from webmail.jmap.capabilities import KEYS
from webmail.jmap.dispatch import Answer, Arguments, Call, Method
from webmail.jmap.shapes import GET, SET, arguments
from webmail.jmap.standard import Object, SetRun, check_properties, get_answer, requested_ids
from webmail.models import Credential
from webmail.schema import Record, binary, sequence, text

PROPERTIES = (
    "id",
    "kind",
    "name",
    "reference",
    "grantReference",
    "createdAt",
    "lastUsedAt",
    "blockedAt",
    "expiresAt",
    "hasProof",
    "current",
)
STATE = "0"  # asked for where it is shown; nothing is pushed
MAX_DER = 64 * 1024
CARD = Record({"certificate": binary(MAX_DER), "chain": sequence(binary(MAX_DER), 8), "proof": binary(MAX_DER)})
NAME = Record({"name": text(100)})


def get(call: Call, wanted: Arguments) -> Answer:
    """Credential/get: of the caller, whatever mailbox is named."""
    check_properties(wanted, PROPERTIES)
    rows = credentials.own(call.caller)
    found = (_serialised(row, call.caller.credential) for row in rows)
    return get_answer(wanted, STATE, requested_ids(call, wanted), found)


def _serialised(row: Credential, current: str) -> Object:
    return {
        "id": row.id,
        "kind": row.kind,
        "name": row.name,
        "reference": b64encode(bytes.fromhex(row.reference)).decode(),
        "grantReference": b64encode(bytes.fromhex(row.grant_reference or row.reference)).decode(),
        "createdAt": _moment(row.created_at),
        "lastUsedAt": _moment(row.last_used_at),
        "blockedAt": _moment(row.retired_at),
        "expiresAt": _moment(_end_of(row)),
        "hasProof": bool(row.proof),
        "current": row.reference == current,
    }


def _end_of(row: Credential) -> datetime | None:
    if row.kind != Credential.Kind.CARD:
        return None
    return x509.load_der_x509_certificate(bytes(row.certificate)).not_valid_after_utc


def set_(call: Call, wanted: Arguments) -> Answer:
    """Credential/set: create keeps a card's proof, update names, destroy blocks."""

    def create(values: Object) -> Object:
        card = CARD(values)
        row = credentials.add_proof(call.caller, card["certificate"], card["chain"], card["proof"])
        return {"id": row.id}

    run = SetRun(call, wanted)
    run.create(create)
    run.update(lambda credential_id, patch: credentials.rename(call.caller, credential_id, NAME(patch)["name"]))
    run.destroy(lambda credential_id: credentials.block(call.caller, credential_id))
    return run.answer(STATE, STATE)


def _moment(value: datetime | None) -> str | None:
    return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if value else None


METHODS = {
    "Credential/get": Method(KEYS, arguments(GET), get, right=None),
    "Credential/set": Method(KEYS, arguments(SET), set_, right=None),
}
