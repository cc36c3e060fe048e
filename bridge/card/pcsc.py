"""Watches readers and cards through PC/SC events, in a thread of its own; no PKCS#11 here.

The service may be absent, start later, stop and come back: then all readers are gone, and the watch tries again.
"""

import threading
from collections.abc import Callable
from typing import Literal

from bridge.card import winscard
from bridge.card.readers import Reader, ReaderChange, Readers
from bridge.card.winscard import PNP_NOTIFICATION, Context, Observation, PcscFailed, PcscMissing, Winscard
from bridge.journal import log

Service = Literal["starting", "running", "stopped", "missing"]

_AGAIN_SECONDS = 1.0
_LOOK_MILLISECONDS = 5000  # a reader plugged in between list and wait is seen by then
_POLL_MILLISECONDS = 1000  # where the system does not announce readers


class ReaderWatch:
    """Calls `listener` with every change, in order and from one thread."""

    def __init__(self, listener: Callable[[ReaderChange], None]) -> None:
        self.service: Service = "starting"
        self._listener = listener
        self._readers = Readers()
        self._context: Context | None = None
        self._stopped = threading.Event()
        self._looked = threading.Event()

    def start(self) -> None:
        threading.Thread(target=self._run, daemon=True, name="readers").start()

    def stop(self) -> None:
        self._stopped.set()
        if (context := self._context) is not None:
            context.cancel()

    @property
    def has_looked(self) -> bool:
        return self._looked.is_set()

    def readers(self, seconds: float = 0) -> list[Reader]:
        """The readers now; waits so long for the first look at them."""
        self._looked.wait(seconds)
        return list(self._readers)

    def _run(self) -> None:
        while not self._stopped.is_set():
            try:
                with Context(Winscard()) as self._context:
                    self._follow(self._context)
            except PcscMissing:
                self._lost("missing")
            except PcscFailed as error:
                log.debug("readers: %s", error)
                self._lost("stopped")
            finally:
                self._context = None
            self._stopped.wait(_AGAIN_SECONDS)

    def _follow(self, context: Context) -> None:
        """Raises PcscFailed when the service ends."""
        while not self._stopped.is_set():
            self._tell(self._readers.named(context.readers()))
            self._tell(self._readers.observed(self._wait(context)))
            self.service = "running"
            self._looked.set()

    def _wait(self, context: Context) -> list[Observation]:
        known = dict(self._readers.states)
        if context.announces_readers:
            known[PNP_NOTIFICATION] = winscard.SCARD_STATE_UNAWARE
        longest = _LOOK_MILLISECONDS if context.announces_readers else _POLL_MILLISECONDS
        milliseconds = longest if self._looked.is_set() else 0
        if known:
            return context.wait(known, milliseconds)
        self._stopped.wait(milliseconds / 1000)
        return []

    def _lost(self, service: Service) -> None:
        self.service = service
        self._looked.set()
        self._tell(self._readers.named([]))

    def _tell(self, changes: list[ReaderChange]) -> None:
        for change in changes:
            try:
                self._listener(change)
            except Exception as error:  # noqa: BLE001 (the watch goes on whatever a listener does)
                log.error("readers: unexpected %s", type(error).__name__)
