"""Whether what was read of the cards may be believed, as a state machine without I/O.

A module leaves out what it could not read and says nothing of it: when contacts slip, or another program resets the card,
OpenSC shows a card with a part of its certificates, or with none. So what was read is read once more, until two readings
are alike; and where a card shows no key that Pli uses again and again, with longer pauses, for about a minute.
"""

from collections.abc import Sequence

from bridge.card.card import CardReport

PAUSES = (0.0, 2.0, 4.0, 8.0, 16.0, 32.0)  # seconds before each further reading


class Doubt:
    """What one module read of its cards."""

    def __init__(self) -> None:
        self._shown: dict[tuple[str, str], frozenset[bytes]] = {}
        self._believed = True
        self._readings = 0

    def renew(self) -> None:
        """Cards moved, or the module began anew: there are as many readings again."""
        self._readings = 0

    def note(self, reports: Sequence[CardReport], *, anew: bool) -> None:
        """What a look saw; `anew`: read from the cards themselves, not remembered from the look before."""
        shown = {(report.reader, report.serial): frozenset(report.certificates) for report in reports}
        if shown != self._shown:
            self._believed = not shown
        elif anew:
            self._believed = True
        self._shown = shown

    def pause(self, usable: bool) -> float | None:
        """Seconds until the next reading; None where there is no need of one. `usable`: whether every card shows a key."""
        if (self._believed and usable) or self._readings == len(PAUSES):
            return None
        self._readings += 1
        return PAUSES[self._readings - 1]
