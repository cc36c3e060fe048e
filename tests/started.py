"""Programs that a test started: their first word, and their end. Neither is waited for without limit."""

import subprocess
import threading
from typing import AnyStr


def first_line(process: "subprocess.Popen[AnyStr]", seconds: float = 60) -> AnyStr:
    """What a program says once it is ready. One that says nothing in time is killed; its line is empty."""
    assert process.stdout is not None
    limit = threading.Timer(seconds, process.kill)
    limit.start()
    try:
        return process.stdout.readline()
    finally:
        limit.cancel()


def end(process: "subprocess.Popen[AnyStr]", seconds: float = 10) -> None:
    """Ask a program to end, then make it."""
    process.terminate()
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    if process.stdout is not None:
        process.stdout.close()
