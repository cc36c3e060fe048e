"""Watches one module: asks it when readers say that something changed, or again and again where it has no readers.

A module keeps a connection to each card it has seen, and a program that wants a card for itself (billing software does)
would never get it. So a module that nobody uses lets go of its cards until somebody does.
"""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Protocol

from bridge.card.card import CardReport
from bridge.card.errors import CardError, CardFailed, ModuleCrashed
from bridge.desk.doubt import Doubt
from bridge.journal import log
from bridge.modules import Module

_POLL_SECONDS = 0.25  # cards without a reader: SoftHSM, software cards
_MISSING_SECONDS = 2.0
_SAFETY_SECONDS = 10.0  # beside events: another program may change a card's counter
_REST_SECONDS = 1.0  # without a card session, until the module lets go of its cards
_REST_CHECK_SECONDS = 600.0
_BLIND_SECONDS = 1.0  # the reader service does not run
_BLOCKED_SECONDS = 0.1
_SETTLING = (0.05, 0.1, 0.2, 0.4, 0.8, 1.6)  # a card was inserted, and the module does not show it yet
_RESTARTS = (0.0, 0.5, 2.0, 10.0)  # pauses before a module that crashes again and again is started again
_FIRST_LOOK_SECONDS = 5.0
_GLANCE_SECONDS = 0.1
_READ_ANEW = ""  # in place of a serial number: nothing that was read of the cards is remembered


class ReaderView(Protocol):
    """What a watch needs to know of the readers."""

    def hears(self) -> bool:
        """Whether the reader service runs, so that changes will be told."""

    def is_settled(self, module: Module) -> bool:
        """Whether the module has shown the card of every reader that has one."""

    def are_usable(self) -> bool:
        """Whether every card that lies in a reader shows a key, by whatever module."""

    def is_used(self, module: Module) -> bool:
        """Whether a card session lives on a card of this module."""

    def is_blocked(self) -> bool:
        """Whether another program is in the middle of something with a card: a module asked now would wait for it."""


class StillAtWork(ModuleCrashed):
    """The module has not answered yet, within its own time limit: it starts, wakes its reader, or serves somebody else."""


class ModuleWatch:
    """One thread per module. `found` takes what a look saw, and the number of changes known when the look began."""

    def __init__(
        self, module: Module, readers: ReaderView, found: Callable[["ModuleWatch", list[CardReport], int], None]
    ) -> None:
        self.module = module
        self.changes = 0
        self._readers = readers
        self._found = found
        self._seen = -1
        self._pulled: list[str] = []
        self._blocked = False
        self._crashed = False
        self._settling = 0
        self._crashes = 0
        self._doubt = Doubt()
        self._looking = threading.Lock()
        self._wake = threading.Event()
        self._answering = threading.Event()
        self._stopped = threading.Event()

    def start(self) -> None:
        threading.Thread(target=self._run, daemon=True, name=f"watch {self.module.id}").start()

    def stop(self) -> None:
        self._stopped.set()
        self._wake.set()

    @property
    def has_given_up(self) -> bool:
        """Whether a card that was inserted had all the time it gets to be shown."""
        return self._settling >= len(_SETTLING)

    def moved(self, pulled: Sequence[str] = ()) -> None:
        """Something happened in a reader. `pulled`: what left it, by serial number."""
        self._pulled.extend(pulled)
        self._doubt.renew()
        self.changed()

    def changed(self) -> None:
        """What was seen is old: a counter moved, or more."""
        self.changes += 1
        self._settling = 0
        self._wake.set()

    def refresh(self, *, patiently: bool = False) -> None:
        """Return once the cards are known as they are now. Raises CardError; StillAtWork when that takes long, unless `patiently`."""
        self._await_answer(patiently)
        if self.is_current():
            return
        with self._turn(patiently):
            if not self._answering.is_set():
                raise ModuleCrashed  # while others waited for their turn
            if self.is_current():
                return
            try:
                self._look()
            except CardFailed:
                if not self.module.in_readers:
                    raise
                log.debug("module %s: a card is just coming or going", self.module.id)  # what is known stays

    def _await_answer(self, patiently: bool) -> None:
        """The first of its process: a start that takes long is no crash, and ends by the module's own time limit."""
        began = time.monotonic()
        while not self._answering.wait(_GLANCE_SECONDS):
            if patiently and not self._crashed and not self._blocked and not self._stopped.is_set():
                continue
            if time.monotonic() - began > self._patience(patiently):
                raise ModuleCrashed if self._crashed else StillAtWork

    def _patience(self, patiently: bool) -> float:
        is_known = self.module.looked_at or self._crashed
        return self.module.seconds if is_known and not patiently else _FIRST_LOOK_SECONDS

    @contextmanager
    def _turn(self, patiently: bool) -> Iterator[None]:
        """Whoever has it gives it up by the module's own time limit."""
        if not self._looking.acquire(timeout=-1 if patiently else self._patience(patiently)):
            raise StillAtWork
        try:
            yield
        finally:
            self._looking.release()

    def _look(self) -> None:
        self._blocked = self.module.in_readers and self._readers.is_blocked()
        if self._blocked:
            return
        began, pulled = self.changes, self._pulled
        self._pulled = []
        try:
            reports = self.module.cards(pulled)
        except ModuleCrashed:
            self._crashed = True
            self._doubt.renew()
            self._answering.clear()
            self._wake.set()
            raise
        except CardError:
            self._pulled.extend(pulled)
            self._crashed = False
            self._answering.set()
            raise
        self._crashes, self._crashed = 0, False
        self._doubt.note(reports, anew=bool(pulled))
        self._found(self, reports, began)
        self._seen = began
        self._answering.set()

    def is_current(self) -> bool:
        """Whether nothing happened since the last look; never so for cards without reader events."""
        return self.module.in_readers and self._readers.hears() and self._seen == self.changes

    def _run(self) -> None:
        idle = True
        while not self._stopped.is_set():
            self._wake.clear()
            try:
                with self._looking:
                    if idle or not self.is_current():
                        self._look()
                pause = self._pause()
            except ModuleCrashed:
                pause = _RESTARTS[min(self._crashes, len(_RESTARTS) - 1)]
                self._crashes += 1
                self._wake.clear()
            except CardError:
                pause = _MISSING_SECONDS if self.module.state == "missing" else _POLL_SECONDS
            except Exception as error:  # noqa: BLE001 (cards are watched on, whatever one of them shows)
                log.error("module %s: unexpected %s", self.module.id, type(error).__name__)
                pause = _POLL_SECONDS
            idle = not self._wake.wait(pause)
            if idle and self._is_unused() and self.module.rest():
                idle = not self._wake.wait(self._rest())

    def _rest(self) -> float:
        """Seconds until the next look. Cards are read again from a module that let go of them, and has no memory of its own."""
        pause = self._doubt.pause(self._readers.are_usable())
        if pause is None:
            return _REST_CHECK_SECONDS
        self._pulled.append(_READ_ANEW)
        return pause

    def _is_unused(self) -> bool:
        """Whether the module may let go of its cards: their readers tell what changes, and nobody is logged in."""
        return self.is_current() and self._is_settled() and not self._readers.is_used(self.module)

    def _is_settled(self) -> bool:
        return self._readers.is_settled(self.module) or self.has_given_up

    def _pause(self) -> float:
        if not self.module.in_readers:
            return _POLL_SECONDS
        if not self._readers.hears():
            return _BLIND_SECONDS
        if self._blocked:
            return _BLOCKED_SECONDS
        if self._is_unused():
            return _REST_SECONDS
        if self._is_settled():
            return _SAFETY_SECONDS
        self._settling += 1
        return _SETTLING[self._settling - 1]
