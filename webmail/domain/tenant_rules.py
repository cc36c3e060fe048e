"""What an establishment asks of the acts on its mailboxes, beyond what the log allows."""

from datetime import timedelta

from bridge.cms.grants import Grant, HolderKind
from bridge.cms.membership import Membership
from webmail.domain.act import CheckedAct
from webmail.domain.errors import ActRefused
from webmail.models import Mailbox, Person, Tenant


def tenant_of(row: Mailbox | Person) -> Tenant | None:
    """The establishment of a mailbox or person, if there is one."""
    return Tenant.objects.filter(id=row.tenant_id).first() if row.tenant_id else None


def of_address(address: str) -> Tenant | None:
    """The establishment whose domain an address is of."""
    return Tenant.objects.filter(domain=address.rpartition("@")[2].lower()).first()


def told(tenant: Tenant) -> tuple[str, ...]:
    """The rules that people are told of before an act meets them: `card-required`, `recovery-required`."""
    rules = {"card-required": tenant.card_required, "recovery-required": tenant.recovery_required}
    return tuple(name for name, holds in rules.items() if holds)


def may_open_service(person: Person, address: str) -> bool:
    """Whether this person may open a mailbox that is no person's at that address: where establishments say nothing, anybody."""
    tenant = of_address(address)
    if tenant is None:
        return True
    is_own = person.tenant_id == tenant.id
    return is_own and (tenant.members_open_services or person.id in tenant.administrators)


def check(mailbox: Mailbox, checked: CheckedAct) -> None:
    """Raises ActRefused: `tenant-card-required`, `tenant-recovery-required`, `tenant-no-end-date` or `tenant-too-long`."""
    tenant = tenant_of(mailbox)
    if tenant is None:
        return
    for grant in checked.new_grants:
        if tenant.card_required and grant.body.holder.kind is HolderKind.PASSKEY:
            raise ActRefused("tenant-card-required")
        if mailbox.kind == Mailbox.Kind.PER and _is_delegation(checked, grant):
            _check_delegation(tenant, checked, grant)


def has_recovery(membership: Membership) -> bool:
    """Whether the mailbox opens without the card that opens it every day: by another unlocker of its owner, or by officers."""
    own = [one for one in membership.active if one.person == membership.owner]
    officers = [one for one in membership.active if one.body.holder.kind is HolderKind.OFFICER]
    return bool(officers) or len(own) > 1


def _is_delegation(checked: CheckedAct, grant: Grant) -> bool:
    """A further card, passkey or code of the owner is none, nor are the officers."""
    is_owners = checked.after.member(grant.body_hash).person == checked.after.owner
    return not is_owners and grant.body.holder.kind is not HolderKind.OFFICER


def _check_delegation(tenant: Tenant, checked: CheckedAct, grant: Grant) -> None:
    if tenant.recovery_required and not has_recovery(checked.after):
        raise ActRefused("tenant-recovery-required")
    if tenant.delegation_days_max:
        _check_length(grant, timedelta(days=tenant.delegation_days_max))


def _check_length(grant: Grant, longest: timedelta) -> None:
    body = grant.body
    if body.not_after is None:
        raise ActRefused("tenant-no-end-date")
    if body.not_after - body.not_before > longest:
        raise ActRefused("tenant-too-long")
