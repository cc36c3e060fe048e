"""The control socket: for its owner's commands alone."""

import contextlib
import json
import os
import resource
import socket
import tempfile
import time
from collections.abc import Iterator, Mapping
from multiprocessing.connection import Client, answer_challenge, deliver_challenge
from pathlib import Path
from typing import Any

import pytest

from bridge.control import CommandRefused, Control, NotRunning, ask
from bridge.errors import PliError, PolicyRefused
from bridge.instance import AlreadyRunning, lock_state
from tests.bridge.other_user import run_as, uid_of


def refuse(_params: Mapping[str, Any]) -> None:
    raise PliError("not today")


def fail(_params: Mapping[str, Any]) -> None:
    raise ZeroDivisionError("secret")


@pytest.fixture
def state(tmp_path: Path) -> Iterator[Path]:
    with Control(tmp_path, {"echo": dict, "refuse": refuse, "fail": fail}):
        yield tmp_path


def test_a_command_is_answered(state: Path) -> None:
    assert ask(state, "echo", a=1, b=["é"]) == {"a": 1, "b": ["é"]}
    assert ask(state, "echo") == {}


def test_a_refusal_is_a_sentence(state: Path) -> None:
    with pytest.raises(CommandRefused, match=r"^not today$"):
        ask(state, "refuse")
    for verb in ("fail", "absent"):
        with pytest.raises(CommandRefused, match=r"^the bridge could not do this$"):
            ask(state, verb)
    assert ask(state, "echo") == {}


def test_a_caller_it_could_not_take_does_not_end_the_service(state: Path) -> None:
    with socket.socket(socket.AF_UNIX) as caller, no_more_files():
        caller.connect(str(state / "control"))
        time.sleep(0.3)  # until it was tried to take this one
    assert ask(state, "echo", a=1) == {"a": 1}


@contextlib.contextmanager
def no_more_files() -> Iterator[None]:
    """Whoever opens a file or takes a caller in this process meets EMFILE."""
    lowest = os.dup(0)
    os.close(lowest)
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (lowest, limits[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, limits)


def test_only_the_owner_may_read_what_opens_it(state: Path) -> None:
    assert (state / "control").stat().st_mode & 0o777 == 0o600
    assert (state / "control.key").stat().st_mode & 0o777 == 0o600


CONNECT = """
import socket, sys
with socket.socket(socket.AF_UNIX) as caller:
    try:
        caller.connect(sys.argv[1])
        print("connected")
    except PermissionError:
        print("refused")
"""


@pytest.mark.negative(54)
def test_another_user_cannot_even_connect() -> None:
    """Not by the mode of the folder alone, which this test opens to all."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        with Control(folder, {"echo": dict}):
            assert run_as(uid_of(), CONNECT, str(folder / "control")) == "refused\n"
            (folder / "control").chmod(0o666)
            assert run_as(uid_of(), CONNECT, str(folder / "control")) == "connected\n"


def test_without_the_key_there_is_no_answer(state: Path) -> None:
    (state / "control.key").write_bytes(b"x" * 32)
    with pytest.raises(NotRunning):
        ask(state, "echo")


def test_what_is_no_command_harms_nothing(state: Path) -> None:
    key = (state / "control.key").read_bytes()
    for octets in (b"", b"{", b"[]", b"null", b'{"verb": 1}', b'{"verb": "echo", "params": 7}', b"\x80\x04K\x01."):
        with Client(str(state / "control")) as bridge:
            answer_challenge(bridge, key)
            deliver_challenge(bridge, key)
            bridge.send_bytes(octets)
            with contextlib.suppress(EOFError):
                assert "error" in json.loads(bridge.recv_bytes())
    with socket.socket(socket.AF_UNIX) as stranger:
        stranger.connect(str(state / "control"))
        stranger.sendall(b"\xff" * 100)
    assert ask(state, "echo") == {}


def test_no_bridge_is_said(tmp_path: Path) -> None:
    with pytest.raises(NotRunning, match="no bridge of this user runs"):
        ask(tmp_path, "echo")


def test_a_socket_that_a_killed_bridge_left_is_replaced(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(str(tmp_path / "control"))
    with Control(tmp_path, {"echo": dict}):
        assert ask(tmp_path, "echo") == {}


def test_a_state_folder_deep_down_is_reached(tmp_path: Path) -> None:
    deep = tmp_path / ("d" * 100) / ("e" * 100)
    deep.mkdir(parents=True)
    with Control(deep, {"echo": dict}):
        assert ask(deep, "echo", a=1) == {"a": 1}


@pytest.mark.negative(61)
def test_a_state_folder_of_somebody_else_is_refused(tmp_path: Path) -> None:
    state = tmp_path / "state"
    state.mkdir(mode=0o755)
    os.close(lock_state(state))
    assert state.stat().st_mode & 0o777 == 0o700
    state.chmod(0o777)
    with pytest.raises(PolicyRefused, match="writable by others"):
        lock_state(state)
    state.chmod(0o700)
    if os.geteuid() == 0:
        os.chown(state, 54321, 54321)
        with pytest.raises(PolicyRefused, match="belongs to another user"):
            lock_state(state)


def test_one_bridge_per_state_folder(tmp_path: Path) -> None:
    held = lock_state(tmp_path / "state")
    assert (tmp_path / "state").stat().st_mode & 0o777 == 0o700
    with pytest.raises(AlreadyRunning):
        lock_state(tmp_path / "state")
    os.close(held)
    os.close(lock_state(tmp_path / "state"))
