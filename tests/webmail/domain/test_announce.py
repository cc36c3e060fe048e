"""Pages hear of a change after the commit, and only of its state."""

import socket

import pytest
from django.db import transaction

from webmail.domain import announce, deliver


@pytest.fixture
def listener(server):
    receiver = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    receiver.bind(str(server / "push.sock"))
    receiver.settimeout(1)
    yield receiver
    receiver.close()


def test_a_delivery_is_one_datagram_with_the_state(live_practice, clear_mail, listener):
    alice = live_practice.open("alice")
    while drained(listener):
        pass
    deliver.deliver("x@y.example", [alice.address], clear_mail())
    account, state = listener.recv(200).decode().split(",")
    assert account == alice.account_id
    assert state.isdigit()


def drained(listener):
    listener.setblocking(False)
    try:
        return listener.recv(200)
    except BlockingIOError:
        listener.settimeout(1)
        return b""


def test_nothing_is_said_of_what_was_rolled_back(live_practice, clear_mail, listener):
    alice = live_practice.open("alice")
    while drained(listener):
        pass
    with transaction.atomic():
        deliver.deliver("x@y.example", [alice.address], clear_mail())
        transaction.set_rollback(True)
    assert drained(listener) == b""


def test_nobody_listening_is_no_error(live_practice, clear_mail):
    alice = live_practice.open("alice")
    deliver.deliver("x@y.example", [alice.address], clear_mail())
    announce.state_changed(alice.account_id, 3)
