"""Nothing holds a PIN that need not: PINs nobody would type by chance are looked for everywhere after every way to fail.

First the search itself is tried: it finds them where they must be.
"""

import os
import signal
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from bridge.pki.sample_health_pki import SamplePki
from tests.bridge.desks import log_in, pli_bridge, refused_login
from tests.bridge.running import BridgeError, Page, RunningBridge, start_bridge, write_policy

RIGHT, WRONG = "73519482", "90817263"
SHAPES = [
    shape for pin in (RIGHT, WRONG) for shape in (pin.encode(), pin.encode("utf-16-le"), pin.encode().hex().encode())
]


@pytest.fixture
def talkative(sample_pki: SamplePki, tmp_path: Path) -> Iterator[RunningBridge]:
    """A bridge that logs all it ever logs, and Alice's card with a PIN of our own."""
    bridge = start_bridge(write_policy(tmp_path, sample_pki.directory), "--verbose")
    try:
        bridge.set_pins({"CPS-0001": "1234", "new CPS-0001": RIGHT})
        with bridge.page() as page:
            page.call("pin.change", card=page.card("Alice"))
        bridge.set_pins({"CPS-0001": RIGHT})
        yield bridge
    finally:
        bridge.stop()


def holds(data: bytes) -> bool:
    return any(shape in data for shape in SHAPES)


def files_with_a_pin(folder: Path) -> list[str]:
    return sorted(
        str(file.relative_to(folder)) for file in folder.rglob("*") if file.is_file() and holds(file.read_bytes())
    )


class ProcessWatch:
    """Arguments and environment of the bridge and all below it, looked at again and again."""

    def __init__(self, bridge: RunningBridge) -> None:
        self._root = bridge.process.pid
        self._stop = threading.Event()
        self.seen: set[bytes] = set()
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        self._thread.join(30)

    def _look(self) -> None:
        while not self._stop.wait(0.02):
            for pid in _tree(self._root):
                for name in ("cmdline", "environ"):
                    try:
                        self.seen.add(Path(f"/proc/{pid}/{name}").read_bytes())
                    except OSError:
                        continue  # just ended, or the vault


def _tree(root: int) -> set[int]:
    """A process and all below it."""
    found = {root}
    parents = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                parents[int(entry.name)] = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            except OSError:
                continue
    while more := {pid for pid, parent in parents.items() if parent in found} - found:
        found |= more
    return found


def fail_in_every_way(bridge: RunningBridge, page: Page, card: str) -> None:
    """Wrong, refused again, too long, cancelled; and a module that dies with the PIN in its hands."""
    bridge.set_pins({"CPS-0001": WRONG})
    assert refused_login(page, card).name == "PIN_INCORRECT"
    assert refused_login(page, card).name == "PIN_INCORRECT"
    bridge.set_pins({"CPS-0001": RIGHT * 20})
    assert refused_login(page, card).name == "PIN_INCORRECT"
    bridge.set_pins({"CPS-0001": RIGHT, "new CPS-0001": WRONG, "cancel": "new-pin"})
    with pytest.raises(BridgeError):
        page.call("pin.change", card=card)
    module = bridge.facts["processes"]["software"]
    os.kill(module, signal.SIGSTOP)
    bridge.set_pins({"CPS-0001": RIGHT})
    assert refused_login(page, card).name == "MODULE_CRASHED"


def test_the_search_finds_what_is_there(talkative: RunningBridge) -> None:
    with talkative.page() as page:
        assert log_in(page, page.card("Alice"))  # so this PIN went all the way to the card
    assert files_with_a_pin(talkative.folder) == ["pins.json"]
    (talkative.folder / "state" / "planted.log").write_text(f"login pin={RIGHT}")
    assert files_with_a_pin(talkative.folder) == ["pins.json", "state/planted.log"]


def test_no_file_no_answer_no_argument_and_no_environment_holds_a_pin(talkative: RunningBridge) -> None:
    watch = ProcessWatch(talkative)
    with talkative.page() as page:
        card = page.card("Alice")
        log_in(page, card)
        fail_in_every_way(talkative, page, card)
        replies = b"".join(page.replies)
    said = pli_bridge(talkative, "journal").stdout + pli_bridge(talkative, "report").stdout
    watch.stop()
    assert any(b"assuan_prompt.py" in seen for seen in watch.seen)  # the prompts were looked at too
    assert not any(holds(seen) for seen in watch.seen)
    assert not holds(replies)
    assert "PIN_INCORRECT" in said
    assert not holds(said.encode())
    assert "login" in (talkative.folder / "bridge.log").read_text()  # it does log
    assert files_with_a_pin(talkative.folder) == ["pins.json"]
