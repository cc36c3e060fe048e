"""Rosters: what is read, and that each line that does not fit is named while the others stand."""

from datetime import UTC, datetime

import pytest

from bridge.pki.health_identity import luhn_digit
from webmail.domain.roster import MAX_SLOTS, read_roster

CHLOE, CARL = ("9990000111" + luhn_digit("9990000111"), "9990000222" + luhn_digit("9990000222"))
PARIS = "Europe/Paris"


def calendar(*events: str) -> str:
    body = "".join(f"BEGIN:VEVENT\r\nUID:1\r\n{event}\r\nEND:VEVENT\r\n" for event in events)
    return f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//x//y//FR\r\n{body}END:VCALENDAR\r\n"


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)


def test_csv_as_a_secretary_writes_it():
    text = f"\ufeffRPPS;Nom;Début;Fin\r\n{CHLOE};Chloé Roux;05/12/2026 08:00;06/12/2026 08:00\r\n\r\n"
    roster = read_roster(text, PARIS)
    assert [(slot.rpps_number, slot.name) for slot in roster.slots] == [(CHLOE, "Chloé Roux")]
    assert (roster.starts, roster.ends) == (utc(2026, 12, 5, 7), utc(2026, 12, 6, 7))
    assert roster.refused == ()


@pytest.mark.parametrize("timezone", ["Indian/Reunion"])
def test_times_are_those_of_the_place(timezone):
    roster = read_roster(f"rpps,start,end\n{CHLOE},2026-12-05 08:00,2026-12-05 20:00\n", timezone)
    assert roster.starts == utc(2026, 12, 5, 4)


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("12345678901,2026-12-05 08:00,2026-12-05 20:00", "rpps"),
        (f"{CHLOE},5 décembre,2026-12-05 20:00", "date"),
        (f"{CHLOE},2026-12-05 08:00,2026-12-05 08:00", "order"),
        (f"{CHLOE},2026-12-05 08:00,2027-12-05 08:00", "too-long"),
        (f"{CHLOE}", "date"),
    ],
)
def test_a_bad_line_is_named_and_the_others_stand(line, reason):
    text = f"rpps,start,end\n{line}\n{CARL},2026-12-05 08:00,2026-12-05 20:00\n"
    roster = read_roster(text, PARIS)
    assert [(one.line, one.reason) for one in roster.refused] == [(2, reason)]
    assert [slot.rpps_number for slot in roster.slots] == [CARL]


def test_a_table_without_the_columns_is_refused_whole():
    assert [one.reason for one in read_roster("a,b,c\n1,2,3\n", PARIS).refused] == ["columns"]


def test_saturdays_until_christmas_across_the_change_of_clocks():
    event = (
        "DTSTART;TZID=Europe/Paris:20261017T080000\r\nDTEND;TZID=Europe/Paris:20261018T080000\r\n"
        "RRULE:FREQ=WEEKLY;BYDAY=SA;UNTIL=20261101T000000Z\r\n"
        f'ATTENDEE;CN="Roux, Chloé":mailto:x@y.example\r\nSUMMARY:Garde {CHLOE[:5]}\r\n {CHLOE[5:]}'
    )
    slots = read_roster(calendar(event), PARIS).slots
    assert [(slot.starts, slot.ends) for slot in slots] == [
        (utc(2026, 10, 17, 6), utc(2026, 10, 18, 6)),
        (utc(2026, 10, 24, 6), utc(2026, 10, 25, 7)),  # the night that is an hour longer
        (utc(2026, 10, 31, 7), utc(2026, 11, 1, 7)),
    ]
    assert slots[0].name == "Roux, Chloé"


def test_alternate_weeks_by_count_without_one_that_is_struck_out():
    event = (
        f"DTSTART:20261207T190000\r\nDURATION:PT13H\r\nRRULE:FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,TH;COUNT=4\r\n"
        f"EXDATE:20261210T190000\r\nSUMMARY:{CARL}"
    )
    slots = read_roster(calendar(event), PARIS).slots
    assert [slot.starts.date().isoformat() for slot in slots] == ["2026-12-07", "2026-12-21", "2026-12-24"]


@pytest.mark.parametrize(
    ("event", "reason"),
    [
        ("SUMMARY:x", "dtstart-missing"),
        ("DTSTART:20261207T190000", "dtend-missing"),
        ("DTSTART:2026-12-07\r\nDURATION:PT1H", "date"),
        ("DTSTART;TZID=Mars/Base:20261207T190000\r\nDURATION:PT1H", "tzid"),
        ("DTSTART:20261207T190000\r\nDURATION:1 h", "duration"),
        ("DTSTART:20261207T190000\r\nDURATION:PT1H\r\nRRULE:FREQ=MONTHLY;COUNT=2", "rrule-unsupported"),
        ("DTSTART:20261207T190000\r\nDURATION:PT1H\r\nRRULE:FREQ=WEEKLY;BYDAY=1MO;COUNT=2", "rrule-unsupported"),
        ("DTSTART:20261207T190000\r\nDURATION:PT1H\r\nRRULE:FREQ=WEEKLY", "rrule-endless"),
        ("DTSTART:20261207T190000\r\nDURATION:PT1H\r\nSUMMARY:nobody", "rpps"),
        ("DTSTART 20261207", "line"),
    ],
)
def test_what_a_calendar_says_otherwise_is_refused_by_its_line(event, reason):
    good = f"DTSTART:20261207T190000\r\nDURATION:PT1H\r\nSUMMARY:{CARL}"
    roster = read_roster(calendar(event, good), PARIS)
    assert [one.reason for one in roster.refused] == [reason]
    assert roster.refused[0].line > 3
    assert len(roster.slots) == (0 if reason == "line" else 1)


def test_a_calendar_torn_off_is_refused():
    assert [one.reason for one in read_roster("BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\n", PARIS).refused] == ["nesting"]


def test_a_flood_of_slots_is_cut_off():
    line = f"{CHLOE},2026-12-05 08:00,2026-12-05 20:00\n"
    roster = read_roster("rpps,start,end\n" + line * (MAX_SLOTS + 1), PARIS)
    assert (len(roster.slots), roster.refused[-1].reason) == (MAX_SLOTS, "too-many")
