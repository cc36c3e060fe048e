"""A child that does not read its pipe ends with the bridge: each way of this system, in real processes."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.bridge.running import ROOT

LONG = 20.0
TIE = {
    "kernel": "lifeline.end_with_the_bridge()",
    "pipe": "threading.Thread(target=lifeline.leave_after, args=(lifeline.wait_for_pipe,), daemon=True).start()",
}
# The child says that it lives, and looks at its pipe no more.
CHILD = "import os, threading, time; from bridge import lifeline; {tie}; os.write(1, b'tied\\n'); time.sleep({seconds})"
PARENT = """
import subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", sys.argv[1]], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
print(child.pid, child.stdout.readline().decode(), end="", flush=True)
time.sleep(60)
"""


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.parametrize("way", TIE)
def test_a_child_whose_parent_is_killed_ends(way: str) -> None:
    program = CHILD.format(tie=TIE[way], seconds=60)
    with subprocess.Popen(
        [sys.executable, "-c", PARENT, program], cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline().split()[0])
        assert is_alive(pid)
        os.kill(parent.pid, signal.SIGKILL)
        parent.wait(LONG)
    end = time.monotonic() + LONG
    while is_alive(pid):
        assert time.monotonic() < end
        time.sleep(0.05)


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel's way is Linux's")
@pytest.mark.parametrize("way", TIE)
def test_a_child_that_comes_too_late_ends_at_once(way: str) -> None:
    """The bridge was gone before the child asked to end with it."""
    reading, writing = os.pipe()
    os.close(writing)
    program = CHILD.format(tie=TIE[way], seconds=60)
    with os.fdopen(reading, "rb") as pipe:
        child = subprocess.run([sys.executable, "-c", program], cwd=ROOT, stdin=pipe, check=False, timeout=LONG)
    assert child.returncode == 1


@pytest.mark.parametrize("way", TIE)
def test_a_child_whose_parent_lives_works_on(way: str) -> None:
    program = CHILD.format(tie=TIE[way], seconds=0.3)
    with subprocess.Popen([sys.executable, "-c", program], cwd=ROOT, stdin=subprocess.PIPE) as child:
        assert child.wait(LONG) == 0
