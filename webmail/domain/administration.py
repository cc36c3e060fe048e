"""What an administrator sees of an establishment, and the rules he sets: people and inboxes by name and state, never what they hold."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial

from cryptography import x509
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from webmail.domain import access, notices, trace
from webmail.domain.caller import Caller
from webmail.domain.errors import AccessDenied
from webmail.domain.trace import Act
from webmail.models import Credential, ListedInbox, ListedPerson, Mailbox, Membership, Person, RecoveryPolicy, Tenant

SOON = timedelta(days=90)
RULES = (
    "card_required",
    "no_bridge_allowed",
    "recovery_required",
    "delegation_days_max",
    "retention_days",
    "members_open_services",
    "listed_only",
)
"""The columns of Tenant that an administrator sets."""


@dataclass(frozen=True)
class Colleague:
    """Somebody of the establishment. `state` is invited, refused (the card bears another name), joined or left; `lacks` says what
    is missing: second-way, card-ends, card-ended, passkey-only.
    """

    id: str
    person_id: str
    name: str
    rpps_number: str
    address: str
    administrator: bool
    state: str
    lacks: tuple[str, ...] = ()
    card_ends: datetime | None = None
    inboxes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Inbox:
    """A mailbox that is no person's, open or awaited. `managers` are names; of an awaited one the name of who is to open it."""

    id: str
    address: str
    name: str
    kind: str
    is_open: bool
    managers: tuple[str, ...]
    members: int


def administered_by(caller: Caller, known: Person | None = None) -> Tenant | None:
    """The establishment that the caller, `known` where he was read before, administers, if there is one. A printed code administers
    nothing.
    """
    person = known or Person.objects.filter(id=caller.person_id).first()
    tenant = Tenant.objects.filter(id=person.tenant_id).first() if person and person.tenant_id else None
    return tenant if tenant and caller.person_id in tenant.administrators and not caller.only_reads else None


def change_rules(caller: Caller, tenant_id: str, rules: Mapping[str, bool | int]) -> Tenant:
    """Set some of RULES. What really changes stands in the trace of every mailbox concerned, and its owner is told.

    Raises StepUpRequired; AccessDenied for anybody but an administrator of that establishment.
    """
    administered = administered_by(caller)
    if administered is None or administered.id != tenant_id:
        raise AccessDenied
    caller.require_fresh_proof()
    with transaction.atomic():
        tenant = Tenant.objects.select_for_update().get(id=tenant_id)
        changed = {name: rules[name] for name in RULES if name in rules and getattr(tenant, name) != rules[name]}
        for name, value in changed.items():
            setattr(tenant, name, value)
        if changed:
            tenant.save(update_fields=sorted(changed))
            _tell(caller, tenant, changed)
    return tenant


def _tell(caller: Caller, tenant: Tenant, changed: Mapping[str, bool | int]) -> None:
    """A line in each trace; a message to each person, in the own mailbox."""
    people = Person.objects.filter(tenant_id=tenant.id, left_at=None).values("id")
    owned = Membership.objects.filter(person_id__in=people, role=Membership.Role.OWNER, state=Membership.State.ACTIVE)
    concerned = Q(tenant_id=tenant.id) | Q(id__in=owned.values("account_id"), kind=Mailbox.Kind.PER)
    text = notices.of_rules(tenant.name, changed)
    for mailbox in Mailbox.objects.filter(concerned, status=Mailbox.Status.OPEN).order_by("id"):
        for name in changed:
            trace.record(mailbox.id, Act.RULES_CHANGED, caller, object_id=name)
        if mailbox.kind == Mailbox.Kind.PER:
            transaction.on_commit(partial(notices.deliver_text, mailbox.address, text))


def colleagues(tenant: Tenant) -> list[Colleague]:
    """Everybody of the establishment, listed or not, by name."""
    listed = {(row.id_type, row.id_value): row for row in ListedPerson.objects.filter(tenant_id=tenant.id)}
    people = list(Person.objects.filter(tenant_id=tenant.id))
    elsewhere = Person.objects.filter(id__in={row.person_id for row in listed.values()} - {one.id for one in people})
    looked_at = _Look([*people, *elsewhere])
    here = [looked_at.colleague(tenant, one, listed.pop((one.id_type, one.id_value), None)) for one in looked_at.people]
    return sorted([*here, *map(_awaited, listed.values())], key=lambda one: (one.name.casefold(), one.id))


def _awaited(row: ListedPerson) -> Colleague:
    state = "refused" if row.reason else "invited"
    number = row.id_value if row.id_type == "RPPS" else ""
    return Colleague(
        row.id, "", row.name, number, row.address, row.administrator, state, inboxes=dict(sorted(row.inboxes.items()))
    )


class _Look:
    """What is known of some people, read in as few questions as there are tables."""

    def __init__(self, people: list[Person]) -> None:
        self.people = people
        ids = [one.id for one in people]
        self.ways: dict[str, list[Credential]] = defaultdict(list)
        for way in Credential.objects.filter(person_id__in=ids, retired_at=None):
            self.ways[way.person_id].append(way)
        owned = Membership.objects.filter(
            person_id__in=ids, role=Membership.Role.OWNER, state=Membership.State.ACTIVE, revoked_at=None
        )
        self.own: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
        for row in owned:
            self.own[row.person_id][row.account_id] += 1
        accounts = {account for own in self.own.values() for account in own}
        self.mailboxes = Mailbox.objects.filter(kind=Mailbox.Kind.PER, status=Mailbox.Status.OPEN).in_bulk(accounts)
        self.officers = set(
            RecoveryPolicy.objects.filter(account_id__in=accounts, spent_at=None).values_list("account_id", flat=True)
        )

    def colleague(self, tenant: Tenant, person: Person, row: ListedPerson | None) -> Colleague:
        own = next((self.mailboxes[one] for one in self.own[person.id] if one in self.mailboxes), None)
        ends = self._card_end(person)
        return Colleague(
            row.id if row else person.id,
            person.id,
            person.name,
            person.rpps_number,
            own.address if own else (row.address if row else ""),
            person.id in tenant.administrators,
            "left" if person.left_at else ("joined" if own else "invited"),
            () if person.left_at or own is None else self._lacks(person, own, ends, timezone.now()),
            ends,
            dict(sorted(row.inboxes.items())) if row else {},
        )

    def _card_end(self, person: Person) -> datetime | None:
        """Of the card that lasts longest."""
        cards = [way for way in self.ways[person.id] if way.kind == Credential.Kind.CARD]
        ends = [x509.load_der_x509_certificate(bytes(way.certificate)).not_valid_after_utc for way in cards]
        return max(ends, default=None)

    def _lacks(self, person: Person, own: Mailbox, ends: datetime | None, now: datetime) -> tuple[str, ...]:
        alone = self.own[person.id][own.id] < 2 and own.id not in self.officers  # noqa: PLR2004 (a second way)
        found = {
            "second-way": alone,
            "passkey-only": ends is None,
            "card-ended": ends is not None and ends <= now,
            "card-ends": ends is not None and now < ends <= now + SOON,
        }
        return tuple(name for name, holds in found.items() if holds)


def inboxes(tenant: Tenant) -> list[Inbox]:
    """The mailboxes that are no person's: those that stand and those that the list awaits, by address."""
    standing = Mailbox.objects.filter(tenant_id=tenant.id, status=Mailbox.Status.OPEN).exclude(kind=Mailbox.Kind.PER)
    listed = {row.address: row for row in ListedInbox.objects.filter(tenant_id=tenant.id)}
    members: dict[str, list[Membership]] = defaultdict(list)
    for row in access.members_in_force_of([one.id for one in standing]):
        members[row.account_id].append(row)
    names = Person.objects.in_bulk({row.person_id for rows in members.values() for row in rows})
    found = [_open(one, listed.pop(one.address, None), members[one.id], names) for one in standing]
    return sorted([*found, *map(_unopened, listed.values())], key=lambda one: one.address)


def _open(mailbox: Mailbox, row: ListedInbox | None, members: list[Membership], names: dict[str, Person]) -> Inbox:
    managing = (Membership.Role.OWNER, Membership.Role.MANAGER)
    managers = {names[one.person_id].name for one in members if one.role in managing}
    people = {one.person_id for one in members}
    name = row.name if row else ""
    return Inbox(mailbox.id, mailbox.address, name, mailbox.kind, True, tuple(sorted(managers)), len(people))


def _unopened(row: ListedInbox) -> Inbox:
    opener = ListedPerson.objects.filter(id_type=row.opener_type, id_value=row.opener_value).first()
    names = (opener.name,) if opener else ()
    return Inbox(row.id, row.address, row.name, row.kind, False, names, 0)
