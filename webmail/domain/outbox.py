"""The outbox: wire messages for other servers, handed over by a worker that holds a lease on each.

Retries, TLS policy and bounces are the smarthost's business; here a refusal for good fails the recipient, and anything
else is tried again. A crash between the smarthost's 250 and our commit sends one duplicate with the same Message-ID.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from webmail.domain import blobs
from webmail.domain.change import Kind, changing
from webmail.domain.errors import NotFound
from webmail.models import Blob, OutboxItem, Submission
from webmail.models.columns import new_identifier

LEASE = timedelta(minutes=5)
FIRST_PAUSE = timedelta(minutes=1)
LONGEST_PAUSE = timedelta(hours=4)
GIVE_UP_AFTER = 40
REFUSED_FOR_GOOD = 500


@dataclass(frozen=True)
class Reply:
    """What a server said about one recipient: an SMTP reply code and its text."""

    code: int
    text: str

    def __str__(self) -> str:
        return f"{self.code} {self.text}"


class Handoff(Protocol):
    """The door to the mail world (webmail.transport.handoff)."""

    def __call__(self, mail_from: str, recipients: Sequence[str], content: bytes, item_id: str) -> Mapping[str, Reply]:
        """Hand over one message; a reply for each recipient. Raises OSError when the door is closed."""


def queue(submission: Submission, blob_id: str, recipients: Sequence[str]) -> OutboxItem:
    """Put a wire in the outbox, inside the submission's transaction."""
    return OutboxItem.objects.create(
        id=new_identifier(),
        account_id=submission.account_id,
        submission_id=submission.id,
        blob_id=blob_id,
        mail_from=submission.mail_from,
        recipients=list(recipients),
        next_at=submission.send_at,
    )


def lease(holder: str, limit: int = 20, now: datetime | None = None) -> list[OutboxItem]:
    """Take due items; nobody else gets them until the lease ends or the item is settled."""
    moment = now or timezone.now()
    free = Q(lease_until=None) | Q(lease_until__lt=moment)
    with transaction.atomic():
        due = OutboxItem.objects.select_for_update(skip_locked=True).filter(
            free, state=OutboxItem.State.WAITING, next_at__lte=moment
        )
        items = list(due.order_by("next_at")[:limit])
        for item in items:
            item.lease_holder, item.lease_until = holder, moment + LEASE
            item.save(update_fields=["lease_holder", "lease_until"])
    return items


def hand_over(item: OutboxItem, handoff: Handoff) -> None:
    """Try one leased item and write down the outcome."""
    try:
        content = blobs.read(Blob.objects.get(account_id=item.account_id, id=item.blob_id))
        replies = handoff(item.mail_from, item.recipients, content, item.id)
    except (Blob.DoesNotExist, NotFound):
        replies = {address: Reply(550, "5.3.0 the message is gone") for address in item.recipients}
    except OSError:
        replies = {address: Reply(451, "4.4.1 no answer from the mail server") for address in item.recipients}
    _settle(item, replies)


def run_once(holder: str, handoff: Handoff) -> int:
    """Hand over everything due once; gives how many items were tried."""
    items = lease(holder)
    for item in items:
        hand_over(item, handoff)
    return len(items)


def _settle(item: OutboxItem, replies: Mapping[str, Reply]) -> None:
    exhausted = item.tries + 1 >= GIVE_UP_AFTER
    final = {a: reply for a, reply in replies.items() if exhausted or not 400 <= reply.code < REFUSED_FOR_GOOD}  # noqa: PLR2004
    with changing(item.account_id) as change:
        held = OutboxItem.objects.filter(id=item.id, lease_holder=item.lease_holder, state=OutboxItem.State.WAITING)
        if not held.exists():  # the lease ran out and someone else has it
            return
        if final:
            _report(item, final, change.next(Kind.SUBMISSION))
        item.recipients = [address for address in item.recipients if address not in final]
        item.tries += 1
        item.lease_holder, item.lease_until = "", None
        if item.recipients:
            item.next_at = timezone.now() + min(FIRST_PAUSE * 2 ** min(item.tries - 1, 10), LONGEST_PAUSE)
        else:
            worked = any(reply.code < 400 for reply in final.values())  # noqa: PLR2004
            item.state = OutboxItem.State.SENT if worked else OutboxItem.State.FAILED
            change.grow(-blobs.drop(item.account_id, [item.blob_id]))
        item.save(force_update=True)


def _report(item: OutboxItem, final: Mapping[str, Reply], modseq: int) -> None:
    row = Submission.objects.filter(account_id=item.account_id, id=item.submission_id).first()
    if row is None:
        return
    for address, reply in final.items():
        state = "delivered" if reply.code < 400 else "failed"  # noqa: PLR2004
        row.delivery[address] = {"state": state, "reply": str(reply)[:200]}
    if all(entry["state"] != "queued" for entry in row.delivery.values()):
        row.final_at = timezone.now()
    row.modseq = modseq
    row.save(update_fields=["delivery", "final_at", "modseq"])
