"""When the keys of a mailbox have to change: somebody may hold them who has no right to them any more."""

from datetime import datetime

from django.db.models import QuerySet
from django.utils import timezone

from bridge.cms.grants import HolderKind
from webmail.domain import tenant_rules
from webmail.domain.change import Kind, changing
from webmail.models import Grant, Mailbox, Membership


def is_due(account_id: str, at: datetime | None = None) -> bool:
    """Whether it is due at `at` (default: now): marked by an act or a loss, or because a right has run out since
    the last change, or a passkey was closed out.
    """
    moment = at or timezone.now()
    marked = Mailbox.objects.filter(id=account_id).values_list("key_change_due", flat=True).first()
    return bool(marked) or _run_out(moment).filter(account_id=account_id).exists() or _leaves_out_passkeys(account_id)


def mark_passed(now: datetime | None = None) -> int:
    """For the worker: mark the mailboxes of rights that have run out, and tell their pages. Gives how many were new."""
    ran_out = set(_run_out(now or timezone.now()).values_list("account_id", flat=True))
    new = list(Mailbox.objects.filter(id__in=ran_out, key_change_due=False).values_list("id", flat=True))
    for account_id in new:
        with changing(account_id) as change:
            change.mark_key_change(due=True)
            change.next(Kind.MEMBER)
    return len(new)


def _leaves_out_passkeys(account_id: str) -> bool:
    """The establishment wants the card, and a passkey still holds the keys of this epoch. Without a card nobody could change them."""
    if not tenant_rules.closed_to_passkeys(account_id):
        return False
    living = Grant.objects.filter(account_id=account_id, revoked_at=None)
    return all(living.filter(holder_kind=kind).exists() for kind in (HolderKind.PASSKEY.value, HolderKind.CARD.value))


def _run_out(moment: datetime) -> QuerySet[Membership]:
    """A rotation ends every former body, so one that ran out and stands as active has not been followed by one. Someone on duty has
    one right for the whole roster period, and so costs one change for it.
    """
    return Membership.objects.filter(state=Membership.State.ACTIVE, not_after__lte=moment)
