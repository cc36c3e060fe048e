"""The trace of a mailbox as a file for its owner: CSV (RFC 4180), plain or enclosed in a SignedData by the operator's trace key.

The first columns are those of the chain, so that whoever holds the signed file can recompute it; the last ones are in words.
"""

import csv
import io
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import pairwise

from django.utils import timezone

from bridge.cms.errors import CmsError
from webmail.domain import trace, trace_key
from webmail.domain.errors import DomainError
from webmail.domain.trace_query import EVERYTHING, TraceFilter, matching
from webmail.models import AccessEvent, Person

CHAINED = (
    "account_id",
    "seq",
    "at",
    "person_id",
    "act",
    "object_id",
    "count",
    "on_behalf_of",
    "credential",
    "client_kind",
    "address",
    "through",
    "message_set",
    "report_id",
    "part",
    "digest",
)
NAMED = ("person", "rpps", "on_behalf_of_person")
_RISKY = ("=", "+", "-", "@", "\t", "\r")  # a spreadsheet would take these as the start of a formula


class TraceFileRefused(DomainError):
    """A file that is no signed trace of this server, or one that was altered. The text says which."""

    code = "trace-file-refused"


def csv_of(account_id: str, wanted: TraceFilter = EVERYTHING) -> bytes:
    """Every line that the filter lets through, oldest first, UTF-8 with a byte order mark (spreadsheets need it)."""
    people = _people(account_id)
    written = io.StringIO(newline="")
    rows = csv.writer(written)
    rows.writerow((*CHAINED, *NAMED))
    for event in matching(account_id, wanted).order_by("seq").iterator():
        rows.writerow((*_chained(event), *_named(event, people)))
    return b"\xef\xbb\xbf" + written.getvalue().encode()


def signed(account_id: str, at: datetime | None = None) -> bytes:
    """The whole trace as CSV inside a SignedData."""
    return trace_key.sign(csv_of(account_id), at or timezone.now())


def verify(octets: bytes) -> tuple[str, int]:
    """The mailbox and number of lines of a file that `signed` made, its chain recomputed. Raises TraceFileRefused."""
    try:
        content = trace_key.verified(octets)
    except CmsError as error:
        raise TraceFileRefused("not signed by this server, or altered since") from error
    rows = list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline="")))
    if not rows:
        raise TraceFileRefused("no lines")
    for before, row in pairwise(rows):
        if int(row["seq"]) == int(before["seq"]) + 1 and _digest(before["digest"], row) != row["digest"]:
            raise TraceFileRefused(f"line {row['seq']} does not follow from the one before")
    return rows[0]["account_id"], len(rows)


def _people(account_id: str) -> dict[str, Person]:
    lines = AccessEvent.objects.filter(account_id=account_id)
    ids = {one for pair in lines.values_list("person_id", "on_behalf_of").distinct() for one in pair}
    return {person.id: person for person in Person.objects.filter(id__in=ids)}


def _chained(event: AccessEvent) -> Iterator[str]:
    values = {name: getattr(event, name) for name in CHAINED}
    values |= {"at": event.at.astimezone(UTC).isoformat(), "digest": bytes(event.digest).hex()}
    return ("" if value is None else str(value) for value in values.values())


def _named(event: AccessEvent, people: dict[str, Person]) -> Iterator[str]:
    person, owner = people.get(event.person_id), people.get(event.on_behalf_of)
    names = (person.name if person else "", person.rpps_number if person else "", owner.name if owner else "")
    return (f"'{name}" if name.startswith(_RISKY) else name for name in names)


def _digest(previous: str, row: dict[str, str]) -> str:
    event = AccessEvent(
        **{name: row[name] for name in CHAINED if name not in ("at", "seq", "count", "part", "address", "digest")},
        at=datetime.fromisoformat(row["at"]),
        seq=int(row["seq"]),
        count=int(row["count"]),
        address=row["address"] or None,
        part=int(row["part"]) if row["part"] else None,
    )
    return trace.chained(bytes.fromhex(previous), event).hex()
