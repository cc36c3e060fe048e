"""Setting up a network from its list, in one transaction: all lines that can be taken, and none by halves.

Taking the same list again changes nothing; a longer or corrected list adds and corrects. Nobody is removed by a list: people leave
by `manage.py offboard`. Mailboxes are not opened here. That takes each person's own card.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from webmail.domain import network_list
from webmail.domain.address_rules import local_part_of, may_be_opened, numbered
from webmail.domain.errors import NetworkRefused
from webmail.domain.invitations import same_name
from webmail.domain.network_file import RPPS, InboxLine, NetworkFile, NetworkLine, PersonLine, Refusal
from webmail.models import Address, ListedInbox, ListedPerson, Mailbox, Membership, Person, Tenant
from webmail.models.columns import new_identifier


@dataclass
class Outcome:
    """What became of a list: lines taken anew, corrected, and as before; those refused; invitations made; what to mind."""

    tenant_id: str
    added: int = 0
    changed: int = 0
    same: int = 0
    invited: int = 0
    refused: list[Refusal] = field(default_factory=list)
    has_administrator: bool = True


class _LineRefused(Exception):
    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(reason)
        self.reason, self.detail = reason, detail


def enlist(file: NetworkFile, *, keep: bool = True) -> Outcome:
    """Take a list; with `keep` false everything is done and then undone, so that what it would do is told exactly.

    Raises NetworkRefused, with every line that was refused, where the network's own line cannot be used.
    """
    if file.network is None or file.network.domain not in settings.PLI_DOMAINS:
        unknown = [Refusal(file.network.line, "domain-unknown", file.network.domain)] if file.network else []
        raise NetworkRefused(_sorted([*file.refused, *unknown]))
    with transaction.atomic():
        outcome = _Enlisting(file, file.network).run()
        transaction.set_rollback(not keep)
    return outcome


def _sorted(refused: Iterable[Refusal]) -> list[Refusal]:
    return sorted(refused, key=lambda one: one.line)


class _Enlisting:
    """One run over one list."""

    def __init__(self, file: NetworkFile, network: NetworkLine) -> None:
        self.file = file
        self.tenant, state = _tenant(network)
        self.outcome = Outcome(self.tenant.id)
        self._count(state)
        self.numbers: set[str] = set()
        self.addresses: set[str] = set()

    def run(self) -> Outcome:
        """People first: inboxes are opened by them."""
        self.outcome.refused += self.file.refused
        lines: list[PersonLine | InboxLine] = [*self.file.people, *self.file.inboxes]
        for line in lines:
            try:
                self._count(self._person(line) if isinstance(line, PersonLine) else self._inbox(line))
            except _LineRefused as refused:
                self.outcome.refused.append(Refusal(line.line, refused.reason, refused.detail))
        self.outcome.refused = _sorted(self.outcome.refused)
        for inbox in ListedInbox.objects.filter(tenant_id=self.tenant.id).exclude(account_id=""):
            self.outcome.invited += network_list.invite_listed(Mailbox.objects.get(id=inbox.account_id))
        self.outcome.has_administrator = self._has_administrator()
        return self.outcome

    def _count(self, state: str) -> None:
        setattr(self.outcome, state, getattr(self.outcome, state) + 1)

    def _has_administrator(self) -> bool:
        listed = ListedPerson.objects.filter(tenant_id=self.tenant.id, administrator=True).exists()
        return listed or bool(Tenant.objects.get(id=self.tenant.id).administrators)

    def _person(self, line: PersonLine) -> str:
        if line.rpps_number in self.numbers:
            raise _LineRefused("twice", line.rpps_number)
        person = Person.objects.filter(id_type=RPPS, id_value=line.rpps_number).first()
        listed = ListedPerson.objects.filter(id_type=RPPS, id_value=line.rpps_number).first()
        self._check_person(line, person, listed)
        inboxes = {self._known_inbox(address): role for address, role in line.inboxes.items()}
        address = self._address_of(line, person, listed)
        wanted = {"name": line.name, "address": address, "administrator": line.administrator, "inboxes": inboxes}
        state = self._write(ListedPerson, listed, {"id_type": RPPS, "id_value": line.rpps_number}, wanted)
        self.numbers.add(line.rpps_number)
        self.addresses.add(address)
        if person is not None and _own_mailbox(person) is not None:
            state = "changed" if self._join(person, line) and state == "same" else state
        return state

    def _check_person(self, line: PersonLine, person: Person | None, listed: ListedPerson | None) -> None:
        tenants = {one.tenant_id for one in (person, listed) if one is not None} - {"", self.tenant.id}
        if tenants:
            raise _LineRefused("other-network")
        if person is not None and person.left_at is not None:
            raise _LineRefused("left", person.name)
        if person is not None and not same_name(person.name, line.name):
            raise _LineRefused("name-differs", person.name)

    def _known_inbox(self, address: str) -> str:
        full = self._full(address)
        mentioned = {self._full(one) for one in self.file.mentioned if one}
        if full not in mentioned and not ListedInbox.objects.filter(tenant_id=self.tenant.id, address=full).exists():
            raise _LineRefused("inbox-unknown", address)
        return full

    def _full(self, address: str) -> str:
        return address if "@" in address else f"{address}@{self.tenant.domain}"

    def _address_of(self, line: PersonLine, person: Person | None, listed: ListedPerson | None) -> str:
        own = _own_mailbox(person)
        if own is not None:
            if line.address and self._full(line.address) != own.address:
                raise _LineRefused("has-mailbox", own.address)
            return own.address
        if not line.address:
            return listed.address if listed is not None else self._made(line)
        return self._free(self._full(line.address), listed.id if listed else "")

    def _made(self, line: PersonLine) -> str:
        """Of the name, as an account opening would suggest it."""
        local = local_part_of(line.name)
        for address in numbered(local, self.tenant.domain) if local else ():
            try:
                return self._free(address)
            except _LineRefused:
                continue
        raise _LineRefused("address", line.name)

    def _free(self, address: str, own_id: str = "") -> str:
        if address.rpartition("@")[2] != self.tenant.domain or not may_be_opened(address):
            raise _LineRefused("address", address)
        if address in self.addresses:
            raise _LineRefused("address-twice", address)
        listed = any(
            model.objects.filter(address=address).exclude(id=own_id).exists() for model in (ListedPerson, ListedInbox)
        )
        if listed or Address.objects.filter(address=address, reserved_until=None).exists():
            raise _LineRefused("address-taken", address)
        return address

    def _join(self, person: Person, line: PersonLine) -> bool:
        """Somebody who was here before; gives whether anything changed."""
        moved = Person.objects.filter(id=person.id, tenant_id="").update(tenant_id=self.tenant.id)
        own = _own_mailbox(person)
        if own is not None and own.address.endswith(f"@{self.tenant.domain}"):
            moved += Mailbox.objects.filter(id=own.id, tenant_id="").update(tenant_id=self.tenant.id)
        ListedPerson.objects.filter(id_type=RPPS, id_value=line.rpps_number).update(person_id=person.id, reason="")
        named = network_list.make_administrator(self.tenant.id, person.id, is_one=line.administrator)
        return bool(moved) or named

    def _inbox(self, line: InboxLine) -> str:
        address = self._full(line.address)
        if line.rpps_number not in self.numbers | self.file.mentioned and not self._is_listed(line.rpps_number):
            raise _LineRefused("opener-unknown", line.rpps_number)
        listed = ListedInbox.objects.filter(address=address).first()
        standing = _service(address)
        if listed is not None and listed.tenant_id != self.tenant.id:
            raise _LineRefused("address-taken", address)
        if standing is None:
            self._free(address, listed.id if listed else "")
        self.addresses.add(address)
        wanted = {"name": line.name, "opener_type": RPPS, "opener_value": line.rpps_number}
        wanted["account_id"] = standing.id if standing is not None else ""
        if standing is not None:
            Mailbox.objects.filter(id=standing.id, tenant_id="").update(tenant_id=self.tenant.id)
        return self._write(ListedInbox, listed, {"address": address}, wanted)

    def _is_listed(self, number: str) -> bool:
        return ListedPerson.objects.filter(tenant_id=self.tenant.id, id_type=RPPS, id_value=number).exists()

    def _write(
        self,
        model: type[ListedPerson] | type[ListedInbox],
        row: ListedPerson | ListedInbox | None,
        key: Mapping[str, object],
        wanted: Mapping[str, object],
    ) -> str:
        if row is None:
            made = {"id": new_identifier(), "tenant_id": self.tenant.id, "created_at": timezone.now()}
            model._default_manager.create(**made, **key, **wanted)  # noqa: SLF001
            return "added"
        differing = [name for name, value in wanted.items() if getattr(row, name) != value]
        if not differing:
            return "same"
        model._default_manager.filter(id=row.id).update(**wanted)  # noqa: SLF001
        return "changed"


def _tenant(network: NetworkLine) -> tuple[Tenant, str]:
    wanted = {"name": network.name, "timezone": network.timezone}
    tenant = Tenant.objects.select_for_update().filter(domain=network.domain).first()
    if tenant is None:
        made = {"id": new_identifier(), "domain": network.domain, "listed_only": True, "created_at": timezone.now()}
        return Tenant.objects.create(**made, **wanted), "added"
    if all(getattr(tenant, name) == value for name, value in wanted.items()):
        return tenant, "same"
    Tenant.objects.filter(id=tenant.id).update(**wanted)
    return tenant, "changed"


def _own_mailbox(person: Person | None) -> Mailbox | None:
    if person is None:
        return None
    owned = Membership.objects.filter(person_id=person.id, role=Membership.Role.OWNER, state=Membership.State.ACTIVE)
    open_ones = Mailbox.objects.filter(kind=Mailbox.Kind.PER, status=Mailbox.Status.OPEN)
    return open_ones.filter(id__in=owned.values("account_id")).order_by("created_at").first()


def _service(address: str) -> Mailbox | None:
    """A mailbox that is no person's and stands at this address already."""
    mailboxes = Mailbox.objects.filter(address=address, status=Mailbox.Status.OPEN)
    return mailboxes.exclude(kind=Mailbox.Kind.PER).first()
