"""Colleagues named before they ever came: pending until their card logs in, then ready for the granter's next visit."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from bridge.pki.errors import RppsInvalid
from bridge.pki.health_identity import check_rpps
from webmail.domain import tenant_rules
from webmail.domain.access import RIGHTS, Account
from webmail.domain.caller import Caller
from webmail.domain.change import Kind, changing
from webmail.domain.errors import InvalidProperties, NotFound
from webmail.models import Credential, DutySlot, Invitation, Person
from webmail.models.columns import new_identifier

State = Invitation.State
RPPS = "RPPS"
_WORD = re.compile(r"[a-z]+")


@dataclass(frozen=True)
class NewInvitation:
    """Whom, by RPPS number and the name the granter knows, and what the grant to come will give."""

    rpps_number: str
    name: str
    role: str
    profile: str
    not_before: datetime
    not_after: datetime | None
    folders: tuple[str, ...] = ()
    history: str = "all"


def of_account(account_id: str, ids: Sequence[str] | None = None) -> list[Invitation]:
    """The invitations of a mailbox, newest first."""
    rows = Invitation.objects.filter(account_id=account_id)
    return list((rows if ids is None else rows.filter(id__in=ids)).order_by("-created_at", "id"))


def invite(caller: Caller, account: Account, new: NewInvitation) -> Invitation:
    """Name a colleague; one who has been here already is ready at once. Raises InvalidProperties, ActRefused."""
    _check(account, new)
    now = timezone.now()
    with changing(account.id) as change:
        tenant_rules.check_dates(change.mailbox, new.not_before, new.not_after)
        change.next(Kind.MEMBER)
        row = Invitation.objects.create(
            account_id=account.id,
            id=new_identifier(),
            id_type=RPPS,
            id_value=new.rpps_number,
            name=new.name,
            role=new.role,
            profile=new.profile,
            not_before=new.not_before,
            not_after=new.not_after,
            folders=list(new.folders),
            history=new.history,
            by_person=caller.person_id,
            created_at=now,
            updated_at=now,
        )
        person = Person.objects.filter(id_type=RPPS, id_value=new.rpps_number, left_at=None).first()
        if person is not None and Credential.objects.filter(person_id=person.id).exists():
            _meet(row, person)
    return row


def withdraw(account_id: str, invitation_id: str) -> None:
    """Take an invitation back that nobody has used. Raises NotFound."""
    with changing(account_id) as change:
        open_ones = Invitation.objects.filter(account_id=account_id, state__in=(State.PENDING, State.READY))
        if not open_ones.filter(id=invitation_id).update(
            state=State.REFUSED, reason="withdrawn", updated_at=timezone.now()
        ):
            raise NotFound
        change.next(Kind.MEMBER)


def arrive(person: Person) -> None:
    """The person has shown a card: compare number and name with every invitation that waits for that number."""
    if not person.id_value:
        return
    waiting = Invitation.objects.filter(id_type=person.id_type, id_value=person.id_value, state=State.PENDING)
    for account_id in sorted(set(waiting.values_list("account_id", flat=True))):
        with transaction.atomic(), changing(account_id) as change:
            change.next(Kind.MEMBER)
            for row in waiting.filter(account_id=account_id):
                _meet(row, person)
    DutySlot.objects.filter(id_type=person.id_type, id_value=person.id_value, person_id="").update(person_id=person.id)


def complete(account_id: str, person_ids: Sequence[str]) -> None:
    """Inside `acts.append`: whom somebody has made a member is no longer invited."""
    ready = Invitation.objects.filter(account_id=account_id, person_id__in=person_ids, state=State.READY)
    ready.update(state=State.DONE, updated_at=timezone.now())


def same_name(one: str, other: str) -> bool:
    """Whether two names have the same words, however they are ordered, accented or capitalised."""
    return _words(one) == _words(other) != frozenset()


def _words(name: str) -> frozenset[str]:
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return frozenset(_WORD.findall(plain))


def _meet(row: Invitation, person: Person) -> None:
    agrees = same_name(row.name, person.name)
    row.person_id, row.updated_at = person.id, timezone.now()
    row.state, row.reason = (State.READY, "") if agrees else (State.REFUSED, "name-differs")
    row.save(update_fields=["person_id", "state", "reason", "updated_at"])


def _check(account: Account, new: NewInvitation) -> None:
    wrong = []
    try:
        check_rpps(new.rpps_number)
    except RppsInvalid:
        wrong.append("rppsNumber")
    if not _words(new.name):
        wrong.append("name")
    if not RIGHTS[new.role] <= account.rights:
        wrong.append("role")
    if new.not_after is not None and new.not_after <= new.not_before:
        wrong.append("notAfter")
    if wrong:
        raise InvalidProperties(*wrong)
