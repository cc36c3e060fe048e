"""One page under the product's Content-Security-Policy, with the product's viewers and mail frame, and nothing else."""

import mimetypes
import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from playwright.sync_api import Browser, Page

from webmail.web.frame import policy

sys.path.insert(0, str(Path(__file__).parent))  # for hostile_html.py
ROOT = Path(__file__).parents[2]
SCRIPT = (ROOT / "static/js/viewers/mail-frame-inline.js").read_text("utf-8")
FRAME = (ROOT / "templates/mail-frame.html").read_text("utf-8").replace("{{ frame_script|safe }}", SCRIPT)
STOPPED = {"csp", "origin"}  # before anything leaves
PAGE = "<!doctype html><html lang=fr><title>Test</title><body></body></html>"
PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; connect-src 'self'; frame-src 'self'; "
    "base-uri 'none'; form-action 'self'; require-trusted-types-for 'script'; trusted-types lit-html dompurify pli"
)


class _Files(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        if self.path == "/":
            self._answer(PAGE.encode(), "text/html", PAGE_POLICY)
        elif self.path == "/mail-frame.html":
            self._answer(FRAME.encode(), "text/html; charset=utf-8", policy(SCRIPT))
        elif self.path == "/favicon.ico":  # Chromium asks by itself
            self._answer(b"", "image/x-icon", PAGE_POLICY)
        else:
            self._file(ROOT / self.path.lstrip("/"))

    def _file(self, file: Path) -> None:
        if not self.path.startswith("/static/") or not file.is_file():
            self.send_error(404)
            return
        self._answer(file.read_bytes(), mimetypes.guess_type(file.name)[0] or "text/plain", PAGE_POLICY)

    def _answer(self, body: bytes, content_type: str, content_policy: str) -> None:
        self.send_response(200)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Security-Policy", content_policy)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_args: object) -> None:
        """Keep the output of the tests their own."""


@pytest.fixture(scope="session")
def viewer_origin() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Files)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def viewer(chromium: Browser, viewer_origin: str) -> Iterator[Page]:
    """An empty page whose requests are collected in `page.requests`, console complaints in `page.complaints`."""
    page = chromium.new_page()
    page.requests = []  # type: ignore[attr-defined]
    page.complaints = []  # type: ignore[attr-defined]
    # Chromium also announces what a policy or the rule of one origin then stops; only what went out, or tried to, counts.
    page.on("requestfinished", lambda request: page.requests.append(request.url))  # type: ignore[attr-defined]
    page.on("requestfailed", lambda request: request.failure in STOPPED or page.requests.append(request.url))  # type: ignore[attr-defined]
    page.on("console", lambda said: said.type == "error" and page.complaints.append(said.text))  # type: ignore[attr-defined]
    page.goto(viewer_origin)
    yield page
    page.close()
