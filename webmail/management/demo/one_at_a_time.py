"""One practice at a time in a data folder: a lock the system releases when the demo ends, however it ends."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

LOCK = "running"


@contextmanager
def alone(data: Path) -> Iterator[None]:
    """For as long as it runs, no other starts there. Raises SystemExit, in words for the terminal, where one runs."""
    data.mkdir(parents=True, exist_ok=True)
    with (data / LOCK).open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise SystemExit(_already(data, _number_in(data / LOCK))) from None
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        yield


def _number_in(lock: Path) -> str:
    number = lock.read_text().strip()
    return f" (process {number})" if number else ""


def _already(data: Path, process: str) -> str:
    return (
        f"The sample practice in {data} is already running{process}, in another terminal. Go on there, or stop it there with Ctrl-C"
        " and try again.\nFor a second practice beside it, give it a folder of its own: make demo ARGS='--data FOLDER'"
    )
