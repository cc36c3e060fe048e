"""The other side of Assuan: a dialog of ours (terminal, Windows, macOS) as a prompt program, in a process of its own.

`AssuanServer` is a state machine without I/O: lines in, lines or a question for the dialog out.
"""

import os
import signal
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from io import TextIOWrapper
from typing import Any, Protocol
from urllib.parse import unquote

from bridge.prompts.assuan_lines import escape
from bridge.prompts.pin import Pin

# gpg-error.h: source 5 (pinentry) in the high bits; codes GPG_ERR_CANCELED, GPG_ERR_TIMEOUT, GPG_ERR_ASS_UNKNOWN_CMD
_CANCELLED = b"ERR 83886179 cancelled"
_TIMED_OUT = b"ERR 83886142 timed out"
_UNKNOWN = b"ERR 83886355 unknown command"


class DialogTimedOut(Exception):
    """Nobody answered in the seconds the dialog was given."""


@dataclass(frozen=True)
class Shown:
    """What a dialog shows."""

    title: str = "Pli"
    description: str = ""
    prompt: str = "PIN"
    error: str = ""
    ok: str = "OK"
    cancel: str = "Cancel"
    repeat: str = ""
    repeat_error: str = ""
    seconds: int = 120


class Dialog(Protocol):
    """One way of asking. Both methods raise DialogTimedOut."""

    def ask(self, shown: Shown) -> Pin | None:
        """What was typed; None where the person cancelled."""

    def agree(self, shown: Shown, *, only_close: bool) -> bool:
        """Whether the person agreed; `only_close`: there is nothing to refuse."""


_SETTINGS = {
    "SETTITLE": "title",
    "SETDESC": "description",
    "SETPROMPT": "prompt",
    "SETERROR": "error",
    "SETOK": "ok",
    "SETCANCEL": "cancel",
    "SETREPEAT": "repeat",
    "SETREPEATERROR": "repeat_error",
}


class AssuanServer:
    """One conversation: `receive` takes a line and yields the lines to answer."""

    def __init__(self, dialog: Dialog) -> None:
        self._dialog = dialog
        self._shown = Shown()
        self.over = False

    def greet(self) -> bytes:
        return b"OK Pli"

    def receive(self, line: str) -> Iterator[bytes | bytearray]:
        verb, _, rest = line.partition(" ")
        if verb in _SETTINGS:
            text: dict[str, Any] = {_SETTINGS[verb]: unquote(rest)}
            self._shown = replace(self._shown, **text)
            yield b"OK"
        elif verb == "SETTIMEOUT" and rest.isdigit():
            self._shown = replace(self._shown, seconds=int(rest))
            yield b"OK"
        elif verb in {"GETPIN", "CONFIRM", "MESSAGE"}:
            yield from self._ask(verb, only_close=verb == "MESSAGE" or rest == "--one-button")
        elif verb in {"BYE", "OPTION", "RESET", "NOP"}:
            self.over = verb == "BYE"
            yield b"OK"
        else:
            yield _UNKNOWN

    def _ask(self, verb: str, *, only_close: bool) -> Iterator[bytes | bytearray]:
        try:
            if verb == "GETPIN":
                yield from self._pin()
            else:
                yield b"OK" if self._dialog.agree(self._shown, only_close=only_close) else _CANCELLED
        except DialogTimedOut:
            yield _TIMED_OUT

    def _pin(self) -> Iterator[bytes | bytearray]:
        typed = self._twice() if self._shown.repeat else self._dialog.ask(self._shown)
        if typed is None:
            yield _CANCELLED
            return
        if self._shown.repeat:
            yield b"S PIN_REPEATED"
        with typed:
            yield bytearray(b"D ") + escape(typed.octets)
        yield b"OK"

    def _twice(self) -> Pin | None:
        """Ask until both entries are alike; the dialog has one field."""
        shown = self._shown
        while (first := self._dialog.ask(shown)) is not None:
            second = self._dialog.ask(replace(shown, prompt=self._shown.repeat, error=""))
            if second is None:
                first.wipe()
                return None
            with second:
                if first.is_same(second):
                    return first
            first.wipe()
            shown = replace(self._shown, error=self._shown.repeat_error)
        return None


def serve(dialog: Dialog) -> None:
    """Speak Assuan on the standard streams until BYE or their end. The streams' own descriptors hold no buffer."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())  # the dialog leaves its terminal as it found it
    if isinstance(sys.stdin, TextIOWrapper):
        sys.stdin.reconfigure(encoding="utf-8", errors="replace")  # Assuan's, whatever this system writes
    server = AssuanServer(dialog)
    _write(server.greet())
    for line in sys.stdin:
        for answer in server.receive(line.rstrip("\r\n")):
            _write(answer)
        if server.over:
            return


def _write(line: bytes | bytearray) -> None:
    out = bytearray(line) + b"\n"
    os.write(1, out)
    if isinstance(line, bytearray):
        line[:] = bytes(len(line))
    out[:] = bytes(len(out))
