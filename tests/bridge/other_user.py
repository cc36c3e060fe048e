"""Programs run as another user of this computer: what stands before the bridge's first door. Plain functions, no fixtures."""

import os
import pwd
import shutil
import subprocess
import sys
from collections.abc import Sequence

import pytest

NOBODY = "nobody"  # an account every system has, and never the one that runs tests


def uid_of(account: str = NOBODY) -> int:
    return pwd.getpwnam(account).pw_uid


def command_as(uid: int, command: Sequence[str]) -> list[str]:
    """The command under another uid (which needs no account). Fails the test where this process may not change users."""
    if os.geteuid() == 0:
        return ["setpriv", f"--reuid={uid}", f"--regid={uid}", "--clear-groups", *command]
    if subprocess.run(["sudo", "-n", "true"], capture_output=True, check=False).returncode == 0:
        return ["sudo", "-n", "-u", f"#{uid}", *command]
    pytest.fail("a second user of this computer is needed: run the tests as root, or allow `sudo -n` (sudoers NOPASSWD)")


def python_of(uid: int) -> str:
    """An interpreter that user may run; ours may lie in a private home."""
    for program in (sys.executable, shutil.which("python3", path="/usr/bin:/usr/local/bin")):
        if program and subprocess.run(command_as(uid, [program, "-c", ""]), capture_output=True, check=False).returncode == 0:
            return program
    pytest.fail("no Python that another user of this computer can run: install the system's python3")


def run_as(uid: int, program: str, *arguments: str, seconds: float = 20) -> str:
    """What a Python program prints when that user runs it."""
    command = command_as(uid, [python_of(uid), "-c", program, *arguments])
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=seconds, cwd="/")
    assert done.returncode == 0, done.stderr
    return done.stdout
