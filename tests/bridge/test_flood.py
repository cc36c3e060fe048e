"""What callers cost that no door let in."""

from bridge.flood import HalfOpen, RefusalPace


def test_the_oldest_silent_caller_makes_room() -> None:
    dropped: list[str] = []
    waiting = HalfOpen(limit=3)
    for name in ("a", "b", "c", "d"):
        waiting.enter(name, lambda name=name: dropped.append(name))
    assert dropped == ["a"]
    waiting.leave("b")
    waiting.enter("e", lambda: dropped.append("e"))
    assert dropped == ["a"]


def test_refusals_are_slow_only_while_they_come_by_the_dozen() -> None:
    now = 0.0
    pace = RefusalPace(lambda: now)
    assert [pace.delay() for _ in range(60)] == [0.0] * 60
    assert pace.delay() > 0
    now = 10.0
    assert pace.delay() == 0.0
