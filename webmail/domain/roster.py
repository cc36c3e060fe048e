"""Duty rosters: who is on call when, read from CSV or iCalendar; every line that does not fit is named, the others stand."""

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from bridge.pki.errors import RppsInvalid
from bridge.pki.health_identity import check_rpps
from webmail.domain import icalendar
from webmail.domain.icalendar import CalendarRefused

MAX_TEXT = 1_000_000
MAX_SLOTS = 2000
LONGEST = timedelta(days=31)
_COLUMNS = {
    "rpps": "rpps",
    "start": "start",
    "debut": "start",
    "début": "start",
    "end": "end",
    "fin": "end",
    "name": "name",
    "nom": "name",
}
_NUMBER = re.compile(r"(?<!\d)\d{11}(?!\d)")
_FORMATS = ("%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%d/%m/%Y %H:%M")


@dataclass(frozen=True)
class Slot:
    """One stretch of duty, aware datetimes."""

    rpps_number: str
    name: str
    starts: datetime
    ends: datetime


@dataclass(frozen=True)
class Refusal:
    """A line of the text, counted from 1, and why it was not taken: columns, rpps, date, order, too-long, too-many, name-missing,
    or a reason of `webmail.domain.icalendar`.
    """

    line: int
    reason: str


@dataclass(frozen=True)
class Roster:
    """What could be read and what could not; `starts` and `ends` are of the whole period, None without a slot."""

    slots: tuple[Slot, ...]
    refused: tuple[Refusal, ...]

    @property
    def starts(self) -> datetime | None:
        """When the first slot starts."""
        return min((slot.starts for slot in self.slots), default=None)

    @property
    def ends(self) -> datetime | None:
        """When the last slot ends: then one key change ends the rights of all."""
        return max((slot.ends for slot in self.slots), default=None)


class _LineRefused(Exception):
    def __init__(self, line: int, reason: str) -> None:
        super().__init__(reason)
        self.line, self.reason = line, reason


def read_roster(text: str, timezone: str) -> Roster:
    """Read a roster; times without a zone are in `timezone` (an IANA name)."""
    if len(text) > MAX_TEXT:
        return Roster((), (Refusal(1, "too-many"),))
    zone = ZoneInfo(timezone)
    source = (
        _events(text, zone) if text.lstrip("\ufeff \r\n").upper().startswith("BEGIN:VCALENDAR") else _rows(text, zone)
    )
    slots: list[Slot] = []
    refused: list[Refusal] = []
    for found in source:
        if isinstance(found, Refusal):
            refused.append(found)
        elif len(slots) >= MAX_SLOTS:
            return Roster(tuple(slots), (*refused, Refusal(1, "too-many")))
        else:
            slots.append(found)
    return Roster(tuple(sorted(slots, key=lambda slot: (slot.starts, slot.rpps_number))), tuple(refused))


def _rows(text: str, zone: ZoneInfo) -> Iterator[Slot | Refusal]:
    """CSV with a heading: rpps, start, end and, if wanted, name; separated by comma, semicolon or tab."""
    first = text.lstrip("\ufeff").partition("\n")[0]
    separator = max(";,\t", key=first.count)
    reader = csv.reader(io.StringIO(text.lstrip("\ufeff")), delimiter=separator)
    names = [_COLUMNS.get(name.strip().lower(), "") for name in next(reader, [])]
    if not {"rpps", "start", "end"} <= set(names):
        yield Refusal(1, "columns")
        return
    while True:
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error:
            yield Refusal(reader.line_num, "columns")
            continue
        if any(cell.strip() for cell in row):
            yield _row(reader.line_num, dict(zip(names, row, strict=False)), zone)


def _row(line: int, cells: dict[str, str], zone: ZoneInfo) -> Slot | Refusal:
    try:
        return _slot(
            line,
            cells.get("rpps", "").replace(" ", ""),
            cells.get("name", "").strip(),
            _moment(line, cells.get("start", ""), zone),
            _moment(line, cells.get("end", ""), zone),
        )
    except _LineRefused as refused:
        return Refusal(refused.line, refused.reason)


def _moment(line: int, text: str, zone: ZoneInfo) -> datetime:
    for form in _FORMATS:
        try:
            return datetime.strptime(text.strip(), form).replace(tzinfo=zone)
        except ValueError:
            continue
    raise _LineRefused(line, "date")


def _events(text: str, zone: ZoneInfo) -> Iterator[Slot | Refusal]:
    for event in icalendar.events(text, zone):
        if isinstance(event, CalendarRefused):
            yield Refusal(event.line, event.reason)
            continue
        number = next(iter(_NUMBER.findall(event.about)), "")
        for starts, ends in event.times:
            try:
                yield _slot(event.line, number, event.name, starts, ends)
            except _LineRefused as refused:
                yield Refusal(refused.line, refused.reason)
                break


def _slot(line: int, number: str, name: str, starts: datetime, ends: datetime) -> Slot:
    try:
        check_rpps(number)
    except RppsInvalid as error:
        raise _LineRefused(line, "rpps") from error
    if ends <= starts:
        raise _LineRefused(line, "order")
    if ends - starts > LONGEST:
        raise _LineRefused(line, "too-long")
    return Slot(number, name[:200], starts, ends)
