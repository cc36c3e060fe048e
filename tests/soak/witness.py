"""What a card and a keyboard saw, compared: no try without a keystroke, no last try from a page."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.vcard.iso7816 import Counters, Pin
from tests.vcard.piv import PivCard


class WatchedPin(Pin):
    """A PIN that notes when its last try is taken."""

    def __init__(self, value: bytes, counters: Counters, tries: int = 3) -> None:
        super().__init__(value, counters, tries)
        self.last_tries = 0

    def check(self, presented: bytes) -> None:
        self.last_tries += self.tries == 1
        super().check(presented)


@dataclass
class Keyboard:
    """The prompt's list of PINs it typed."""

    log: Path
    keystrokes: int = 0

    def typed(self) -> int:
        """How many since the last call."""
        before = self.keystrokes
        self.keystrokes = len(self.log.read_text("utf-8").splitlines()) if self.log.exists() else 0
        return self.keystrokes - before


@dataclass
class Witness:
    """One card, watched."""

    card: PivCard
    pin: WatchedPin = field(init=False)
    _spent: int = 0
    _last_tries: int = 0
    _others: int = 0

    def __post_init__(self) -> None:
        self.pin = WatchedPin(b"1234\xff\xff\xff\xff", self.card.counters)
        self.card.pin = self.pin

    def unblock(self) -> None:
        """Three tries again, as with the PUK."""
        self.pin.tries = self.pin.maximum

    @contextmanager
    def others(self) -> Iterator[None]:
        """What is spent within this block is another program's doing."""
        before = self.card.counters.pins
        yield
        self._others += self.card.counters.pins - before

    @property
    def tries(self) -> int:
        """PINs put to the card through the bridge."""
        return self.card.counters.pins - self._others

    @property
    def rival_tries(self) -> int:
        """PINs that another program put to it."""
        return self._others

    def complaints(self, typed: int) -> list[str]:
        """What went wrong since the last look, when so many PINs were typed."""
        ours = self.tries
        spent, last = ours - self._spent, self.pin.last_tries - self._last_tries
        self._spent, self._last_tries = ours, self.pin.last_tries
        found = [f"{spent} tries spent, {typed} PINs typed"] if spent > typed else []
        return found + ([f"{last} last tries taken"] if last else [])
