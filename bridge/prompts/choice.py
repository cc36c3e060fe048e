"""Which prompt this computer has: the system's own dialog, the pinentry of the desktop, or the terminal.

The bridge may start before its desktop does, so the choice is made anew for each question.
"""

import os
import shutil
import sys
import threading
from collections.abc import Callable, Mapping, Sequence

from bridge.errors import PolicyRefused
from bridge.journal import log
from bridge.policy import PromptSetting
from bridge.program import module_command
from bridge.prompts.assuan import AssuanPrompter
from bridge.prompts.pin import Pin
from bridge.prompts.requests import ConsentRequest, PinRequest, Prompter
from bridge.prompts.wording import Wording
from bridge.protocol import RpcError

_KDE = ("pinentry-qt", "pinentry-qt5", "pinentry-qt6")
_GNOME = ("pinentry-gnome3",)
_PLAIN = ("pinentry-gtk-2", "pinentry-gtk")
_GRAPHICAL = {"KDE": (*_KDE, *_PLAIN, *_GNOME), "LXQT": (*_KDE, *_PLAIN, *_GNOME), "GNOME": (*_GNOME, *_PLAIN, *_KDE)}

Command = tuple[str, ...]


def own_dialog(name: str, *arguments: str) -> Command:
    """The command that runs a dialog of this package in a process of its own."""
    return tuple(module_command(f"bridge.prompts.{name}", *arguments))


def candidates(platform: str, environment: Mapping[str, str], terminal: str) -> list[Command]:
    """The prompt programs to try, best first. `terminal` is a device path, or empty."""
    if platform == "win32":
        return [own_dialog("credui")]
    if platform == "darwin":
        return [("pinentry-mac",), own_dialog("osascript")]
    return [*_graphical(environment), *_on_terminal(environment, terminal)]


def pinentry_options(environment: Mapping[str, str], terminal: str) -> list[str]:
    """OPTION lines of pinentry: where to ask, and in which character set."""
    locale = environment.get("LC_ALL") or environment.get("LC_CTYPE") or environment.get("LANG", "")
    options = {
        "ttyname": terminal,
        "ttytype": environment.get("TERM", "") if terminal else "",
        "lc-ctype": locale,
        "lc-messages": environment.get("LC_ALL") or environment.get("LC_MESSAGES") or environment.get("LANG", ""),
        "display": environment.get("DISPLAY", ""),
    }
    return ["no-grab", *(f"{name}={value}" for name, value in options.items() if value)]


def terminal_device(environment: Mapping[str, str]) -> str:
    """The terminal of this process, or the one GPG_TTY names; empty without one."""
    for stream in (sys.stdin, sys.stderr, sys.stdout):
        try:
            return os.ttyname(stream.fileno())
        except (OSError, ValueError, AttributeError):
            continue
    return environment.get("GPG_TTY", "")


class SystemPrompter:
    """Asks through the best prompt of the moment. Each question raises RpcError PROMPT_MISSING where there is none to trust."""

    def __init__(self, wording: Wording, seconds: int, environment: Mapping[str, str] = os.environ) -> None:
        self._words = wording
        self._seconds = seconds
        self._environment = environment

    def ask_pin(self, request: PinRequest, cancelled: threading.Event) -> Pin:
        return self._chosen().ask_pin(request, cancelled)

    def ask_new_pin(self, request: PinRequest, cancelled: threading.Event) -> Pin:
        return self._chosen().ask_new_pin(request, cancelled)

    def show_pinpad(self, request: PinRequest, over: threading.Event) -> None:
        self._chosen().show_pinpad(request, over)

    def confirm(self, request: ConsentRequest, cancelled: threading.Event) -> None:
        self._chosen().confirm(request, cancelled)

    def _chosen(self) -> AssuanPrompter:
        terminal = terminal_device(self._environment)
        options = pinentry_options(self._environment, terminal)
        try:
            program, *arguments = first_installed(candidates(sys.platform, self._environment, terminal))
            return AssuanPrompter(program, arguments, self._words, self._seconds, options)
        except PolicyRefused as error:
            log.warning("no prompt: %s", error)
            raise RpcError("PROMPT_MISSING") from None


def first_installed(commands: Sequence[Command], find: Callable[[str], str | None] = shutil.which) -> Command:
    """Raises PolicyRefused."""
    for command in commands:
        if find(command[0]) is not None:
            return command
    raise PolicyRefused("there is no way to ask for a PIN here: no desktop with a pinentry, and no terminal")


def make_prompter(setting: PromptSetting, wording: Wording, seconds: int) -> Prompter:
    """The prompter a policy names, the card table apart. Raises PolicyRefused."""
    if setting.kind == "terminal":
        program, *arguments = own_dialog("terminal")
        return AssuanPrompter(program, arguments, wording, seconds)
    if setting.kind == "assuan" or setting.program != PromptSetting.program:
        return AssuanPrompter(setting.program, setting.arguments, wording, seconds)
    return SystemPrompter(wording, seconds)


def _graphical(environment: Mapping[str, str]) -> list[Command]:
    if not (environment.get("DISPLAY") or environment.get("WAYLAND_DISPLAY")):
        return []
    desktops = environment.get("XDG_CURRENT_DESKTOP", "").upper().split(":")
    order = next((_GRAPHICAL[desktop] for desktop in desktops if desktop in _GRAPHICAL), (*_PLAIN, *_KDE, *_GNOME))
    return [(program,) for program in order]


def _on_terminal(environment: Mapping[str, str], terminal: str) -> list[Command]:
    if not terminal:
        return []
    simple = environment.get("TERM", "dumb") == "dumb"
    known: list[Command] = (
        [("pinentry-tty",), ("pinentry-curses",)] if simple else [("pinentry-curses",), ("pinentry-tty",)]
    )
    return [*known, own_dialog("terminal", terminal)]
