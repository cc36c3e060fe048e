"""The bridge installs without the server: a fresh environment with the base dependencies only runs `pli-bridge`."""

import subprocess
import sys
import venv
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def environment(tmp_path_factory):
    """A virtual environment holding requirements/bridge.txt and this tree, and nothing of the server."""
    folder = tmp_path_factory.mktemp("alone")
    venv.create(folder)
    pip = [sys.executable, "-m", "pip", "--python", folder / "bin/python", "install", "--quiet", "--no-compile"]
    subprocess.run([*pip, "--require-hashes", "-r", ROOT / "requirements/bridge.txt"], check=True, capture_output=True)
    subprocess.run([*pip, "--no-deps", ROOT], check=True, capture_output=True)
    return folder


def run(environment, *arguments):
    command = [str(part) for part in (environment / "bin" / arguments[0], *arguments[1:])]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=environment)


@pytest.mark.slow
def test_pli_bridge_runs_without_django(environment):
    assert run(environment, "python", "-c", "import django").returncode != 0
    shown = run(environment, "pli-bridge", "--help")
    assert shown.returncode == 0, shown.stderr
    assert "serve" in shown.stdout


@pytest.mark.slow
def test_refused_policy_is_a_sentence(environment, tmp_path):
    policy = tmp_path / "policy.json"
    policy.write_text('{"surprise": 1}')
    refused = run(environment, "pli-bridge", "serve", "--policy", policy)
    assert refused.returncode == 2
    assert "Traceback" not in refused.stderr
    assert refused.stderr.startswith("pli-bridge: ")
