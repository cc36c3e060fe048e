"""One worker process per source of cards, called from the listener as if it were a `CardModule`."""

import logging
import time
from collections.abc import Sequence
from typing import Any, Literal

from bridge.card.card import CardReport
from bridge.card.discovery import discover
from bridge.card.errors import CardError, CardFailed, ModuleCrashed, card_error
from bridge.channel import ChannelBroken, ChildError
from bridge.child import Child
from bridge.journal import log
from bridge.policy import Policy

_WAKE_SECONDS = 5.0  # a module that rested connects to its cards again
_LOAD_SECONDS = 15.0  # before a module's first answer its process starts, loads the library and may wake a reader


class Module:
    """One worker process, called as if it were a `CardModule`."""

    def __init__(self, id: str, kind: Literal["pkcs11", "software"], argument: str, seconds: float) -> None:  # noqa: A002
        self.id = id
        self.kind = kind
        self.argument = argument
        self.state = "starting"
        self.generation = 0
        self.looked_at = False
        self.in_readers = kind == "pkcs11"
        self.version = ""
        self.rested_since = 0.0  # when its last call ended, by time.monotonic
        self.seconds = seconds
        self._child = Child("bridge.card.worker", kind, argument, first_seconds=_LOAD_SECONDS, on_start=self._started)

    def start(self) -> None:
        self._child.start()

    def stop(self) -> None:
        self._child.stop()

    def load_anew(self) -> None:
        """The next call finds the module in a new process."""
        self._child.replace()

    @property
    def pid(self) -> int | None:
        return self._child.pid

    @property
    def is_busy(self) -> bool:
        return self._child.is_busy

    def cards(self, pulled: Sequence[str] = ()) -> list[CardReport]:
        """What lies there. Raises CardError."""
        answer = self.call("cards", pulled=list(pulled))
        try:
            reports = [CardReport(**report) for report in answer["cards"]]
            self.in_readers, self.version = bool(answer["in_readers"]), str(answer["version"])
        except (KeyError, TypeError):
            raise ModuleCrashed from None  # a library that overwrote what its worker says
        return reports

    def rest(self) -> bool:
        """Let go of the cards until the next call. Whether it does: not while logged in."""
        try:
            rests = bool(self.call("rest"))
        except CardError:
            return False
        if rests:
            self._child.let_next_take(_WAKE_SECONDS)
        return rests

    def call(self, method: str, *, timeout: float | None = None, **params: Any) -> Any:
        """Raises the worker's CardError, or ModuleCrashed."""
        try:
            result = self._child.call(method, timeout or self.seconds, **params)
        except ChannelBroken:
            self.state = "crashed"
            log.warning("module %s: crashed or hung in %s", self.id, method)
            raise ModuleCrashed from None
        except ChildError as error:
            self._answered(error.name)
            log.log(_level(error.name), "module %s: %s: %s %s", self.id, method, error.name, error)
            raise card_error(error.name, "", error.data) from None
        finally:
            self.rested_since = time.monotonic()
        self.state = "ready"
        return result

    def _answered(self, name: str) -> None:
        self.state = "missing" if name == "ModuleMissing" else "ready"

    def _started(self, _pid: int) -> None:
        self.generation += 1
        self.state = "starting"


def _level(name: str) -> int:
    """What has no name of its own is worth a look; a wrong PIN or a missing card is not."""
    unexpected = type(card_error(name, "", {})) is CardFailed
    return logging.WARNING if unexpected else logging.DEBUG


def modules_of(policy: Policy) -> list[Module]:
    """A worker per PKCS#11 library, those of the policy or else those found here, and one for the software cards."""
    seconds = policy.limits.module_seconds
    libraries = discover() if policy.modules is None else policy.modules
    modules = [Module(id_, "pkcs11", path, seconds) for id_, path in libraries]
    if policy.software_cards is not None:
        modules.append(Module("software", "software", str(policy.software_cards), seconds))
    return modules
