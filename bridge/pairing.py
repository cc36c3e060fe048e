"""Who may speak to this bridge, and who may become paired with it now (docs/PROTOCOL.md, *Pairing*).

Pairing is open to the origins of the policy always, and to another for two minutes after a person asked for it at the
bridge. A person then compares six digits and agrees, here and on the page.
"""

import time
from collections.abc import Callable
from typing import Literal, Protocol
from urllib.parse import urlsplit

from bridge import p256
from bridge.handshake import Agreement
from bridge.pairings import Pairings
from bridge.prompts.requests import Purpose
from bridge.protocol import RpcError

State = Literal["ready", "pairing", "not-paired", "refused"]
OPEN_SECONDS = 120.0


class PolicyOrigins(Protocol):
    """The origins a policy names (bridge.origins)."""

    def admits(self, origins: list[str]) -> bool:
        """Whether these are one Origin header with an allowed value."""


class Pairing:
    """The decision about each page. `ask` shows a purpose to the person and raises RpcError unless they agree."""

    def __init__(self, policy: PolicyOrigins, pages: Pairings, clock: Callable[[], float] = time.monotonic) -> None:
        self._policy = policy
        self._pages = pages
        self._clock = clock
        self._open_until: dict[str, float] = {}

    @property
    def pages(self) -> Pairings:
        return self._pages

    def open(self, origin: str) -> None:
        """A person at the bridge asked to pair with this origin: it may, for two minutes."""
        self._open_until[origin] = self._clock() + OPEN_SECONDS

    def close(self, origin: str) -> None:
        """It may not pair any more, unless the policy names it."""
        self._open_until.pop(origin, None)

    def is_open(self, origin: str) -> bool:
        """Whether a new page of this origin may pair now."""
        return self._policy.admits([origin]) or self._open_until.get(origin, 0.0) > self._clock()

    def admits(self, origin: str) -> bool:
        """Whether a page of this origin gets past the doors at all."""
        return self.is_open(origin) or self._pages.knows(origin)

    def key_for(self, origin: str) -> p256.PrivateKey:
        """The bridge's long-term key for an origin the doors let in."""
        return self._pages.bridge_key(origin)

    def state(self, origin: str, agreed: Agreement) -> State:
        """What a finished handshake means. A page that asks for digits gets them, also where its key is known: it may
        have lost ours.
        """
        if agreed.pair and self.is_open(origin):
            return "pairing"
        return "ready" if self._pages.is_paired(origin, agreed.peer) else "not-paired"

    def ask(self, origin: str, agreed: Agreement, label: str, ask: Callable[[Purpose], None]) -> State:
        """Ask the person, who compares the digits; remember the page where they agree, and the window was not used or closed meanwhile."""
        window = self._open_until.get(origin)
        try:
            ask(Purpose("pair", (("host", urlsplit(origin).netloc), ("digits", agreed.digits))))
        except RpcError:
            return "refused"
        if self._open_until.get(origin) != window:
            return "refused"
        self.close(origin)
        self._pages.add(origin, agreed.peer, label)
        return "ready"


def browser_name(user_agent: str) -> str:
    """What a browser calls itself, for the list of paired pages; "" for one that we do not know."""
    names = {"Firefox/": "Firefox", "Edg/": "Edge", "Chrom": "Chromium", "Safari/": "Safari"}
    return next((name for mark, name in names.items() if mark in user_agent), "")
