"""A connection check on a desk of its own: the server without accounts, a private range of ports, and bridges as wanted."""

import socket
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, expect
from practice import free_port

from webmail.management.demo import run
from webmail.management.demo.places import Places
from webmail.management.demo.processes import Processes, python

sys.path.insert(0, str(Path(__file__).parents[1] / "bridge"))  # for running.py

from running import RunningBridge, start_bridge, write_policy

NAME = "alice"
LABEL = "CPS Alice Martin"
PATIENCE = 60_000  # milliseconds


@dataclass
class CheckDesk:
    """The server, the loopback ports its pages may reach, and a sample PKI whose cards bridges hold."""

    places: Places
    first: int
    count: int = 3

    @property
    def origin(self) -> str:
        return self.places.origin(NAME)

    @property
    def ports(self) -> range:
        return range(self.first, self.first + self.count)

    @contextmanager
    def bridge(
        self, folder: Path, *, environment: dict[str, str] | None = None, **changes: Any
    ) -> Iterator[RunningBridge]:
        """A bridge for this server's pages, with the card of one person in its reader."""
        folder.mkdir(exist_ok=True)
        policy = {"origins": [self.origin], "ports": [self.ports[0], self.ports[-1]], **changes}
        file = write_policy(folder, self.places.pki, **policy)
        for card in (folder / "cards").iterdir():
            run._describe_card(card, inserted=card.name == NAME)
        bridge = start_bridge(file, environment=environment)
        try:
            yield bridge
        finally:
            bridge.stop()


@contextmanager
def check_desk(data: Path) -> Iterator[CheckDesk]:
    places = Places(data, free_port(), free_port())
    desk = CheckDesk(places, _free_range(3))
    with Processes(places.logs) as processes:
        run.prepare(places)
        environment = {
            **places.server_environment([NAME]),
            "PLI_BRIDGE_PORTS": f"{desk.ports[0]}-{desk.ports[-1]}",
        }
        processes.run("migrate", python(run.MANAGE, "migrate", "--verbosity", "0"), environment)
        command = ["-m", "uvicorn", "webmail.asgi:application", "--host", "127.0.0.1", "--port", str(places.web_port)]
        processes.start("web", python(*command, "--no-access-log", "--log-level", "warning"), environment)
        run.wait_for_port(places.web_port)
        yield desk


def _free_range(count: int) -> int:
    """The first of some neighbouring ports that nobody holds, far from those of other bridges."""
    while True:
        first = free_port()
        try:
            probes = [_bound(port) for port in range(first, first + count)]
        except OSError:
            continue
        for probe in probes:
            probe.close()
        return first


def _bound(port: int) -> socket.socket:
    probe = socket.socket()
    probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as a bridge that was there a moment ago leaves it
    probe.bind(("127.0.0.1", port))
    return probe


@dataclass
class CheckPage:
    """The page, in the words of its tests."""

    page: Page
    desk: CheckDesk

    def open(self) -> "CheckPage":
        self.page.goto(f"{self.desk.origin}/bridge-check")
        return self

    def finds(self, code: str) -> str:
        """The words of a finding, once it is the one."""
        found = self.page.locator(f".check-finding[data-finding='{code}']")
        found.wait_for(timeout=PATIENCE)
        return found.inner_text()

    def press(self, action: str) -> None:
        self.page.locator(f"[data-action='{action}']").first.click()

    def tones(self) -> list[str | None]:
        """Of browser, bridge, reader and card."""
        return [link.get_attribute("data-tone") for link in self.page.locator(".chain .link").all()]

    def facts(self) -> str:
        return self.page.locator(".facts").inner_text()

    def pair(self, bridge: RunningBridge) -> None:
        """Compare the digits with those of the bridge's prompt, and agree."""
        self.press("pair")
        shown = self.page.locator(".digits").get_attribute("data-digits", timeout=PATIENCE)
        expect(self.page.locator("[data-action=same]")).to_be_visible()
        deadline = time.monotonic() + PATIENCE / 1000
        while shown not in (asked := [prompt["digits"] for prompt in bridge.prompts("pair")]):
            assert time.monotonic() < deadline, (shown, asked)
            self.page.wait_for_timeout(20)
        self.press("same")


class _Stranger(BaseHTTPRequestHandler):
    """A program that answers, and is no bridge; or, with `protocols`, one of another time."""

    protocols: bytes | None = None

    def do_GET(self) -> None:
        body = self.protocols if self.protocols and self.path == "/.well-known/pli-bridge" else b"not found"
        self.send_response(200 if body is self.protocols else 404)
        if body is self.protocols:
            self.send_header("Access-Control-Allow-Origin", self.headers.get("Origin", ""))
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_arguments: object) -> None:
        """Keep the output of the tests their own."""


class _Server(ThreadingHTTPServer):
    def handle_error(self, *_arguments: object) -> None:
        """A browser that hangs up is no news."""


@contextmanager
def program_on(port: int, protocols: bytes | None = None) -> Iterator[None]:
    """Another program that holds a port and speaks HTTP."""
    server = _Server(("127.0.0.1", port), type("Program", (_Stranger,), {"protocols": protocols}))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()


@contextmanager
def mute_program_on(port: int) -> Iterator[None]:
    """One that takes connections and never says a word."""
    with _bound(port) as listener:
        listener.listen(64)
        yield
