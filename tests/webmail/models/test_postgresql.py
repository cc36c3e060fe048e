"""The domain on PostgreSQL: a server of its own in a temporary folder, and the same tests over again."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.postgresql import postgresql

ROOT = Path(__file__).parents[3]
TESTS = ROOT / "tests" / "webmail"
SUITES = [
    "domain/test_acts_at_once.py",
    "domain/test_deliver.py",
    "domain/test_look_up.py",
    "domain/test_messages.py",
    "domain/test_submit.py",
    "transport/test_lmtp.py",
]


@pytest.mark.slow
def test_the_domain_holds_on_postgresql(tmp_path: Path) -> None:
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-x",
        "-p",
        "no:cacheprovider",
        *(TESTS / suite for suite in SUITES),
    ]
    with postgresql() as server:
        environment = {**os.environ, "PLI_DATABASE_URL": server.url, "PLI_DATA": str(tmp_path)}
        finished = subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True, check=False)
    assert finished.returncode == 0, finished.stdout[-3000:] + finished.stderr[-1000:]
