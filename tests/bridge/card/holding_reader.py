"""Starts `hold_reader.py`: another program that uses, or holds, the card in a reader."""

import subprocess
import sys
from pathlib import Path

from tests.started import first_line

HOLDER = Path(__file__).with_name("hold_reader.py")


class holding:  # noqa: N801 (a with block)
    """Another program with an `exclusive` or `shared` connection to a reader, or in a `transaction`; its name.

    It tries for so many seconds to get that.
    """

    def __init__(self, reader: str, manner: str, seconds: float = 0) -> None:
        self._command = [sys.executable, str(HOLDER), reader, manner, str(seconds)]

    def __enter__(self) -> str:
        self._process = subprocess.Popen(self._command, stdout=subprocess.PIPE, text=True)
        assert first_line(self._process) == "held\n"
        return "billing"

    def let_go(self) -> None:
        self._process.kill()
        self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()

    def __exit__(self, *_failure: object) -> None:
        self.let_go()
