"""Acts handed in at the same moment by several requests: the log stays a chain, whatever the database."""

import threading
from collections.abc import Callable
from typing import Any

from django.db import connection

from bridge.cms.grants import Role
from tests.webmail.ledger import Ledger, caller_for, card_share
from webmail.domain import integrity
from webmail.domain.errors import VersionMismatch
from webmail.models import LogEntry, Membership


def at_once(*tasks: Callable[[], Any]) -> list[Any]:
    """What each task gave or raised, all begun together."""
    start = threading.Barrier(len(tasks), timeout=60)
    outcomes: list[Any] = [None] * len(tasks)

    def run(place: int, task: Callable[[], Any]) -> None:
        start.wait()
        try:
            outcomes[place] = task()
        except VersionMismatch as error:
            outcomes[place] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=each, daemon=True) for each in enumerate(tasks)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return outcomes


def test_of_two_acts_at_once_one_wins_and_the_other_hears_that_the_log_moved_on(live_practice):
    alice = Ledger(live_practice.open("alice"), live_practice.holder("alice"))
    acts = [alice.grant(card_share(live_practice.newcomer(number))) for number in (1, 2)]
    outcomes = at_once(*(lambda act=act: alice.append(act) for act in acts))
    assert sorted(map(str, outcomes)) == ["1", "stateMismatch"]
    assert Membership.objects.filter(account_id=alice.account_id).count() == 2
    assert list(integrity.check_references()) == []


def test_the_same_act_at_once_stands_once_and_answers_both(live_practice):
    alice = Ledger(live_practice.open("alice"), live_practice.holder("alice"))
    act = alice.grant(card_share(live_practice.newcomer(1)))
    assert at_once(lambda: alice.append(act), lambda: alice.append(act)) == [1, 1]
    assert LogEntry.objects.filter(account_id=alice.account_id).count() == 2


def test_a_revocation_and_a_rotation_at_once_leave_nobody_half_in(live_practice):
    """The rotation was composed while the delegate was a member: if it comes second it is refused, and made anew."""
    alice = Ledger(live_practice.open("alice"), live_practice.holder("alice"))
    bob = live_practice.newcomer(1)
    alice.append(alice.grant(card_share(bob, Role.MANAGER)))
    alice.know(bob)
    row = Membership.objects.get(account_id=alice.account_id, role="manager")
    revocation, rotation = alice.revoke(bytes.fromhex(row.id)), alice.rotation()
    outcomes = at_once(
        lambda: alice.append(revocation), lambda: alice.append(rotation, caller_for(alice.caller.person_id))
    )
    assert sorted(map(str, outcomes)) == ["2", "stateMismatch"]
    assert list(integrity.check_references()) == []
