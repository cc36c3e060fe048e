"""Who may do what: the only place that decides it."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from webmail.domain.caller import Caller
from webmail.domain.errors import AccessDenied
from webmail.domain.scope import EVERY_MESSAGE, NO_PACKS, NOWHERE, Scope, scope_of
from webmail.models import DutySlot, Mailbox, Membership, Message, RecoveryRequest, Share

Role = Membership.Role
OFFICER = Membership.Profile.OFFICER


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
_ONLY_READ = frozenset({Right.READ})


@dataclass(frozen=True)
class Account:
    """A mailbox as one person sees it now. `is_personal` is false for a delegated one and for a service's; `until` is when
    some of this next ends by itself; `recovery` is the id of the recovery request it is opened by, or ""; `reader` the person whose
    own read marks count, "" where all share them.
    """

    id: str
    address: str
    kind: str
    role: str
    profile: str
    is_personal: bool
    rights: frozenset[Right]
    until: datetime | None = None
    recovery: str = ""
    reader: str = ""
    scopes: dict[Right, Scope] = field(default_factory=dict, hash=False, repr=False)

    def scope(self, right: Right = Right.READ) -> Scope:
        """How far that right reaches."""
        return self.scopes.get(right, NOWHERE)


def accounts_of(caller: Caller, at: datetime | None = None) -> list[Account]:
    """The open mailboxes this caller may use at `at` (default: now), the own ones first, then by address."""
    moment = at or timezone.now()
    rows = _by_account(_in_force(moment).filter(person_id=caller.person_id))
    sessions = {row.account_id: row for row in _recovering(moment).filter(requester_id=caller.person_id)}
    mailboxes = Mailbox.objects.filter(id__in={*rows, *sessions}, status=Mailbox.Status.OPEN)
    accounts = [_account(caller, mailbox, rows.get(mailbox.id), sessions.get(mailbox.id)) for mailbox in mailboxes]
    return sorted(accounts, key=lambda account: (not account.is_personal, account.address))


def may_enter(person_id: str) -> bool:
    """Whether a person has anything to do here: a mailbox, now, later or once; someone who has none opens one."""
    living = Membership.objects.filter(person_id=person_id).exclude(state=Membership.State.ENDED)
    return living.exclude(not_after__lte=timezone.now()).exists() or Share.objects.filter(person_id=person_id).exists()


def require(caller: Caller, account_id: str, right: Right, at: datetime | None = None) -> Account:
    """The account, if this caller has that right on it at `at` (default: now). Raises AccessDenied."""
    moment = at or timezone.now()
    rows = list(_in_force(moment).filter(account_id=account_id, person_id=caller.person_id))
    session = _recovering(moment).filter(account_id=account_id, requester_id=caller.person_id).last()
    mailbox = Mailbox.objects.filter(id=account_id, status=Mailbox.Status.OPEN).first()
    if mailbox is None or not (rows or session):
        raise AccessDenied
    account = _account(caller, mailbox, rows, session)
    if right not in account.rights:
        raise AccessDenied
    return account


def members_in_force(account_id: str, at: datetime | None = None) -> QuerySet[Membership]:
    """The memberships of a mailbox that give rights at `at` (default: now)."""
    return _in_force(at or timezone.now()).filter(account_id=account_id)


def members_in_force_of(account_ids: Sequence[str]) -> QuerySet[Membership]:
    """The same of several mailboxes, now."""
    return _in_force(timezone.now()).filter(account_id__in=account_ids)


def people_with(account_id: str, right: Right, at: datetime | None = None) -> dict[str, Scope]:
    """Who has that right on a mailbox at `at` (default: now), and how far it reaches."""
    found: dict[str, list[Membership]] = defaultdict(list)
    for row in members_in_force(account_id, at):
        if right in RIGHTS[row.role]:
            found[row.person_id].append(row)
    return {person_id: scope_of(rows) for person_id, rows in found.items()}


def people_of(account_id: str) -> set[str]:
    """Who has a right on a mailbox, now or later, on duty or off."""
    living = Membership.objects.filter(account_id=account_id, state=Membership.State.ACTIVE, revoked_at=None)
    return set(living.exclude(not_after__lte=timezone.now()).values_list("person_id", flat=True))


def _by_account(rows: Iterable[Membership]) -> dict[str, list[Membership]]:
    found: dict[str, list[Membership]] = defaultdict(list)
    for row in rows:
        found[row.account_id].append(row)
    return found


def _account(
    caller: Caller, mailbox: Mailbox, rows: Sequence[Membership] | None, session: RecoveryRequest | None
) -> Account:
    # Of a member too, whose own key is not at hand or has no earlier mail: the right of the emergency, never both.
    if session or not rows:
        return _recovered(mailbox, session)
    highest = max(rows, key=lambda row: Role.values.index(row.role))
    rights = _ONLY_READ if caller.only_reads else frozenset().union(*(RIGHTS[row.role] for row in rows))
    return Account(
        mailbox.id,
        mailbox.address,
        mailbox.kind,
        highest.role,
        highest.profile,
        reader=caller.person_id if mailbox.per_person_unread else "",
        is_personal=highest.role == Role.OWNER and mailbox.kind == Mailbox.Kind.PER,
        rights=rights,
        until=min((row.not_after for row in rows if row.not_after), default=None),
        scopes=_scopes(mailbox.id, rows, rights),
    )


def _scopes(account_id: str, rows: Sequence[Membership], rights: Iterable[Right]) -> dict[Right, Scope]:
    scopes = {right: scope_of(row for row in rows if right in RIGHTS[row.role]) for right in rights}
    if all(scope.confidential for scope in scopes.values()):
        return scopes
    empty = not Message.objects.filter(account_id=account_id, confidential=True).exists()
    return {right: replace(scope, none_confidential=empty) for right, scope in scopes.items()}


def _recovered(mailbox: Mailbox, session: RecoveryRequest | None) -> Account:
    """Opened by officers or by break-glass: reading only, until the session closes."""
    return Account(
        mailbox.id,
        mailbox.address,
        mailbox.kind,
        Role.READER,
        OFFICER,
        is_personal=False,
        rights=_ONLY_READ,
        until=session.closes_at if session else None,
        recovery=session.id if session else "",
        scopes={Right.READ: NO_PACKS if session and session.message_limit else EVERY_MESSAGE},
    )


def _in_force(moment: datetime) -> QuerySet[Membership]:
    """Within its dates, not ended, and for someone on duty within a slot of the roster."""
    ended = Q(not_after__lte=moment) | Q(revoked_at__lte=moment)
    slots = DutySlot.objects.filter(
        account_id=OuterRef("account_id"), person_id=OuterRef("person_id"), starts__lte=moment, ends__gt=moment
    )
    on_duty = ~Q(profile=Membership.Profile.DUTY) | Exists(slots)
    active = Membership.objects.filter(on_duty, state=Membership.State.ACTIVE, not_before__lte=moment)
    return active.exclude(ended)


def _recovering(moment: datetime) -> QuerySet[RecoveryRequest]:
    """The newest last: where somebody opened a mailbox twice, that one counts."""
    rows = RecoveryRequest.objects.filter(opened_at__lte=moment, closes_at__gt=moment, ended_at=None)
    return rows.order_by("opened_at", "id")
