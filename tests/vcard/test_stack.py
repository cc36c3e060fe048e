"""pcscd and vpcd as `stack.py` starts them."""

import subprocess
import time
from pathlib import Path

import pytest

from tests.vcard.stack import CardStack, card_stack


class SilentCard:
    """A card with an ATR and no application."""

    atr = bytes.fromhex("3B80800101")  # ISO 7816-3: T=0, T=1, no historical bytes

    def power(self) -> None:
        return

    def transmit(self, command: bytes) -> bytes:
        return b"\x6d\x00"


def readers() -> dict[str, bool]:
    """Reader names, and whether a card is present, as OpenSC sees them."""
    shown = subprocess.run(["opensc-tool", "--list-readers"], capture_output=True, text=True, check=True).stdout
    rows = [line.partition("Pli") for line in shown.splitlines() if line[:1].isdigit()]
    return {"".join(row[1:]).strip(): "Yes" in row[0] for row in rows}


def wait_until(reader: str, present: bool) -> None:
    end = time.monotonic() + 30
    while (seen := readers()).get(reader) is not present:
        assert time.monotonic() < end, seen
        time.sleep(0.02)


def test_cards_come_and_go_in_their_own_reader(stack: CardStack) -> None:
    assert list(readers()) == [reader.name for reader in stack.readers]
    for reader in stack.readers:
        wait_until(reader.name, present=False)  # the last test's cards
    stack.readers[2].insert(SilentCard())
    wait_until(stack.readers[2].name, present=True)
    assert sum(readers().values()) == 1
    stack.readers[2].remove()
    wait_until(stack.readers[2].name, present=False)


def test_nothing_listens_outside_the_enclosure(stack: CardStack) -> None:
    ports = {f"{reader.port:04X}" for reader in stack.readers}
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    assert not ports & {row[1].rpartition(":")[2] for row in rows if row[3] == "0A"}


def test_a_crashed_pcscd_comes_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with card_stack(tmp_path / "own") as own:
        for name, value in own.environment.items():
            monkeypatch.setenv(name, value)
        own.crash()
        own.start()
        own.readers[0].insert(SilentCard())
        wait_until(own.readers[0].name, present=True)
        process = own.process
    assert process is not None
    assert process.poll() is not None


def test_a_failed_start_is_said(tmp_path: Path) -> None:
    with card_stack(tmp_path / "own") as own:
        own.stop()
        (own.folder / "run").rename(own.folder / "elsewhere")
        with pytest.raises(RuntimeError, match="mount"):
            own.start()
