"""The pinentry of a desktop, on a screen of its own (Xvfb) with a person at its keyboard."""

import subprocess
import time
from collections.abc import Iterator
from typing import Any

import pytest

from bridge.prompts.assuan import AssuanPrompter
from bridge.prompts.choice import pinentry_options
from bridge.prompts.requests import PinRequest
from bridge.prompts.wording import Wording
from tests.started import end, first_line

TITLE = "Pli"


@pytest.fixture
def screen() -> Iterator[dict[str, str]]:
    """The environment of a virtual screen. Xvfb chooses a free display and says which."""
    command = ["Xvfb", "-displayfd", "1", "-screen", "0", "800x600x24", "-nolisten", "tcp"]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        yield {"DISPLAY": f":{first_line(server).strip()}", "LC_ALL": "C.UTF-8"}
    finally:
        end(server)


def press(screen: dict[str, str], *keys: str) -> None:
    """Type into the window that has the title of our prompts, once it is there."""
    find = ["xdotool", "search", "--onlyvisible", "--name", f"^{TITLE}$"]
    limit = time.monotonic() + 15
    while not (found := subprocess.run(find, env=screen, capture_output=True, text=True, check=False).stdout.split()):
        assert time.monotonic() < limit, "no window"
        time.sleep(0.1)
    subprocess.run(["xdotool", "windowfocus", "--sync", found[-1], *keys], env=screen, check=True, timeout=60)


def test_a_window_asks_and_its_person_answers(screen: dict[str, str], pin_request: PinRequest, ask: Any) -> None:
    options = pinentry_options(screen, "")
    arguments = ["--display", screen["DISPLAY"]]
    prompter = AssuanPrompter("pinentry-gtk-2", arguments, Wording("fr"), 30, options)
    asked = ask(lambda cancelled: prompter.ask_pin(pin_request, cancelled))
    press(screen, "type", "--delay", "30", "8624")
    press(screen, "key", "Return")
    assert asked.typed() == "8624"
