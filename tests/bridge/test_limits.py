"""Budgets, consents, remembered log heads: the counters and memories that bound a stolen page."""

from pathlib import Path

import pytest

from bridge.bench import Consents
from bridge.budgets import Budgets
from bridge.heads import Head, Heads
from bridge.policy import Limits
from bridge.protocol import RpcError


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.mark.negative(46)
def test_messages_are_bounded_by_the_minute_and_by_the_hour() -> None:
    clock = Clock()
    budgets = Budgets(clock)
    for _ in range(600 // 60):
        budgets.spend("m", "o", "message", 60)
    with pytest.raises(RpcError) as error:
        budgets.spend("m", "o", "message", 1)
    assert error.value.data == {"retryAfter": 61}
    for _ in range(7):
        clock.now += 61
        budgets.spend("m", "o", "message", 600)
    clock.now += 61
    with pytest.raises(RpcError):
        budgets.spend("m", "o", "message", 600)  # 4,800 in this hour
    budgets.spend("m", "o", "message", 200)


def test_budgets_are_apart() -> None:
    budgets = Budgets(Clock())
    budgets.spend("m", "o", "signature", 30)
    budgets.spend("m", "other", "signature", 30)
    budgets.spend("n", "o", "signature", 30)
    budgets.spend("m", "o", "summary", 1000)
    with pytest.raises(RpcError, match="rate limited"):
        budgets.spend("m", "o", "signature", 1)


def test_a_refused_call_spends_nothing() -> None:
    clock = Clock()
    budgets = Budgets(clock)
    budgets.spend("m", "o", "signature", 20)
    for _ in range(5):
        with pytest.raises(RpcError):
            budgets.spend("m", "o", "signature", 11)
    budgets.spend("m", "o", "signature", 10)


def _named(*names: str) -> frozenset[bytes]:
    return frozenset(name.encode() for name in names)


def test_a_session_counts_messages_each_once_and_what_lies_inside_apart() -> None:
    budgets = Budgets(Clock())
    for message in "abab":
        budgets.spend_session("h", _named(message), _named(f"inside {message}"), 2)
    with pytest.raises(RpcError) as error:
        budgets.spend_session("h", _named("c"), _named(), 2)
    assert error.value.data == {"reason": "session-limit"}
    budgets.spend_session("other", _named("c"), _named(), 2)


def test_what_lies_inside_messages_is_bounded_too() -> None:
    budgets = Budgets(Clock())
    budgets.spend_session("h", _named(), _named("1", "2", "3", "4"), 2)
    with pytest.raises(RpcError):
        budgets.spend_session("h", _named(), _named("5"), 2)
    budgets.spend_session("h", _named("a", "b"), _named("4"), 2)


def test_a_consent_ends_by_count_by_time_and_with_its_mailbox() -> None:
    clock = Clock()
    consents = Consents(Limits(signatures_per_consent=3, consent_seconds=60), clock)
    assert not consents.covers("m", 1)
    consents.give("m", 1)
    assert not consents.covers("m", 3)
    assert consents.covers("m", 2)
    assert not consents.covers("m", 1)
    consents.give("m", 1)
    clock.now += 61
    assert not consents.covers("m", 1)
    consents.give("m", 1)
    consents.forget("m")
    assert not consents.covers("m", 1)


def test_heads_survive_the_process(tmp_path: Path) -> None:
    assert Heads(tmp_path).known("aa") is None
    Heads(tmp_path).remember("aa", Head(3, bytes(32)))
    Heads(tmp_path).remember("bb", Head(0, b"\1" * 32))
    assert Heads(tmp_path).known("aa") == Head(3, bytes(32))
