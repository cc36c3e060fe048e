"""The command line: status, and a farewell to the pages."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from bridge.pki.sample_health_pki import SamplePki
from tests.bridge.operator_side import open_account
from tests.bridge.running import ROOT, running_bridge


def status(policy: Path) -> tuple[int, dict[str, Any]]:
    command = [sys.executable, "-m", "bridge", "status", "--policy", str(policy)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=20)
    found: dict[str, Any] = json.loads(done.stdout)
    return done.returncode, found


@pytest.mark.capability("CN9")
def test_status_and_farewell(sample_pki: SamplePki, tmp_path: Path) -> None:
    """The mailbox's keys are made at the person's side and end with the bridge."""
    with running_bridge(tmp_path, sample_pki.directory) as bridge, bridge.page() as page:
        code, found = status(tmp_path / "policy.json")
        assert (code, found["running"], found["port"]) == (0, True, bridge.port)
        account = open_account(page, sample_pki.directory, "alice@pli.example", {"card": page.card("Alice")})
        bridge.process.terminate()
        assert page.wait_for("session.ended") == {"handle": account.handle, "reason": "bridge-stopped"}
    assert status(tmp_path / "policy.json") == (1, {"running": False})


def test_no_child_outlives_the_bridge(sample_pki: SamplePki, tmp_path: Path) -> None:
    with running_bridge(tmp_path, sample_pki.directory) as bridge:
        children = [Path("/proc") / str(pid) for pid in bridge.facts["processes"].values()]
        bridge.process.kill()
        bridge.process.wait()
    for _ in range(50):
        if not any(child.exists() for child in children):
            return
        import time

        time.sleep(0.1)
    pytest.fail("a worker or the vault still runs")
