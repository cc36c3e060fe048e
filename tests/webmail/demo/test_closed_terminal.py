"""`make demo` whose terminal is closed: its processes end with it, or the next one would find their ports taken."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]


def still_running(data: Path) -> list[int]:
    """The command lines that name this practice, or whose environment does."""
    named = os.fsencode(data)
    found = []
    for process in Path("/proc").iterdir():
        if process.name.isdecimal() and int(process.name) != os.getpid():
            try:
                known = (process / "cmdline").read_bytes() + (process / "environ").read_bytes()
            except OSError:
                continue
            found += [int(process.name)] if named in known else []
    return found


@pytest.mark.slow
def test_nothing_is_left_when_the_terminal_is_closed(tmp_path: Path) -> None:
    line = [sys.executable, "manage.py", "demo", "--data", str(tmp_path)]
    demo = subprocess.Popen(line, cwd=ROOT, stdout=subprocess.PIPE, text=True, start_new_session=True)
    assert demo.stdout
    said = []
    for text in demo.stdout:  # a pipe is told as soon as a terminal would be
        said.append(text)
        if text.startswith("Ready after"):
            break
    assert any("Card table" in text for text in said)
    assert still_running(tmp_path)
    demo.send_signal(signal.SIGHUP)
    demo.stdout.read()
    demo.stdout.close()
    demo.wait()
    left = still_running(tmp_path)
    for pid in left:
        os.kill(pid, signal.SIGKILL)
    assert left == []
