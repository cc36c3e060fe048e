"""Time limits that a busy machine does not use up."""

import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest

from bridge import child as child_module
from bridge.channel import ChannelBroken
from bridge.child import Child, PolledPipes, PumpedPipes
from bridge.patience import Patience, RunDelay

LONG = 20.0


class Delays:
    """What the system says, as told."""

    def __init__(self, seconds: float) -> None:
        self.told = seconds

    def seconds(self) -> float:
        return self.told


def test_a_limit_ends() -> None:
    assert Patience(0.0, lambda: 0.0).left() == 0.0
    assert 0.0 < Patience(LONG, lambda: 0.0).left() <= LONG


def test_time_without_a_core_does_not_count_and_only_from_now_on() -> None:
    delays = Delays(50.0)
    patience = Patience(1.0, delays.seconds)
    assert patience.left() <= 1.0
    delays.told += 10.0
    assert 9.0 < patience.left() <= 11.0


@contextlib.contextmanager
def two_on_one_core() -> Iterator[int]:
    """A process that shares its core with another one that never rests; its id."""
    core = min(os.sched_getaffinity(0))
    program = f"import os; os.sched_setaffinity(0, [{core}])\nwhile True: pass"
    both = [subprocess.Popen([sys.executable, "-c", program]) for _ in range(2)]
    try:
        yield both[0].pid
    finally:
        for one in both:
            one.kill()
            one.wait(LONG)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux counts")
def test_the_system_says_how_long_a_process_waited_for_a_core() -> None:
    with two_on_one_core() as pid:
        delay, end = RunDelay(pid), time.monotonic() + LONG
        while delay.seconds() < 0.05:
            assert time.monotonic() < end
            time.sleep(0.02)
    assert delay.seconds() == 0.0  # it is gone
    delay.close()


def test_of_a_process_that_never_was_nothing_is_told() -> None:
    delay = RunDelay(-1)
    assert delay.seconds() == 0.0
    delay.close()


@pytest.mark.parametrize("pipes", [PolledPipes, PumpedPipes])
def test_a_child_that_had_no_core_is_waited_for(
    pipes: type[PolledPipes] | type[PumpedPipes], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each look at the clock finds that it was kept from its work a little longer, until it answers."""

    class Busy(RunDelay):
        looks = 0

        def seconds(self) -> float:
            Busy.looks += 1
            return Busy.looks * 0.1

    monkeypatch.setattr(child_module, "RunDelay", Busy)
    child = Child("tests.bridge.talking", pipes=pipes)
    child.call("process", LONG)
    try:
        assert child.call("sleep", 0.05, seconds=0.5) is None
    finally:
        child.stop()


def test_the_first_answer_of_a_process_may_take_longer_and_each_after_a_rest() -> None:
    child = Child("tests.bridge.talking", first_seconds=LONG)
    try:
        assert child.call("sleep", 0.05, seconds=0.3) is None
        with pytest.raises(ChannelBroken):
            child.call("sleep", 0.05, seconds=60)
        assert child.call("sleep", 0.05, seconds=0.3) is None  # of another process
        child.let_next_take(LONG)
        assert child.call("sleep", 0.05, seconds=0.3) is None
        with pytest.raises(ChannelBroken):
            child.call("sleep", 0.05, seconds=60)
    finally:
        child.stop()
