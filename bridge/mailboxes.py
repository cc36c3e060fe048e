"""The mailboxes that are open now: which origin may use which handle, and until when."""

import contextlib
import secrets
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any, Literal

from cryptography import x509

from bridge.cms.grants import Holder
from bridge.desk import Caller
from bridge.journal import used_key
from bridge.pki.certificates import certificate_sha256
from bridge.protocol import RpcError, rfc3339
from bridge.vault_client import VaultClient

Reason = Literal["card-removed", "locked", "expired", "bridge-stopped"]
Role = Literal["reader", "sender", "manager", "owner"]
Level = Literal["full", "recovery", "officers"]


@dataclass(frozen=True)
class OpenMailbox:
    """What the listener knows of an open mailbox: names and certificates, no key.

    `delegation` is what a delegate's card adds to each signature (DER, `bridge.cms.delegation`); None for the owner. `holder` is
    whose grant opened it. A session of another `level` than `full` reads, and that is all; `messages` is how many (0: no limit).
    """

    handle: str
    origin: str
    mailbox_id: str
    address: str
    epoch: int
    role: Role
    encryption_certificate: x509.Certificate = field(repr=False)
    signature_certificate: x509.Certificate = field(repr=False)
    card_identity: str | None
    until: datetime
    delegation: bytes | None = field(default=None, repr=False)
    holder: Holder | None = field(default=None, repr=False)
    level: Level = "full"
    messages: int = 0

    @cached_property
    def thumbprint(self) -> str:
        """As the journal names its key."""
        return certificate_sha256(self.signature_certificate).hex()[:16]

    @property
    def may_leave(self) -> bool:
        """Whether its owner opened it himself, with every right."""
        return self.level == "full" and self.role == "owner"

    def summary(self) -> dict[str, Any]:
        return {"handle": self.handle, "address": self.address, "until": rfc3339(self.until)}


Ended = Callable[[OpenMailbox, Reason], None]


class Mailboxes:
    """Thread-safe. Ending a mailbox wipes its keys in the vault."""

    def __init__(self, vault: VaultClient, seconds: int, on_end: Ended) -> None:
        self._vault = vault
        self._seconds = seconds
        self._on_end = on_end
        self._open: dict[str, OpenMailbox] = {}
        self._lock = threading.Lock()

    def new_handle(self) -> str:
        return "m_" + secrets.token_hex(16)

    def until(self) -> datetime:
        """When a mailbox that opens now ends by itself."""
        return datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=self._seconds)

    def add(self, mailbox: OpenMailbox) -> None:
        with self._lock:
            self._open[mailbox.handle] = mailbox

    def get(self, caller: Caller, handle: str) -> OpenMailbox:
        """Raises RpcError HANDLE_UNKNOWN, also for another origin's handle."""
        with self._lock:
            mailbox = self._open.get(handle)
        if mailbox is None or mailbox.origin != caller.origin or mailbox.until <= datetime.now(UTC):
            raise RpcError("HANDLE_UNKNOWN")
        used_key.set(mailbox.thumbprint)
        return mailbox

    def of_origin(self, origin: str) -> list[OpenMailbox]:
        with self._lock:
            return [mailbox for mailbox in self._open.values() if mailbox.origin == origin]

    def of_address(self, address: str) -> OpenMailbox | None:
        """The mailbox of that address that its owner opened last."""
        with self._lock:
            wanted = [one for one in self._open.values() if one.address == address.lower() and one.may_leave]
        return wanted[-1] if wanted else None

    def end(self, chosen: Callable[[OpenMailbox], bool], reason: Reason) -> None:
        """Wipe the chosen ones and tell of each, also where the vault dies over it: their keys are gone with it."""
        with self._lock:
            ended = [mailbox for mailbox in self._open.values() if chosen(mailbox)]
            for mailbox in ended:
                del self._open[mailbox.handle]
        for mailbox in ended:
            with contextlib.suppress(RpcError):  # told to the log
                self._vault.call("forget", handle=mailbox.handle)
            self._on_end(mailbox, reason)

    def sweep(self) -> None:
        """End what has expired."""
        now = datetime.now(UTC)
        self.end(lambda mailbox: mailbox.until <= now, "expired")
