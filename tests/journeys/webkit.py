"""WebKitGTK's MiniBrowser by WebKitWebDriver (www.w3.org/TR/webdriver2), on a screen of its own."""

import json
import os
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from practice import free_port

from tests.started import end, first_line

DRIVER = "WebKitWebDriver"
BROWSER = next(Path("/usr/lib").glob("*/webkit2gtk-4.1/MiniBrowser"), Path("/usr/bin/MiniBrowser"))
_ELEMENT = "element-6066-11e4-a52e-4f735466cecf"  # WebDriver §12.1: the member that marks an element
_ANSWER_WITHIN = 120  # seconds
_SCRIPT = "const done = arguments[arguments.length - 1]; (async () => JSON.stringify((await (%s)(...%s)) ?? null))().then((said) => done({ said }), (error) => done({ error: String(error?.stack ?? error) }));"
_SHOWN = "return [...document.querySelectorAll(arguments[0])].find((each) => each.checkVisibility() && each.textContent.includes(arguments[1])) ?? null;"


class WebKitError(Exception):
    """A command failed, or the page threw; the text is what the driver or the page said."""


class WebKit:
    """One window of a profile that is forgotten at the end: an `Engine`."""

    def __init__(self, address: str) -> None:
        self._address = address
        capabilities = {
            "acceptInsecureCerts": True,
            "webkitgtk:browserOptions": {"binary": str(BROWSER), "args": ["--automation"]},
        }
        self._session = self._ask("POST", "/session", {"capabilities": {"alwaysMatch": capabilities}})["sessionId"]
        self.command("POST", "timeouts", {"script": _ANSWER_WITHIN * 1000})

    def command(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        """One command of the session. Raises WebKitError."""
        return self._ask(method, f"/session/{self._session}/{path}".rstrip("/"), body)

    def _ask(self, method: str, path: str, body: dict[str, Any] | None) -> Any:
        data = None if method != "POST" else json.dumps(body or {}).encode()
        request = urllib.request.Request(f"http://{self._address}{path}", data, method=method)
        try:
            with urllib.request.urlopen(request, timeout=_ANSWER_WITHIN) as answer:
                return json.load(answer)["value"]
        except urllib.error.HTTPError as error:
            with error:
                said = json.load(error)["value"]
            raise WebKitError(f"{said['error']}: {said['message']}") from None

    def go(self, url: str) -> None:
        self.command("POST", "url", {"url": url})

    def evaluate(self, function: str, *arguments: Any) -> Any:
        script = _SCRIPT % (function, json.dumps(arguments))
        answer = self.command("POST", "execute/async", {"script": script, "args": []})
        if "error" in answer:
            raise WebKitError(answer["error"])
        return json.loads(answer["said"])

    def click(self, selector: str, text: str = "") -> None:
        self.command("POST", f"element/{self._shown(selector, text)}/click")

    def write(self, selector: str, text: str) -> None:
        self.command("POST", f"element/{self._shown(selector)}/value", {"text": text})

    def _shown(self, selector: str, text: str = "") -> str:
        found = self.command("POST", "execute/sync", {"script": _SHOWN, "args": [selector, text]})
        if found is None:
            raise WebKitError(f"nothing to click: {selector} {text}")
        return str(found[_ELEMENT])

    def windows(self) -> list[str]:
        """Handles of all windows, the first one's own first."""
        return list(self.command("GET", "window/handles"))

    def close(self) -> None:
        self.command("DELETE", "")


@contextmanager
def open_webkit(folder: Path) -> Iterator[WebKit]:
    """A browser on a virtual screen, with a home in `folder`."""
    with _screen() as display, _driver(folder, display) as address:
        browser = WebKit(address)
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def _screen() -> Iterator[str]:
    """An X server that takes a free number itself (Xserver(1), -displayfd)."""
    command = ["Xvfb", "-displayfd", "1", "-screen", "0", "1440x900x24", "-nolisten", "tcp"]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        yield f":{first_line(server).strip()}"
    finally:
        end(server)


@contextmanager
def _driver(folder: Path, display: str) -> Iterator[str]:
    """WebKitWebDriver on a free port; what it starts has no bus of a desktop and no accessibility to talk to."""
    for name in ("config", "data", "cache", "run"):
        (folder / name).mkdir(parents=True, mode=0o700)
    port = free_port()
    environment = {
        **os.environ,
        "DISPLAY": display,
        "GDK_BACKEND": "x11",
        "NO_AT_BRIDGE": "1",
        "GIO_USE_VFS": "local",
        "GSETTINGS_BACKEND": "memory",
        "LIBGL_ALWAYS_SOFTWARE": "1",
        "WEBKIT_DISABLE_COMPOSITING_MODE": "1",
        "XDG_CONFIG_HOME": str(folder / "config"),
        "XDG_DATA_HOME": str(folder / "data"),
        "XDG_CACHE_HOME": str(folder / "cache"),
        "XDG_RUNTIME_DIR": str(folder / "run"),
    }
    with (folder / "driver.log").open("ab") as log:
        driver = subprocess.Popen(
            [DRIVER, f"--port={port}", "--host=127.0.0.1"], env=environment, stdout=log, stderr=log
        )
    try:
        _wait_until_up(f"127.0.0.1:{port}")
        yield f"127.0.0.1:{port}"
    finally:
        end(driver)


def _wait_until_up(address: str) -> None:
    limit = time.monotonic() + 20
    while True:
        try:
            with urllib.request.urlopen(f"http://{address}/status", timeout=5):
                return
        except OSError:
            if time.monotonic() > limit:
                raise
            time.sleep(0.05)
