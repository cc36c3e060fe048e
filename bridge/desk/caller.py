"""Who asks: a page of one origin, or the person at this computer."""

import threading
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Caller:
    """A page: its origin, and whether its socket is gone. The person's own commands have no origin."""

    origin: str
    cancelled: threading.Event = field(default_factory=threading.Event, repr=False)

    @property
    def is_person(self) -> bool:
        return not self.origin


class Either(threading.Event):
    """Set by itself or by another event."""

    def __init__(self, other: threading.Event) -> None:
        super().__init__()
        self._other = other

    @property
    def own(self) -> bool:
        return super().is_set()

    def is_set(self) -> bool:
        return super().is_set() or self._other.is_set()
