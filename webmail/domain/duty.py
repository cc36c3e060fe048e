"""Who is on duty for a mailbox: rosters as uploaded, slot by slot. The grant is for the whole period, the server opens by slot."""

from collections.abc import Sequence
from zoneinfo import available_timezones

from webmail.domain.change import Kind, changing
from webmail.domain.errors import InvalidProperties
from webmail.domain.roster import Roster, read_roster
from webmail.domain.tenant_rules import tenant_of
from webmail.models import DutySlot, Mailbox, Person
from webmail.models.columns import new_identifier

RPPS = "RPPS"
DEFAULT_ZONE = "Europe/Paris"


def slots(account_id: str, ids: Sequence[str] | None = None) -> list[DutySlot]:
    """The slots of a mailbox, the earliest first."""
    rows = DutySlot.objects.filter(account_id=account_id)
    return list((rows if ids is None else rows.filter(id__in=ids)).order_by("starts", "id"))


def upload(account_id: str, text: str, timezone: str = "") -> tuple[str, Roster]:
    """Take a roster in, as far as it can be read; gives its id ("" if nothing could) and the reading. Raises NotFound.

    Times without a zone are those of the establishment; where there is none, of `timezone` (an IANA name), where the reader is.
    """
    with changing(account_id) as change:
        roster = read_roster(text, _zone_of(change.mailbox, timezone))
        if not roster.slots:
            return "", roster
        roster_id = new_identifier()
        known = _people({slot.rpps_number for slot in roster.slots})
        DutySlot.objects.bulk_create(
            DutySlot(
                account_id=account_id,
                id=new_identifier(),
                person_id=known[slot.rpps_number].id if slot.rpps_number in known else "",
                id_type=RPPS,
                id_value=slot.rpps_number,
                name=known[slot.rpps_number].name if slot.rpps_number in known else slot.name,
                starts=slot.starts,
                ends=slot.ends,
                roster_id=roster_id,
            )
            for slot in roster.slots
        )
        change.next(Kind.MEMBER)
    return roster_id, roster


def remove(account_id: str, roster_id: str) -> None:
    """Forget a roster: nobody is on duty by it any more. Raises InvalidProperties("destroy")."""
    with changing(account_id) as change:
        if not DutySlot.objects.filter(account_id=account_id, roster_id=roster_id).delete()[0]:
            raise InvalidProperties("destroy")
        change.next(Kind.MEMBER)


def _zone_of(mailbox: Mailbox, timezone: str) -> str:
    tenant = tenant_of(mailbox)
    if tenant is not None:
        return tenant.timezone
    return timezone if timezone in available_timezones() else DEFAULT_ZONE


def _people(numbers: set[str]) -> dict[str, Person]:
    rows = Person.objects.filter(id_type=RPPS, id_value__in=numbers, left_at=None)
    return {row.id_value: row for row in rows}
