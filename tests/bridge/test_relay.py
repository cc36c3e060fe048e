"""The relay window's side at the bridge: its page, its tickets, and the socket that speaks for another origin."""

import contextlib
import json
import re
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from bridge.pki.sample_health_pki import SamplePki
from bridge.relay import SUBPROTOCOL
from tests.bridge.running import ORIGIN, Page, RunningBridge, running_bridge


@pytest.fixture(scope="module")
def standing(sample_pki: SamplePki, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningBridge]:
    with running_bridge(tmp_path_factory.mktemp("relay"), sample_pki.directory) as running:
        yield running


def ticket_of(bridge: RunningBridge) -> str:
    with urllib.request.urlopen(f"http://127.0.0.1:{bridge.port}/relay", timeout=5) as answer:
        return str(re.findall(r'name="ticket" content="([^"]+)"', answer.read().decode())[0])


@contextlib.contextmanager
def relay_socket(bridge: RunningBridge, **changes: Any) -> Iterator[ClientConnection]:
    own = f"http://127.0.0.1:{bridge.port}"
    how = {"origin": own, "subprotocols": [SUBPROTOCOL], "compression": None, **changes}
    with connect(f"ws://127.0.0.1:{bridge.port}/relay/socket", **how) as socket:
        yield socket


@dataclass
class RelayedPage(Page):
    """A page whose socket is the relay window's, introduced by a ticket."""

    ticket: str = ""

    def _connect(self) -> ClientConnection:
        own = f"http://127.0.0.1:{self.port}"
        address = f"ws://127.0.0.1:{self.port}/relay/socket"
        connecting = connect(address, origin=own, subprotocols=[SUBPROTOCOL], compression=None, max_size=None)  # type: ignore[arg-type,list-item]
        socket = self._open.enter_context(connecting)
        socket.send(json.dumps({"ticket": self.ticket, "origin": self.origin}))
        assert socket.recv(timeout=5) == '{"relay": "open"}'
        return socket


def refused(bridge: RunningBridge, *frames: str | bytes) -> bool:
    """Whether a socket that begins with these frames is closed as any other refused one: 1008, no reason."""
    with relay_socket(bridge) as socket:
        for frame in frames:
            socket.send(frame)
        try:
            socket.recv(timeout=5)
        except ConnectionClosed as closed:
            return closed.rcvd is not None and (closed.rcvd.code, closed.rcvd.reason) == (1008, "")
    return False


def test_the_window_is_strict(standing: RunningBridge) -> None:
    for path in ("/relay", "/relay/relay.css", "/relay/relay.js"):
        with urllib.request.urlopen(f"http://127.0.0.1:{standing.port}{path}", timeout=5) as answer:
            policy = answer.headers["Content-Security-Policy"]
            assert "default-src 'none'" in policy
            assert "frame-ancestors 'none'" in policy
            assert f"connect-src 'self' ws://127.0.0.1:{standing.port};" in policy
            assert "unsafe" not in policy
            assert answer.headers["Cache-Control"] == "no-store"
            assert answer.headers["X-Frame-Options"] == "DENY"
            assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin"
            assert answer.headers["Access-Control-Allow-Origin"] is None
            assert "innerHTML" not in answer.read().decode()


def test_a_page_works_through_the_window(standing: RunningBridge) -> None:
    with RelayedPage(standing.port, ORIGIN, ticket=ticket_of(standing)) as page:
        assert page.call("bridge.status")["version"]
    assert "mail.pli.example" in standing.prompts("pair")[-1]["description"]


def test_a_ticket_works_once(standing: RunningBridge) -> None:
    ticket = ticket_of(standing)
    introduction = json.dumps({"ticket": ticket, "origin": ORIGIN})
    with relay_socket(standing) as socket:
        socket.send(introduction)
        assert socket.recv(timeout=5) == '{"relay": "open"}'
    assert refused(standing, introduction)
    assert ticket_of(standing) != ticket


@pytest.mark.negative(51)
@pytest.mark.parametrize(
    "origin",
    [
        "https://evil.example",
        "null",
        "",
        ORIGIN + "/",
        ORIGIN.upper(),
        "https://x.mail.pli.example",
        "é" * 100,
        "a" * 9000,
    ],
)
def test_the_origin_must_be_an_allowed_one(standing: RunningBridge, origin: str) -> None:
    assert refused(standing, json.dumps({"ticket": ticket_of(standing), "origin": origin}))


def test_what_is_no_introduction_is_refused(standing: RunningBridge) -> None:
    good = {"ticket": ticket_of(standing), "origin": ORIGIN}
    for odd in (
        {**good, "more": 1},
        {"origin": ORIGIN},
        {"ticket": good["ticket"]},
        {**good, "ticket": good["ticket"][::-1]},
        {**good, "origin": [ORIGIN]},
        [],
        "x",
    ):
        assert refused(standing, json.dumps(odd)), odd
    assert refused(standing, "{")
    assert refused(standing, "[" * 60_000)
    assert refused(standing, json.dumps(good).encode()), "a binary frame is none"


def test_text_after_the_introduction_ends_the_socket(standing: RunningBridge) -> None:
    with relay_socket(standing) as socket:
        socket.send(json.dumps({"ticket": ticket_of(standing), "origin": ORIGIN}))
        socket.recv(timeout=5)
        socket.send('{"jsonrpc":"2.0","id":1,"method":"bridge.status"}')
        with pytest.raises(ConnectionClosed):
            socket.recv(timeout=5)


@pytest.mark.negative(51)
def test_only_the_bridge_s_own_page_reaches_the_relay_socket(standing: RunningBridge) -> None:
    port = standing.port
    for changes in (
        {"origin": ORIGIN},
        {"origin": "null"},
        {"origin": None},
        {"origin": f"http://localhost:{port}"},
        {"origin": f"http://127.0.0.1:{port + 1}"},
        {"subprotocols": ["pli-bridge.1"]},
        {"subprotocols": None},
    ):
        with pytest.raises(InvalidStatus) as refusal, relay_socket(standing, **changes):
            pass
        assert refusal.value.response.status_code == 404
