"""A person leaves the establishment, in one step: no login, no session, no mailbox from this moment on.

What a signed log says stays until a manager's next visit ends it there and changes the keys (DESIGN §4.6); until then this server
serves the person nothing. His own mailbox is handed to nobody: only the holders of its recovery shares can open it.
"""

import logging
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from django.db import transaction
from django.utils import timezone

from webmail.domain import trace
from webmail.domain.caller import Caller
from webmail.domain.change import Kind, changing
from webmail.domain.errors import AccessDenied, InvalidProperties, NotFound, SuccessorNeeded
from webmail.domain.trace import Act
from webmail.models import Address, Credential, DutySlot, Invitation, Mailbox, Membership, Person, Tenant

log = logging.getLogger(__name__)


class AddressRule(StrEnum):
    """What becomes of mail to the person's own addresses: it is kept sealed for whoever recovers the mailbox, goes to a
    colleague's mailbox instead, or is refused. The address is given to nobody else in any case.
    """

    KEEP = "keep"
    REDIRECT = "redirect"
    REFUSE = "refuse"


@dataclass(frozen=True)
class Departure:
    """What ended: how many ways in, and in which mailboxes a key change is due now."""

    credentials: int
    account_ids: tuple[str, ...]


def leave(
    person_id: str,
    rule: AddressRule = AddressRule.KEEP,
    redirect_to: str = "",
    by: Caller | None = None,
    *,
    anyway: bool = False,
) -> Departure:
    """Let a person go. May be repeated. Raises NotFound; InvalidProperties("redirectTo") for an address that is no mailbox here;
    SuccessorNeeded, unless it has to be `anyway`, as long as a shared mailbox has no other owner.
    """
    person = Person.objects.filter(id=person_id).first()
    if person is None:
        raise NotFound
    target, now = _target(rule, redirect_to, person_id), timezone.now()
    if not anyway and (stranded := _stranded(person_id)):
        raise SuccessorNeeded(stranded)
    with transaction.atomic():
        Person.objects.filter(id=person_id, left_at=None).update(left_at=now)
        retired = Credential.objects.filter(person_id=person_id, retired_at=None).update(retired_at=now)
        own = _own(person_id)
        Address.objects.filter(account_id__in=own).exclude(account_id="").update(**_leads_to(rule, target))
        DutySlot.objects.filter(person_id=person_id, ends__gt=now).delete()
        Invitation.objects.filter(person_id=person_id, state__in=("pending", "ready")).update(
            state="refused", reason="left", updated_at=now
        )
        _release_administration(person)
    accounts = _accounts(person_id)
    for account_id in accounts:
        _end(account_id, person_id, by, now)
    log.info("person %s left: %d ways in retired, %d mailboxes", person_id, retired, len(accounts))
    return Departure(retired, tuple(accounts))


def leave_by_administrator(
    caller: Caller,
    person_id: str,
    rule: AddressRule = AddressRule.KEEP,
    redirect_to: str = "",
    *,
    anyway: bool = False,
) -> Departure:
    """The same, for an administrator of the person's establishment, not about himself. Raises AccessDenied, and as `leave`."""
    person = Person.objects.filter(id=person_id).first()
    tenant = Tenant.objects.filter(id=person.tenant_id).first() if person and person.tenant_id else None
    if tenant is None or caller.person_id not in tenant.administrators or caller.person_id == person_id:
        raise AccessDenied
    if caller.only_reads:
        raise AccessDenied
    caller.require_fresh_proof()
    return leave(person_id, rule, redirect_to, caller, anyway=anyway)


def _stranded(person_id: str) -> tuple[str, ...]:
    """The addresses of shared mailboxes that this person alone owns. Only an owner ends an owner (FORMATS, *Membership*), so that
    whoever stays could give nobody new keys any more.
    """
    owners = Membership.objects.filter(role=Membership.Role.OWNER, state=Membership.State.ACTIVE, revoked_at=None)
    staying = Person.objects.filter(left_at=None).exclude(id=person_id).values("id")
    followed = owners.filter(person_id__in=staying).exclude(not_after__lte=timezone.now()).values("account_id")
    own = owners.filter(person_id=person_id).exclude(account_id__in=followed).values("account_id")
    shared = Mailbox.objects.filter(id__in=own, status=Mailbox.Status.OPEN).exclude(kind=Mailbox.Kind.PER)
    return tuple(shared.order_by("address").values_list("address", flat=True))


def _target(rule: AddressRule, redirect_to: str, person_id: str) -> str:
    """The account that mail goes to instead: somebody's who stays."""
    if rule is not AddressRule.REDIRECT:
        return ""
    found = Address.objects.filter(address=redirect_to.lower(), primary=True, reserved_until=None).first()
    open_there = found is not None and Mailbox.objects.filter(id=found.account_id, status=Mailbox.Status.OPEN).exists()
    if found is None or not open_there or found.account_id in _own(person_id):
        raise InvalidProperties("redirectTo")
    return found.account_id


def _own(person_id: str) -> list[str]:
    """The person's own mailboxes, with what he left before."""
    owned = Membership.objects.filter(person_id=person_id, role=Membership.Role.OWNER, state=Membership.State.ACTIVE)
    personal = Mailbox.objects.filter(id__in=owned.values("account_id"), kind=Mailbox.Kind.PER)
    return list(personal.values_list("id", flat=True))


def _leads_to(rule: AddressRule, target: str) -> dict[str, object]:
    if rule is AddressRule.KEEP:
        return {"primary": True}
    return {"account_id": target, "primary": False}


def _accounts(person_id: str) -> list[str]:
    living = Membership.objects.filter(person_id=person_id, revoked_at=None).exclude(state=Membership.State.ENDED)
    return sorted(set(living.values_list("account_id", flat=True)))


def _end(account_id: str, person_id: str, by: Caller | None, now: datetime) -> None:
    """The row keeps the state that the log gives it; `revoked_at` is this server's own word."""
    with changing(account_id) as change:
        rows = Membership.objects.filter(account_id=account_id, person_id=person_id, revoked_at=None)
        rows.exclude(state=Membership.State.ENDED).update(revoked_at=now)
        change.mark_key_change(due=True)
        change.next(Kind.KEY)
        change.next(Kind.MEMBER)
        trace.append(change.mailbox, trace.Use(Act.LEFT, object_id=person_id), by)


def _release_administration(person: Person) -> None:
    for tenant in Tenant.objects.filter(id=person.tenant_id):
        if person.id in tenant.administrators:
            tenant.administrators = [one for one in tenant.administrators if one != person.id]
            tenant.save(update_fields=["administrators"])
