"""Reader events from a real pcscd with virtual readers."""

import queue
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from bridge.card.holding import HeldProbe, holders
from bridge.card.pcsc import ReaderWatch
from bridge.card.readers import ReaderChange
from tests.bridge.card.holding_reader import holding
from tests.vcard.stack import CardStack, card_stack


class SilentCard:
    """A card no module knows."""

    atr = bytes.fromhex("3B80800101")

    def power(self) -> None:
        return

    def transmit(self, command: bytes) -> bytes:
        return b"\x6d\x00"


class Told:
    """What a watch tells."""

    def __init__(self) -> None:
        self.changes: queue.Queue[ReaderChange] = queue.Queue()
        self.watch = ReaderWatch(self.changes.put)

    def let_settle(self) -> None:
        """pcscd looks into a reader 2.5 times a second: wait until the last test's cards are gone for it too."""
        end = time.monotonic() + 5
        while any(reader.present for reader in self.watch.readers()) and time.monotonic() < end:
            time.sleep(0.02)
        while not self.changes.empty():
            self.changes.get()

    def next(self, kind: str, seconds: float = 5) -> ReaderChange:
        """The next change of that kind; others before it are let pass."""
        end = time.monotonic() + seconds
        while True:
            try:
                change = self.changes.get(timeout=max(0.01, end - time.monotonic()))
            except queue.Empty:
                raise AssertionError(f"no {kind}: {self.watch.readers()}") from None
            if change.kind == kind:
                return change


@pytest.fixture
def told(stack: CardStack) -> Iterator[Told]:
    made = Told()
    made.watch.start()
    made.watch.readers(5)
    made.let_settle()
    yield made
    made.watch.stop()


def test_the_readers_are_known_from_the_first_look(stack: CardStack, told: Told) -> None:
    assert {reader.name for reader in told.watch.readers()} >= {reader.name for reader in stack.readers}
    assert told.watch.service == "running"


def test_a_card_is_told_when_it_comes_and_when_it_goes(stack: CardStack, told: Told) -> None:
    stack.readers[1].insert(SilentCard())
    inserted = told.next("card-inserted").reader
    assert (inserted.name, inserted.atr) == (stack.readers[1].name, SilentCard.atr)
    stack.readers[1].remove()
    assert told.next("card-removed").reader.name == stack.readers[1].name


def test_cards_in_two_readers_are_told_apart(stack: CardStack, told: Told) -> None:
    for reader in stack.readers[:2]:
        reader.insert(SilentCard())
    inserted = {told.next("card-inserted").reader.name for _ in range(2)}
    assert inserted == {reader.name for reader in stack.readers[:2]}
    stack.readers[0].remove()
    assert told.next("card-removed").reader.name == stack.readers[0].name
    assert [reader.name for reader in told.watch.readers() if reader.present] == [stack.readers[1].name]


def test_the_watch_survives_the_service(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with card_stack(tmp_path / "own") as own:
        for name, value in own.environment.items():
            monkeypatch.setenv(name, value)
        told = _watch_in_a_process(own)
        try:
            own.readers[0].insert(SilentCard())
            assert _wait_for(told, "card-inserted")
            own.crash()
            assert _wait_for(told, "card-removed")
            assert _wait_for(told, "reader-removed")
            own.start()
            assert _wait_for(told, "reader-added")
            own.readers[0].insert(SilentCard())
            assert _wait_for(told, "card-inserted")
        finally:
            told.kill()
            told.communicate()


def _watch_in_a_process(own: CardStack) -> "subprocess.Popen[str]":
    """pcsc-lite reads the name of its socket once per process: another pcscd needs another client."""
    program = (
        "import sys, time; from bridge.card.pcsc import ReaderWatch\n"
        "ReaderWatch(lambda change: print(change.kind, flush=True)).start(); time.sleep(60)"
    )
    root = Path(__file__).parents[3]
    return subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True, cwd=root)


def _wait_for(told: "subprocess.Popen[str]", kind: str) -> bool:
    assert told.stdout is not None
    return any(line.strip() == kind for line in told.stdout)


@pytest.mark.parametrize("manner", ["exclusive", "transaction"])
def test_a_card_another_program_holds_is_held(stack: CardStack, told: Told, manner: str) -> None:
    reader = stack.readers[0]
    reader.insert(SilentCard())
    told.next("card-inserted")
    probe = HeldProbe()
    assert probe.look(reader.name) == "free"
    with holding(reader.name, manner):
        assert probe.look(reader.name) == manner
    assert _released(probe, reader.name)


def _released(probe: HeldProbe, reader: str) -> bool:
    end = time.monotonic() + 5
    while probe.look(reader) != "free" and time.monotonic() < end:
        time.sleep(0.05)
    return probe.look(reader) == "free"


def test_a_card_another_program_merely_uses_is_not_held(stack: CardStack, told: Told) -> None:
    reader = stack.readers[0]
    reader.insert(SilentCard())
    told.next("card-inserted")
    with holding(reader.name, "shared"):
        assert HeldProbe().look(reader.name) == "free"


def test_the_program_that_speaks_pcsc_is_named(stack: CardStack, told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    reader = stack.readers[0]
    reader.insert(SilentCard())
    told.next("card-inserted")
    with holding(reader.name, "shared") as name:
        assert name not in (holders() or "")  # a child of ours is one of us
        monkeypatch.setattr("bridge.card.holding.os.getpid", lambda: 1)
        assert name in (holders() or "").split(", ")
