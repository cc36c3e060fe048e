"""The judge as a program, and the people of `practice.py`."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bridge.pki.sample_health_pki import SamplePki
from tests.judge.practice import Practice, base64_text

JUDGE = Path(__file__).parent / "judge"
Judge = Callable[..., dict[str, Any]]


@pytest.fixture(scope="session")
def judge() -> Judge:
    """Run a verb; a refusal of the input fails the test."""

    def run(verb: str, engine: str = "node", **given: Any) -> dict[str, Any]:
        encoded = {name: base64_text(value) if isinstance(value, bytes) else value for name, value in given.items()}
        done = subprocess.run(
            [sys.executable, str(JUDGE), "--engine", engine, verb],
            input=json.dumps(encoded), capture_output=True, text=True, timeout=120, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    return run


@pytest.fixture(scope="session")
def practice(sample_pki: SamplePki, tmp_path_factory: pytest.TempPathFactory) -> Practice:
    return Practice(sample_pki, tmp_path_factory.mktemp("judge"))
