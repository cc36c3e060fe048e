"""`pli-bridge doctor` beside real bridges: not running, running without a card, running with one."""

import subprocess
import sys
from pathlib import Path

from tests.bridge.running import ROOT, RunningBridge, running_bridge, write_policy


def doctor(policy: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "bridge", "doctor", "--policy", str(policy)]
    environment = {"LANG": "en", "PATH": "/usr/bin", "PYTHONPATH": str(ROOT)}
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)


def test_a_bridge_that_does_not_run(tmp_path):
    answer = doctor(write_policy(tmp_path, None))
    assert answer.returncode == 1
    assert "!!  The bridge is not running.\n    → Install it" in answer.stdout


def test_a_refused_policy(tmp_path):
    policy = write_policy(tmp_path, None)
    policy.chmod(0o666)
    answer = doctor(policy)
    assert answer.returncode == 1
    assert "!!  The policy is refused:" in answer.stdout


def test_a_running_bridge_with_cards_and_without(tmp_path, sample_pki):
    with running_bridge(tmp_path, sample_pki.directory) as bridge:
        with bridge.page():
            pass  # pairs the site
        with_cards = doctor(tmp_path / "policy.json")
        take_away(bridge)
        without = doctor(tmp_path / "policy.json")
    assert (with_cards.returncode, with_cards.stderr) == (0, "")
    assert "ok  Paired sites: https://mail.pli.example" in with_cards.stdout
    assert "ok  Card: CPS Alice Martin" in with_cards.stdout
    assert without.returncode == 1
    assert "!!  No card is in the reader." in without.stdout


def take_away(bridge: RunningBridge) -> None:
    for folder in bridge.cards.iterdir():
        bridge.change_card(folder.name, inserted=False)
