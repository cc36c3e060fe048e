"""What PC/SC says of readers, in; what changed, out."""

import pytest

from bridge.card.readers import Reader, ReaderChange, Readers
from bridge.card.winscard import PNP_NOTIFICATION, Observation

EMPTY, PRESENT, EXCLUSIVE, CHANGED = 0x10, 0x20, 0x80, 0x2
ATR, OTHER_ATR = bytes.fromhex("3b8001"), bytes.fromhex("3b8002")


def card(state: int = PRESENT, count: int = 1, atr: bytes = ATR, reader: str = "A") -> Observation:
    return Observation(reader, count << 16 | state | CHANGED, atr)


def kinds(changes: list[ReaderChange]) -> list[str]:
    return [change.kind for change in changes]


@pytest.fixture
def readers() -> Readers:
    made = Readers()
    made.named(["A"])
    return made


def test_readers_come_and_go() -> None:
    readers = Readers()
    assert readers.named(["A", "B"]) == [
        ReaderChange("reader-added", Reader("A")),
        ReaderChange("reader-added", Reader("B")),
    ]
    assert readers.named(["A", "B"]) == []
    assert readers.named(["B"]) == [ReaderChange("reader-removed", Reader("A"))]
    assert [reader.name for reader in readers] == ["B"]


def test_a_reader_unplugged_with_its_card_tells_of_the_card_first(readers: Readers) -> None:
    readers.observed([card()])
    assert kinds(readers.named([])) == ["card-removed", "reader-removed"]


def test_a_card_comes_with_its_atr_and_goes(readers: Readers) -> None:
    inserted = readers.observed([card()])
    assert kinds(inserted) == ["card-inserted"]
    assert inserted[0].reader.atr == ATR
    removed = readers.observed([card(EMPTY, count=2, atr=b"")])
    assert kinds(removed) == ["card-removed"]
    assert removed[0].reader.atr == ATR
    assert not next(iter(readers)).present


@pytest.mark.parametrize("second", [card(count=3), card(count=0, atr=OTHER_ATR)], ids=["counted", "another ATR"])
def test_a_swap_between_two_looks_is_a_removal_and_an_insertion(readers: Readers, second: Observation) -> None:
    readers.observed([card()])
    assert kinds(readers.observed([second])) == ["card-removed", "card-inserted"]


def test_another_program_that_takes_the_card_for_itself_is_told_once(readers: Readers) -> None:
    readers.observed([card()])
    assert kinds(readers.observed([card(PRESENT | EXCLUSIVE)])) == ["card-shared"]
    assert next(iter(readers)).exclusive
    assert readers.observed([card(PRESENT | EXCLUSIVE | 0x100)]) == []


def test_pseudo_readers_and_readers_just_unplugged_are_no_news(readers: Readers) -> None:
    assert readers.observed([card(reader=PNP_NOTIFICATION), card(reader="gone")]) == []


def test_the_state_to_compare_with_keeps_the_count_and_not_the_mark_of_change(readers: Readers) -> None:
    readers.observed([card(count=5)])
    assert readers.states == {"A": 5 << 16 | PRESENT}
