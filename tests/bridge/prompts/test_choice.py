"""Which prompt is chosen, by system, desktop and terminal."""

import threading

import pytest

from bridge.errors import PolicyRefused
from bridge.policy import PromptSetting
from bridge.prompts import choice
from bridge.prompts.assuan import AssuanPrompter
from bridge.prompts.choice import (
    SystemPrompter,
    candidates,
    first_installed,
    make_prompter,
    own_dialog,
    pinentry_options,
)
from bridge.prompts.requests import PinRequest
from bridge.prompts.wording import Wording
from bridge.protocol import RpcError

TTY = "/dev/pts/7"


def first(environment: dict[str, str], *installed: str, terminal: str = "", platform: str = "linux") -> str:
    found = first_installed(
        candidates(platform, environment, terminal), lambda name: name if name in installed else None
    )
    return found[found.index("-m") + 1] if "-m" in found else found[0]


@pytest.mark.parametrize(
    ("desktop", "chosen"),
    [
        ("KDE", "pinentry-qt"),
        ("ubuntu:GNOME", "pinentry-gnome3"),
        ("XFCE", "pinentry-gtk-2"),
        ("", "pinentry-gtk-2"),
    ],
)
def test_a_desktop_has_its_own(desktop: str, chosen: str) -> None:
    environment = {"DISPLAY": ":0", "XDG_CURRENT_DESKTOP": desktop}
    assert first(environment, "pinentry-qt", "pinentry-gnome3", "pinentry-gtk-2", "pinentry-curses") == chosen


def test_wayland_is_a_desktop() -> None:
    assert first({"WAYLAND_DISPLAY": "wayland-0"}, "pinentry-qt") == "pinentry-qt"


def test_a_terminal_serves_where_no_desktop_is() -> None:
    import sys

    assert first({"TERM": "xterm"}, "pinentry-curses", "pinentry-tty", terminal=TTY) == "pinentry-curses"
    assert first({"TERM": "dumb"}, "pinentry-curses", "pinentry-tty", terminal=TTY) == "pinentry-tty"
    assert first({"TERM": "xterm"}, sys.executable, terminal=TTY) == "bridge.prompts.terminal"
    assert first({"DISPLAY": ":0"}, "pinentry-curses", terminal=TTY) == "pinentry-curses"


def test_neither_desktop_nor_terminal_is_said() -> None:
    with pytest.raises(PolicyRefused, match="no way to ask"):
        first({}, "pinentry-curses", "pinentry-qt")


def test_a_question_without_any_prompt_is_a_typed_error(pin_request: PinRequest) -> None:
    nowhere = SystemPrompter(Wording("en"), 5, {})
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(choice, "terminal_device", lambda _environment: "")
        with pytest.raises(RpcError, match="prompt missing"):
            nowhere.ask_pin(pin_request, threading.Event())


def test_other_systems_have_their_dialogs() -> None:
    import sys

    assert first({}, "pinentry-mac", sys.executable, platform="darwin") == "pinentry-mac"
    assert first({}, sys.executable, platform="darwin") == "bridge.prompts.osascript"
    assert first({}, sys.executable, platform="win32") == "bridge.prompts.credui"


def test_pinentry_is_told_where_and_in_which_letters() -> None:
    environment = {"TERM": "xterm", "LANG": "fr_FR.UTF-8", "LC_CTYPE": "C.UTF-8", "DISPLAY": ":1"}
    assert pinentry_options(environment, TTY) == [
        "no-grab",
        f"ttyname={TTY}",
        "ttytype=xterm",
        "lc-ctype=C.UTF-8",
        "lc-messages=fr_FR.UTF-8",
        "display=:1",
    ]
    assert not any("cache" in option for option in pinentry_options(environment, ""))  # nothing keeps the PIN


def test_a_policy_that_names_a_program_gets_it() -> None:
    words = Wording("en")
    assert isinstance(make_prompter(PromptSetting(), words, 5), SystemPrompter)
    assert isinstance(make_prompter(PromptSetting(program="pinentry-curses"), words, 5), AssuanPrompter)
    with pytest.raises(PolicyRefused, match="not installed"):
        make_prompter(PromptSetting(program="pinentry-none"), words, 5)
    terminal = make_prompter(PromptSetting(kind="terminal"), words, 5)
    assert isinstance(terminal, AssuanPrompter)
    assert terminal._command[1:] == list(own_dialog("terminal")[1:])
