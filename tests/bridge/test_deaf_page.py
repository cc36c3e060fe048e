"""A page that does not read, or ends in the middle: it is not heard meanwhile, and the bridge keeps nothing for it."""

import contextlib
import json
import os
import random
import signal
import socket
import threading
from collections.abc import Iterator

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.frames import Frame, Opcode

from bridge.pki.sample_health_pki import SamplePki
from tests.bridge.conftest import ALICE
from tests.bridge.operator_side import open_account
from tests.bridge.running import Page, RunningBridge, running_bridge

UNKNOWN = {"handle": "m_" + "0" * 32, "items": [{"class": "pack", "id": "00"}]}
STUCK_SECONDS = 5.0  # until a sender whom nobody hears gives up
MANY = 100_000  # their answers are more than the system holds for two sockets


@pytest.fixture(scope="module")
def standing(sample_pki: SamplePki, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningBridge]:
    with running_bridge(tmp_path_factory.mktemp("deaf"), sample_pki.directory) as running:
        yield running
    said = (running.folder / "bridge.log").read_text("utf-8", "replace")
    assert "Traceback" not in said
    assert "never retrieved" not in said


def sealed(page: Page, number: int, method: str = "storage.keys") -> bytes:
    """A call, of those that wait for the vault alone, which is answered at once."""
    call = {"jsonrpc": "2.0", "id": number, "method": method, "params": UNKNOWN}
    return Frame(Opcode.BINARY, page.channel.seal(json.dumps(call).encode())).serialize(mask=True)


@pytest.mark.negative(60)
def test_a_page_that_reads_no_answer_is_heard_no_more(standing: RunningBridge) -> None:
    """Or the bridge would keep an answer for each call, as many as the page likes to make."""
    with standing.page() as quiet, standing.page() as deaf:
        wire = deaf.socket.socket
        wire.settimeout(STUCK_SECONDS)
        with pytest.raises(TimeoutError):
            send_in_pieces(deaf, MANY)
        assert quiet.call("bridge.status")["version"]
        wire.shutdown(socket.SHUT_RDWR)
    with standing.page() as next_one:
        assert next_one.call("bridge.status")["version"]


def send_in_pieces(page: Page, calls: int, piece: int = 500) -> None:
    for _ in range(calls // piece):
        page.socket.socket.sendall(b"".join(sealed(page, 1) for _ in range(piece)))


def test_a_page_that_reads_later_gets_every_answer(standing: RunningBridge) -> None:
    """Of calls that are answered on their way in and of others; no frame overtakes one that waits, or none would open after it."""
    chance = random.Random(60)
    with standing.page() as slow:
        asked = range(1000, 1000 + MANY // 4)
        frames = [sealed(slow, number, chance.choice(("storage.keys", "no.method"))) for number in asked]
        sending = threading.Thread(target=send_all, args=(slow.socket.socket, frames), daemon=True)
        sending.start()
        sending.join(1.0)
        answered = [json.loads(slow.channel.open(slow.socket.recv(timeout=20)))["id"] for _ in asked]
        sending.join(20)
    assert sorted(answered) == list(asked)


def send_all(wire: socket.socket, frames: list[bytes]) -> None:
    with contextlib.suppress(OSError):
        for frame in frames:
            wire.sendall(frame)


@pytest.mark.negative(59)
@pytest.mark.parametrize("method", ["storage.keys", "certificate.request"])
def test_an_answer_that_comes_after_the_end_is_dropped(
    standing: RunningBridge, sample_pki: SamplePki, method: str
) -> None:
    """Of calls on the loop, and of calls in a thread: the vault still worked when a frame did not open."""
    vault = standing.facts["processes"]["vault"]
    with standing.page() as page:
        params = {"address": ALICE, "encryptionAlgorithm": "p-384", "signatureAlgorithm": "p-256"}
        if method == "storage.keys":
            account = open_account(page, sample_pki.directory, ALICE, {"card": page.card("Alice")})
            params = {"handle": account.handle, "items": UNKNOWN["items"]}  # type: ignore[dict-item]
        os.kill(vault, signal.SIGSTOP)
        try:
            page.send({"jsonrpc": "2.0", "id": 7000, "method": method, "params": params})
            page.socket.send(b"x" * 40)
            os.kill(vault, signal.SIGCONT)
            with contextlib.suppress(ConnectionClosed):
                while True:
                    page.socket.recv(timeout=10)
        finally:
            os.kill(vault, signal.SIGCONT)
        assert page.socket.close_code == 1008
    with standing.page() as another:
        assert another.call("bridge.status")["version"]
