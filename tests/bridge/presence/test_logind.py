"""Screen lock and sleep through a real bus, from a stand-in for logind."""

import os
import queue
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from jeepney import DBusAddress, new_signal

from bridge.presence.logind import Logind
from tests.bridge.presence.logind_stand_in import NAME, SESSIONS, LogindStandIn, private_bus, stranger

OURS, OTHER = "c1", "c2"


@pytest.fixture
def address(tmp_path: Path) -> Iterator[str]:
    with private_bus(tmp_path) as found:
        yield found


@pytest.fixture
def logind(address: str) -> Iterator[LogindStandIn]:
    stand_in = LogindStandIn(address, {OURS: os.getuid(), OTHER: os.getuid() + 1})
    yield stand_in
    stand_in.close()


@pytest.fixture
def heard(address: str, logind: LogindStandIn) -> Iterator["queue.Queue[str]"]:
    """What the watch tells, in order; it listens once it holds its delay lock."""
    told: queue.Queue[str] = queue.Queue()
    stop = threading.Event()
    thread = threading.Thread(target=Logind(address).run, args=(told.put, stop), daemon=True)
    thread.start()
    logind.wait_until_inhibited()
    yield told
    stop.set()
    thread.join(10)


def nothing_else(heard: "queue.Queue[str]", logind: LogindStandIn) -> bool:
    """A sleep that follows is the next thing told: signals keep their order."""
    logind.sleep(begins=True)
    return heard.get(timeout=10) == "suspended"


def test_a_session_that_is_locked_is_told(heard: "queue.Queue[str]", logind: LogindStandIn) -> None:
    logind.lock(OURS)
    assert heard.get(timeout=10) == "screen-locked"


def test_a_desktop_that_locks_by_itself_is_told(heard: "queue.Queue[str]", logind: LogindStandIn) -> None:
    logind.lock_by_desktop(OURS)
    assert heard.get(timeout=10) == "screen-locked"


def test_unlocking_is_no_absence(heard: "queue.Queue[str]", logind: LogindStandIn) -> None:
    logind.lock_by_desktop(OURS, locked=False)
    assert nothing_else(heard, logind)


def test_another_users_screen_is_not_ours(heard: "queue.Queue[str]", logind: LogindStandIn) -> None:
    logind.lock(OTHER)
    logind.lock_by_desktop(OTHER)
    assert nothing_else(heard, logind)


def test_a_session_nobody_can_describe_is_taken_for_ours(heard: "queue.Queue[str]", logind: LogindStandIn) -> None:
    logind.lock("c9")
    assert heard.get(timeout=10) == "screen-locked"


def test_only_logind_is_believed(address: str, heard: "queue.Queue[str]", logind: LogindStandIn) -> None:
    with stranger(address) as other:
        other.send(new_signal(DBusAddress(SESSIONS + OURS, interface=f"{NAME}.Session"), "Lock"))
        other.bus_proxy.GetId()  # answered after the signal went out
        assert nothing_else(heard, logind)


def test_sleep_waits_until_the_sessions_are_ended(address: str, logind: LogindStandIn) -> None:
    ended, stop = threading.Event(), threading.Event()
    let_go_before: list[bool] = []

    def gone(_absence: str) -> None:
        let_go_before.append(logind.let_go(0, seconds=0))
        ended.set()

    thread = threading.Thread(target=Logind(address).run, args=(gone, stop), daemon=True)
    thread.start()
    logind.wait_until_inhibited()
    logind.sleep(begins=True)
    assert ended.wait(10)
    assert logind.let_go(0)
    assert let_go_before == [False]
    logind.sleep(begins=False)
    logind.wait_until_inhibited(2)  # for the next sleep
    stop.set()
    thread.join(10)


def test_without_a_bus_it_waits(tmp_path: Path) -> None:
    stop = threading.Event()
    thread = threading.Thread(target=Logind(f"unix:path={tmp_path}/none").run, args=(print, stop), daemon=True)
    thread.start()
    stop.set()
    thread.join(10)
    assert not thread.is_alive()
