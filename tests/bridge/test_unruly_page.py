"""What a paired page may not send: frames out of order, floods and messages in others; the vault and other pages do not notice."""

import contextlib
import json
import random
import socket
import threading
import time
from collections.abc import Callable, Iterator

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.frames import Frame, Opcode

from bridge.pki.sample_health_pki import SamplePki
from tests.bridge.conftest import ALICE
from tests.bridge.operator_side import open_account
from tests.bridge.raw_page import request
from tests.bridge.running import ORIGIN, PINS, Page, RunningBridge, running_bridge

LOUD = "https://loud.example"


@pytest.fixture(scope="module")
def standing(sample_pki: SamplePki, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningBridge]:
    with running_bridge(tmp_path_factory.mktemp("unruly"), sample_pki.directory, origins=[ORIGIN, LOUD]) as running:
        yield running


def replayed(page: Page) -> list[bytes | str]:
    frame = page.channel.seal(request())
    page.socket.send(frame)
    page.channel.open(page.socket.recv(timeout=10, decode=False))
    return [frame]


def reordered(page: Page) -> list[bytes | str]:
    first, second = page.channel.seal(request(1)), page.channel.seal(request(2))
    return [second, first]


def reflected(page: Page) -> list[bytes | str]:
    page.call("bridge.status")
    return [page.frames[-1]]


def skipped(page: Page) -> list[bytes | str]:
    page.channel.seal(request())
    return [page.channel.seal(request())]


def in_clear(_page: Page) -> list[bytes | str]:
    return [request()]


def as_text(_page: Page) -> list[bytes | str]:
    return [request().decode()]


def turned_bit(page: Page) -> list[bytes | str]:
    frame = bytearray(page.channel.seal(request()))
    frame[3] ^= 16
    return [bytes(frame)]


def cut_short(page: Page) -> list[bytes | str]:
    return [page.channel.seal(request())[:-1]]


def empty(_page: Page) -> list[bytes | str]:
    return [b""]


@pytest.mark.negative(59)
@pytest.mark.parametrize(
    "make", [replayed, reordered, reflected, skipped, in_clear, as_text, turned_bit, cut_short, empty]
)
def test_a_frame_that_is_not_the_next_one_ends_the_socket(
    standing: RunningBridge, make: Callable[[Page], list[bytes | str]]
) -> None:
    with standing.page() as page:
        for frame in make(page):
            page.socket.send(frame)
        with pytest.raises(ConnectionClosed) as closed:
            page.socket.recv(timeout=10)
        assert closed.value.rcvd is not None
        assert (closed.value.rcvd.code, closed.value.rcvd.reason) == (1008, "")


@pytest.mark.negative(60)
def test_a_hundred_megabytes_are_not_taken_in(standing: RunningBridge) -> None:
    with standing.page() as page:
        with contextlib.suppress(ConnectionClosed):
            page.socket.send(page.channel.seal(bytes(100_000_000)))
        with pytest.raises(ConnectionClosed):
            page.socket.recv(timeout=20)
        assert page.socket.close_code == 1009


@pytest.mark.negative(60)
def test_the_vault_does_not_notice_a_flood(sample_pki: SamplePki, standing: RunningBridge) -> None:
    """Nonsense, sealed and not, from many sockets; the open mailbox, its vault and a quiet page go on."""
    with standing.page() as quiet:
        standing.set_pins({"CPS-0001": "1234"})
        account = open_account(quiet, sample_pki.directory, ALICE, {"card": quiet.card("Alice")})
        vault = quiet.call("bridge.status")["mailboxes"]
        process = standing.facts["processes"]["vault"]
        dice = random.Random(60)
        for _ in range(12):
            with standing.page() as loud, contextlib.suppress(ConnectionClosed):
                for _ in range(60):
                    loud.socket.send(loud.channel.seal(dice.randbytes(dice.randint(0, 4000))))
                loud.socket.send(dice.randbytes(2000))
                while True:
                    loud.socket.recv(timeout=10)
        assert quiet.call("bridge.status")["mailboxes"] == vault
        item = {"class": "pack", "id": "00"}
        assert quiet.call("storage.keys", handle=account.handle, items=[item])["keys"]
        assert standing.facts["processes"]["vault"] == process
        assert standing.process.poll() is None


@pytest.mark.negative(60)
def test_a_page_that_never_stops_does_not_stop_the_others(standing: RunningBridge) -> None:
    """Thousands of calls, sealed and in order, by a page that reads no answer: it waits for itself alone."""
    with standing.page() as quiet, standing.page(LOUD) as loud:
        frames = [loud.channel.seal(request(number)) for number in range(20_000)]
        over = threading.Event()
        flood = threading.Thread(target=send_all, args=(loud, frames, over), daemon=True)
        flood.start()
        try:
            for _ in range(20):
                assert quiet.call("bridge.status")["version"]
        finally:
            over.set()
            loud.socket.socket.shutdown(socket.SHUT_RDWR)
            flood.join(30)


@pytest.mark.negative(60)
def test_a_page_that_waits_for_a_person_leaves_room_for_others(standing: RunningBridge) -> None:
    """Forty calls wait for one prompt; another page's own still finds a thread."""
    try:
        with standing.page() as quiet, standing.page(LOUD) as loud, standing.page(LOUD) as louder:
            card = loud.card("Alice")
            standing.set_pins({"delay": 60})
            for number in range(40):
                page = loud if number < 20 else louder
                asked = {"card": card, "challenge": "A" * 44}
                page.send({"jsonrpc": "2.0", "id": 1000 + number, "method": "auth.token", "params": asked})
            assert quiet.call("card.list", timeout=20)["cards"]
    finally:
        standing.set_pins(PINS)


def send_all(page: Page, frames: list[bytes], over: threading.Event) -> None:
    with contextlib.suppress(ConnectionClosed, OSError):
        for frame in frames:
            if over.is_set():
                return
            page.socket.send(frame)


@pytest.mark.negative(60)
def test_messages_are_read_alike_however_they_are_cut(standing: RunningBridge) -> None:
    """Whole frames have a shorter way through the listener than parts of frames: no order of the two confuses it."""
    with standing.page(LOUD) as page:
        wire, chance = page.socket.socket, random.Random(60)
        stream, asked = b"", list(range(1000, 1040))
        for number in asked:
            sealed = page.channel.seal(request(number))
            cut = chance.choice((0, 1, len(sealed) // 2))
            parts = [Frame(Opcode.BINARY, sealed)]
            if cut:
                parts = [Frame(Opcode.BINARY, sealed[:cut], fin=False), Frame(Opcode.CONT, sealed[cut:])]
            if chance.random() < 0.3:
                parts.insert(chance.randrange(len(parts) + 1), Frame(Opcode.PING, b"p"))
            octets = b"".join(part.serialize(mask=True) for part in parts)
            if chance.random() < 0.4:
                wire.sendall(stream + octets)  # whole, and alone if the octets before were
                stream = b""
            else:
                kept = chance.randrange(1, len(octets))
                wire.sendall(stream + octets[:kept])
                stream = octets[kept:]
        wire.sendall(stream)
        answered = [json.loads(page.channel.open(page.socket.recv(timeout=10)))["id"] for _ in asked]
    assert sorted(answered) == asked


@pytest.mark.negative(60)
@pytest.mark.parametrize("place", ["inside", "between"])
def test_no_message_hides_in_another(standing: RunningBridge, place: str) -> None:
    """A whole frame that arrives alone, inside of a longer one or between the parts of a message, is none."""
    with standing.page(LOUD) as page:
        hidden = Frame(Opcode.BINARY, page.channel.seal(request())).serialize(mask=True)
        unmasked = bytes((0x82, 0xFE)) + len(hidden).to_bytes(2, "big") + bytes(4)
        part = Frame(Opcode.BINARY, b"x", fin=False).serialize(mask=True)
        page.socket.socket.sendall(unmasked if place == "inside" else part)
        time.sleep(0.2)  # so that it does not come together with what follows
        page.socket.socket.sendall(hidden)
        with pytest.raises(ConnectionClosed):
            page.socket.recv(timeout=10)
