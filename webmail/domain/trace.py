"""The access trace of a mailbox: append-only, each line chained to the one before (promise: tampering is found).

A line says who did what and when, on which id; `could-read` (a summary or pack was served) is not `opened` (the message's
blob was served). The chain's head stands in the mailbox row, so that cutting the end is found as well.
"""

import hashlib
import json
from datetime import UTC, datetime
from enum import StrEnum

from django.db import transaction
from django.utils import timezone

from webmail.domain.caller import Caller
from webmail.domain.errors import NotFound
from webmail.models import AccessEvent, Mailbox


class Act(StrEnum):
    ACCOUNT_OPENED = "account-opened"
    LOGIN = "login"
    LOGOUT = "logout"
    GRANT_SERVED = "grant-served"
    COULD_READ = "could-read"
    OPENED = "opened"
    SUBMITTED = "submitted"
    DESTROYED = "destroyed"
    MEMBER_ADDED = "member-added"
    MEMBER_ENDED = "member-ended"
    MEMBER_CONFIRMED = "member-confirmed"
    KEY_CHANGED = "key-changed"
    POLICY_CHANGED = "policy-changed"
    RECOVERY_REQUESTED = "recovery-requested"
    RECOVERY_RELEASED = "recovery-released"
    RECOVERY_OPENED = "recovery-opened"
    BREAK_GLASS = "break-glass"
    EXPORTED = "exported"
    ASSIGNED = "assigned"
    CREDENTIAL_ADDED = "credential-added"
    CREDENTIAL_BLOCKED = "credential-blocked"


def record(
    account_id: str,
    act: Act,
    caller: Caller | None = None,
    *,
    object_id: str = "",
    count: int = 1,
    on_behalf_of: str = "",
) -> AccessEvent:
    """Append one line, in the surrounding transaction if there is one; without a caller the server itself acted.

    Raises NotFound.
    """
    with transaction.atomic():
        mailbox = Mailbox.objects.select_for_update().filter(id=account_id).first()
        if mailbox is None:
            raise NotFound
        event = AccessEvent(
            account_id=account_id,
            seq=mailbox.trace_length,
            at=timezone.now(),
            person_id=caller.person_id if caller else "",
            on_behalf_of=on_behalf_of,
            credential=caller.credential if caller else "",
            client_kind=caller.client_kind if caller else "",
            address=caller.address if caller else None,
            act=act.value,
            object_id=object_id,
            count=count,
        )
        event.digest = chained(bytes(mailbox.trace_head), event)
        event.save(force_insert=True)
        mailbox.trace_length += 1
        mailbox.trace_head = event.digest
        mailbox.save(update_fields=["trace_length", "trace_head"])
    return event


def query(account_id: str, position: int = 0, limit: int = 50) -> list[AccessEvent]:
    """Lines of the trace, newest first."""
    events = AccessEvent.objects.filter(account_id=account_id).order_by("-seq")
    return list(events[position : position + limit])


def verify(account_id: str) -> int | None:
    """None if the whole chain stands, else the number of the first line that does not. Raises NotFound."""
    mailbox = Mailbox.objects.filter(id=account_id).first()
    if mailbox is None:
        raise NotFound
    head, expected = b"", 0
    for event in AccessEvent.objects.filter(account_id=account_id).order_by("seq").iterator():
        if event.seq != expected or bytes(event.digest) != (head := chained(head, event)):
            return expected
        expected += 1
    return None if expected == mailbox.trace_length and head == bytes(mailbox.trace_head) else expected


def chained(previous: bytes, event: AccessEvent) -> bytes:
    """SHA-256 over the previous digest and this line, as compact JSON of its columns in order.

    The last four came later: a line without any of them hashes as it always did.
    """
    at: datetime = event.at.astimezone(UTC)
    line = [event.account_id, event.seq, at.isoformat(), event.person_id, event.act, event.object_id, event.count]
    later = [event.on_behalf_of, event.credential, event.client_kind, event.address or ""]
    if any(later):
        line += later
    return hashlib.sha256(previous + json.dumps(line, separators=(",", ":")).encode()).digest()
