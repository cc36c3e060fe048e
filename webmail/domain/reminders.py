"""Reminders that a card will end: 90, 30 and 7 days before, each once, in the person's own mailbox and by the page's banner."""

from datetime import datetime, timedelta

from cryptography import x509
from django.utils import timezone

from webmail.domain import notices
from webmail.models import Credential, Mailbox, Membership

DAYS = (90, 30, 7)


def remind(now: datetime | None = None) -> int:
    """Send what is due; gives how many."""
    moment, sent = now or timezone.now(), 0
    for card in Credential.objects.filter(kind=Credential.Kind.CARD, retired_at=None).iterator():
        due = _due(card, moment)
        if due is not None:
            Credential.objects.filter(id=card.id).update(reminded_days=due)
            sent += _tell(card.person_id)
    return sent


def _due(card: Credential, moment: datetime) -> int | None:
    """The number of days of the reminder to send now; None for a card that has ended, or whose reminder was sent."""
    left = x509.load_der_x509_certificate(bytes(card.certificate)).not_valid_after_utc - moment
    reached = [days for days in DAYS if timedelta() < left <= timedelta(days=days)]
    if not reached or (card.reminded_days is not None and card.reminded_days <= reached[-1]):
        return None
    return reached[-1]


def _tell(person_id: str) -> int:
    own = Membership.objects.filter(person_id=person_id, role="owner", state="active").values("account_id")
    accounts = Mailbox.objects.filter(id__in=own, kind=Mailbox.Kind.PER, status=Mailbox.Status.OPEN)
    for account_id in accounts.values_list("id", flat=True):
        notices.send(account_id, notices.Notice.CARD_ENDS)
    return 1
