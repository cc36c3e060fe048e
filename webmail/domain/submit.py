"""Sending: wire messages that a client signed and encrypted go to mailboxes here, and into the outbox for elsewhere.

Everything happens in one transaction: a submission that is answered is delivered or queued, and no wire is sent twice.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from bridge.cms.errors import CmsError
from bridge.cms.submission import require_enveloped
from webmail.domain import blobs, deliver, folders, outbox, own_copies, trace
from webmail.domain.caller import Caller
from webmail.domain.change import Kind, changing, changing_all
from webmail.domain.deliver import PreparedDelivery
from webmail.domain.errors import AlreadyExists, DeliveryRefused, InvalidProperties, NotFound
from webmail.domain.reading import read_message
from webmail.domain.scope import Scope
from webmail.domain.tokens import thread_token, token
from webmail.domain.trace import Act
from webmail.models import Address, Blob, Message, SeenToken, Submission
from webmail.models.columns import new_identifier

FORGET_AFTER = timedelta(days=14)


@dataclass(frozen=True)
class Wire:
    """One RFC 5322 message, encrypted, and the recipients it is for."""

    blob_id: str
    recipients: tuple[str, ...]


@dataclass(frozen=True)
class NewSubmission:
    """`message_id` is the sealed Sent copy; `recipients` is the whole envelope."""

    message_id: str
    mail_from: str
    recipients: tuple[str, ...]
    wires: tuple[Wire, ...]


@dataclass(frozen=True)
class _Checked:
    wire: Wire
    content: bytes
    outside: tuple[str, ...]
    deliveries: tuple[PreparedDelivery, ...]


def submit(account_id: str, caller: Caller, new: NewSubmission, scope: Scope) -> Submission:
    """Send. The caller has checked `Right.SEND`, which reaches as far as `scope`.

    Raises InvalidProperties for a message out of reach that is no copy of his own, an envelope that is not the account's own, a recipient not covered exactly once (by
    `pli:wire`), unknown here, or a wire that is not encrypted; NotFound for the message or a blob; AlreadyExists for a
    wire that was sent before; DeliveryDeferred when a mailbox cannot take mail now.
    """
    message = _message(account_id, caller, new.message_id, scope)
    _check_envelope(account_id, new)
    checked = _check_wires(account_id, new)
    try:
        return _commit(account_id, caller, new, message, checked)
    except BaseException:
        deliver.abandon(delivery for each in checked for delivery in each.deliveries)
        raise


def find(account_id: str, ids: Sequence[str] | None = None, person_id: str | None = None) -> list[Submission]:
    """Submissions with these ids, or all, newest first; of one person alone where he is named."""
    found = Submission.objects.filter(account_id=account_id)
    if person_id is not None:
        found = found.filter(person_id=person_id)
    if ids is not None:
        found = found.filter(id__in=ids)
    return list(found.order_by("-send_at", "id"))


def destroy(account_id: str, submission_id: str, person_id: str | None = None) -> None:
    """Forget a submission; what was sent stays sent (RFC 8621 §7.5). Raises NotFound; where a person is named, for another's too."""
    with changing(account_id) as change:
        found = find(account_id, [submission_id], person_id)
        if not found:
            raise NotFound
        row = found[0]
        row.delete()
        folders.bury(change, Kind.SUBMISSION, [(submission_id, row.created_modseq)])


def _message(account_id: str, caller: Caller, message_id: str, scope: Scope) -> Message:
    """By its id alone nobody sends, or learns the thread of, what he cannot read."""
    row = Message.objects.filter(scope.messages(account_id), account_id=account_id, id=message_id).first()
    if row is None and own_copies.unsent(account_id, caller.person_id, [message_id]):
        row = Message.objects.filter(account_id=account_id, id=message_id).first()
    if row is None:
        raise InvalidProperties("emailId")
    return row


def _check_envelope(account_id: str, new: NewSubmission) -> None:
    own = Address.objects.filter(
        account_id=account_id, address=new.mail_from.lower(), primary=True, reserved_until=None
    )
    if not own.exists():
        raise InvalidProperties("envelope/mailFrom")
    envelope = [address.lower() for address in new.recipients]
    if not envelope or len(envelope) > deliver.MAX_RECIPIENTS or len(set(envelope)) != len(envelope):
        raise InvalidProperties("envelope/rcptTo")
    covered = [address.lower() for wire in new.wires for address in wire.recipients]
    if sorted(covered) != sorted(envelope) or not all(wire.recipients for wire in new.wires):
        raise InvalidProperties("pli:wire")


def _check_wires(account_id: str, new: NewSubmission) -> list[_Checked]:
    checked: list[_Checked] = []
    try:
        for wire in new.wires:
            checked.append(_check_wire(account_id, new.mail_from, wire))  # noqa: PERF401 - what was made before a failure is cleared away
    except BaseException:
        deliver.abandon(delivery for each in checked for delivery in each.deliveries)
        raise
    return checked


def _check_wire(account_id: str, mail_from: str, wire: Wire) -> _Checked:
    blob = Blob.objects.filter(account_id=account_id, id=wire.blob_id, expires_at__isnull=False).first()
    if blob is None:
        raise InvalidProperties("pli:wire/blobId")
    content = blobs.read(blob)
    try:
        require_enveloped(content)
    except CmsError as error:
        raise InvalidProperties("pli:wire/blobId") from error
    here = tuple(address for address in wire.recipients if _is_ours(address))
    try:
        places = [deliver.destination(address) for address in here]
        deliveries = deliver.prepare(mail_from, list(dict.fromkeys(places)), content)
    except DeliveryRefused as error:
        raise InvalidProperties("envelope/rcptTo") from error
    outside = tuple(address for address in wire.recipients if address not in here)
    return _Checked(wire, content, outside, tuple(deliveries))


def _is_ours(address: str) -> bool:
    return address.rpartition("@")[2].lower() in settings.PLI_DOMAINS


def _commit(
    account_id: str, caller: Caller, new: NewSubmission, message: Message, checked: list[_Checked]
) -> Submission:
    deliveries = [delivery for each in checked for delivery in each.deliveries]
    with transaction.atomic():
        with changing_all([account_id, *(delivery.message.account_id for delivery in deliveries)]):
            pass  # locks every account in the one order before anything else is written
        with changing(account_id) as change:
            row = _row(change.next(Kind.SUBMISSION), account_id, caller.person_id, new, message, checked)
            if Submission.objects.filter(account_id=account_id, wire_token=row.wire_token).exists():
                raise AlreadyExists
            row.save(force_insert=True)
            _remember_thread(message, checked)
            for each in checked:
                blob = blobs.take(change, each.wire.blob_id)
                if each.outside:
                    outbox.queue(row, blob.id, each.outside)
                else:
                    change.grow(-blobs.drop(account_id, [blob.id]))
        deliver.commit(deliveries)
        trace.record(account_id, Act.SUBMITTED, caller, object_id=row.id)
    return row


def _row(
    modseq: int, account_id: str, person_id: str, new: NewSubmission, message: Message, checked: list[_Checked]
) -> Submission:
    now = timezone.now()
    outside = {address for each in checked for address in each.outside}
    delivery = {
        address: {"state": "queued", "reply": ""}
        if address in outside
        else {"state": "delivered", "reply": "250 2.0.0 delivered"}
        for each in checked
        for address in each.wire.recipients
    }
    return Submission(
        account_id=account_id,
        id=new_identifier(),
        person_id=person_id,
        message_id=message.id,
        thread_id=message.thread_id,
        mail_from=new.mail_from.lower(),
        delivery=delivery,
        send_at=now,
        final_at=None if outside else now,
        wire_token=token("wire", account_id.encode(), *sorted(each.content for each in checked)),
        created_modseq=modseq,
        modseq=modseq,
    )


def _remember_thread(message: Message, checked: list[_Checked]) -> None:
    """Answers to this mail join the thread of its Sent copy: the wire's Message-ID is the one thing they will name."""
    names = {read_message(each.content).message_id for each in checked} - {""}
    for name in names:
        SeenToken.objects.get_or_create(
            account_id=message.account_id,
            token=thread_token(message.account_id, name),
            defaults={
                "kind": SeenToken.Kind.THREAD,
                "reference": message.thread_id,
                "expires_at": timezone.now() + deliver.THREAD_MEMORY,
            },
        )
