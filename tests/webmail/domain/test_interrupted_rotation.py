"""A rotation cut off at every single write to the database: nothing of it stands, and handing the same act in again completes it."""

from contextlib import contextmanager

import pytest
from django.db import connection

from bridge.cms.grants import Role
from tests.webmail.ledger import Ledger, card_share
from webmail.domain import integrity
from webmail.models import Grant, GrantBody, LogEntry, Mailbox, MailboxKey, Membership

WRITES = ("INSERT", "UPDATE", "DELETE")
TABLES = (LogEntry, GrantBody, Grant, MailboxKey, Membership)


class PowerCut(Exception):
    """The machine stops here."""


@contextmanager
def cut_at(number: int):
    """The `number`-th write does not happen; gives the list of writes so far."""
    done: list[str] = []

    def execute(run, sql, params, many, context):
        if sql.lstrip().upper().startswith(WRITES):
            if len(done) == number:
                raise PowerCut
            done.append(sql)
        return run(sql, params, many, context)

    with connection.execute_wrapper(execute):
        yield done


def everything(account_id: str) -> list:
    rows = [list(table.objects.filter(account_id=account_id).order_by("pk").values()) for table in TABLES]
    return [*rows, Mailbox.objects.filter(id=account_id).values().get()]


@pytest.fixture
def alice(practice):
    practice.open("bob")
    alice = Ledger(practice.open("alice"), practice.holder("alice"))
    bob = practice.holder("bob")
    alice.know(bob)
    alice.append(alice.grant(card_share(bob, Role.SENDER)))
    return alice


def test_a_rotation_interrupted_at_every_write_leaves_nothing_and_completes(alice):
    act = alice.rotation()
    before, number = everything(alice.account_id), 0
    while cut_off(alice, act, number):
        assert everything(alice.account_id) == before
        number += 1
    assert number > len(TABLES)
    assert alice.append(act) == 2  # the answer was lost: handed in once more
    assert {grant.epoch for grant in Grant.objects.filter(account_id=alice.account_id)} == {2}
    assert MailboxKey.objects.get(account_id=alice.account_id, state=MailboxKey.State.CURRENT).epoch == 2
    assert list(integrity.check_references()) == []


def cut_off(alice, act, number: int) -> bool:
    try:
        with cut_at(number):
            alice.append(act)
    except PowerCut:
        return True
    return False
