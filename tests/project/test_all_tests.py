"""`make test` passes only where each of its runs has passed: the real scripts, with a stand-in for what they start."""

import os
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

TOOLS = Path(__file__).parents[2] / "tools"
RUNS = ["bridge", "browser-1", "browser-2", "node", "others-1", "others-2", "pages-1", "pages-2"]
# Whatever a run starts says its name; then a file of that name, if there is one, says what becomes of it, once.
STAND_IN = """#!/bin/sh
name=node
for word; do case $word in pytest-*) name=${word#pytest-} ;; esac; done
echo "$name" >>started
echo "$*" >>arguments
[ -f "$name" ] || exit 0
mv "$name" "$name.done"
. "./$name.done"
"""
FAILS = "exit 1\n"
WAITS = "trap 'kill $!; sleep 0.5; echo $name >>put-away; exit 130' TERM; sleep 60 & wait\n"
IS_KILLED = "read -r _ _ _ run _ </proc/$PPID/stat; kill -9 $run\n"  # the run itself: its shell, above `timeout`


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    for name in ("all-tests", "test-run"):
        (tmp_path / "tools").mkdir(exist_ok=True)
        shutil.copy(TOOLS / name, tmp_path / "tools" / name)
    for place in ("tools/node-tests", ".venv/bin/python"):
        (tmp_path / place).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / place).write_text(STAND_IN)
        (tmp_path / place).chmod(0o755)
    return tmp_path


def outcome(tree: Path) -> int:
    return subprocess.run(["tools/all-tests"], cwd=tree, check=False, capture_output=True, timeout=60).returncode


def started(tree: Path) -> list[str]:
    return sorted((tree / "started").read_text().split())


def test_each_run_is_started_once(tree: Path) -> None:
    assert outcome(tree) == 0
    assert started(tree) == RUNS


def test_no_share_of_the_tests_is_left_out(tree: Path) -> None:
    outcome(tree)
    arguments = (tree / "arguments").read_text()
    for part in ("browser", "others", "pages"):
        shares = re.findall(rf"pytest-{part}-\d .*--share (\d)/(\d)", arguments)
        assert sorted(shares) == [(str(number), str(len(shares))) for number in range(1, len(shares) + 1)]


def test_what_failed_beside_others_may_pass_by_itself(tree: Path) -> None:
    (tree / "node").write_text(FAILS)
    (tree / "others-1").write_text(FAILS)
    assert outcome(tree) == 0
    assert started(tree) == sorted([*RUNS, "node", "others-1"])


def test_what_fails_twice_has_failed(tree: Path) -> None:
    (tree / "bridge").write_text(f"cp bridge.done bridge\n{FAILS}")
    assert outcome(tree) == 1


def test_a_run_that_was_killed_is_not_taken_for_one_that_passed(tree: Path) -> None:
    """And neither are those that were never started after it, because another has failed and then passed."""
    (tree / "browser-1").write_text(FAILS)
    (tree / "browser-2").write_text(IS_KILLED)
    assert outcome(tree) == 0
    assert set(started(tree)) == set(RUNS)
    assert started(tree).count("browser-2") == 2


@pytest.mark.parametrize("told", [signal.SIGINT, signal.SIGTERM])
def test_who_interrupts_it_waits_until_every_run_has_put_away_what_it_started(tree: Path, told: signal.Signals) -> None:
    """As a terminal does for Ctrl-C, to all processes in the foreground; and as another program does, to the first alone."""
    for run in RUNS:
        (tree / run).write_text(WAITS)
    with subprocess.Popen(["tools/all-tests"], cwd=tree, stdout=subprocess.DEVNULL, start_new_session=True) as tests:
        wait_until(lambda: (tree / "started").exists() and len(started(tree)) == 5)
        os.killpg(tests.pid, told) if told == signal.SIGINT else tests.terminate()
        assert tests.wait(20) == 130
        assert sorted((tree / "put-away").read_text().split()) == started(tree)
        assert len(started(tree)) == 5


def wait_until(holds: Callable[[], bool], seconds: float = 20) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.05)
