"""The mailboxes of this server."""

import base64
from collections import defaultdict
from collections.abc import Iterable

from django.db.models import Q
from django.utils import timezone

from webmail.directory.listing import Granter, Listing, certificate_state
from webmail.models import Address, LogEntry, Mailbox, MailboxKey, Membership, Person


def lookup(addresses: Iterable[str]) -> dict[str, Listing]:
    """Listings of the addresses (lower case) that are open mailboxes here."""
    named = Address.objects.filter(
        address__in=set(addresses), primary=True
    )  # mail to another is redirected: it has no key
    accounts = dict(named.values_list("address", "account_id"))
    listings = _listings(set(accounts.values()))
    return {address: listings[account] for address, account in accounts.items() if account in listings}


def query(text: str, limit: int) -> list[Listing]:
    """Mailboxes whose address starts with the folded `text`, or whose owner's name or RPPS number contains or starts with it."""
    people = Person.objects.filter(Q(folded_name__contains=text) | Q(id_value__startswith=text, id_type="RPPS"))
    owned = Membership.objects.filter(role="owner", state="active", person_id__in=people.values("id"))
    personal = Q(id__in=owned.values("account_id"), kind=Mailbox.Kind.PER)
    found = Mailbox.objects.filter(Q(address__startswith=text) | personal, status=Mailbox.Status.OPEN)
    chosen = list(found.order_by("address").values_list("id", flat=True)[:limit])
    listings = _listings(set(chosen))
    return [listings[account] for account in chosen]


def _listings(accounts: set[str]) -> dict[str, Listing]:
    mailboxes = Mailbox.objects.filter(id__in=accounts, status=Mailbox.Status.OPEN)
    keys = {row.account_id: row for row in MailboxKey.objects.filter(account_id__in=accounts, state="current")}
    entries = _entries(keys)
    managers = _managers(accounts)
    return {
        mailbox.id: _listing(mailbox, managers.get(mailbox.id, []), keys.get(mailbox.id), entries.get(mailbox.id))
        for mailbox in mailboxes
    }


def _entries(keys: dict[str, MailboxKey]) -> dict[str, bytes]:
    """For each account the log entry that signs its current binding."""
    rows = LogEntry.objects.filter(account_id__in=keys, seq__in={key.log_seq for key in keys.values()})
    return {row.account_id: bytes(row.entry) for row in rows if row.seq == keys[row.account_id].log_seq}


Manager = tuple[Membership, Person]


def _managers(accounts: set[str]) -> dict[str, list[Manager]]:
    """Owners and managers of each account, those of the past too: what they granted was granted."""
    rows = Membership.objects.filter(account_id__in=accounts, role__in=("owner", "manager")).exclude(state="pending")
    people = Person.objects.in_bulk(set(rows.values_list("person_id", flat=True)))
    found: dict[str, list[Manager]] = defaultdict(list)
    for row in rows.order_by("not_before", "id"):
        if row.person_id in people:
            found[row.account_id].append((row, people[row.person_id]))
    return found


def _owner(mailbox: Mailbox, managers: list[Manager]) -> Person | None:
    """The person of a personal mailbox; a service is nobody."""
    owners = [person for row, person in managers if row.role == "owner" and row.state == "active"]
    return owners[0] if owners and mailbox.kind == Mailbox.Kind.PER else None


def _granters(managers: list[Manager]) -> tuple[Granter, ...]:
    named = {(person.id_type, person.id_value): person for _, person in managers if person.id_value}
    return tuple(Granter(person.id_type, person.id_value, person.name) for person in named.values())


def _listing(mailbox: Mailbox, managers: list[Manager], key: MailboxKey | None, entry: bytes | None) -> Listing:
    owner = _owner(mailbox, managers)
    certificate = bytes(key.encryption_certificate) if key else None
    return Listing(
        address=mailbox.address,
        name=owner.name if owner else "",
        rpps_number=owner.rpps_number if owner else "",
        profession=owner.profession if owner else "",
        kind=mailbox.kind,
        level=owner.level if owner else "",
        internal=True,
        state=certificate_state(certificate, timezone.now()),
        encryption_certificate=certificate,
        signature_certificate=bytes(key.signature_certificate) if key else None,
        chain=tuple(base64.b64decode(member) for member in key.chain) if key else (),
        binding=bytes(key.binding) if key else None,
        log_entry=entry,
        granters=_granters(managers),
    )
