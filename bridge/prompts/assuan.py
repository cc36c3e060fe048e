"""The Assuan prompt: pinentry, or any program that speaks its protocol (GnuPG, "The Assuan protocol").

One short-lived process per prompt. It is told what to show, answers once, and is gone; the PIN crosses one pipe into
octets that are overwritten.
"""

import shutil
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Self

from bridge.channel import child_environment
from bridge.errors import PolicyRefused
from bridge.ownership import refuse_untrusted
from bridge.program import environment_of
from bridge.prompts.assuan_lines import AssuanLines, unescape
from bridge.prompts.pin import Pin
from bridge.prompts.requests import ConsentRequest, PinRequest
from bridge.prompts.wording import Wording
from bridge.protocol import RpcError

_GPG_TIMEOUT = 62  # gpg-error.h GPG_ERR_TIMEOUT, in the low 16 bits of an ERR code
_POLL_SECONDS = 0.1
_REPEATED = b"PIN_REPEATED"  # pinentry's status line: it compared both entries itself


class AssuanPrompter:
    """Asks through a program. Raises PolicyRefused at construction when somebody else could have written it.

    `options` are OPTION lines of pinentry: terminal, display, character set.
    """

    def __init__(
        self, program: str, arguments: Sequence[str], wording: Wording, seconds: int, options: Sequence[str] = ()
    ) -> None:
        found = shutil.which(program)
        if found is None:
            raise PolicyRefused(f"the prompt program {program} is not installed")
        for file in (found, *(argument for argument in arguments if Path(argument).is_file())):
            refuse_untrusted(Path(file))
        self._command = [found, *arguments]
        self._words = wording
        self._seconds = seconds
        self._options = options

    def ask_pin(self, request: PinRequest, cancelled: threading.Event) -> Pin:
        with self._conversation(cancelled) as program:
            self._describe(program, self._words.pin(request), self._pin_settings(request))
            return program.ask("GETPIN")

    def ask_new_pin(self, request: PinRequest, cancelled: threading.Event) -> Pin:
        """Typed twice in one dialog where the program can (SETREPEAT), else in two."""
        repeat = {"SETREPEAT": self._words["repeat"], "SETREPEATERROR": self._words["not-the-same"]}
        with self._conversation(cancelled) as program:
            settings = self._pin_settings(request) | {"SETPROMPT": self._words[request.prompt or "new-prompt"]}
            self._describe(program, self._words.pin(request), settings | repeat)
            first = program.ask("GETPIN")
            if _REPEATED in program.statuses:
                return first
        return self._repeat(request, first, cancelled)

    def show_pinpad(self, request: PinRequest, over: threading.Event) -> None:
        with self._conversation(over) as program:
            description = f"{self._words['pinpad']}\n\n{self._words.pin(request)}"
            self._describe(program, description, {"SETOK": self._words["close"]})
            program.ask("MESSAGE")

    def confirm(self, request: ConsentRequest, cancelled: threading.Event) -> None:
        for description in self._words.consents(request):
            with self._conversation(cancelled) as program:
                self._describe(program, description, {"SETOK": self._words["agree"]})
                program.ask("CONFIRM")

    def _repeat(self, request: PinRequest, first: Pin, cancelled: threading.Event) -> Pin:
        with self._conversation(cancelled) as program:
            settings = self._pin_settings(request) | {"SETPROMPT": self._words["repeat"]}
            self._describe(program, self._words.pin(request), settings)
            with program.ask("GETPIN") as second:
                if first.is_same(second):
                    return first
        first.wipe()
        return self.ask_new_pin(replace(request, error="not-the-same"), cancelled)

    def _pin_settings(self, request: PinRequest) -> dict[str, str]:
        error = {"SETERROR": self._words[request.error]} if request.error else {}
        return {"SETPROMPT": self._words["prompt"], "SETOK": self._words["ok"], **error}

    def _conversation(self, cancelled: threading.Event) -> "_Conversation":
        return _Conversation(self._command, cancelled, self._seconds)

    def _describe(self, program: "_Conversation", description: str, settings: Mapping[str, str]) -> None:
        program.greet()
        for option in self._options:
            program.ask(f"OPTION {option}", optional=True)
        program.ask(f"SETTIMEOUT {self._seconds}", optional=True)
        shown = {"SETTITLE": self._words["title"], "SETCANCEL": self._words["cancel"], "SETDESC": description}
        for command, text in {**shown, **settings}.items():
            program.ask(f"{command} {_escape(text)}", optional=command != "SETDESC")


class _Conversation:
    """One run of the program. `statuses` are the words of the S lines it sent."""

    def __init__(self, command: Sequence[str], cancelled: threading.Event, seconds: int) -> None:
        # A session of its own: a program on a terminal must not be stopped for being in the background.
        self._process = subprocess.Popen(
            command,
            bufsize=0,
            env=environment_of(command[0], child_environment()),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        assert self._process.stdout is not None  # noqa: S101 (a PIPE was asked for)
        self._lines = AssuanLines(self._process.stdout)
        self._cancelled = cancelled
        self._deadline = time.monotonic() + seconds
        self.statuses: set[bytes] = set()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_failure: object) -> None:
        self._say("BYE")
        for make_it_end in (self._process.terminate, self._process.kill):
            try:
                self._process.wait(timeout=1)
            except subprocess.TimeoutExpired:
                make_it_end()
        self._process.wait()
        if self._process.stdin is not None:
            self._process.stdin.close()
        self._lines.close()

    def greet(self) -> None:
        self._answer()

    def ask(self, command: str, *, optional: bool = False) -> Pin:
        """Send a command; its data, decoded. A program may not know an `optional` one."""
        self._say(command)
        try:
            return self._answer()
        except RpcError:
            if optional and not self._cancelled.is_set() and self._process.poll() is None:
                return Pin(bytearray())
            raise

    def _say(self, command: str) -> None:
        try:
            assert self._process.stdin is not None  # noqa: S101
            self._process.stdin.write(command.encode() + b"\n")
        except OSError:
            return  # its silence is noticed by the reader

    def _answer(self) -> Pin:
        data = bytearray()
        while True:
            line = self._line()
            verb, rest = _split(line)
            if verb == b"OK":
                return Pin(data)
            if verb == b"D":
                data = unescape(rest)
                line[:] = bytes(len(line))
            if verb == b"S":
                self.statuses.add(bytes(rest))
            if verb == b"ERR":
                raise _refusal(bytes(rest))

    def _line(self) -> bytearray:
        while True:
            if self._cancelled.is_set():
                self._process.terminate()
                raise RpcError("USER_CANCELLED")
            if time.monotonic() > self._deadline:
                self._process.terminate()
                raise RpcError("PIN_TIMEOUT")
            line = self._lines.next(_POLL_SECONDS)
            if line is None:
                raise RpcError("USER_CANCELLED")  # the program ended without an answer
            if line:
                return line


def _split(line: bytearray) -> tuple[bytes, memoryview]:
    """The verb, and a view of the rest: no copy of a PIN."""
    end = line.find(b" ")
    end = len(line) if end < 0 else end
    return bytes(line[:end]), memoryview(line)[end + 1 :]


def _refusal(rest: bytes) -> RpcError:
    number = rest.split(b" ")[0]
    code = int(number) & 0xFFFF if number.isdigit() else 0
    return RpcError("PIN_TIMEOUT" if code == _GPG_TIMEOUT else "USER_CANCELLED")


def _escape(text: str) -> str:
    """Percent-escape what would end a line or begin an escape; Assuan takes UTF-8 as it is."""
    return "".join(f"%{ord(sign):02X}" if sign in "%\r\n\0" else sign for sign in text)
