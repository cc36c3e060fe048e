"""How soon a bridge listens and how much memory all its processes hold, beside an interpreter that does nothing."""

import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from measuring import line, median

from bridge.pki.sample_health_pki import SamplePki, issue_sample_pki
from tests.bridge.card.conftest import LIBRARY, PIN, HsmToken, rsa_token, with_issuer
from tests.bridge.operator_side import open_account
from tests.bridge.running import RunningBridge, start_bridge, write_policy

NAMES = ("bridge_start", "bridge_memory")
RUNS = 7
SETTLED = 2.0  # seconds after which nothing is being imported any more
KIBIBYTE, MEGABYTE = 1024, 1_000_000


def measure(names: set[str]) -> Iterator[dict[str, object]]:
    with tempfile.TemporaryDirectory(prefix="pli-bench-") as name:
        folder = Path(name)
        pki = issue_sample_pki(folder / "pki")
        (folder / "token").mkdir()
        token = rsa_token(pki, folder / "token", uses=("authentication", "signature"))
        (folder / "bridge").mkdir()
        modules = [{"id": "softhsm", "path": str(LIBRARY)}]
        policy = write_policy(folder / "bridge", pki.directory, modules=modules, softwareCards=None)
        if "bridge_start" in names:
            starts = [seconds_to_listen(policy, token) for _ in range(RUNS)]
            yield line("bridge_start", median(starts) * 1000, "ms", "python -c pass", seconds_of_nothing() * 1000)
        if "bridge_memory" in names:
            yield line("bridge_memory", held_by_a_desk(policy, token, pki) / MEGABYTE, "MB, a mailbox open")


def held_by_a_desk(policy: Path, token: HsmToken, pki: SamplePki) -> int:
    """Bytes with an account opened and a mailbox open by a token: the listener, the vault and one module's worker, as at a real desk."""
    bridge = start_bridge(policy, environment=token.environment)
    bridge.set_pins({token.serial: PIN})
    try:
        with bridge.page() as page:
            card = page.card()
            account = open_account(page, with_issuer(pki, policy.parent), "alice@pli.example", {"card": card})
            page.call("mailbox.open", **account.with_unlock({"card": card}))
            time.sleep(SETTLED)
            return memory_of(bridge)
    finally:
        bridge.stop()


def seconds_to_listen(policy: Path, token: HsmToken) -> float:
    """Until the ready file is there; it is written once the port listens."""
    began = time.perf_counter()
    bridge = start_bridge(policy, environment=token.environment)
    took = time.perf_counter() - began
    bridge.stop()
    return took


def seconds_of_nothing() -> float:
    def once() -> float:
        began = time.perf_counter()
        subprocess.run([sys.executable, "-c", "pass"], check=True)
        return time.perf_counter() - began

    return median([once() for _ in range(RUNS)])


def memory_of(bridge: RunningBridge) -> int:
    """Bytes of the listener and all processes below it, the pages of a file that they share counted once (proc(5), smaps).

    What their PSS adds up to where nothing else runs Python. Here others do, this program first, and would take part of it on them.
    """
    anonymous, files = 0, defaultdict[tuple[str, str], int](int)
    for pid in _with_children(bridge.process.pid):
        for place, resident, own in _mappings(pid):
            anonymous += own
            files[place] = max(files[place], resident - own)
    return (anonymous + sum(files.values())) * KIBIBYTE


def _mappings(pid: int) -> Iterator[tuple[tuple[str, str], int, int]]:
    """Of each mapping its file and offset, and its KiB in memory: all, and those that are no file's."""
    place, resident = ("", ""), 0
    for row in Path(f"/proc/{pid}/smaps").read_text().splitlines():
        match row.split():
            case ["Rss:", size, _]:
                resident = int(size)
            case ["Anonymous:", size, _]:
                yield place, resident, int(size)
            case [addresses, _rights, offset, _device, _inode, *name] if not addresses.endswith(":"):
                place = (" ".join(name), offset)


def _with_children(pid: int) -> Iterator[int]:
    yield pid
    for task in Path(f"/proc/{pid}/task").iterdir():
        for child in (task / "children").read_text("ascii").split():
            yield from _with_children(int(child))
