"""After a backup: the statement names where the log ends, by the authority that certified the mailbox."""

from datetime import timedelta

import pytest
from django.core.management import call_command

from bridge.cms.errors import LogRefused
from bridge.cms.restore import verify_restore
from bridge.pki.certificates import certificate_sha256
from bridge.pki.issue import utc_now
from tests.webmail.ledger import Ledger
from webmail import trust
from webmail.domain import restore
from webmail.models import Mailbox


def test_every_open_mailbox_gets_a_statement_of_its_log(practice, capsys):
    alice = Ledger(practice.open("alice"), practice.holder("alice"))
    practice.act(practice.holder("bob"), "bob@pli.example")  # certified, not opened: nothing to state
    assert restore.statement_of(alice.account_id) is None
    call_command("announce_restore")
    assert "1 statements" in capsys.readouterr().out
    der = restore.statement_of(alice.account_id)
    stated = verify_restore(der, [certificate_sha256(trust.operator().certificate)])
    assert (stated.mailbox_id.hex(), stated.seq, stated.head) == (alice.account_id, 0, alice.head.hash)
    assert utc_now() - stated.time < timedelta(minutes=1)


def test_nobody_else_states_it(practice):
    alice = practice.open("alice")
    restore.announce(alice.account_id)
    with pytest.raises(LogRefused):
        verify_restore(restore.statement_of(alice.account_id), [bytes(32)])


def test_the_log_is_served_with_it(practice):
    alice = practice.open("alice")
    before = Mailbox.objects.get(id=alice.account_id).key_state
    assert restore.announce(alice.account_id)
    assert Mailbox.objects.get(id=alice.account_id).key_state > before
