"""MailboxKey/get, Grant/get and MembershipLog/get: the keys of a mailbox as its holders sealed and signed them."""

from base64 import b64encode
from datetime import UTC, datetime

from webmail.domain import key_material, restore, trace
from webmail.domain.change import Kind
from webmail.domain.trace import Act
from webmail.jmap.capabilities import KEYS
from webmail.jmap.changes import state_of
from webmail.jmap.dispatch import Answer, Arguments, Call, Method
from webmail.jmap.shapes import ACCOUNT, GET, arguments
from webmail.jmap.standard import Object, check_properties, get_answer, requested_ids
from webmail.models import Grant, LogEntry, MailboxKey
from webmail.schema import Optional, integer

KEY_PROPERTIES = (
    "id",
    "epoch",
    "encryptionCertificate",
    "signatureCertificate",
    "chain",
    "binding",
    "state",
    "history",
    "sendersUntil",
)
GRANT_PROPERTIES = (
    "id",
    "bodyHash",
    "epoch",
    "holderKind",
    "holderReference",
    "grant",
    "role",
    "notBefore",
    "notAfter",
)


def get_mailbox_keys(call: Call, wanted: Arguments) -> Answer:
    """MailboxKey/get: the public side of every epoch."""
    check_properties(wanted, KEY_PROPERTIES)
    account_id = wanted["accountId"]
    found = map(_mailbox_key, key_material.mailbox_keys(account_id))
    return get_answer(wanted, state_of(account_id, Kind.KEY), requested_ids(call, wanted), found)


def get_grants(call: Call, wanted: Arguments) -> Answer:
    """Grant/get: the grants of the calling person. Serving one is a line in the trace."""
    check_properties(wanted, GRANT_PROPERTIES)
    account_id = wanted["accountId"]
    rows = key_material.grants_of(call.account, call.caller)
    if rows:
        trace.record(account_id, Act.GRANT_SERVED, call.caller, account=call.account, count=len(rows))
    return get_answer(wanted, state_of(account_id, Kind.KEY), requested_ids(call, wanted), map(_grant, rows))


def get_membership_log(call: Call, wanted: Arguments) -> Answer:
    """MembershipLog/get: the signed entries, from `since` on, in order."""
    del call
    account_id = wanted["accountId"]
    rows = key_material.log_entries(account_id, wanted["since"])
    bodies, bindings = key_material.named_by(account_id, wanted["since"])
    entries = [_log_entry(row, bodies.get(row.seq, []), bindings.get(row.seq, [])) for row in rows]
    stated = restore.statement_of(account_id)
    return {
        "accountId": account_id,
        "state": state_of(account_id, Kind.KEY),
        "list": entries,
        "notFound": [],
        "restore": _text(stated) if stated else None,
    }


def _mailbox_key(row: MailboxKey) -> Object:
    return {
        "id": str(row.epoch),
        "epoch": row.epoch,
        "encryptionCertificate": _text(row.encryption_certificate),
        "signatureCertificate": _text(row.signature_certificate),
        "chain": row.chain,
        "binding": _text(row.binding),
        "state": row.state,
        "history": _text(row.history) or None,
        "sendersUntil": _moment(row.not_after_senders) if row.not_after_senders else None,
    }


def _grant(row: Grant) -> Object:
    return {
        "id": row.id,
        "bodyHash": _text(bytes.fromhex(row.body_id)),
        "epoch": row.epoch,
        "holderKind": row.holder_kind,
        "holderReference": row.holder_reference,
        "grant": _text(row.grant),
        "role": row.role,
        "notBefore": _moment(row.not_before),
        "notAfter": _moment(row.not_after) if row.not_after else None,
    }


def _log_entry(row: LogEntry, bodies: list[bytes], bindings: list[bytes]) -> Object:
    """`bodies` are the grant bodies and recovery policies that the entry names, so that every bridge can replay the whole log."""
    return {
        "id": str(row.seq),
        "seq": row.seq,
        "entry": _text(row.entry),
        "bodies": [_text(der) for der in bodies],
        "bindings": [_text(der) for der in bindings],
    }


def _text(value: bytes | memoryview) -> str:
    return b64encode(bytes(value)).decode()


def _moment(value: datetime) -> str:
    return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


METHODS = {
    "MailboxKey/get": Method(KEYS, arguments(GET), get_mailbox_keys),
    "Grant/get": Method(KEYS, arguments(GET), get_grants),
    "MembershipLog/get": Method(KEYS, arguments(ACCOUNT, {"since": Optional(integer(), 0)}), get_membership_log),
}
