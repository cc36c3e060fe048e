"""The last resort: the terminal the bridge was started from. `python -m bridge.prompts.terminal [TTY]` speaks Assuan."""

import os
import select
import sys
import termios
import time
from collections.abc import Iterator
from contextlib import contextmanager

from bridge.prompts.pin import Pin
from bridge.prompts.serving import DialogTimedOut, Shown, serve

_MAX_OCTETS = 256
_ENTER = (0x0A, 0x0D)
_ERASE = (0x08, 0x7F)
_ABORT = (0x03, 0x04)  # Ctrl-C, Ctrl-D


class TerminalDialog:
    """Lines on a terminal; what is typed is not shown. `device` is a path such as /dev/tty. Raises OSError."""

    def __init__(self, device: str) -> None:
        self._file = os.open(device, os.O_RDWR | os.O_NOCTTY)

    def ask(self, shown: Shown) -> Pin | None:
        self._say(f"\n{shown.description}\n")
        if shown.error:
            self._say(f"{shown.error}\n")
        octets = self._read_line(f"{shown.prompt}: ", shown.seconds)
        self._say("\n")
        return Pin(octets) if octets else None

    def agree(self, shown: Shown, *, only_close: bool) -> bool:
        self._say(f"\n{shown.description}\n")
        answer = self._read_line(f"{shown.ok} [Enter] " if only_close else f"{shown.ok} [o/n y/n] ", shown.seconds)
        self._say("\n")
        return only_close or (answer is not None and bytes(answer).strip().lower() in {b"o", b"oui", b"y", b"yes"})

    def _say(self, text: str) -> None:
        os.write(self._file, text.encode())

    def _read_line(self, prompt: str, seconds: int) -> bytearray | None:
        """Without echo, octet by octet: no line buffer keeps it. None for an aborted one."""
        typed, end = bytearray(), time.monotonic() + seconds
        with self._silent():
            self._say(prompt)
            while True:
                if not select.select([self._file], [], [], max(0.0, end - time.monotonic()))[0]:
                    raise DialogTimedOut
                octet = os.read(self._file, 1)
                if not octet or octet[0] in _ABORT:
                    Pin(typed).wipe()
                    return None
                if octet[0] in _ENTER:
                    return typed
                _take(typed, octet[0])

    @contextmanager
    def _silent(self) -> Iterator[None]:
        """Neither echo nor lines nor signals: Ctrl-C is an octet that aborts."""
        before = termios.tcgetattr(self._file)
        quiet = [*before]
        quiet[3] &= ~(termios.ECHO | termios.ICANON | termios.ISIG)
        termios.tcsetattr(self._file, termios.TCSAFLUSH, quiet)
        try:
            yield
        finally:
            termios.tcsetattr(self._file, termios.TCSAFLUSH, before)


def _take(typed: bytearray, octet: int) -> None:
    if octet not in _ERASE:
        if len(typed) < _MAX_OCTETS:
            typed.append(octet)
        return
    while typed and typed.pop() & 0xC0 == 0x80:  # noqa: PLR2004 (RFC 3629: the octets of one character)
        continue


if __name__ == "__main__":
    serve(TerminalDialog(sys.argv[1] if len(sys.argv) > 1 else "/dev/tty"))
