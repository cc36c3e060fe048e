"""The part of iCalendar (RFC 5545) that a roster needs: events, and events that recur weekly until a stated end.

Anything else is refused by its line, never guessed.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

MAX_OCCURRENCES = 366
YEARS = range(2000, 2200)
_UTC = ZoneInfo("UTC")
_DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_RULE_PARTS = frozenset({"FREQ", "INTERVAL", "COUNT", "UNTIL", "BYDAY", "WKST"})
_DURATION = re.compile(r"P(?:(\d{1,3})W)?(?:(\d{1,3})D)?(?:T(?:(\d{1,4})H)?(?:(\d{1,5})M)?(?:(\d{1,6})S)?)?")
_TEXTS = ("SUMMARY", "DESCRIPTION", "ATTENDEE", "ORGANIZER", "CONTACT", "X-RPPS")


class CalendarRefused(Exception):
    """`reason`: line, nesting, date, tzid, duration, dtstart-missing, dtend-missing, rrule-unsupported, rrule-endless."""

    def __init__(self, line: int, reason: str) -> None:
        super().__init__(reason)
        self.line, self.reason = line, reason


@dataclass(frozen=True)
class Event:
    """`line` is that of its BEGIN; `about` all its texts; `times` its occurrences as (start, end)."""

    line: int
    name: str
    about: str
    times: tuple[tuple[datetime, datetime], ...]


@dataclass
class _Property:
    line: int
    name: str
    parameters: dict[str, str]
    value: str


@dataclass
class _Block:
    line: int
    properties: dict[str, list[_Property]] = field(default_factory=dict)

    def one(self, name: str) -> _Property | None:
        return self.properties.get(name, [None])[0]


def events(text: str, zone: ZoneInfo) -> Iterator[Event | CalendarRefused]:
    """Every VEVENT, or why it is refused; times without a zone are in `zone`."""
    try:
        blocks = list(_blocks(text))
    except CalendarRefused as refused:
        yield refused
        return
    for block in blocks:
        try:
            yield _event(block, zone)
        except CalendarRefused as refused:
            yield refused


def _blocks(text: str) -> Iterator[_Block]:
    open_ones: list[str] = []
    block: _Block | None = None
    for line, content in _unfolded(text):
        found = _property(line, content)
        if found.name == "BEGIN":
            open_ones.append(found.value.upper())
            block = _Block(line) if open_ones[-1] == "VEVENT" else block
        elif found.name == "END":
            if not open_ones or open_ones.pop() != found.value.upper():
                raise CalendarRefused(line, "nesting")
            if found.value.upper() == "VEVENT" and block is not None:
                yield block
                block = None
        elif block is not None and open_ones[-1] == "VEVENT":  # not of an alarm inside it
            block.properties.setdefault(found.name, []).append(found)
    if open_ones:
        raise CalendarRefused(1, "nesting")


def _unfolded(text: str) -> Iterator[tuple[int, str]]:
    """Content lines with the number of their first line (RFC 5545 §3.1)."""
    number, content = 0, ""
    for count, line in enumerate(text.lstrip("\ufeff").splitlines(), 1):
        if line[:1] in (" ", "\t"):
            content += line[1:]
            continue
        if content.strip():
            yield number, content
        number, content = count, line
    if content.strip():
        yield number, content


def _property(line: int, content: str) -> _Property:
    """Name, parameters and value; a quoted parameter may hold colons and semicolons (RFC 5545 §3.1)."""
    parts, quoted, start = [], False, 0
    for place, character in enumerate(content):
        if character == '"':
            quoted = not quoted
        elif character in ";:" and not quoted:
            parts.append(content[start:place])
            start = place + 1
            if character == ":":
                break
    else:
        raise CalendarRefused(line, "line")
    pairs = (part.partition("=") for part in parts[1:])
    parameters = {name.upper(): value.strip('"') for name, _, value in pairs}
    return _Property(line, parts[0].upper(), parameters, content[start:])


def _event(block: _Block, zone: ZoneInfo) -> Event:
    begin = block.one("DTSTART")
    if begin is None:
        raise CalendarRefused(block.line, "dtstart-missing")
    starts = _moment(begin, zone)
    length = _length(block, begin, starts, zone)
    skipped = {_moment(one, zone, part) for one in block.properties.get("EXDATE", []) for part in one.value.split(",")}
    times = tuple((at, _later(at, length)) for at in _occurrences(block, starts) if at not in skipped)
    said = [one for name in _TEXTS for one in block.properties.get(name, [])]
    about = " ".join([one.value for one in said])
    name = next((one.parameters["CN"] for one in said if one.parameters.get("CN")), "")
    return Event(block.line, name, about, times)


def _length(block: _Block, begin: _Property, starts: datetime, zone: ZoneInfo) -> timedelta:
    """By DTEND or DURATION; a whole day without either (RFC 5545 §3.6.1)."""
    end, duration = block.one("DTEND"), block.one("DURATION")
    if end is not None:
        return _wall(_moment(end, zone), starts) - starts.replace(tzinfo=None)
    if duration is not None:
        return _duration(duration)
    if begin.parameters.get("VALUE") == "DATE":
        return timedelta(days=1)
    raise CalendarRefused(block.line, "dtend-missing")


def _wall(at: datetime, like: datetime) -> datetime:
    """The clock of the start's zone: a night of duty ends at eight, also when the clocks change."""
    return at.astimezone(like.tzinfo).replace(tzinfo=None)


def _later(at: datetime, length: timedelta) -> datetime:
    return (at.replace(tzinfo=None) + length).replace(tzinfo=at.tzinfo)


def _duration(found: _Property) -> timedelta:
    match = _DURATION.fullmatch(found.value.strip())
    if match is None or not any(match.groups()):
        raise CalendarRefused(found.line, "duration")
    weeks, days, hours, minutes, seconds = (int(part or 0) for part in match.groups())
    return timedelta(weeks=weeks, days=days, hours=hours, minutes=minutes, seconds=seconds)


def _moment(found: _Property, zone: ZoneInfo, text: str | None = None) -> datetime:
    value = (found.value if text is None else text).strip()
    own = _zone(found, zone)
    form = "%Y%m%d" if found.parameters.get("VALUE") == "DATE" else "%Y%m%dT%H%M%S"
    try:
        read = datetime.strptime(value.removesuffix("Z"), form).replace(tzinfo=_UTC if value.endswith("Z") else own)
    except ValueError as error:
        raise CalendarRefused(found.line, "date") from error
    if read.year not in YEARS:
        raise CalendarRefused(found.line, "date")
    return read


def _zone(found: _Property, zone: ZoneInfo) -> ZoneInfo:
    name = found.parameters.get("TZID")
    if name is None:
        return zone
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise CalendarRefused(found.line, "tzid") from error


def _occurrences(block: _Block, starts: datetime) -> list[datetime]:
    """The starts: one, or weekly by an RRULE of the simple kind, in the local time of the first (RFC 5545 §3.3.10)."""
    found = block.one("RRULE")
    if found is None:
        return [starts]
    rule = _rule(found)
    days = [_DAYS.index(day) for day in rule["BYDAY"].split(",")] if "BYDAY" in rule else [starts.weekday()]
    count, until = _end_of_rule(found, rule, starts)
    monday = starts - timedelta(days=starts.weekday())
    times: list[datetime] = []
    for week in range(0, MAX_OCCURRENCES * 52, int(rule.get("INTERVAL", "1"))):
        for day in sorted(set(days)):
            at = monday + timedelta(weeks=week, days=day)
            if at > until or len(times) >= count:
                return times
            if at >= starts:
                times.append(at)
    return times


def _rule(found: _Property) -> dict[str, str]:
    parts = dict(part.upper().split("=", 1) for part in found.value.strip().split(";") if "=" in part)
    days = parts.get("BYDAY", "MO").split(",")
    interval = parts.get("INTERVAL", "1")
    simple = (
        parts.get("FREQ") == "WEEKLY"
        and parts.keys() <= _RULE_PARTS
        and all(day in _DAYS for day in days)
        and interval.isdigit()
        and 1 <= int(interval) <= 52  # noqa: PLR2004 - weeks of a year
    )
    if not simple:
        raise CalendarRefused(found.line, "rrule-unsupported")
    return parts


def _end_of_rule(found: _Property, rule: dict[str, str], starts: datetime) -> tuple[int, datetime]:
    """How many at most, and until when; one of the two must be said."""
    if "COUNT" in rule and "UNTIL" not in rule and rule["COUNT"].isdigit():
        return min(int(rule["COUNT"]), MAX_OCCURRENCES), starts + timedelta(weeks=MAX_OCCURRENCES * 52)
    if "UNTIL" in rule and "COUNT" not in rule:
        value = rule["UNTIL"]
        is_date = len(value) == len("20261205")
        told = _Property(found.line, "UNTIL", {"VALUE": "DATE"} if is_date else {}, value)
        own = starts.tzinfo if isinstance(starts.tzinfo, ZoneInfo) else _UTC
        until = _moment(told, own) + (timedelta(days=1, microseconds=-1) if is_date else timedelta())
        return MAX_OCCURRENCES, until
    raise CalendarRefused(found.line, "rrule-endless")
