"""What the verbs of the bridge work with: the policy, the cards, the vault, the open mailboxes, budgets and consents."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from bridge.budgets import Budgets
from bridge.desk import CardDesk
from bridge.heads import Heads
from bridge.mailboxes import Mailboxes
from bridge.policy import Limits, Policy
from bridge.vault_client import VaultClient


@dataclass
class Consent:
    """What one agreement still covers."""

    left: int
    until: float


class Consents:
    """Signing consents per open mailbox: a number of signatures within a time (DESIGN §4.5)."""

    def __init__(self, limits: Limits, clock: Callable[[], float] = time.monotonic) -> None:
        self._limits = limits
        self._clock = clock
        self._given: dict[str, Consent] = {}
        self._lock = threading.Lock()

    def covers(self, handle: str, count: int) -> bool:
        """Whether a living consent covers so many signatures; then they are taken from it."""
        with self._lock:
            consent = self._given.get(handle)
            if consent is None or consent.until <= self._clock() or consent.left < count:
                return False
            consent.left -= count
            return True

    def give(self, handle: str, used: int) -> None:
        """A person agreed; `used` signatures are made at once."""
        left = max(0, self._limits.signatures_per_consent - used)
        with self._lock:
            self._given[handle] = Consent(left, self._clock() + self._limits.consent_seconds)

    def forget(self, handle: str) -> None:
        with self._lock:
            self._given.pop(handle, None)


@dataclass
class Bench:
    policy: Policy
    desk: CardDesk
    vault: VaultClient
    mailboxes: Mailboxes
    heads: Heads
    budgets: Budgets = field(default_factory=Budgets)
    requested: dict[str, tuple[str, str]] = field(default_factory=dict)  # handle -> origin, address

    def __post_init__(self) -> None:
        self.consents = Consents(self.policy.limits)

    def forget(self, handle: str) -> None:
        """A mailbox ended: so did the consents given for it."""
        self.consents.forget(handle)
