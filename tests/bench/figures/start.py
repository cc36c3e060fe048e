"""How soon a bridge listens and how much memory all its processes hold, beside an interpreter that does nothing."""

import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from measuring import line, median

from bridge.pki.sample_health_pki import issue_sample_pki
from tests.bridge.card.conftest import LIBRARY, HsmToken, rsa_token
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
        token = rsa_token(pki, folder / "token", uses=("authentication",))
        (folder / "bridge").mkdir()
        modules = [{"id": "softhsm", "path": str(LIBRARY)}]
        policy = write_policy(folder / "bridge", pki.directory, modules=modules)
        if "bridge_start" in names:
            starts = [seconds_to_listen(policy, token) for _ in range(RUNS)]
            yield line("bridge_start", median(starts) * 1000, "ms", "python -c pass", seconds_of_nothing() * 1000)
        if "bridge_memory" in names:
            bridge = start_bridge(policy, environment=token.environment)
            try:
                with bridge.page() as page:
                    open_account(page, pki.directory, "alice@pli.example", {"card": page.card("CPS Alice")})
                    time.sleep(SETTLED)
                    yield line("bridge_memory", proportional_set_size(bridge) / MEGABYTE, "MB, a mailbox open")
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


def proportional_set_size(bridge: RunningBridge) -> int:
    """Bytes of the listener and all processes below it, pages they share counted once (proc(5), smaps_rollup)."""
    return sum(_pss(pid) for pid in _with_children(bridge.process.pid))


def _pss(pid: int) -> int:
    rows = Path(f"/proc/{pid}/smaps_rollup").read_text("ascii").splitlines()
    return int(next(row.split()[1] for row in rows if row.startswith("Pss:"))) * KIBIBYTE


def _with_children(pid: int) -> Iterator[int]:
    yield pid
    for task in Path(f"/proc/{pid}/task").iterdir():
        for child in (task / "children").read_text("ascii").split():
            yield from _with_children(int(child))
