"""What the verbs of the bridge work with: the policy, the cards, the vault, the open mailboxes, budgets and consents."""

import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from cryptography import x509

from bridge.budgets import Budgets
from bridge.desk import CardDesk
from bridge.heads import Heads
from bridge.ledger import Ledger
from bridge.mailboxes import Mailboxes
from bridge.policy import Limits, Policy
from bridge.sheets import Sheets
from bridge.vault_client import VaultClient

if TYPE_CHECKING:
    from bridge.exporting import Export
    from bridge.recovery_requests import Asked


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


_LONGEST_CHAIN = 6
_MOST_REQUESTED = 8  # pairs of keys that one origin may have waiting in the vault


class Intermediates:
    """CA certificates seen in this run. Real cards rarely hold their issuers, and a signature should enclose them."""

    def __init__(self) -> None:
        self._by_subject: dict[bytes, x509.Certificate] = {}

    def learn(self, certificates: Iterable[x509.Certificate]) -> None:
        self._by_subject.update((certificate.subject.public_bytes(), certificate) for certificate in certificates)

    def chain_of(self, certificate: x509.Certificate) -> tuple[x509.Certificate, ...]:
        """The certificates from the issuer up, as far as they are known and without a self-signed root. Unverified."""
        chain: list[x509.Certificate] = []
        while len(chain) < _LONGEST_CHAIN:
            issuer = self._by_subject.get((chain[-1] if chain else certificate).issuer.public_bytes())
            if issuer is None or issuer.issuer == issuer.subject:
                break
            chain.append(issuer)
        return tuple(chain)


@dataclass
class Bench:
    policy: Policy
    desk: CardDesk
    vault: VaultClient
    mailboxes: Mailboxes
    heads: Heads
    budgets: Budgets = field(default_factory=Budgets)
    sheets: Sheets = field(default_factory=Sheets)
    ledger: Ledger = field(default_factory=Ledger)
    requested: dict[str, tuple[str, str]] = field(default_factory=dict)  # handle -> origin, address
    exports: dict[str, "Export"] = field(default_factory=dict)  # mailboxes on their way out, by id
    asked: dict[str, "Asked"] = field(default_factory=dict)  # recovery requests that wait for shares, by their id
    begun: dict[str, tuple[str, str]] = field(
        default_factory=dict
    )  # the same, of a next epoch that may not have come to be

    def __post_init__(self) -> None:
        self.consents = Consents(self.policy.limits)
        self.intermediates = Intermediates()

    def surplus(self, origin: str) -> str | None:
        """The oldest keys of this origin that wait for their certificates, where it has as many as it may."""
        waiting = [handle for handle, (owner, _) in self.requested.items() if owner == origin]
        return waiting[0] if len(waiting) >= _MOST_REQUESTED else None

    def forget(self, handle: str) -> None:
        """A mailbox ended: so did the consents given for it, what its log said, and its recovery sheet."""
        self.consents.forget(handle)
        self.begun.pop(handle, None)
        self.ledger.forget(handle)
        self.sheets.forget(handle)
        for export in self.exports.values():
            if export.handle == handle and export.state == "running":
                export.end("failed")
