"""The readers of this machine as a state machine without I/O: what PC/SC says in, what changed out."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from bridge.card import winscard
from bridge.card.winscard import Observation

Change = Literal["reader-added", "reader-removed", "card-inserted", "card-removed", "card-shared"]


@dataclass(frozen=True)
class Reader:
    """A reader: whether a card lies in it, its ATR, and whether another program has it for itself."""

    name: str
    present: bool = False
    atr: bytes = b""
    exclusive: bool = False
    mute: bool = False
    state: int = field(default=winscard.SCARD_STATE_UNAWARE, repr=False)

    @property
    def insertions(self) -> int:
        """PC/SC counts insertions and removals in the upper half of the state; 0 where it does not."""
        return self.state >> 16 & 0xFFFF


@dataclass(frozen=True)
class ReaderChange:
    """One thing that happened to a reader, in the order it happened."""

    kind: Change
    reader: Reader


class Readers:
    """All readers. Feed it every list of names and every observation, in order."""

    def __init__(self) -> None:
        self._readers: dict[str, Reader] = {}

    def __iter__(self) -> Iterator[Reader]:
        return iter(list(self._readers.values()))

    @property
    def states(self) -> Mapping[str, int]:
        """What SCardGetStatusChange compares with."""
        return {name: reader.state for name, reader in self._readers.items()}

    def named(self, names: Sequence[str]) -> list[ReaderChange]:
        """The readers that are there now."""
        gone = [reader for name, reader in self._readers.items() if name not in names]
        new = [Reader(name) for name in names if name not in self._readers]
        changes = [change for reader in gone for change in _unplugged(reader)]
        for reader in gone:
            del self._readers[reader.name]
        self._readers |= {reader.name: reader for reader in new}
        return changes + [ReaderChange("reader-added", reader) for reader in new]

    def observed(self, observations: Sequence[Observation]) -> list[ReaderChange]:
        """Readers that changed; a name we do not know (a pseudo reader, one just unplugged) is left out."""
        return [change for observation in observations for change in self._observe(observation)]

    def _observe(self, observation: Observation) -> list[ReaderChange]:
        before = self._readers.get(observation.reader)
        if before is None:
            return []
        now = self._readers[before.name] = _reader(observation)
        if before.present and now.present and _swapped(before, now):
            return [ReaderChange("card-removed", before), ReaderChange("card-inserted", now)]
        if before.present != now.present:
            return [ReaderChange("card-inserted", now) if now.present else ReaderChange("card-removed", before)]
        return [ReaderChange("card-shared", now)] if before.exclusive != now.exclusive else []


def _reader(observation: Observation) -> Reader:
    state = observation.state
    present = bool(state & winscard.SCARD_STATE_PRESENT)
    return Reader(
        observation.reader,
        present=present,
        atr=observation.atr if present else b"",
        exclusive=bool(state & winscard.SCARD_STATE_EXCLUSIVE),
        mute=bool(state & winscard.SCARD_STATE_MUTE),
        state=state & ~winscard.SCARD_STATE_CHANGED,
    )


def _swapped(before: Reader, now: Reader) -> bool:
    """One card was pulled and another, or the same, inserted between two looks."""
    return before.insertions != now.insertions or before.atr != now.atr


def _unplugged(reader: Reader) -> list[ReaderChange]:
    pulled = [ReaderChange("card-removed", reader)] if reader.present else []
    return [*pulled, ReaderChange("reader-removed", replace(reader, present=False, atr=b""))]
