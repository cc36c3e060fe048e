"""The list of a network when its people come: each address for the card of its number, each inbox for who is to open it."""

from django.db import transaction
from django.utils import timezone

from webmail.domain import access, invitations
from webmail.domain.access import Right
from webmail.domain.authenticate import Enrolment
from webmail.domain.caller import Caller
from webmail.domain.errors import AccessDenied, OpeningRefused
from webmail.domain.invitations import NewInvitation, same_name
from webmail.models import Invitation, ListedInbox, ListedPerson, Mailbox, Membership, Person, Tenant

Reason = ListedPerson.Reason


def address_for(enrolment: Enrolment) -> str:
    """The address that is kept for this person, or ""."""
    if not enrolment.id_value:
        return ""
    kept = ListedPerson.objects.filter(id_type=enrolment.id_type, id_value=enrolment.id_value, person_id="")
    return kept.values_list("address", flat=True).first() or ""


def require_listed(enrolment: Enrolment, address: str, tenant: Tenant | None) -> None:
    """For a person's own mailbox. Raises OpeningRefused: address-taken (kept for another), not-listed, name-differs."""
    if ListedInbox.objects.filter(address=address).exists():
        raise OpeningRefused("address-taken")
    kept = ListedPerson.objects.filter(address=address).first()
    if kept is None:
        if tenant is not None and tenant.listed_only:
            raise OpeningRefused("not-listed")
        return
    if (kept.id_type, kept.id_value) != (enrolment.id_type, enrolment.id_value):
        raise OpeningRefused("address-taken")
    if not same_name(kept.name, enrolment.name):
        ListedPerson.objects.filter(id=kept.id).update(reason=Reason.NAME_DIFFERS)
        raise OpeningRefused("name-differs")


def arrive(person: Person, address: str) -> None:
    """The mailbox kept for this person is open; whoever the list makes administrator is one from now on."""
    row = ListedPerson.objects.filter(id_type=person.id_type, id_value=person.id_value, address=address).first()
    if row is None or not person.id_value:
        return
    ListedPerson.objects.filter(id=row.id).update(person_id=person.id, reason=Reason.NONE)
    if row.administrator:
        with transaction.atomic():
            make_administrator(row.tenant_id, person.id, is_one=True)


def make_administrator(tenant_id: str, person_id: str, *, is_one: bool) -> bool:
    """Say whether a person administers a network; gives whether that changed."""
    tenant = Tenant.objects.select_for_update().get(id=tenant_id)
    if (person_id in tenant.administrators) is is_one:
        return False
    others = [one for one in tenant.administrators if one != person_id]
    tenant.administrators = [*others, person_id] if is_one else others
    tenant.save(update_fields=["administrators"])
    return True


def awaited_inboxes(person: Person) -> list[ListedInbox]:
    """The inboxes that wait for this person to open them."""
    rows = ListedInbox.objects.filter(opener_type=person.id_type, opener_value=person.id_value, account_id="")
    return list(rows.order_by("address")) if person.id_value else []


def is_opener(person: Person, address: str) -> bool:
    """Whether the list names this person, and nobody else, to open the inbox of that address."""
    return ListedInbox.objects.filter(
        address=address.lower(), opener_type=person.id_type, opener_value=person.id_value
    ).exists()


def is_kept(address: str) -> bool:
    """Whether the list keeps an address for a person or an inbox."""
    rows = (model.objects.filter(address=address.lower()) for model in (ListedPerson, ListedInbox))
    return any(found.exists() for found in rows)


def inbox_opened(account_id: str) -> None:
    """Note that a listed inbox is open, and invite whom the list wants in it."""
    mailbox = Mailbox.objects.get(id=account_id)
    if ListedInbox.objects.filter(address=mailbox.address).update(account_id=account_id):
        invite_listed(mailbox)


def invite_listed(mailbox: Mailbox) -> int:
    """Invite those of the list who are neither members nor invited; who has been withdrawn by a manager stays out. Gives how many.

    The invitation is in the name of whoever manages the inbox: a manager's card gives the access in the end, as always.
    """
    manager = _manager(mailbox.id)
    if manager is None:
        return 0
    caller, account = manager
    asked = set(_asked(mailbox.id))
    wanted = [
        row
        for row in ListedPerson.objects.filter(tenant_id=mailbox.tenant_id).order_by("name", "id")
        if mailbox.address in row.inboxes and row.id_value not in asked
    ]
    for row in wanted:
        role = row.inboxes[mailbox.address]
        new = NewInvitation(row.id_value, row.name, role, Membership.Profile.MEMBER, timezone.now(), None)
        invitations.invite(caller, account, new)
    return len(wanted)


def _manager(account_id: str) -> tuple[Caller, access.Account] | None:
    rows = access.members_in_force(account_id).filter(role__in=(Membership.Role.OWNER, Membership.Role.MANAGER))
    for person_id in rows.order_by("-role", "not_before").values_list("person_id", flat=True):
        caller = Caller(person_id)
        try:
            return caller, access.require(caller, account_id, Right.MANAGE)
        except AccessDenied:
            continue
    return None


def _asked(account_id: str) -> list[str]:
    """The numbers of members, and of everybody an invitation was made for, save where the name did not agree."""
    made = Invitation.objects.filter(account_id=account_id).exclude(reason="name-differs")
    members = access.members_in_force(account_id).values("person_id")
    people = Person.objects.filter(id__in=members)
    return [*made.values_list("id_value", flat=True), *people.values_list("id_value", flat=True)]
