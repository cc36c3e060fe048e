"""`pli-bridge serve` where it cannot."""

import os
import subprocess
import sys
import time
from pathlib import Path

from tests.bridge.running import ROOT, write_policy


def _until_gone(group: int) -> None:
    end = time.monotonic() + 10
    while True:
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return
        assert time.monotonic() < end, "processes are left"
        time.sleep(0.05)


def test_commands_that_could_not_reach_it_are_said_plainly_and_nothing_stays_behind(tmp_path: Path) -> None:
    policy = write_policy(tmp_path, None, softwareCards=None)
    (tmp_path / "state" / "control" / "kept").mkdir(parents=True)
    (tmp_path / "state").chmod(0o700)
    command = [sys.executable, "-m", "bridge", "serve", "--policy", str(policy)]
    running = subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True, start_new_session=True)
    _, said = running.communicate(timeout=60)
    place = tmp_path / "state" / "control"
    assert said == f"pli-bridge: no command could reach this bridge: {place}: Is a directory\n"
    assert running.returncode == 2
    _until_gone(running.pid)
