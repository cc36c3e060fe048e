"""The clocks, and what messages of other systems mean."""

import ctypes
import queue
import threading

import pytest

from bridge.presence import macos, windows
from bridge.presence.clocks import SleepClock, SleepMeter, system_clocks
from bridge.presence.watch import Gone, Presence


class Clocks:
    """Two clocks a test moves."""

    def __init__(self) -> None:
        self.through, self.awake = 1000.0, 400.0

    def run(self, seconds: float) -> None:
        self.through += seconds
        self.awake += seconds

    def sleep(self, seconds: float) -> None:
        self.through += seconds


def test_sleep_is_what_one_clock_missed() -> None:
    clocks = Clocks()
    meter = SleepMeter(lambda: clocks.through, lambda: clocks.awake)
    clocks.run(3600)
    assert not meter.slept()
    clocks.sleep(30)
    assert meter.slept()
    assert not meter.slept()  # told once


def test_the_clocks_of_this_system_agree_while_it_is_awake() -> None:
    assert not SleepMeter(*system_clocks()).slept()


def test_a_sleep_ends_the_sessions() -> None:
    clocks, told = Clocks(), queue.Queue[str]()
    watch = SleepClock(SleepMeter(lambda: clocks.through, lambda: clocks.awake), seconds=0.01)
    presence = Presence(told.put, [watch])
    presence.start()
    clocks.sleep(3600)
    assert told.get(timeout=10) == "suspended"
    presence.stop()


def test_a_source_that_fails_leaves_the_others() -> None:
    told = queue.Queue[str]()

    class Broken:
        name = "broken"

        def run(self, _gone: object, _stop: threading.Event) -> None:
            raise RuntimeError("no such thing here")

    class Working:
        name = "working"

        def run(self, gone: object, _stop: threading.Event) -> None:
            told.put("screen-locked")

    presence = Presence(told.put, [Broken(), Working()])
    presence.start()
    assert told.get(timeout=10) == "screen-locked"
    presence.stop()


@pytest.mark.capability("SE4")
def test_a_source_that_stumbled_once_is_listened_to_again() -> None:
    """Or nobody would notice the next time the screen is locked. Telling may fail as well, on a full disk for one."""
    told, tries = queue.Queue[str](), [OSError("no space left"), KeyError("a signal that nobody foresaw")]

    class Stumbling:
        name = "stumbling"

        def run(self, gone: Gone, _stop: threading.Event) -> None:
            if tries:
                raise tries.pop()
            gone("screen-locked")

    presence = Presence(told.put, [Stumbling()], again_seconds=0.01)
    presence.start()
    assert told.get(timeout=10) == "screen-locked"
    presence.stop()


@pytest.mark.parametrize(
    ("message", "wparam", "absence"),
    [
        (0x02B1, 0x7, "screen-locked"),
        (0x02B1, 0x4, "screen-locked"),
        (0x02B1, 0x2, "screen-locked"),
        (0x02B1, 0x8, None),  # WTS_SESSION_UNLOCK
        (0x0218, 0x4, "suspended"),
        (0x0218, 0x12, None),  # PBT_APMRESUMEAUTOMATIC
        (0x0010, 0x7, None),
    ],
)
def test_what_windows_says(message: int, wparam: int, absence: str | None) -> None:
    assert windows.absence_of(message, wparam) == absence


def test_the_window_class_has_the_layout_of_windows() -> None:
    pointer = ctypes.sizeof(ctypes.c_void_p)
    assert ctypes.sizeof(windows._WindowClass) == 8 + 8 * pointer


def test_what_macos_is_asked_for() -> None:
    assert b"com.apple.screenIsLocked" in macos.LOCKED
