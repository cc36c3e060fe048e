"""The whole way, in a home of its own: installed, started, running, uninstalled, gone."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.bridge.running import ROOT, write_policy

Command = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    made = tmp_path / "home"
    made.mkdir()
    return made


@pytest.fixture
def policy(tmp_path: Path) -> Path:
    folder = tmp_path / "policy"
    folder.mkdir()
    return write_policy(folder, None, state=str(tmp_path / "home" / "state"))


@pytest.fixture
def command(home: Path) -> Command:
    dropped = ("XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_RUNTIME_DIR", "XDG_STATE_HOME")
    environment = {name: value for name, value in os.environ.items() if name not in dropped}
    environment |= {"HOME": str(home), "PYTHONPATH": str(ROOT)}

    def run(verb: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        whole = [sys.executable, "-m", "bridge", verb, *arguments]
        return subprocess.run(whole, env=environment, capture_output=True, text=True, check=False, timeout=60)

    return run


def files_below(home: Path) -> list[str]:
    return sorted(file.name for file in home.rglob("*") if file.is_file() and file.suffix != ".cache")


def test_installed_runs_and_uninstalled_is_gone(command: Command, home: Path, policy: Path):
    chosen = ("--policy", str(policy))
    installed = command("install", *chosen)
    assert (installed.returncode, installed.stderr) == (0, "")
    try:
        assert json.loads(command("status", *chosen).stdout)["running"] is True
        entry = (home / ".config" / "autostart" / "pli-bridge.desktop").read_text("utf-8")
        assert f'"serve" "--policy" "{policy}"' in entry
        assert command("install", *chosen, "--quiet").stdout == ""
    finally:
        removed = command("uninstall", *chosen, "--purge")
    assert (removed.returncode, removed.stderr) == (0, "")
    assert command("status", *chosen).returncode == 1
    assert files_below(home) == []


def test_uninstall_keeps_pairings_unless_told(command: Command, home: Path, policy: Path):
    chosen = ("--policy", str(policy))
    command("install", *chosen)
    command("uninstall", *chosen)
    assert "secret" in files_below(home)
    assert "pli-bridge.desktop" not in files_below(home)


def test_a_policy_that_would_not_start_is_not_installed(command: Command, home: Path, policy: Path):
    policy.chmod(0o666)
    refused = command("install", "--policy", str(policy))
    assert refused.returncode == 2
    assert "policy.json" in refused.stderr
    assert files_below(home) == []


def test_uninstalling_nothing_is_said(command: Command, policy: Path):
    assert command("uninstall", "--policy", str(policy)).stdout == "nothing was installed\n"
