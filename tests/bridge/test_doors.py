"""The doors: every refused caller gets the same bytes, and nothing but an allowed page gets in."""

import socket
from collections.abc import Iterator

import pytest

from bridge.pki.sample_health_pki import SamplePki
from tests.bridge.running import ORIGIN, RunningBridge, running_bridge

KEY = "dGhlIHNhbXBsZSBub25jZQ=="


@pytest.fixture(scope="module")
def standing(sample_pki: SamplePki, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningBridge]:
    with running_bridge(tmp_path_factory.mktemp("doors"), sample_pki.directory) as running:
        yield running


def headers(port: int, **changes: str | list[str] | None) -> dict[str, str | list[str] | None]:
    return {
        "Host": f"127.0.0.1:{port}",
        "Origin": ORIGIN,
        "Upgrade": "websocket",
        "Connection": "Upgrade",
        "Sec-WebSocket-Key": KEY,
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Protocol": "pli-bridge.1",
        **changes,
    }


def ask(port: int, fields: dict[str, str | list[str] | None], *, path: str = "/", method: str = "GET") -> bytes:
    lines = [f"{method} {path} HTTP/1.1"]
    for name, value in fields.items():
        lines += [f"{name}: {one}" for one in ([value] if isinstance(value, str) else value or [])]
    with socket.create_connection(("127.0.0.1", port), timeout=5) as caller:
        caller.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())
        answer = caller.recv(4096)
        if answer.startswith(b"HTTP/1.1 101"):
            return answer
        while part := caller.recv(4096):
            answer += part
    return answer


REFUSED = {
    "no origin": {"Origin": None},
    "null origin": {"Origin": "null"},
    "two origins": {"Origin": [ORIGIN, ORIGIN]},
    "another origin": {"Origin": "https://evil.example"},
    "trailing slash": {"Origin": ORIGIN + "/"},
    "other case": {"Origin": ORIGIN.upper()},
    "plain http": {"Origin": ORIGIN.replace("https", "http")},
    "look-alike": {"Origin": ORIGIN + ".evil.example"},
    "two origins in one": {"Origin": f"{ORIGIN}, {ORIGIN}"},
    "extension": {"Origin": "chrome-extension://abcdefghijklmnop"},
    "rebinding host": {"Host": "evil.example:28610"},
    "host without port": {"Host": "127.0.0.1"},
    "two hosts": {"Host": ["127.0.0.1:1", "127.0.0.1:2"]},
    "no host": {"Host": None},
    "no subprotocol": {"Sec-WebSocket-Protocol": None},
    "another subprotocol": {"Sec-WebSocket-Protocol": "chat"},
    "no websocket": {"Upgrade": None, "Connection": None},
    "old version": {"Sec-WebSocket-Version": "8"},
    "bad key": {"Sec-WebSocket-Key": "short"},
}


def test_an_allowed_page_gets_in(standing: RunningBridge) -> None:
    assert ask(standing.port, headers(standing.port)).startswith(b"HTTP/1.1 101")
    assert ask(standing.port, headers(standing.port, Host=f"localhost:{standing.port}")).startswith(b"HTTP/1.1 101")


@pytest.mark.negative(51, 52)
def test_every_refused_caller_gets_the_same_answer(standing: RunningBridge) -> None:
    answers = {name: ask(standing.port, headers(standing.port, **changes)) for name, changes in REFUSED.items()}
    assert set(answers.values()) == {b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"}


@pytest.mark.parametrize("path", ["/other", "/table", "/relay", "/.well-known/pli-bridge", "//", "/?a=b", "/%2e"])
def test_there_is_nothing_at_other_paths(standing: RunningBridge, path: str) -> None:
    assert ask(standing.port, headers(standing.port), path=path).startswith(b"HTTP/1.1 404 Not Found\r\n")


@pytest.mark.parametrize("garbage", [b"\x16\x03\x01\x02\x00\x01", b"GET\r\n\r\n", b"\r\n\r\n", b"GET / HTTP/9\r\n\r\n"])
def test_a_stranger_to_http_is_hung_up_on(standing: RunningBridge, garbage: bytes) -> None:
    with socket.create_connection(("127.0.0.1", standing.port), timeout=5) as caller:
        caller.sendall(garbage)
        caller.shutdown(socket.SHUT_WR)
        assert not caller.recv(4096).startswith(b"HTTP/1.1 101")


def test_the_listener_is_on_the_loopback_only(standing: RunningBridge) -> None:
    outside = {info[4][0] for info in socket.getaddrinfo(socket.gethostname(), None, socket.AF_INET)} - {"127.0.0.1"}
    for address in (one for one in outside if not str(one).startswith("127.")):
        with (
            pytest.raises(OSError, match=r"refused|timed out"),
            socket.create_connection((str(address), standing.port), timeout=2),
        ):
            pass


def test_two_bridges_take_two_ports(standing: RunningBridge, sample_pki: SamplePki, tmp_path: object) -> None:
    from pathlib import Path

    assert isinstance(tmp_path, Path)
    with running_bridge(tmp_path, sample_pki.directory) as second:
        assert second.port in range(28610, 28618)
        assert second.port != standing.port
