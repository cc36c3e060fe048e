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
from typing import TYPE_CHECKING, Any

from bridge.errors import PliError
from bridge.journal import log
from bridge.keyfile import read_or_make

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

_MAX_MESSAGE = 16 * 1024 * 1024
_LONGEST_ADDRESS = 100  # sun_path has 104 to 108 octets
_SECONDS = 10.0

Verb = Callable[[Mapping[str, Any]], Any]


class NotRunning(PliError):
    """No bridge of this user answers."""

    code = "bridge-not-running"


class CommandRefused(PliError):
    """The bridge answered with an error; the text is for the person."""

    code = "command-refused"


class Control:
    """Answers commands by `verbs`, each command in a thread of its own: some wait for a person."""

    def __init__(self, state: Path, verbs: Mapping[str, Verb]) -> None:
        self._state = state
        self._verbs = verbs
        self._key = read_or_make(state / "control.key")
        self._open = contextlib.ExitStack()

    def start(self) -> None:
        """Listen; a socket left by a bridge that was killed is replaced (bridge.instance saw to it that none runs)."""
        from multiprocessing.connection import Listener

        (self._state / "control").unlink(missing_ok=True)
        address = self._open.enter_context(_address(self._state))
        self._listener = self._open.enter_context(Listener(address))
        if os.name == "posix":
            (self._state / "control").chmod(0o600)
        threading.Thread(target=self._accept, daemon=True, name="control").start()

    def stop(self) -> None:
        self._open.close()

    def _accept(self) -> None:
        while True:
            try:
                caller = self._listener.accept()
            except OSError:
                return  # closed
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
            answer_challenge(bridge, key)
            deliver_challenge(bridge, key)
            bridge.send_bytes(json.dumps({"verb": verb, "params": params}).encode())
            if not bridge.poll(seconds):
                raise NotRunning("the bridge does not answer")
            answer = json.loads(bridge.recv_bytes(_MAX_MESSAGE))
    except (OSError, EOFError, AuthenticationError):
        raise NotRunning("no bridge of this user runs") from None
    if "error" in answer:
        raise CommandRefused(answer["text"])
    return answer["result"]


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
