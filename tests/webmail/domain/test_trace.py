"""The access trace: every way to tamper with it is found (CN3)."""

from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.db.models import F

from webmail.domain import trace
from webmail.domain.caller import Caller
from webmail.domain.trace import Act
from webmail.models import AccessEvent, Mailbox


@pytest.fixture
def alice(practice):
    alice = practice.open("alice")
    for number in range(4):
        trace.record(alice.account_id, Act.OPENED, Caller(alice.person.id), object_id=str(number))
    return alice


def test_it_stands_and_reads_newest_first(alice):
    assert trace.verify(alice.account_id) is None
    assert [event.act for event in trace.query(alice.account_id, 3, 5)] == ["opened", "account-opened"]
    call_command("verify_trace")


@pytest.mark.parametrize("change", [{"act": "login"}, {"person_id": "x"}, {"object_id": "9"}, {"count": 7}])
def test_a_changed_line_is_found(alice, change):
    AccessEvent.objects.filter(seq=2).update(**change)
    assert trace.verify(alice.account_id) == 2
    with pytest.raises(CommandError):
        call_command("verify_trace")


def test_a_changed_time_is_found(alice):
    AccessEvent.objects.filter(seq=2).update(at=F("at") + timedelta(seconds=1))
    assert trace.verify(alice.account_id) == 2


def test_a_removed_line_is_found(alice):
    AccessEvent.objects.filter(seq=1).delete()
    assert trace.verify(alice.account_id) == 1


def test_a_cut_end_is_found(alice):
    AccessEvent.objects.filter(seq=4).delete()
    assert trace.verify(alice.account_id) == 4


def test_a_forgotten_head_is_found(alice):
    Mailbox.objects.update(trace_head=b"")
    assert trace.verify(alice.account_id) is not None
