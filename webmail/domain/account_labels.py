"""What a switcher of mailboxes says of each: whose it is and how many share it. A hint of this server; the log says who is a member."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace

from webmail.domain import access, tenant_rules
from webmail.domain.access import Account
from webmail.models import Mailbox, Membership, Person, Tenant


@dataclass(frozen=True)
class Label:
    """`name` is the owner's for a person's mailbox, "" for a service's; `members` counts people with a right at this moment.

    `rules` are those of its establishment that its holders are told of, `delegation_days` how long a delegation may last (0: no
    limit), `timezone` where it is (an IANA name, "" for none).
    """

    name: str
    members: int
    rules: tuple[str, ...] = ()
    delegation_days: int = 0
    timezone: str = ""


def labels(accounts: Sequence[Account]) -> dict[str, Label]:
    """A label for each of these mailboxes, by id."""
    people: dict[str, dict[str, bool]] = defaultdict(dict)
    for row in access.members_in_force_of([account.id for account in accounts]):
        owns = row.role == Membership.Role.OWNER
        people[row.account_id][row.person_id] = owns or people[row.account_id].get(row.person_id, False)
    names = Person.objects.in_bulk({one for found in people.values() for one, owns in found.items() if owns})
    tenants = _tenants([account.id for account in accounts])
    return {account.id: _label(account, people[account.id], names, tenants.get(account.id)) for account in accounts}


def _tenants(ids: Sequence[str]) -> dict[str, Tenant]:
    of = dict(Mailbox.objects.filter(id__in=ids).exclude(tenant_id="").values_list("id", "tenant_id"))
    tenants = Tenant.objects.in_bulk(set(of.values()))
    return {id_: tenants[tenant] for id_, tenant in of.items() if tenant in tenants}


def _label(account: Account, people: dict[str, bool], names: dict[str, Person], tenant: Tenant | None) -> Label:
    owners = sorted(names[one].name for one, owns in people.items() if owns)
    personal = account.kind == Mailbox.Kind.PER
    label = Label(owners[0] if personal and owners else "", len(people))
    if tenant is None:
        return label
    limit = tenant.delegation_days_max if personal else 0
    return replace(label, rules=tenant_rules.told(tenant), delegation_days=limit, timezone=tenant.timezone)
