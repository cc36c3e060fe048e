"""Starts `hold_reader.py`: another program that uses, or holds, the card in a reader."""

import contextlib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

HOLDER = Path(__file__).with_name("hold_reader.py")


@contextlib.contextmanager
def holding(reader: str, manner: str) -> Iterator[str]:
    """Another program with an `exclusive` or `shared` connection to a reader, or in a `transaction`; its name."""
    command = [sys.executable, str(HOLDER), reader, manner]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "held\n"
            yield "billing"
        finally:
            process.kill()
