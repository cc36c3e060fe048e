"""Node and Chromium kept running: any function of a module of this tree is called by name, thousands of times."""

import json
import os
import subprocess
import threading
from collections.abc import Callable, Mapping
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol, Self

from playwright.sync_api import sync_playwright

ROOT = Path(__file__).resolve().parents[2]
JUDGE = "/tests/judge/verbs.js"
Answer = Callable[[str, Mapping[str, Any]], Any]


class EngineFailure(Exception):
    """A function ended by an exception of its own: no answer is not an answer."""


class Engine(Protocol):
    """Where JavaScript runs. `ask` answers what a function asks back."""

    name: str

    def call(self, module: str, function: str, *arguments: Any, ask: Answer | None = None) -> Any: ...


def _nothing_to_ask(question: str, details: Mapping[str, Any]) -> Any:
    raise EngineFailure(f"nobody answers {question}")


def _answered(ask: Answer, question: str, details: Mapping[str, Any]) -> dict[str, Any]:
    """The answer, or why there is none: whoever asked must not wait for ever."""
    try:
        return {"answer": ask(question, details)}
    except Exception as error:  # noqa: BLE001 -- told to whoever asked
        return {"failure": f"{type(error).__name__}: {error}"}


class Node:
    """One node process; a JSON line each way."""

    name = "node"

    def __enter__(self) -> Self:
        command = ["node", str(ROOT / "tests" / "outside" / "engine.js")]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.process.kill()
        self.process.communicate()

    def call(self, module: str, function: str, *arguments: Any, ask: Answer | None = None) -> Any:
        self._send({"module": module, "function": function, "arguments": arguments})
        while "ask" in (said := self._receive()):
            self._send(_answered(ask or _nothing_to_ask, said["ask"], said["details"]))
        return _result(said)

    def _send(self, value: Any) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(value) + "\n")
        self.process.stdin.flush()

    def _receive(self) -> dict[str, Any]:
        assert self.process.stdout is not None
        if not (line := self.process.stdout.readline()):
            raise EngineFailure("node ended")
        return dict(json.loads(line))


class _Modules(SimpleHTTPRequestHandler):
    """The JavaScript of this tree, and one empty page."""

    def do_GET(self) -> None:
        if self.path == "/":
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.end_headers()
            self.wfile.write(b"<!doctype html><title>outside</title>")
        elif self.path.startswith(("/static/", "/tests/")) and self.path.endswith(".js"):
            super().do_GET()
        else:
            self.send_error(404)

    def log_message(self, *arguments: object) -> None:
        pass


class Chromium:
    """One page of Chromium."""

    name = "chromium"
    _CALL = """async ([module, name, values]) => {
      try { return { answer: await (await import(module))[name](...values, window.ask) }; }
      catch (error) { return { failure: `${error}` }; }
    }"""

    def __enter__(self) -> Self:
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Modules, directory=str(ROOT)))
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.playwright = sync_playwright().start()
        arguments = ["--disable-gpu", "--no-first-run", "--disable-background-networking"]
        arguments += ["--no-sandbox"] if os.geteuid() == 0 else []
        self.browser = self.playwright.chromium.launch(executable_path="/usr/bin/chromium", args=arguments)
        self.page = self.browser.new_page()
        self.page.set_default_timeout(120_000)
        self.page.goto(f"http://127.0.0.1:{self.server.server_port}/")
        self.answering: Answer = _nothing_to_ask
        self.page.expose_function("ask", self._answer)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.browser.close()
        self.playwright.stop()
        self.server.shutdown()
        self.server.server_close()

    def _answer(self, question: str, details: Mapping[str, Any]) -> Any:
        return self.answering(question, details)

    def call(self, module: str, function: str, *arguments: Any, ask: Answer | None = None) -> Any:
        self.answering = ask or _nothing_to_ask
        return _result(self.page.evaluate(self._CALL, [module, function, list(arguments)]))


def _result(said: Mapping[str, Any]) -> Any:
    if "failure" in said:
        raise EngineFailure(said["failure"])
    return said["answer"]
