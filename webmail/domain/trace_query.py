"""Reading the trace: the lines of a mailbox, newest first, chosen by person, kind, date or message."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q, QuerySet

from webmail.domain import message_sets
from webmail.models import AccessEvent, Credential, Person


@dataclass(frozen=True)
class TraceFilter:
    """All given conditions must hold; `acts` empty: every kind."""

    person_id: str = ""
    acts: Sequence[str] = ()
    message_id: str = ""
    after: datetime | None = None
    before: datetime | None = None


EVERYTHING = TraceFilter()


@dataclass(frozen=True)
class TracePage:
    """Lines, how many match in all, and who and what stands behind their ids."""

    events: list[AccessEvent]
    total: int
    people: dict[str, Person]
    credentials: dict[str, Credential]


def query(account_id: str, wanted: TraceFilter, position: int = 0, limit: int = 50) -> TracePage:
    """One page, newest first."""
    rows = matching(account_id, wanted)
    events = list(rows.order_by("-seq")[position : position + limit])
    named = {one for event in events for one in (event.person_id, event.on_behalf_of, _person_in(event)) if one}
    credentials = Credential.objects.filter(reference__in={event.credential for event in events} - {""})
    return TracePage(
        events,
        rows.count(),
        {person.id: person for person in Person.objects.filter(id__in=named)},
        {row.reference: row for row in credentials},
    )


def people_of(account_id: str) -> list[Person]:
    """Everybody who stands in the trace of a mailbox, by name."""
    seen = AccessEvent.objects.filter(account_id=account_id).values("person_id").distinct()
    return list(Person.objects.filter(id__in=seen).order_by("name", "id"))


def matching(account_id: str, wanted: TraceFilter) -> QuerySet[AccessEvent]:
    """The lines of a mailbox that a filter lets through."""
    condition = Q(account_id=account_id)
    if wanted.person_id:
        condition &= Q(person_id=wanted.person_id)
    if wanted.acts:
        condition &= Q(act__in=wanted.acts)
    if wanted.after is not None:
        condition &= Q(at__gte=wanted.after)
    if wanted.before is not None:
        condition &= Q(at__lt=wanted.before)
    if wanted.message_id:
        served = message_sets.holding(account_id, wanted.message_id)
        condition &= Q(object_id=wanted.message_id) | Q(message_set__in=served)
    return AccessEvent.objects.filter(condition)


def _person_in(event: AccessEvent) -> str:
    """Acts on members name them by their person id."""
    return event.object_id if event.act.startswith("member-") else ""
