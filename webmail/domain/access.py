"""Who may do what: the only place that decides it."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from django.db.models import Q, QuerySet
from django.utils import timezone

from webmail.domain.errors import AccessDenied
from webmail.models import Mailbox, Membership

Role = Membership.Role


class Right(StrEnum):
    """READ mail and keys; WRITE flags, folders, drafts, packs; SEND mail; MANAGE members; OWN: trace and closing."""

    READ = "read"
    WRITE = "write"
    SEND = "send"
    MANAGE = "manage"
    OWN = "own"


RIGHTS: dict[str, frozenset[Right]] = {
    Role.READER: frozenset({Right.READ, Right.WRITE}),
    Role.SENDER: frozenset({Right.READ, Right.WRITE, Right.SEND}),
    Role.MANAGER: frozenset({Right.READ, Right.WRITE, Right.SEND, Right.MANAGE}),
    Role.OWNER: frozenset(Right),
}


@dataclass(frozen=True)
class Account:
    """A mailbox as one person sees it; `is_personal` is false for a delegated one."""

    id: str
    address: str
    kind: str
    role: str
    is_personal: bool


def accounts_of(person_id: str, at: datetime | None = None) -> list[Account]:
    """The open mailboxes this person may use at `at` (default: now), the own ones first, then by address."""
    roles: dict[str, list[str]] = {}
    for row in _in_force(at).filter(person_id=person_id):
        roles.setdefault(row.account_id, []).append(row.role)
    mailboxes = Mailbox.objects.filter(id__in=roles, status=Mailbox.Status.OPEN)
    accounts = [_account(mailbox, _highest(roles[mailbox.id])) for mailbox in mailboxes]
    return sorted(accounts, key=lambda account: (not account.is_personal, account.address))


def require(person_id: str, account_id: str, right: Right, at: datetime | None = None) -> Account:
    """The account, if this person has that right on it at `at` (default: now). Raises AccessDenied."""
    roles = [row.role for row in _in_force(at).filter(account_id=account_id, person_id=person_id)]
    mailbox = Mailbox.objects.filter(id=account_id, status=Mailbox.Status.OPEN).first()
    if not roles or mailbox is None or right not in RIGHTS[_highest(roles)]:
        raise AccessDenied
    return _account(mailbox, _highest(roles))


def _highest(roles: list[str]) -> str:
    return max(roles, key=Role.values.index)


def _account(mailbox: Mailbox, role: str) -> Account:
    personal = role == Role.OWNER and mailbox.kind == Mailbox.Kind.PER
    return Account(mailbox.id, mailbox.address, mailbox.kind, role, is_personal=personal)


def _in_force(at: datetime | None) -> QuerySet[Membership]:
    moment = at or timezone.now()
    ended = Q(not_after__lte=moment) | Q(revoked_at__lte=moment)
    return Membership.objects.filter(state=Membership.State.ACTIVE, not_before__lte=moment).exclude(ended)
