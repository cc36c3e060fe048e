"""A card that will end is said 90, 30 and 7 days before, each once; what is said arrives sealed."""

from datetime import timedelta

import pytest
from cryptography import x509

from webmail.domain import reminders
from webmail.models import Credential, Message


@pytest.fixture
def card(practice):
    """Alice's card, and when it ends."""
    alice = practice.open("alice")
    row = Credential.objects.get(person_id=alice.person.id)
    return alice, x509.load_der_x509_certificate(bytes(row.certificate)).not_valid_after_utc


def told(alice) -> int:
    return Message.objects.filter(account_id=alice.account_id).count()


def test_each_reminder_is_sent_once_and_in_both_languages(card, django_capture_on_commit_callbacks):
    alice, end = card
    counts = []
    for days in (91, 90, 89, 31, 30, 8, 7, 1, -1):
        with django_capture_on_commit_callbacks(execute=True):
            counts.append(reminders.remind(end - timedelta(days=days)))
    assert counts == [0, 1, 0, 0, 1, 0, 1, 0, 0]
    assert told(alice) == 3
    letter = alice.open(Message.objects.filter(account_id=alice.account_id).first()).decode()
    assert "Auto-Submitted: auto-generated" in letter
    assert "expires soon" in letter


def test_a_machine_that_slept_sends_only_the_nearest(card, django_capture_on_commit_callbacks):
    alice, end = card
    with django_capture_on_commit_callbacks(execute=True):
        assert reminders.remind(end - timedelta(days=5)) == 1
        assert reminders.remind(end - timedelta(days=4)) == 0
    assert told(alice) == 1


def test_a_blocked_card_is_not_spoken_of(card):
    _, end = card
    Credential.objects.update(retired_at=end)
    assert reminders.remind(end - timedelta(days=5)) == 0
