"""What an establishment asks of the acts on its mailboxes, beyond what the log allows."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from bridge.cms.grants import Grant, HolderKind
from bridge.cms.membership import Membership
from webmail.domain.act import CheckedAct
from webmail.domain.errors import ActRefused, OpeningRefused
from webmail.models import Mailbox, Person, Tenant


def tenant_of(row: Mailbox | Person) -> Tenant | None:
    """The establishment of a mailbox or person, if there is one."""
    return Tenant.objects.filter(id=row.tenant_id).first() if row.tenant_id else None


def of_address(address: str) -> Tenant | None:
    """The establishment whose domain an address is of."""
    return Tenant.objects.filter(domain=address.rpartition("@")[2].lower()).first()


def told(tenant: Tenant) -> tuple[str, ...]:
    """The rules that people are told of before an act meets them: `card-required`, `bridge-required`, `recovery-required`."""
    rules = {
        "card-required": tenant.card_required,
        "bridge-required": not tenant.no_bridge_allowed,
        "recovery-required": tenant.recovery_required,
    }
    return tuple(name for name, holds in rules.items() if holds)


def may_open_service(person: Person, address: str) -> bool:
    """Whether this person may open a mailbox that is no person's at that address: where establishments say nothing, anybody."""
    return _opens_services(of_address(address), person)


def service_domains(person: Person, domains: Sequence[str]) -> list[str]:
    """Those of `domains` (in lower case) at which this person may open such a mailbox."""
    rows = Tenant.objects.filter(domain__in=domains)
    # With every request, and a large operator has hundreds: of those of others no more is read than that they are there.
    others = set(rows.exclude(id=person.tenant_id).values_list("domain", flat=True))
    own = rows.filter(id=person.tenant_id).first() if person.tenant_id else None
    closed = others if own is None or _opens_services(own, person) else others | {own.domain}
    return [domain for domain in domains if domain not in closed]


def _opens_services(tenant: Tenant | None, person: Person) -> bool:
    if tenant is None:
        return True
    is_own = person.tenant_id == tenant.id
    return is_own and (tenant.members_open_services or person.id in tenant.administrators)


def closed_to_passkeys(account_id: str) -> bool:
    """Whether nothing of this mailbox is wrapped to a passkey any more: its establishment wants the card."""
    tenants = Mailbox.objects.filter(id=account_id).exclude(tenant_id="").values("tenant_id")
    return Tenant.objects.filter(id__in=tenants, card_required=True).exists()


def require_passkey_allowed(tenant: Tenant | None) -> None:
    """For an account that a passkey alone would open. Raises OpeningRefused: card-required, bridge-required."""
    if tenant is not None and tenant.card_required:
        raise OpeningRefused("card-required")
    if tenant is not None and not tenant.no_bridge_allowed:
        raise OpeningRefused("bridge-required")


def check(mailbox: Mailbox, checked: CheckedAct) -> None:
    """Raises ActRefused: `tenant-card-required`, `tenant-recovery-required`, `tenant-no-end-date` or `tenant-too-long`.

    Where the card is required nothing is wrapped to a passkey, in a rotation either: those that stood before end there.
    """
    tenant = tenant_of(mailbox)
    if tenant is None:
        return
    if tenant.card_required and any(grant.body.holder.kind is HolderKind.PASSKEY for grant in checked.grants):
        raise ActRefused("tenant-card-required")
    for grant in checked.new_grants:
        if mailbox.kind == Mailbox.Kind.PER and _is_delegation(checked, grant):
            _check_delegation(tenant, mailbox, checked, grant)


def check_dates(mailbox: Mailbox, not_before: datetime, not_after: datetime | None) -> None:
    """What somebody is invited to, before any card signs it. Raises ActRefused: `tenant-no-end-date` or `tenant-too-long`."""
    tenant = tenant_of(mailbox)
    if tenant is None or not tenant.delegation_days_max or mailbox.kind != Mailbox.Kind.PER:
        return
    if not_after is None:
        raise ActRefused("tenant-no-end-date")
    if not_after - not_before > timedelta(days=tenant.delegation_days_max):
        raise ActRefused("tenant-too-long")


def has_recovery(membership: Membership) -> bool:
    """Whether the mailbox opens without the card that opens it every day: by another unlocker of its owner, or by officers."""
    own = [one for one in membership.active if one.person == membership.owner]
    officers = [one for one in membership.active if one.body.holder.kind is HolderKind.OFFICER]
    return bool(officers) or len(own) > 1


def _is_delegation(checked: CheckedAct, grant: Grant) -> bool:
    """A further card, passkey or code of the owner is none, nor are the officers."""
    is_owners = checked.after.member(grant.body_hash).person == checked.after.owner
    return not is_owners and grant.body.holder.kind is not HolderKind.OFFICER


def _check_delegation(tenant: Tenant, mailbox: Mailbox, checked: CheckedAct, grant: Grant) -> None:
    if tenant.recovery_required and not has_recovery(checked.after):
        raise ActRefused("tenant-recovery-required")
    check_dates(mailbox, grant.body.not_before, grant.body.not_after)
