"""Card sessions: what one PIN entry opened, for one origin and one card, for a number of uses within a time (PIN rule 7)."""

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from bridge.card.card import KeyReport
from bridge.card.errors import LoginRequired
from bridge.desk.events import EndReason, GrantEnded
from bridge.desk.present import PresentCard
from bridge.modules import Module
from bridge.policy import Limits
from bridge.protocol import rfc3339


@dataclass
class CardSession:
    """`generation` is that of the module's process: with another one the card wants its PIN again."""

    module: Module
    generation: int
    until: float
    uses_left: int
    always: frozenset[bytes] = frozenset()
    decrypts: frozenset[bytes] = frozenset()

    @property
    def is_stale(self) -> bool:
        return self.generation != self.module.generation


class CardSessions:
    """All card sessions. Thread-safe. `ended` is told of each that is over."""

    def __init__(
        self, limits: Limits, ended: Callable[[GrantEnded], None], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._limits = limits
        self._ended = ended
        self._clock = clock
        self._sessions: dict[tuple[str, str], CardSession] = {}
        self._lock = threading.Lock()

    def open(self, origin: str, card: PresentCard, keys: Sequence[KeyReport]) -> CardSession:
        """The card took a PIN for this origin."""
        session = CardSession(
            module=card.module,
            generation=card.module.generation,
            until=self._clock() + self._limits.card_seconds,
            uses_left=self._limits.card_uses,
            always=frozenset(key.certificate_sha256 for key in keys if key.always),
            decrypts=frozenset(key.certificate_sha256 for key in keys if key.decrypt),
        )
        with self._lock:
            self._sessions[origin, card.identity] = session
        return session

    def live(self, origin: str, card: PresentCard) -> CardSession | None:
        """The session of this origin with this card, if it is not over."""
        with self._lock:
            session = self._sessions.get((origin, card.identity))
        if session is None or session.until <= self._clock() or session.uses_left <= 0 or session.is_stale:
            return None
        return session

    def are_on(self, module: Module) -> bool:
        """Whether one lives on a card of this module."""
        with self._lock:
            return any(session.module is module for session in self._sessions.values())

    def use(self, origin: str, card: PresentCard, session: CardSession) -> None:
        """One operation; after the last the session is over. Raises LoginRequired where calls at the same time took the last."""
        with self._lock:
            if session.uses_left <= 0:
                raise LoginRequired
            session.uses_left -= 1
        if session.uses_left == 0:
            self.end(lambda key, _session: key == (origin, card.identity), "used-up")

    def end(self, which: Callable[[tuple[str, str], CardSession], bool], reason: EndReason) -> set[str]:
        """End sessions, chosen by (origin, card identity) and state. Returns the cards nobody uses any more."""
        with self._lock:
            over = [key for key, session in self._sessions.items() if which(key, session)]
            for key in over:
                del self._sessions[key]
            used = {identity for _, identity in self._sessions}
        for origin, identity in over:
            self._ended(GrantEnded(origin, identity, reason))
        return {identity for _, identity in over} - used

    def expire(self) -> set[str]:
        """End what is over by time, or with the process of its module. Returns the cards nobody uses any more."""
        now = self._clock()
        self.end(lambda _key, session: session.is_stale, "module-crashed")  # which logged out
        return self.end(lambda _key, session: session.until <= now, "expired")

    def describe(self, session: CardSession) -> dict[str, Any]:
        """For `card.list`."""
        left = timedelta(seconds=session.until - self._clock())
        return {"usesLeft": session.uses_left, "until": rfc3339(datetime.now(UTC) + left)}
