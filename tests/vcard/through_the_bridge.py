"""A card in a reader, as the bridge's module process sees and uses it."""

import contextlib
import hashlib
import time
from typing import Any

from bridge.card.card import CardReport, Mechanism
from bridge.card.errors import CardFailed
from bridge.modules import Module
from tests.vcard.holder import CertifiedKey
from tests.vcard.stack import Card, CardStack


def wait(module: Module, count: int) -> list[CardReport]:
    """The cards once there are so many; while they settle, a module may fail (CKR_BUFFER_TOO_SMALL)."""
    for _ in range(100):
        with contextlib.suppress(CardFailed):
            if len(cards := module.cards()) == count:
                return cards
        time.sleep(0.05)
    raise AssertionError(count)


def insert(stack: CardStack, module: Module, card: Card, reader: int = 0) -> CardReport:
    """Put a card into an empty desk, and wait until the module shows it."""
    stack.readers[reader].insert(card)
    return next(report for report in wait(module, 1) if report.reader == stack.readers[reader].name)


def login(module: Module, report: CardReport, pin: str) -> list[dict[str, Any]]:
    """Give the PIN; what the private keys say of themselves."""
    module.call("login", serial=report.serial, pin=pin.encode())
    keys: list[dict[str, Any]] = module.call("keys", serial=report.serial)
    return keys


def use(
    module: Module, report: CardReport, key: CertifiedKey, mechanism: Mechanism, data: bytes, pin: str | None = None
) -> bytes:
    """One operation with the key of a certificate."""
    answer: bytes = module.call(
        "perform",
        serial=report.serial,
        certificate_sha256=hashlib.sha256(key.der).digest(),
        mechanism=str(mechanism),
        data=data,
        pin=None if pin is None else pin.encode(),
    )
    return answer
