"""A pseudo-terminal with a person at it: reads what a program shows, and types."""

import os
import pty
import re
import select
import termios
import time
from types import TracebackType
from typing import Self

ESCAPES = re.compile(rb"\x1b(\[[0-9;?]*[A-Za-z]|[()][A-Z0-9]|[=>78]|\][^\x07]*\x07)|\x0f|\x0e")
_QUIET = 0.3  # seconds without output
_LOCAL_MODES = 3  # c_lflag among the fields of tcgetattr


class Terminal:
    """`device` is its path; `shown` all that was written to it so far, without escape sequences."""

    def __init__(self) -> None:
        self._master, self._slave = pty.openpty()
        self.device = os.ttyname(self._slave)
        self._raw = b""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _type: type[BaseException] | None, _value: BaseException | None, _trace: TracebackType | None
    ) -> None:
        os.close(self._slave)
        os.close(self._master)

    @property
    def shown(self) -> str:
        return ESCAPES.sub(b"", self._raw).decode("utf-8", "replace")

    def wait_for(self, text: str, seconds: float = 10, *, since: int = 0) -> int:
        """Where the text ends in what was shown."""
        end = time.monotonic() + seconds
        while (found := self.shown.find(text, since)) < 0:
            left = end - time.monotonic()
            assert left > 0, self.shown
            if select.select([self._master], [], [], left)[0]:
                self._raw += os.read(self._master, 65536)
        return found + len(text)

    def type(self, keys: str, seconds: float = 10) -> None:
        """Once the terminal shows no keys and the program has drawn all it will.

        pinentry-tty asks first, then hides keys, and flushes what was typed before; pinentry-curses hangs where Ctrl-C interrupts its drawing.
        """
        end = time.monotonic() + seconds
        while termios.tcgetattr(self._slave)[_LOCAL_MODES] & termios.ECHO:
            assert time.monotonic() < end, self.shown
            time.sleep(0.01)
        while select.select([self._master], [], [], _QUIET)[0]:
            self._raw += os.read(self._master, 65536)
        os.write(self._master, keys.encode())
