"""What a switcher of mailboxes says of each: whose it is and how many share it. A hint of this server; the log says who is a member."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from webmail.domain import access, tenant_rules
from webmail.domain.access import Account
from webmail.models import Mailbox, Membership, Person, Tenant


@dataclass(frozen=True)
class Label:
    """`name` is the owner's for a person's mailbox, "" for a service's; `members` counts people with a right at this moment.

    `rules` are those of its establishment that its holders are told of.
    """

    name: str
    members: int
    rules: tuple[str, ...] = ()


def labels(accounts: Sequence[Account]) -> dict[str, Label]:
    """A label for each of these mailboxes, by id."""
    people: dict[str, dict[str, bool]] = defaultdict(dict)
    for row in access.members_in_force_of([account.id for account in accounts]):
        owns = row.role == Membership.Role.OWNER
        people[row.account_id][row.person_id] = owns or people[row.account_id].get(row.person_id, False)
    names = Person.objects.in_bulk({one for found in people.values() for one, owns in found.items() if owns})
    rules = _rules([account.id for account in accounts])
    return {account.id: _label(account, people[account.id], names, rules.get(account.id, ())) for account in accounts}


def _rules(ids: Sequence[str]) -> dict[str, tuple[str, ...]]:
    of = dict(Mailbox.objects.filter(id__in=ids).exclude(tenant_id="").values_list("id", "tenant_id"))
    tenants = Tenant.objects.in_bulk(set(of.values()))
    return {id_: tenant_rules.told(tenants[tenant]) for id_, tenant in of.items() if tenant in tenants}


def _label(account: Account, people: dict[str, bool], names: dict[str, Person], rules: tuple[str, ...]) -> Label:
    owners = sorted(names[one].name for one, owns in people.items() if owns)
    personal = account.kind == Mailbox.Kind.PER
    return Label(owners[0] if personal and owners else "", len(people), rules)
