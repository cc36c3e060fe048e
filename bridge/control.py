"""The control socket: how the person's own commands reach the running bridge. No page can: it is no TCP port.

`state/control` is a Unix socket of mode 0600 in a folder of mode 0700 (on Windows a named pipe). Both ends prove that they read the
key file beside it (`multiprocessing.connection`'s challenge); messages are JSON bytes, never pickled objects.
"""

import contextlib
import hashlib
import json
import os
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from bridge.errors import PliError
from bridge.journal import log
from bridge.keyfile import read_or_make

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

_MAX_MESSAGE = 16 * 1024 * 1024
_LONGEST_ADDRESS = 100  # sun_path has 104 to 108 octets
_SECONDS = 10.0
_AGAIN_SECONDS = 0.1

Verb = Callable[[Mapping[str, Any]], Any]


class NotRunning(PliError):
    """No bridge of this user answers."""

    code = "bridge-not-running"


class ControlFailed(PliError):
    """The socket for commands cannot be opened. The text is for the person."""

    code = "control-failed"


class CommandRefused(PliError):
    """The bridge answered with an error; the text is for the person."""

    code = "command-refused"


class Control:
    """Answers commands by `verbs` within a with block, each command in a thread of its own: some wait for a person."""

    def __init__(self, state: Path, verbs: Mapping[str, Verb]) -> None:
        """Raises KeyFileDamaged, OSError."""
        self._state = state
        self._verbs = verbs
        self._key = read_or_make(state / "control.key")
        self._open = contextlib.ExitStack()
        self._closing = threading.Event()

    def __enter__(self) -> Self:
        """Listen. Raises ControlFailed."""
        try:
            self._listen()
        except OSError as error:
            self._open.close()
            reason = f"{self._state / 'control'}: {error.strerror}"
            raise ControlFailed(f"no command could reach this bridge: {reason}") from None
        threading.Thread(target=self._accept, daemon=True, name="control").start()
        return self

    def __exit__(self, *_failure: object) -> None:
        self._closing.set()
        self._open.close()

    def _listen(self) -> None:
        """A socket left by a bridge that was killed is replaced: bridge.instance saw to it that none runs."""
        from multiprocessing.connection import Listener

        (self._state / "control").unlink(missing_ok=True)
        address = self._open.enter_context(_address(self._state))
        self._listener = self._open.enter_context(Listener(address))
        if os.name == "posix":
            (self._state / "control").chmod(0o600)

    def _accept(self) -> None:
        """A caller who left, or too many open files, ends nothing: the next one is taken."""
        while not self._closing.is_set():
            try:
                caller = self._listener.accept()
            except OSError as error:
                log.debug("control: %s", error.strerror)
                self._closing.wait(_AGAIN_SECONDS)
                continue
            threading.Thread(target=self._converse, args=(caller,), daemon=True, name="command").start()

    def _converse(self, caller: "Connection[Any, Any]") -> None:
        from multiprocessing import AuthenticationError
        from multiprocessing.connection import answer_challenge, deliver_challenge

        with caller, contextlib.suppress(OSError, EOFError, ValueError, AuthenticationError):
            deliver_challenge(caller, self._key)
            answer_challenge(caller, self._key)
            request = json.loads(caller.recv_bytes(_MAX_MESSAGE))
            caller.send_bytes(json.dumps(self._answer(request)).encode())

    def _answer(self, request: Mapping[str, Any]) -> Mapping[str, Any]:
        try:
            return {"result": self._verbs[request["verb"]](request.get("params", {}))}
        except PliError as error:
            return {"error": error.code, "text": str(error)}
        except Exception as error:  # noqa: BLE001 (a command gets an answer always)
            log.error("command failed: %s", type(error).__name__)
            return {"error": "command-failed", "text": "the bridge could not do this"}


def ask(state: Path, verb: str, seconds: float = _SECONDS, **params: Any) -> Any:
    """The running bridge's answer to a command. Raises NotRunning or CommandRefused."""
    from multiprocessing import AuthenticationError
    from multiprocessing.connection import Client, answer_challenge, deliver_challenge

    try:
        key = (state / "control.key").read_bytes()
        with _address(state) as address, Client(address) as bridge:
            _wait(bridge, _SECONDS)
            answer_challenge(bridge, key)
            deliver_challenge(bridge, key)
            bridge.send_bytes(json.dumps({"verb": verb, "params": params}).encode())
            _wait(bridge, seconds)
            answer = json.loads(bridge.recv_bytes(_MAX_MESSAGE))
    except (OSError, EOFError, AuthenticationError):
        raise NotRunning("no bridge of this user runs") from None
    if "error" in answer:
        raise CommandRefused(answer["text"])
    return answer["result"]


def _wait(bridge: "Connection[Any, Any]", seconds: float) -> None:
    if not bridge.poll(seconds):
        raise NotRunning("the bridge does not answer")


@contextlib.contextmanager
def _address(state: Path) -> Iterator[str]:
    """Where the socket is, in a form the system takes: a state folder deep down is reached by its descriptor (Linux)."""
    if os.name == "nt":
        yield rf"\\.\pipe\pli-bridge-{hashlib.sha256(os.fsencode(state)).hexdigest()[:32]}"
        return
    path = state / "control"
    if len(os.fsencode(path)) <= _LONGEST_ADDRESS:
        yield str(path)
        return
    if not sys.platform.startswith("linux"):
        raise NotRunning(f"the path of {path} is too long for a socket")
    folder = os.open(state, os.O_PATH | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{folder}/control"
    finally:
        os.close(folder)
