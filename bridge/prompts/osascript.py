"""The dialogs of macOS where pinentry-mac is missing: osascript. `python -m bridge.prompts.osascript` speaks Assuan.

Written from Apple's "AppleScript Language Guide", *display dialog*; **not run here** (no macOS): the tests check the
command and the reading of its answer. The texts are arguments of a fixed script, never part of it; what was typed comes
back on a pipe.
"""

import subprocess
import sys
from collections.abc import Sequence

from bridge.prompts.pin import Pin
from bridge.prompts.serving import DialogTimedOut, Shown, serve

_PROGRAM = "/usr/bin/osascript"
_GAVE_UP = b"gave-up"
_TYPED = b"typed:"

_ASK = """on run argv
set {shown, headline, agree, refuse, patience} to argv
set answer to display dialog shown with title headline default answer "" with hidden answer ¬
  buttons {refuse, agree} default button agree cancel button refuse giving up after (patience as integer)
if gave up of answer then return "gave-up"
return "typed:" & text returned of answer
end run"""

_AGREE = """on run argv
set {shown, headline, agree, refuse, patience} to argv
set answer to display dialog shown with title headline buttons {refuse, agree} cancel button refuse ¬
  giving up after (patience as integer)
if gave up of answer then return "gave-up"
return "agreed"
end run"""

_CLOSE = """on run argv
set {shown, headline, agree, refuse, patience} to argv
display dialog shown with title headline buttons {agree} default button agree giving up after (patience as integer)
return "agreed"
end run"""


def command(script: str, shown: Shown) -> list[str]:
    """The program with the texts as arguments: a text that looks like AppleScript stays a text."""
    lines = [part for line in script.splitlines() for part in ("-e", line)]
    text = "\n\n".join(filter(None, [shown.error, shown.description]))
    return [_PROGRAM, *lines, "--", text, shown.title, shown.ok, shown.cancel, str(shown.seconds)]


def typed(status: int, answer: bytearray) -> Pin | None:
    """What osascript's answer holds; the answer is overwritten. Raises DialogTimedOut."""
    if answer.startswith(_GAVE_UP):
        raise DialogTimedOut
    if status != 0 or not answer.startswith(_TYPED):
        return None  # "User canceled" (-128) ends the program with 1
    end = len(answer) - answer.endswith(b"\n")
    octets = answer[len(_TYPED) : end]
    answer[:] = bytes(len(answer))
    return Pin(octets) if octets else None


class MacDialog:
    """One run of osascript per question."""

    def ask(self, shown: Shown) -> Pin | None:
        return typed(*_run(command(_ASK, shown)))

    def agree(self, shown: Shown, *, only_close: bool) -> bool:
        status, answer = _run(command(_CLOSE if only_close else _AGREE, shown))
        if answer.startswith(_GAVE_UP):
            raise DialogTimedOut
        return status == 0


def _run(arguments: Sequence[str]) -> tuple[int, bytearray]:
    process = subprocess.Popen(arguments, bufsize=0, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    assert process.stdout is not None  # noqa: S101 (a PIPE was asked for)
    answer, held = bytearray(1024), 0
    with process.stdout:
        while got := process.stdout.readinto(memoryview(answer)[held:]):  # type: ignore[attr-defined]  # unbuffered
            held += got
    del answer[held:]
    return process.wait(), answer


if __name__ == "__main__":
    if sys.platform != "darwin":
        sys.exit("osascript: macOS only")
    serve(MacDialog())
