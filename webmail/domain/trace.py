"""The access trace of a mailbox: append-only, each line chained to the one before (promise: tampering is found).

A line says who did what and when, on which id. Three kinds of reading are kept apart: `could-read` (a summary or pack was
served), `opened` (the message's blob was served), and `shown`, `printed`, `saved`, which only the person's device can say.
The chain's head stands in the mailbox row; `domain.checkpoints` signs it every day, `domain.verify_trace` judges all of it.
"""

import hashlib
import json
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from django.db import transaction
from django.utils import timezone

from webmail.domain import message_sets
from webmail.domain.access import Account
from webmail.domain.caller import Caller
from webmail.domain.errors import NotFound
from webmail.models import AccessEvent, Mailbox, Membership

log = logging.getLogger(__name__)


class Act(StrEnum):
    ACCOUNT_OPENED = "account-opened"
    LOGIN = "login"
    LOGOUT = "logout"
    GRANT_SERVED = "grant-served"
    COULD_READ = "could-read"
    OPENED = "opened"
    SUBMITTED = "submitted"
    DESTROYED = "destroyed"
    CONCEALED = "concealed"
    REVEALED = "revealed"
    RESEALED = "resealed"
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
    SHOWN = "shown"
    PRINTED = "printed"
    SAVED = "saved"
    LEFT = "left"
    RULES_CHANGED = "rules-changed"


RECOVERY = "recovery"  # of a line's `through`: a printed code
REPORTED = frozenset({Act.SHOWN, Act.PRINTED, Act.SAVED})
READING = REPORTED | {Act.COULD_READ, Act.OPENED}
LASTING = frozenset({Act.BREAK_GLASS, Act.RECOVERY_REQUESTED, Act.RECOVERY_RELEASED, Act.RECOVERY_OPENED})
"""What no retention rule removes."""


@dataclass(frozen=True)
class Use:
    """What was done: with which object or messages, how many; of a device's report also its own name and the attachment.

    `on_behalf_of` is found by itself where somebody else's personal mailbox is used.
    """

    act: Act
    object_id: str = ""
    count: int = 1
    message_ids: Sequence[str] = ()
    on_behalf_of: str = ""
    report_id: str = ""
    part: int | None = None


def record(
    account_id: str,
    act: Act,
    caller: Caller | None = None,
    *,
    account: Account | None = None,
    **use: Any,
) -> AccessEvent:
    """Append one line, in the surrounding transaction if there is one; without a caller the server itself acted.

    `account` is how the caller may use the mailbox, where that is known; `use` are members of `Use`. Raises NotFound.
    """
    with transaction.atomic():
        return append(locked(account_id), Use(act, **use), caller, account)


def locked(account_id: str) -> Mailbox:
    """The mailbox, locked until the surrounding transaction ends: lines are appended one after the other. Raises NotFound."""
    mailbox = Mailbox.objects.select_for_update().filter(id=account_id).first()
    if mailbox is None:
        raise NotFound
    return mailbox


def append(mailbox: Mailbox, use: Use, caller: Caller | None, account: Account | None = None) -> AccessEvent:
    """As `record`, to a mailbox that is `locked`."""
    event = AccessEvent(
        account_id=mailbox.id,
        seq=mailbox.trace_length,
        at=timezone.now(),
        person_id=caller.person_id if caller else "",
        on_behalf_of=use.on_behalf_of or _on_behalf_of(mailbox, caller, account),
        credential=caller.credential if caller else "",
        client_kind=caller.client_kind if caller else "",
        address=caller.address if caller else None,
        act=use.act.value,
        object_id=use.object_id,
        count=use.count,
        through=_through(caller, account),
        message_set=message_sets.keep(mailbox.id, use.message_ids) if use.message_ids else "",
        report_id=use.report_id,
        part=use.part,
    )
    event.digest = chained(bytes(mailbox.trace_head), event)
    event.save(force_insert=True)
    mailbox.trace_length += 1
    mailbox.trace_head = event.digest
    mailbox.save(update_fields=["trace_length", "trace_head"])
    log.info("trace %s %d: %s by %s", mailbox.id, event.seq, event.act, event.person_id or "the server")
    return event


def chained(previous: bytes, event: AccessEvent) -> bytes:
    """SHA-256 over the previous digest and this line."""
    return hashlib.sha256(previous + line_of(event)).digest()


def digest_alone(event: AccessEvent) -> bytes:
    """SHA-256 over this line only: what a cut chain keeps of a line that stays."""
    return hashlib.sha256(line_of(event)).digest()


def line_of(event: AccessEvent) -> bytes:
    """A line as compact JSON of its columns in order. The later ones only stand where one of them says something: a line from
    before they existed hashes as it always did, and the number of members tells the forms apart.
    """
    at: datetime = event.at.astimezone(UTC)
    line = [event.account_id, event.seq, at.isoformat(), event.person_id, event.act, event.object_id, event.count]
    second = [event.on_behalf_of, event.credential, event.client_kind, event.address or ""]
    third = [event.through, event.message_set, event.report_id, event.part or 0]
    if any(second) or any(third):
        line += second
    if any(third):
        line += third
    return json.dumps(line, separators=(",", ":")).encode()


def _on_behalf_of(mailbox: Mailbox, caller: Caller | None, account: Account | None) -> str:
    """The owner, where somebody else uses a personal mailbox; a service's mailbox has its own name."""
    if caller is None or mailbox.kind != Mailbox.Kind.PER or (account is not None and account.is_personal):
        return ""
    rows = Membership.objects.filter(account_id=mailbox.id, role=Membership.Role.OWNER).order_by("state", "id")
    owner = rows.values_list("person_id", flat=True).first() or ""
    return "" if owner == caller.person_id else owner


def _through(caller: Caller | None, account: Account | None) -> str:
    if caller is None:
        return ""
    if caller.only_reads:
        return RECOVERY
    return account.profile if account is not None and not account.is_personal else ""
