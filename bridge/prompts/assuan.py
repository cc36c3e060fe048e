"""The Assuan prompt: pinentry, or any program that speaks its protocol (GnuPG, "The Assuan protocol").

One short-lived process per prompt. It is told what to show, answers once, and is gone; the PIN crosses one pipe.
"""

import queue
import shutil
import subprocess
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Self
from urllib.parse import quote, unquote

from bridge.policy import PolicyRefused, refuse_writable_by_others
from bridge.prompts.requests import ConsentRequest, PinRequest
from bridge.prompts.wording import Wording
from bridge.protocol import RpcError

_GPG_TIMEOUT = 62  # gpg-error.h GPG_ERR_TIMEOUT, in the low 16 bits of an ERR code
_POLL_SECONDS = 0.1


class AssuanPrompter:
    """Asks through a program. Raises PolicyRefused at construction when somebody else could have written it."""

    def __init__(self, program: str, arguments: Sequence[str], wording: Wording, seconds: int) -> None:
        found = shutil.which(program)
        if found is None:
            raise PolicyRefused(f"the prompt program {program} is not installed")
        for file in (found, *(argument for argument in arguments if Path(argument).is_file())):
            refuse_writable_by_others(Path(file))
        self._command = [found, *arguments]
        self._words = wording
        self._seconds = seconds

    def ask_pin(self, request: PinRequest, cancelled: threading.Event) -> str:
        settings = {"SETPROMPT": self._words["prompt"], "SETOK": self._words["ok"]}
        return self._converse(self._words.pin(request), settings, "GETPIN", cancelled)

    def confirm(self, request: ConsentRequest, cancelled: threading.Event) -> None:
        self._converse(self._words.consent(request), {"SETOK": self._words["agree"]}, "CONFIRM", cancelled)

    def _converse(self, description: str, settings: dict[str, str], verb: str, cancelled: threading.Event) -> str:
        with _Conversation(self._command, cancelled, self._seconds) as program:
            program.greet()
            program.ask(f"SETTIMEOUT {self._seconds}", optional=True)
            shown = {"SETTITLE": self._words["title"], "SETCANCEL": self._words["cancel"], "SETDESC": description}
            for command, text in {**shown, **settings}.items():
                program.ask(f"{command} {_escape(text)}", optional=command != "SETDESC")
            return program.ask(verb)


class _Conversation:
    """One run of the program."""

    def __init__(self, command: Sequence[str], cancelled: threading.Event, seconds: int) -> None:
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self._lines: queue.Queue[bytes] = queue.Queue()
        self._cancelled = cancelled
        self._deadline = time.monotonic() + seconds
        threading.Thread(target=_pump, args=(self._stdout, self._lines), daemon=True).start()

    @property
    def _stdout(self) -> IO[bytes]:
        assert self._process.stdout is not None  # noqa: S101 (a PIPE was asked for)
        return self._process.stdout

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_failure: object) -> None:
        self._say("BYE")
        try:
            self._process.wait(timeout=1)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if self._process.stdin is not None:
            _close(self._process.stdin)

    def greet(self) -> None:
        self._answer()

    def ask(self, command: str, *, optional: bool = False) -> str:
        """Send a command; its data, decoded. A program may not know an `optional` one."""
        self._say(command)
        try:
            return self._answer()
        except RpcError:
            if optional and not self._cancelled.is_set() and self._process.poll() is None:
                return ""
            raise

    def _say(self, command: str) -> None:
        try:
            assert self._process.stdin is not None  # noqa: S101
            self._process.stdin.write(command.encode() + b"\n")
            self._process.stdin.flush()
        except (BrokenPipeError, OSError):
            return  # its silence is noticed by the reader

    def _answer(self) -> str:
        data = b""
        while True:
            verb, _, rest = self._line().partition(b" ")
            if verb == b"OK":
                return unquote(data.decode())
            if verb == b"D":
                data += rest
            if verb == b"ERR":
                raise _refusal(rest)

    def _line(self) -> bytes:
        while True:
            if self._cancelled.is_set():
                self._process.kill()
                raise RpcError("USER_CANCELLED")
            if time.monotonic() > self._deadline:
                self._process.kill()
                raise RpcError("PIN_TIMEOUT")
            try:
                line = self._lines.get(timeout=_POLL_SECONDS)
            except queue.Empty:
                continue
            if not line:
                raise RpcError("USER_CANCELLED")  # the program ended without an answer
            return line.rstrip(b"\r\n")


def _refusal(rest: bytes) -> RpcError:
    number = rest.split(b" ")[0]
    code = int(number) & 0xFFFF if number.isdigit() else 0
    return RpcError("PIN_TIMEOUT" if code == _GPG_TIMEOUT else "USER_CANCELLED")


def _pump(stream: IO[bytes], lines: queue.Queue[bytes]) -> None:
    with stream:
        for line in stream:
            lines.put(line)
    lines.put(b"")


def _close(stream: IO[bytes]) -> None:
    try:
        stream.close()
    except OSError:
        return


def _escape(text: str) -> str:
    """Percent-escape what would end a line; the rest stays readable in a trace."""
    return quote(text, safe=" !\"#$&'()*+,/:;<=>?@[\\]^`{|}~éèêëàâäîïôöûüùçÉÈÊÀÂÎÔÛÇœŒ’«»…")
