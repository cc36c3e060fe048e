"""Chromium for the judge: the served modules from a throw-away HTTP server, HTML in the product's own mail frame."""

import os
import re
import threading
from collections.abc import Mapping
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from playwright.sync_api import Request, Route, sync_playwright
from questions import Questions

from tests.chromium import PROGRAM, answer
from webmail.web.frame import SCRIPT, policy

ROOT = Path(__file__).resolve().parents[2]
FLAGS = ["--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
_RUN = "async ({verb, input}) => (await import('/tests/judge/verbs.js')).answer(verb, input, window.ask)"
_SHOW = "async ({html, images}) => (await import('/tests/judge/show.js')).show(html, images)"


class _Files(SimpleHTTPRequestHandler):
    """The tree's `static/` and this folder, an empty page, and the mail frame under its policy."""

    def do_GET(self) -> None:
        if self.path == "/":
            self._page("<!doctype html><title>judge</title>", {})
        elif self.path == "/mail-frame.html":
            script = (ROOT / "static" / SCRIPT).read_text()
            template = (ROOT / "templates" / "mail-frame.html").read_text()
            self._page(re.sub(r"\{\{.*?\}\}", lambda _: script, template), {"Content-Security-Policy": policy(script)})
        elif self.path.startswith(("/static/", "/tests/judge/")):
            super().do_GET()
        else:
            self.send_error(404)

    def _page(self, text: str, headers: Mapping[str, str]) -> None:
        self.send_response(200)
        for name, value in {"Content-Type": "text/html; charset=utf-8", **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *arguments: object) -> None:
        pass


class Browser:
    """One page. Requests that leave the server are recorded and stopped."""

    def __enter__(self) -> Self:
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Files, directory=str(ROOT)))
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.origin = f"http://127.0.0.1:{self.server.server_port}"
        self.requests: list[str] = []
        self.playwright = sync_playwright().start()
        arguments = [*FLAGS, "--no-sandbox"] if os.geteuid() == 0 else FLAGS
        self.chromium = self.playwright.chromium.launch(executable_path=PROGRAM, args=arguments)
        self.page = self.chromium.new_page()
        self.page.route("**/*", self._keep_inside)
        self.page.set_default_timeout(60_000)
        self.page.goto(self.origin + "/")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.chromium.close()
        self.playwright.stop()
        self.server.shutdown()
        self.server.server_close()

    def _keep_inside(self, route: Route, request: Request) -> None:
        if request.url.startswith((self.origin + "/", "data:", "blob:")):
            route.continue_()
        else:
            self.requests.append(request.url)
            route.abort()

    def run(self, verb: str, given: Mapping[str, Any]) -> dict[str, Any]:
        """The verb in the page; it asks back through an exposed function."""
        self.page.expose_function("ask", Questions(given).answer)
        return dict(answer(self.page, _RUN, {"verb": verb, "input": given}))

    def show(self, html: str, images: list[dict[str, str]]) -> dict[str, Any]:
        """Sanitise, show in the mail frame, wait, and say what was requested meanwhile."""
        clean = answer(self.page, _SHOW, {"html": html, "images": images})
        self.page.wait_for_timeout(300)
        return {"html": clean, "requests": self.requests}
