"""The access trace: every way to tamper with it is found (CN3, N70)."""

import hashlib
from datetime import UTC, datetime, timedelta

import pytest
from django.core.management import CommandError, call_command
from django.db.models import F

from webmail.domain import checkpoints, device_reports, trace, trace_file, trace_query, trace_retention, verify_trace
from webmail.domain.access import Right, require
from webmail.domain.caller import Caller
from webmail.domain.device_reports import DeviceReport
from webmail.domain.trace import Act
from webmail.domain.trace_query import EVERYTHING, TraceFilter
from webmail.models import AccessEvent, Checkpoint, Mailbox, MessageSet, Tenant

MESSAGES = [hashlib.md5(bytes([number])).hexdigest() for number in range(3)]


@pytest.fixture
def alice(practice):
    """An account of two days ago, with some lines of then."""
    alice = practice.open("alice")
    for message_id in MESSAGES:
        trace.record(alice.account_id, Act.OPENED, Caller(alice.person.id), object_id=message_id)
    trace.record(alice.account_id, Act.COULD_READ, Caller(alice.person.id), message_ids=MESSAGES, count=3)
    return alice


@pytest.fixture
def signed(alice):
    """The same, with the lines moved to the days before yesterday and signed as those days ended."""
    return age(alice)


def age(person, days=3):
    """Make a trace old, as it would stand had it been written then."""
    rechain(person.account_id, at=F("at") - timedelta(days=days))
    checkpoints.make_due(datetime.now(UTC) - timedelta(days=days - 1))
    return person


def rechain(account_id, seq=None, **change):
    """What an intruder with SQL would do: change lines, and make the chain and its head over."""
    lines = AccessEvent.objects.filter(account_id=account_id)
    (lines if seq is None else lines.filter(seq=seq)).update(**change)
    head = b""
    for event in lines.order_by("seq"):
        head = trace.chained(head, event)
        lines.filter(seq=event.seq).update(digest=head)
    Mailbox.objects.filter(id=account_id).update(trace_head=head, trace_length=lines.count())


def findings(person):
    return [str(one) for one in verify_trace.verify(person.account_id)]


def test_it_stands_and_reads_newest_first(signed):
    assert findings(signed) == []
    page = trace_query.query(signed.account_id, EVERYTHING, 3, 5)
    assert ([event.act for event in page.events], page.total) == (["opened", "account-opened"], 5)
    call_command("verify_trace")


@pytest.mark.capability("CN3")
@pytest.mark.negative(70)
@pytest.mark.parametrize(
    "change",
    [
        {"act": "login"},
        {"person_id": "x"},
        {"object_id": "9"},
        {"count": 7},
        {"through": "officer"},
        {"message_set": "x"},
        {"report_id": "x"},
        {"part": 2},
        {"at": F("at") + timedelta(seconds=1)},
    ],
)
def test_a_changed_line_is_named(signed, change):
    AccessEvent.objects.filter(seq=2).update(**change)
    assert findings(signed)[0] == "altered: line 2"
    with pytest.raises(CommandError):
        call_command("verify_trace")


@pytest.mark.negative(70)
def test_a_removed_line_is_named(signed):
    AccessEvent.objects.filter(seq=1).delete()
    assert findings(signed)[0] == "missing: line 1"


@pytest.mark.negative(70)
def test_a_cut_end_is_found(alice):
    AccessEvent.objects.filter(seq=4).delete()
    assert findings(alice) == ["cut-off: line 4"]


@pytest.mark.negative(70)
def test_a_forgotten_head_is_found(alice):
    Mailbox.objects.update(trace_head=b"")
    assert findings(alice) == ["altered: line 5"]


@pytest.mark.negative(70)
def test_messages_taken_out_of_a_set_are_found(alice):
    row = MessageSet.objects.get()
    MessageSet.objects.update(ids=bytes(row.ids)[16:])
    assert findings(alice) == ["messages-altered: line 4"]
    MessageSet.objects.all().delete()
    assert findings(alice) == ["messages-altered: line 4"]


@pytest.mark.negative(70)
def test_a_chain_made_over_disagrees_with_the_checkpoint(signed):
    rechain(signed.account_id, seq=2, person_id="somebody")
    day = Checkpoint.objects.get().day
    assert findings(signed) == [f"checkpoint-disagrees: checkpoint of {day}"]


@pytest.mark.negative(70)
def test_lines_cut_and_the_chain_made_over_disagree_with_the_checkpoint(signed):
    AccessEvent.objects.filter(seq__gte=3).delete()
    rechain(signed.account_id)
    assert findings(signed) == [f"checkpoint-disagrees: checkpoint of {Checkpoint.objects.get().day}"]


@pytest.mark.negative(70)
def test_a_checkpoint_changed_with_the_chain_is_found(signed):
    rechain(signed.account_id, seq=2, person_id="somebody")
    Checkpoint.objects.update(head=Mailbox.objects.get().trace_head)
    assert findings(signed) == [f"checkpoint-altered: checkpoint of {Checkpoint.objects.get().day}"]


@pytest.mark.negative(70)
def test_a_chain_made_over_and_signed_again_disagrees_with_what_was_written_down(signed):
    """Without its checkpoints the worker signs the forged chain like any other; the file of that day remembers the first."""
    day = Checkpoint.objects.get().day
    rechain(signed.account_id, seq=2, person_id="somebody")
    Checkpoint.objects.all().delete()
    checkpoints.make_due(datetime.now(UTC) - timedelta(days=2))
    assert findings(signed) == [f"checkpoint-disagrees: checkpoint of {day}"]


@pytest.mark.negative(70)
def test_a_removed_checkpoint_is_missed(signed, server):
    Checkpoint.objects.all().delete()
    for file in (server / "checkpoints").glob("*"):
        file.unlink()
    assert findings(signed)[0].startswith("checkpoint-missing")


def test_a_checkpoint_is_made_once_a_day_and_only_of_days_that_are_over(alice):
    assert checkpoints.make_due() == 0
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    assert (checkpoints.make_due(tomorrow), checkpoints.make_due(tomorrow)) == (1, 0)
    assert checkpoints.make_due(tomorrow + timedelta(days=1)) == 0


def test_retention_begins_the_chain_anew_at_a_signed_checkpoint(practice):
    old = practice.open("alice")
    keep_for(old, 30)
    trace.record(old.account_id, Act.COULD_READ, Caller(old.person.id), message_ids=MESSAGES, count=3)
    trace.record(old.account_id, Act.BREAK_GLASS, Caller(old.person.id), object_id="accident")
    age(old, days=40)
    trace.record(old.account_id, Act.OPENED, Caller(old.person.id), object_id=MESSAGES[0])
    assert trace_retention.forget_old() == 2
    assert [event.act for event in AccessEvent.objects.order_by("seq")] == ["break-glass", "opened"]
    assert (findings(old), MessageSet.objects.count(), trace_retention.forget_old()) == ([], 0, 0)


@pytest.mark.negative(70)
def test_the_emergency_entry_that_retention_kept_cannot_be_removed_or_changed(practice):
    old = practice.open("alice")
    keep_for(old, 30)
    trace.record(old.account_id, Act.BREAK_GLASS, Caller(old.person.id), object_id="accident")
    age(old, days=40)
    trace_retention.forget_old()
    AccessEvent.objects.filter(act="break-glass").update(object_id="other")
    assert findings(old)[0] == "altered: line 1"
    AccessEvent.objects.filter(act="break-glass").delete()
    assert findings(old)[0] == "missing: line 1"


@pytest.mark.negative(70)
def test_lines_removed_by_hand_are_no_retention(signed):
    AccessEvent.objects.filter(seq__lt=3).delete()
    assert findings(signed)[0] == "missing: line 0"


@pytest.mark.negative(70)
def test_retention_does_not_clear_a_forgery_away(practice):
    old = practice.open("alice")
    keep_for(old, 30)
    age(old, days=40)
    rechain(old.account_id, seq=0, person_id="somebody")
    assert trace_retention.forget_old() == 0
    assert findings(old)


def keep_for(person, days):
    Tenant.objects.create(
        id="0" * 32, name="Clinic", domain="c.example", retention_days=days, created_at=datetime.now(UTC)
    )
    Mailbox.objects.filter(id=person.account_id).update(tenant_id="0" * 32)


def test_a_message_is_found_in_what_could_be_read_as_in_what_was_opened(alice):
    page = trace_query.query(alice.account_id, TraceFilter(message_id=MESSAGES[1]))
    assert [event.act for event in page.events] == ["could-read", "opened"]
    assert trace_query.query(alice.account_id, TraceFilter(message_id="f" * 32)).total == 0


def test_a_pack_served_twice_is_one_set(alice):
    trace.record(alice.account_id, Act.COULD_READ, None, message_ids=list(reversed(MESSAGES)))
    assert MessageSet.objects.count() == 1


def test_a_device_reports_once_and_only_what_it_may_read(alice, clear_mail):
    from webmail.domain import deliver
    from webmail.models import Message

    deliver.deliver("", [alice.address], clear_mail())
    caller, message_id = Caller(alice.person.id), Message.objects.get().id
    account = require(caller, alice.account_id, Right.READ)
    reports = [
        DeviceReport("1" * 32, message_id, Act.SHOWN),
        DeviceReport("2" * 32, message_id, Act.SAVED, 2),
        DeviceReport("3" * 32, "f" * 32, Act.SHOWN),
    ]
    for _ in range(2):
        assert device_reports.keep(caller, account, reports) == ["1" * 32, "2" * 32]
    lines = trace_query.query(alice.account_id, TraceFilter(message_id=message_id)).events
    assert [(line.act, line.part) for line in lines] == [("saved", 2), ("shown", None)]
    assert findings(alice) == []


def test_a_signed_file_is_verified_and_an_altered_one_refused(alice, tmp_path):
    octets = trace_file.signed(alice.account_id)
    assert trace_file.verify(octets) == (alice.account_id, 5)
    file = tmp_path / "trace.p7m"
    file.write_bytes(octets.replace(b"account-opened", b"account-0pened"))
    with pytest.raises(CommandError):
        call_command("verify_trace", file=file)
    file.write_bytes(octets)
    call_command("verify_trace", file=file)


def test_a_signed_file_of_a_forged_chain_names_the_line(alice):
    AccessEvent.objects.filter(seq=2).update(person_id="x")
    with pytest.raises(trace_file.TraceFileRefused, match="line 2"):
        trace_file.verify(trace_file.signed(alice.account_id))


def test_a_name_is_no_formula_in_a_spreadsheet(alice):
    type(alice.person).objects.update(name="=1+1")
    assert b"'=1+1" in trace_file.csv_of(alice.account_id)
