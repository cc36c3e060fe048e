"""What the desk tells: readers and cards that come and go, and card sessions that end."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from bridge.desk.present import PresentCard

EndReason = Literal["card-removed", "locked", "expired", "used-up", "module-crashed", "screen-locked", "suspended"]


@dataclass(frozen=True)
class CardEvent:
    """A card came, went, or shows something else than before (its counter, its certificates)."""

    method: Literal["card.inserted", "card.removed", "card.changed"]
    card: PresentCard
    subscribers_only = True


@dataclass(frozen=True)
class ReaderEvent:
    """A reader was plugged in or out."""

    method: Literal["reader.added", "reader.removed"]
    reader: str
    subscribers_only = True


@dataclass(frozen=True)
class GrantEnded:
    """What one PIN entry opened for one origin is over; only that origin is told."""

    origin: str
    identity: str
    reason: EndReason
    subscribers_only = False


DeskEvent = CardEvent | ReaderEvent | GrantEnded
DeskListener = Callable[[DeskEvent], None]
