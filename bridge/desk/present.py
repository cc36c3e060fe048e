"""A card on the desk, as the pages know it."""

import hashlib
from dataclasses import dataclass, field
from functools import cached_property

from bridge.card.card import CardReport
from bridge.card.roles import CardKeys, read_keys
from bridge.modules import Module


@dataclass(frozen=True)
class PresentCard:
    """A card in a reader, what it shows without its PIN, and the module that reaches it."""

    module: Module = field(repr=False)
    report: CardReport
    content: CardKeys = field(repr=False)

    @cached_property
    def identity(self) -> str:
        """What tells this card from every other: serial numbers alone are unique within one maker's cards only."""
        certificates = sorted(hashlib.sha256(der).digest() for der in self.report.certificates)
        return hashlib.sha256(self.serial.encode() + b"\0" + b"".join(certificates)).hexdigest()

    @property
    def serial(self) -> str:
        return self.report.serial

    @property
    def state(self) -> str:
        if self.report.pin_locked:
            return "pin-locked"
        if self.report.last_try:
            return "last-try"
        return "ready" if self.content.keys else "unsupported"

    def is_same_card(self, other: "PresentCard") -> bool:
        """Whether two modules show one card: the same certificates in the same reader, by whatever serial number."""
        same_place = self.report.reader == other.report.reader
        return self.identity == other.identity or (
            same_place
            and bool(self.report.certificates)
            and set(self.report.certificates) == set(other.report.certificates)
        )

    def lies_in(self, reader: str) -> bool:
        """Whether this is a PC/SC reader's card. CK_SLOT_INFO cuts names off after 64 octets (PKCS#11 v3.1 §3.2)."""
        return self.report.reader == reader.encode()[:_SLOT_DESCRIPTION].decode("utf-8", "ignore").strip()


_SLOT_DESCRIPTION = 64


def present_card(module: Module, report: CardReport) -> PresentCard:
    return PresentCard(module, report, read_keys(tuple(report.certificates), tuple(report.chain)))
