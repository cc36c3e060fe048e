"""Tickets are good once, for a minute, from this process."""

import base64

import pytest

from bridge.tickets import SECONDS, Tickets


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_a_ticket_is_good_once() -> None:
    tickets = Tickets()
    ticket = tickets.issue()
    assert tickets.use(ticket)
    assert not tickets.use(ticket)
    assert tickets.use(tickets.issue())


def test_a_ticket_is_good_for_a_minute() -> None:
    clock = Clock()
    tickets = Tickets(clock)
    in_time, late = tickets.issue(), tickets.issue()
    clock.now += SECONDS - 1
    assert tickets.use(in_time)
    clock.now += 1
    assert not tickets.use(late)


def test_a_used_ticket_stays_used_until_it_expires() -> None:
    clock = Clock()
    tickets = Tickets(clock)
    ticket = tickets.issue()
    assert tickets.use(ticket)
    clock.now += SECONDS - 1
    assert tickets.use(tickets.issue())
    assert not tickets.use(ticket)


def test_issuing_keeps_nothing() -> None:
    tickets = Tickets()
    before = len(tickets._used)
    assert len({tickets.issue() for _ in range(1000)}) == 1000
    assert len(tickets._used) == before


def test_forged_tickets_are_refused() -> None:
    tickets = Tickets()
    honest = base64.urlsafe_b64decode(tickets.issue())
    for position in range(len(honest)):
        forged = honest[:position] + bytes([honest[position] ^ 1]) + honest[position + 1 :]
        assert not tickets.use(base64.urlsafe_b64encode(forged).decode())


@pytest.mark.parametrize("ticket", ["", "=", "é", "A" * 96, "A" * 10_000, "\ud800"])
def test_what_is_no_ticket_is_refused(ticket: str) -> None:
    assert not Tickets().use(ticket)


def test_a_ticket_of_another_bridge_is_refused() -> None:
    assert not Tickets().use(Tickets().issue())
