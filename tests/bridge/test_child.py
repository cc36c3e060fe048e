"""A child that threads wait for: hung, crashed, talkative, slow to read; with pipes of either kind."""

import os
import shlex
import signal
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO

import pytest

from bridge import child as child_module
from bridge.channel import ChannelBroken, ChildError
from bridge.child import Child, Pipes, PolledPipes, PumpedPipes

LONG = 20.0


@pytest.fixture(params=[PolledPipes, PumpedPipes])
def child(request: pytest.FixtureRequest) -> Iterator[Child]:
    pipes: Callable[[IO[bytes], IO[bytes]], Pipes] = request.param
    made = Child("tests.bridge.talking", pipes=pipes)
    yield made
    made.stop()


def test_values_and_bytes_come_back(child: Child) -> None:
    value = {"a": [1, None, "é"], "b": b"\0" * 3_000_000}
    assert child.call("echo", LONG, value=value) == value


def test_what_a_module_prints_is_no_answer(child: Child) -> None:
    assert child.call("babble", LONG, value="me") == "me"
    assert child.call("echo", LONG, value=2) == 2


@pytest.mark.parametrize(
    ("method", "name", "text", "data"), [("refuse", "Refused", "no", {"tries": 2}), ("leak", "ValueError", "", {})]
)
def test_only_public_errors_keep_their_words(child: Child, method: str, name: str, text: str, data: object) -> None:
    with pytest.raises(ChildError) as failure:
        child.call(method, LONG, **({"secret": "1234"} if method == "leak" else {}))
    assert (failure.value.name, str(failure.value), failure.value.data) == (name, text, data)


def test_a_child_that_hangs_is_killed_and_another_answers(child: Child) -> None:
    first = child.call("process", LONG)
    with pytest.raises(ChannelBroken, match="sleep"):
        child.call("sleep", 0.2, seconds=60)
    assert child.pid is None
    assert child.call("process", LONG) not in (first, None)


def test_a_child_that_dies_is_told_from_one_that_answers(child: Child) -> None:
    child.start()
    with pytest.raises(ChannelBroken, match="die"):
        child.call("die", LONG)
    assert child.call("echo", LONG, value=1) == 1


def test_one_that_died_in_between_is_replaced(child: Child) -> None:
    with pytest.raises(ChannelBroken):
        child.call("die", LONG)
    started: list[int] = []
    again = Child("tests.bridge.talking", on_start=started.append)
    assert started == []
    assert again.call("process", LONG) == started[0]
    again.stop()


@pytest.mark.parametrize("answer", [5, [], {}, {"error": 1}, {"error": "R"}, {"error": "R", "message": "", "data": 1}])
def test_what_is_no_answer_breaks_the_channel(child: Child, answer: object) -> None:
    """A vendor's library shares the process of its worker, and may write what it likes."""
    with pytest.raises(ChannelBroken, match="pretend"):
        child.call("pretend", LONG, answer=answer)
    assert child.pid is None


def test_one_that_cannot_be_started_is_told_as_one_that_broke(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As while the program is being upgraded, or where the system has no process or file descriptor left."""
    program, command = tmp_path / "program", child_module.module_command("tests.bridge.talking")
    monkeypatch.setattr(child_module, "module_command", lambda *_: [str(program)])
    made = Child("tests.bridge.talking")
    with pytest.raises(ChannelBroken, match="echo"):
        made.call("echo", LONG, value=1)
    program.write_text(f"#!/bin/sh\nexec {shlex.join(command)}\n")
    program.chmod(0o700)
    assert made.call("echo", LONG, value=1) == 1
    made.stop()


def test_one_that_is_replaced_is_another(child: Child) -> None:
    first = child.call("process", LONG)
    child.replace()
    assert child.call("process", LONG) not in (first, None)


def test_one_that_was_stopped_stays_stopped(child: Child) -> None:
    child.start()
    child.stop()
    child.start()
    with pytest.raises(ChannelBroken):
        child.call("echo", LONG, value=1)
    assert child.pid is None


def test_a_request_larger_than_a_pipe_does_not_wait_for_ever_for_a_child_that_does_not_read() -> None:
    child = Child("tests.bridge.talking", pipes=PolledPipes)
    os.kill(child.call("process", LONG), signal.SIGSTOP)
    with pytest.raises(ChannelBroken, match="echo"):
        child.call("echo", 0.3, value=b"x" * 4_000_000)
    assert child.pid is None


def test_calls_of_many_threads_each_get_their_own_answer(child: Child) -> None:
    found: dict[int, object] = {}
    threads = [
        threading.Thread(target=lambda n=n: found.update({n: child.call("echo", LONG, value=n)}), daemon=True)
        for n in range(12)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(LONG)
    assert found == {n: n for n in range(12)}


def test_a_length_no_frame_has_breaks_the_channel() -> None:
    child = Child("tests.bridge.talking", pipes=PolledPipes)
    with pytest.raises(ChannelBroken):
        child.call("announce_too_much", LONG)
    assert child.pid is None
