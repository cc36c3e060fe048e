"""Firefox without a driver of its own: WebDriver BiDi over the `websockets` package (w3c.github.io/webdriver-bidi)."""

import itertools
import json
import re
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from copy import copy
from pathlib import Path
from typing import Any

from websockets.sync.client import ClientConnection, connect

from tests.started import end

PROGRAM = "firefox-esr"
ANSWER_WITHIN = 120.0  # seconds for one command; opening a practice's inbox is the longest
_LISTENING = re.compile(r"WebDriver BiDi listening on (ws://\S+)")
_PREFERENCES = {
    "app.update.enabled": False,
    "browser.shell.checkDefaultBrowser": False,
    "intl.accept_languages": "fr",
    "datareporting.policy.dataSubmissionEnabled": False,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "toolkit.telemetry.enabled": False,
}


class FirefoxError(Exception):
    """A BiDi command failed, or the page threw: `error`, then what the browser says of it."""


# Where an element is shown, in the middle of the window, once it has stopped moving.
_PLACE = """async (selector, text) => {
  const shown = () => [...document.querySelectorAll(selector)].find((each) => each.checkVisibility() && each.textContent.includes(text));
  const place = () => {
    const found = shown();
    found?.scrollIntoView({ block: 'center', behavior: 'instant' });
    const { x, y, width, height } = found?.getBoundingClientRect() ?? {};
    return found && [Math.round(x + width / 2), Math.round(y + height / 2)];
  };
  let [before, now] = [null, place()];
  while (now && String(before) !== String(now)) {
    await new Promise((resolve) => setTimeout(resolve, 50));
    [before, now] = [now, place()];
  }
  return now;
}"""
_ENTER = "\ue007"  # WebDriver §17.4.2: the keys that are no characters


class Firefox:
    """One window of a fresh profile: an `Engine`."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket, self._numbers = socket, itertools.count(1)
        self.command("session.new", {"capabilities": {"alwaysMatch": {"acceptInsecureCerts": True}}})
        self._apart: dict[str, str] = {}
        self._context = self._tab()

    @contextmanager
    def apart(self) -> Iterator["Firefox"]:
        """A window that shares neither storage nor permissions with another, for as long as it takes."""
        window = copy(self)
        window._apart = {"userContext": self.command("browser.createUserContext", {})["userContext"]}
        window._context = window._tab()
        yield window
        self.command("browser.removeUserContext", window._apart)

    def _tab(self) -> str:
        return str(self.command("browsingContext.create", {"type": "tab", **self._apart})["context"])

    def permit(self, name: str, state: str, origin: str) -> None:
        """What a person answered, or has answered before (www.w3.org/TR/permissions, *Automation*)."""
        asked = {"descriptor": {"name": name}, "state": state, "origin": origin}
        self.command("permissions.setPermission", {**asked, **self._apart})

    def command(self, method: str, params: dict[str, Any]) -> dict[str, Any]:
        """Send one command and wait for its own answer; events in between are dropped."""
        number = next(self._numbers)
        self._socket.send(json.dumps({"id": number, "method": method, "params": params}))
        while (answer := json.loads(self._socket.recv(ANSWER_WITHIN))).get("id") != number:
            pass
        if answer["type"] == "error":
            raise FirefoxError(f"{answer['error']}: {answer['message']}")
        return dict(answer["result"])

    def go(self, url: str) -> None:
        self.command("browsingContext.navigate", {"context": self._context, "url": url, "wait": "complete"})

    def click(self, selector: str, text: str = "") -> None:
        place = self.evaluate(_PLACE, selector, text)
        if place is None:
            raise FirefoxError(f"nothing to click: {selector} {text}")
        move = {"type": "pointerMove", "x": place[0], "y": place[1]}
        press, release = ({"type": kind, "button": 0} for kind in ("pointerDown", "pointerUp"))
        self._act({"type": "pointer", "id": "mouse", "actions": [move, press, release]})

    def write(self, selector: str, text: str) -> None:
        self.click(selector)
        keys = [
            {"type": kind, "value": _ENTER if key == "\n" else key} for key in text for kind in ("keyDown", "keyUp")
        ]
        self._act({"type": "key", "id": "keyboard", "actions": keys})

    def _act(self, source: dict[str, Any]) -> None:
        self.command("input.performActions", {"context": self._context, "actions": [source]})

    def evaluate(self, function: str, *arguments: Any) -> Any:
        """Call a function of the page's realm, given as source, with JSON arguments; its JSON result."""
        call = f"async () => JSON.stringify((await ({function})(...{json.dumps(arguments)})) ?? null)"
        result = self.command(
            "script.callFunction",
            {
                "functionDeclaration": call,
                "target": {"context": self._context},
                "awaitPromise": True,
                "userActivation": True,
            },
        )
        if result["type"] == "exception":
            raise FirefoxError(result["exceptionDetails"]["text"])
        return json.loads(result["result"]["value"])


@contextmanager
def open_firefox(preferences: Mapping[str, object] | None = None) -> Iterator[Firefox]:
    """A headless Firefox, gone with its profile at the end; `preferences` besides those of every run."""
    profile = Path(tempfile.mkdtemp(prefix="pli-firefox-"))
    settings = {**_PREFERENCES, **(preferences or {})}
    (profile / "user.js").write_text("".join(f"user_pref({_js(k)}, {_js(v)});\n" for k, v in settings.items()))
    command = [PROGRAM, "--headless", "--no-remote", "--profile", str(profile), "--remote-debugging-port", "0"]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)
    try:
        with connect(f"{_address(process)}/session", max_size=None, ping_interval=None) as socket:
            yield Firefox(socket)
    finally:
        end(process, 20)
        process.stderr.close()
        shutil.rmtree(profile, ignore_errors=True)


def _js(value: object) -> str:
    return json.dumps(value)


def _address(process: "subprocess.Popen[str]") -> str:
    """Where it listens; the rest of what it says is read and dropped, lest the pipe fill."""
    errors = process.stderr
    assert errors is not None
    limit = threading.Timer(ANSWER_WITHIN, process.kill)
    limit.start()
    found = next((match[1] for line in errors if (match := _LISTENING.search(line))), None)
    limit.cancel()
    if found is None:
        raise FirefoxError(f"it did not say where it listens, and ended with {process.wait(10)}")
    threading.Thread(target=lambda: [None for _ in errors], daemon=True).start()
    return found
