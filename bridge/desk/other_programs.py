"""Whether another program is at a card. A connection that does not come says that somebody is: our own module, perhaps.

The reader service needs a moment to let others in after a call of the module has ended, and a connection that was begun during the
call waits for it. So a transaction is another program's only where the modules were at rest for a while, and it is still there.
"""

import time
from collections.abc import Callable, Sequence
from typing import Protocol

from bridge.card.holding import Hold

_REST_SECONDS = 0.4  # and the look itself takes as long as it waits
_PATIENCE_SECONDS = (
    1.0  # a program that reads a card goes on from transaction to transaction; a slow computer connects slowly
)


class CardUser(Protocol):
    """What a module says of its own work."""

    @property
    def in_readers(self) -> bool:
        """Whether its cards lie in readers."""

    @property
    def is_busy(self) -> bool:
        """Whether a call is under way."""

    @property
    def rested_since(self) -> float:
        """When its last call ended, by `time.monotonic`."""


class OtherPrograms:
    """`look` tries a connection to the card in a reader (`bridge.card.holding.HeldProbe`)."""

    def __init__(
        self, modules: Sequence[CardUser], look: Callable[[str], Hold], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._modules = modules
        self._look = look
        self._clock = clock

    def hold(self, reader: str, *, patiently: bool = False) -> Hold:
        """How another program holds this reader's card; `free` while a module of ours is at work.

        Who wants to use the card asks `patiently`: a transaction that ends within a second is waited for.
        """
        until = self._clock() + (_PATIENCE_SECONDS if patiently else 0.0)
        while (hold := self._look(reader)) == "transaction":
            ours = [module for module in self._modules if module.in_readers]
            if any(module.is_busy for module in ours):
                return "free"
            if self._clock() >= until and all(self._clock() - one.rested_since >= _REST_SECONDS for one in ours):
                return hold
        return hold
