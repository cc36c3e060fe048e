"""A mailbox opened in an emergency for so many messages: what counts, however it is asked for."""

import threading
from contextlib import suppress
from datetime import timedelta

from django.utils import timezone

from tests.webmail.domain.test_acts_at_once import at_once
from webmail.domain import deliver, serve, trace
from webmail.domain.caller import Caller
from webmail.models import AccessEvent, Message, RecoveryRequest


def test_one_message_asked_for_twice_at_once_counts_once(live_practice, clear_mail, monkeypatch):
    """Else the banner and the limit speak of messages that nobody opened."""
    alice, bob = live_practice.open("alice"), live_practice.open("bob")
    deliver.deliver("denis@partner.example", [alice.address], clear_mail())
    message, now = Message.objects.get(account_id=alice.account_id), timezone.now()
    RecoveryRequest.objects.create(
        account_id=alice.account_id,
        id="1" * 32,
        policy_id="2" * 64,
        requester_id=bob.person.id,
        digest="3" * 64,
        created_at=now,
        opened_at=now,
        closes_at=now + timedelta(hours=1),
        message_limit=2,
    )
    both_counted, record = threading.Barrier(2), trace.record

    def late(*arguments, **named):
        with suppress(threading.BrokenBarrierError):  # where the other waits until this one is through
            both_counted.wait(1)
        return record(*arguments, **named)

    monkeypatch.setattr(trace, "record", late)

    def served():
        source, _ = serve.open_blob(Caller(bob.person.id), alice.account_id, message.blob_id)
        with source:
            return len(source.read())

    assert at_once(served, served) == [message.size] * 2
    assert RecoveryRequest.objects.get().messages_opened == 1
    assert AccessEvent.objects.filter(account_id=alice.account_id, act="opened").count() == 2
