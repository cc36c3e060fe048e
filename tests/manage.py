"""The operator's commands, beside a running server."""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from webmail.management.demo.run import MANAGE


def manage(environment: Mapping[str, str], *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """What `manage.py` answers with these settings and none of the test run's."""
    command = [sys.executable, MANAGE, *arguments]
    settings = {"PATH": os.defpath, **environment}
    return subprocess.run(command, env=settings, capture_output=True, text=True, check=False)


def managed(environment: Mapping[str, str], *arguments: str | Path) -> str:
    """What a command printed that has to succeed."""
    done = manage(environment, *arguments)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
