"""Programs run as another user of this computer: what stands before the bridge's first door. Plain functions, no fixtures."""

import functools
import os
import pwd
import shutil
import site
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
NOBODY = "nobody"  # an account every system has, and never the one that runs tests


def uid_of(account: str = NOBODY) -> int:
    return pwd.getpwnam(account).pw_uid


def command_as(uid: int, command: Sequence[str]) -> list[str]:
    """The command under another uid (which needs no account). Fails the test where this process may not change users."""
    if os.geteuid() == 0:
        return ["setpriv", f"--reuid={uid}", f"--regid={uid}", "--clear-groups", *command]
    if subprocess.run(["sudo", "-n", "true"], capture_output=True, check=False).returncode == 0:
        return ["sudo", "-n", "-u", f"#{uid}", *command]
    pytest.fail(
        "a second user of this computer is needed: run the tests as root, or allow `sudo -n` (sudoers NOPASSWD)"
    )


@functools.cache
def python_of(uid: int) -> str:
    """An interpreter of our version that this user may run and that finds our packages; ours may lie in a private home."""
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    for program in filter(None, (sys.executable, shutil.which(version, path="/usr/local/bin:/usr/bin"))):
        # By a shell: setpriv itself still reaches what only root may.
        command = ["/bin/sh", "-c", 'exec "$0" -c "import cryptography, websockets"', program]
        done = subprocess.run(
            command_as(uid, command), env=environment_of("/"), capture_output=True, check=False, cwd="/"
        )
        if done.returncode == 0:
            return program
    pytest.fail(
        f"another user of this computer can run no {version}: install the system's, or move the tree out of a private home"
    )


def environment_of(home: Path | str) -> dict[str, str]:
    """Enough to run this tree's modules as another user."""
    return {
        "PATH": "/usr/bin:/bin",
        "HOME": str(home),
        "PYTHONPATH": os.pathsep.join([str(ROOT), *site.getsitepackages()]),
    }


def run_as(uid: int, program: str, *arguments: str, seconds: float = 20) -> str:
    """What a Python program prints when that user runs it."""
    command = command_as(uid, [python_of(uid), "-c", program, *arguments])
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=seconds, cwd="/")
    assert done.returncode == 0, done.stderr
    return done.stdout
