"""Delivery: RFC 5322 bytes, clear or S/MIME, become sealed messages in the mailboxes of this server.

Always sealed, whatever the content type claims. Two steps, so that a listener can commit many deliveries at once:
`prepare` reads, seals and makes blobs durable; `commit` writes the rows of a batch in one transaction. Whoever calls
answers 250 only after `commit` returned.
"""

import logging
import secrets
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import Enum
from functools import lru_cache

from cryptography import x509
from django.db.models import Q
from django.utils import timezone

from bridge.cms.seal import seal
from bridge.errors import PliError
from webmail.domain import blobs, placing, read_marks
from webmail.domain.change import AccountChange, Kind, changing_all
from webmail.domain.errors import DeliveryDeferred, DeliveryRefused
from webmail.domain.foretelling import foretelling
from webmail.domain.reading import Reading, read_message
from webmail.domain.tokens import delivery_token, thread_token
from webmail.models import Address, Blob, Folder, Mailbox, MailboxKey, Message, SeenToken
from webmail.models.columns import new_identifier

log = logging.getLogger(__name__)

MESSAGE_LABEL, SUMMARY_LABEL = "pli-message", "pli-summary"
MAX_MESSAGE = 50_000_000
MAX_RECIPIENTS = 500
MAX_HOPS = 50
DELIVERY_MEMORY = timedelta(days=14)
THREAD_MEMORY = timedelta(days=365)


class Outcome(Enum):
    STORED = "stored"
    DUPLICATE = "duplicate"  # a retry of what is already stored: answered like STORED


@dataclass(frozen=True)
class Destination:
    """A local mailbox that can take mail now."""

    account_id: str
    address: str
    epoch: int
    certificate: bytes = field(repr=False)


@dataclass(frozen=True)
class PreparedDelivery:
    """One sealed message for one account; its blob is durable, its rows are not written."""

    message: Message
    blob: Blob
    seen: str
    thread_tokens: tuple[str, ...]


def destination(address: str) -> Destination:
    """Where mail for an address goes. Raises DeliveryRefused if no mailbox has it, DeliveryDeferred if it cannot take
    mail now (no certified key, or full).
    """
    account_id = _account_of(address)
    mailbox = Mailbox.objects.filter(id=account_id, status=Mailbox.Status.OPEN).first()
    if mailbox is None:
        raise DeliveryRefused("unknown recipient")
    if mailbox.used_bytes >= mailbox.quota_bytes:
        raise DeliveryDeferred("mailbox full")
    key = MailboxKey.objects.filter(account_id=mailbox.id, state=MailboxKey.State.CURRENT).first()
    if key is None:
        raise DeliveryDeferred("no usable key")
    return Destination(mailbox.id, mailbox.address, key.epoch, bytes(key.encryption_certificate))


def prepare(
    mail_from: str, destinations: Sequence[Destination], content: bytes, received_at: datetime | None = None
) -> list[PreparedDelivery]:
    """Seal one message for each destination. Raises DeliveryRefused for a message no retry can save, DeliveryDeferred."""
    if len(content) > MAX_MESSAGE:
        raise DeliveryRefused("message too large")
    reading = read_message(content)
    if reading.received_hops > MAX_HOPS:
        raise DeliveryRefused("mail loop")
    prepared: list[PreparedDelivery] = []
    try:
        for where in destinations:
            prepared.append(_prepare_one(mail_from, where, content, reading, received_at or timezone.now()))  # noqa: PERF401 - what was made before a failure is cleared away
    except (PliError, OSError, ValueError) as error:
        abandon(prepared)
        raise DeliveryDeferred("sealing failed") from error
    return prepared


def commit(deliveries: Sequence[PreparedDelivery]) -> list[Outcome]:
    """Write a batch in one transaction: all of it stands, or none. Gives the outcome of each, in order."""
    by_account: dict[str, list[PreparedDelivery]] = defaultdict(list)
    for delivery in deliveries:
        by_account[delivery.message.account_id].append(delivery)
    stored: set[int] = set()
    with changing_all(by_account) as changes:
        for account_id, change in changes.items():
            stored |= {id(delivery) for delivery in _store(change, by_account[account_id])}
        missing = set(by_account) - set(changes)
        if missing:
            raise DeliveryDeferred("mailbox gone")
    abandon(delivery for delivery in deliveries if id(delivery) not in stored)
    return [Outcome.STORED if id(delivery) in stored else Outcome.DUPLICATE for delivery in deliveries]


def abandon(deliveries: Iterable[PreparedDelivery]) -> None:
    """Remove the blobs of deliveries that will not be committed."""
    for delivery in deliveries:
        blobs.discard(delivery.blob)


def deliver(mail_from: str, recipients: Sequence[str], content: bytes) -> dict[str, Outcome]:
    """Prepare and commit for all recipients or none: what `prepare` and `destination` raise passes through."""
    prepared = prepare(mail_from, [destination(recipient) for recipient in recipients], content)
    try:
        return dict(zip(recipients, commit(prepared), strict=True))
    except BaseException:
        abandon(prepared)
        raise


def _account_of(address: str) -> str:
    """The account of an address; `name+detail@domain` is `name@domain` (RFC 5233)."""
    local, _, domain = address.lower().rpartition("@")
    names = {f"{local}@{domain}", f"{local.partition('+')[0]}@{domain}"}
    rows = dict(Address.objects.filter(address__in=names).values_list("address", "account_id"))
    return rows.get(f"{local}@{domain}") or rows.get(f"{local.partition('+')[0]}@{domain}") or ""


def _prepare_one(
    mail_from: str, where: Destination, content: bytes, reading: Reading, received_at: datetime
) -> PreparedDelivery:
    certificate = _certificate(where.certificate)
    # The envelope sender is part of the message at final delivery (RFC 5321 §4.4).
    sealed = seal(f"Return-Path: <{mail_from}>\r\n".encode() + content, certificate, MESSAGE_LABEL)
    summary = seal(foretelling(reading.summary, reading.beginning, certificate), certificate, SUMMARY_LABEL)
    blob = blobs.prepare(where.account_id, sealed)
    message = Message(
        account_id=where.account_id,
        id=new_identifier(),
        blob_id=blob.id,
        received_at=received_at,
        size=blob.size,
        summary=summary,
        epoch=where.epoch,
    )
    # Without a Message-ID a retry cannot be told from a second message: better both than neither.
    name = reading.message_id or secrets.token_hex(16)
    seen = delivery_token(where.account_id, mail_from, name, reading.body_hash)
    names = (reading.message_id, *reversed(reading.references))
    threads = tuple(thread_token(where.account_id, name) for name in names if name)
    return PreparedDelivery(message, blob, seen, threads)


@lru_cache(maxsize=1024)
def _certificate(der: bytes) -> x509.Certificate:
    return x509.load_der_x509_certificate(der)


def _store(change: AccountChange, deliveries: list[PreparedDelivery]) -> list[PreparedDelivery]:
    """Write the rows of one account; gives what was new."""
    if any(delivery.message.epoch != change.mailbox.epoch for delivery in deliveries):
        raise DeliveryDeferred(
            "keys changed"
        )  # sealed to what somebody who has left may hold: try again with the new key
    fresh = _without_duplicates(change.mailbox.id, deliveries)
    if not fresh:
        return []
    inbox = Folder.objects.get(account_id=change.mailbox.id, role=Folder.Role.INBOX)
    tokens = _join_threads(change.mailbox.id, fresh)
    for delivery in fresh:
        delivery.message.created_modseq = delivery.message.modseq = change.next(Kind.EMAIL)
        change.grow(delivery.blob.size)
    Blob.objects.bulk_create(delivery.blob for delivery in fresh)
    Message.objects.bulk_create(delivery.message for delivery in fresh)
    SeenToken.objects.bulk_create(tokens)
    placing.place_all(change, [(delivery.message, inbox.id) for delivery in fresh])
    read_marks.arrived(change, [delivery.message for delivery in fresh])
    return fresh


def _without_duplicates(account_id: str, deliveries: list[PreparedDelivery]) -> list[PreparedDelivery]:
    known = _known_tokens(account_id, [delivery.seen for delivery in deliveries])
    fresh = []
    for delivery in deliveries:
        if delivery.seen not in known:
            known[delivery.seen] = delivery.message.id
            fresh.append(delivery)
    return fresh


def _join_threads(account_id: str, fresh: list[PreparedDelivery]) -> list[SeenToken]:
    """Give each message the thread of its Message-ID or nearest reference, and the tokens to remember."""
    now = timezone.now()
    known = _known_tokens(account_id, [token for delivery in fresh for token in delivery.thread_tokens])
    new: dict[str, SeenToken] = {}
    for delivery in fresh:
        thread = next((known[token] for token in delivery.thread_tokens if token in known), new_identifier())
        delivery.message.thread_id = thread
        new[delivery.seen] = _token(account_id, delivery.seen, "delivery", delivery.message.id, now + DELIVERY_MEMORY)
        for token in delivery.thread_tokens:
            if token not in known:
                known[token] = thread
                new[token] = _token(account_id, token, "thread", thread, now + THREAD_MEMORY)
    return list(new.values())


def _known_tokens(account_id: str, tokens: Iterable[str]) -> dict[str, str]:
    rows = SeenToken.objects.filter(Q(account_id=account_id), token__in=set(tokens))
    return dict(rows.values_list("token", "reference"))


def _token(account_id: str, token: str, kind: str, reference: str, expires_at: datetime) -> SeenToken:
    return SeenToken(account_id=account_id, token=token, kind=kind, reference=reference, expires_at=expires_at)
