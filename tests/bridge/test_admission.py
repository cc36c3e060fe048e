"""The channel of a real bridge, from outside: who gets in, what ends it, and that the vault does not notice."""

import contextlib
import json
import random
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.frames import Frame, Opcode
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin, Subprotocol

from bridge import p256
from bridge.handshake import Agreement, Initiator
from bridge.handshake_limits import PER_ORIGIN
from bridge.pki.sample_health_pki import SamplePki
from tests.bridge.conftest import ALICE
from tests.bridge.operator_side import open_account
from tests.bridge.running import (
    ORIGIN,
    PINS,
    Page,
    PageIdentity,
    PairingRefused,
    RunningBridge,
    running_bridge,
    start_bridge,
)

ORIGINS = [ORIGIN, *(f"https://site-{number}.example" for number in range(40))]
_fresh = count(1)


@pytest.fixture(scope="module")
def standing(sample_pki: SamplePki, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningBridge]:
    with running_bridge(tmp_path_factory.mktemp("admission"), sample_pki.directory, origins=ORIGINS) as running:
        yield running


@pytest.fixture
def origin() -> str:
    """One no other test uses: handshakes are counted by origin."""
    return ORIGINS[next(_fresh)]


@dataclass
class Raw:
    """A socket, before or after its handshake, that says what a test wants."""

    socket: ClientConnection
    initiator: Initiator

    def say(self, *frames: bytes | str) -> None:
        for frame in frames:
            self.socket.send(frame)

    def hear(self) -> bytes:
        frame = self.socket.recv(timeout=10)
        assert isinstance(frame, bytes)
        return frame

    def shake_hands(self, *, pair: bool) -> Agreement:
        self.say(self.initiator.hello)
        self.initiator.meet(self.hear())
        proof, agreed = self.initiator.prove(pair=pair)
        self.say(proof)
        return agreed

    def state(self, agreed: Agreement) -> str:
        message = json.loads(agreed.channel.open(self.hear()))
        assert message["method"] == "channel.state"
        assert message["params"].keys() == {"state"}
        return str(message["params"]["state"])

    def closed(self) -> int | None:
        """The code with which the bridge hung up, whatever it said before."""
        with contextlib.suppress(ConnectionClosed):
            while True:
                self.socket.recv(timeout=10)
        return self.socket.close_code


@contextlib.contextmanager
def raw(bridge: RunningBridge, origin: str, key: p256.PrivateKey | None = None) -> Iterator[Raw]:
    address, protocols = f"ws://127.0.0.1:{bridge.port}/", [Subprotocol("pli-bridge.1")]
    with connect(address, origin=Origin(origin), subprotocols=protocols, compression=None) as socket:
        yield Raw(socket, Initiator(origin, key or p256.generate()))


def request(number: int = 1) -> bytes:
    return json.dumps({"jsonrpc": "2.0", "id": number, "method": "bridge.status", "params": {}}).encode()


# ---- pairing


def test_a_person_compares_the_digits_that_the_page_shows(standing: RunningBridge, origin: str) -> None:
    with standing.page(origin) as page:
        prompt = standing.prompts("pair")[-1]
        assert prompt["digits"] == page.digits
        assert origin.removeprefix("https://") in prompt["description"]
    asked = len(standing.prompts("pair"))
    with standing.page(origin) as page:
        assert (page.digits, len(standing.prompts("pair"))) == ("", asked)


def test_a_page_that_is_not_paired_gets_nothing(standing: RunningBridge, origin: str) -> None:
    with raw(standing, origin) as page:
        agreed = page.shake_hands(pair=False)
        assert page.state(agreed) == "not-paired"
        assert page.closed() == 1008


def test_a_call_before_the_person_agreed_takes_the_question_away(standing: RunningBridge, origin: str) -> None:
    standing.set_pins({"delay": 60})
    try:
        with raw(standing, origin) as page:
            agreed = page.shake_hands(pair=True)
            assert page.state(agreed) == "pairing"
            page.say(agreed.channel.seal(request(7)))
            answer = json.loads(agreed.channel.open(page.hear()))
            assert (answer["id"], answer["error"]["data"]["name"]) == (7, "NOT_PAIRED")
            assert page.closed() == 1008
    finally:
        standing.set_pins({})
    assert origin not in (standing.folder / "state" / "pairings.json").read_text("utf-8")


def test_a_page_that_leaves_takes_the_question_away(standing: RunningBridge, origin: str) -> None:
    standing.set_pins({"delay": 60})
    with raw(standing, origin) as page:
        assert page.state(page.shake_hands(pair=True)) == "pairing"
    standing.set_pins({})
    with standing.page(origin) as after:  # the next is asked at once: one question at a time, and the old one is gone
        assert after.digits


def test_a_refusal_at_the_bridge_ends_it(standing: RunningBridge, origin: str) -> None:
    standing.set_pins({"cancel": "pair"})
    try:
        with pytest.raises(PairingRefused, match="refused"):
            standing.page(origin)
    finally:
        standing.set_pins({})
    line = json.loads((standing.folder / "state" / "journal.log").read_text("utf-8").splitlines()[-1])
    assert (line["method"], line["origin"], line["result"]) == ("pair", origin, "USER_CANCELLED")


def test_who_refused_is_not_asked_again_at_once(standing: RunningBridge, origin: str) -> None:
    """The rules of all prompts (bridge.desk.asking): a second refusal in a row, then half a minute without any window."""
    standing.set_pins({"cancel": "pair"})
    asked = len(standing.prompts("pair"))
    try:
        for _ in range(5):
            with pytest.raises(PairingRefused, match="refused"):
                standing.page(origin)
    finally:
        standing.set_pins({})
    assert len(standing.prompts("pair")) - asked <= 2


def test_a_pairing_outlives_the_bridge(sample_pki: SamplePki, standing: RunningBridge, origin: str) -> None:
    page_identity = PageIdentity()
    with Page(standing.port, origin, identity=page_identity):
        known = set(page_identity.bridges)
    standing.stop()
    again = start_bridge(standing.folder / "policy.json")
    standing.process, standing.facts = again.process, again.facts
    asked = len(standing.prompts("pair"))
    with Page(standing.port, origin, identity=page_identity):
        assert page_identity.bridges == known
    assert len(standing.prompts("pair")) == asked


@pytest.mark.negative(55)
def test_each_origin_and_each_bridge_has_another_key(standing: RunningBridge, origin: str) -> None:
    keys = set()
    for name in (origin, ORIGIN):
        with raw(standing, name) as page:
            page.say(page.initiator.hello)
            keys.add(page.initiator.meet(page.hear()))
    assert len(keys) == 2


@pytest.mark.negative(51, 55)
def test_the_key_of_a_page_is_worth_nothing_elsewhere(standing: RunningBridge, origin: str) -> None:
    """The private key itself, used from another origin; and the public key alone, with another to sign."""
    with standing.page(origin):
        paired = standing.identities[origin].key
    with raw(standing, ORIGINS[next(_fresh)], paired) as page:
        assert page.state(page.shake_hands(pair=False)) == "not-paired"
    with raw(standing, origin) as page:
        page.initiator._own = p256.point_of(paired)
        page.shake_hands(pair=False)
        assert page.closed() == 1008


def test_ten_handshakes_that_come_to_nothing_and_the_door_is_shut(standing: RunningBridge, origin: str) -> None:
    for _ in range(PER_ORIGIN):
        with raw(standing, origin) as page:
            page.say(b"no hello")
            assert page.closed() == 1008
    with pytest.raises(InvalidStatus) as refusal, raw(standing, origin):
        pass
    assert (refusal.value.response.status_code, refusal.value.response.body) == (404, b"")
    with standing.page():  # the others come in
        pass


def test_reloads_of_a_page_that_is_not_paired_keep_no_other_page_of_its_origin_out(
    standing: RunningBridge, origin: str
) -> None:
    """Nobody drew digits: the person pairs all the same, and whoever is paired comes in."""
    with standing.page(origin):
        pass
    for _ in range(PER_ORIGIN + 2):
        with raw(standing, origin) as page:
            assert page.state(page.shake_hands(pair=False)) == "not-paired"
            assert page.closed() == 1008
    with standing.page(origin), Page(standing.port, origin) as another:
        assert another.digits


# ---- what ends a channel


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
def test_a_page_that_never_stops_does_not_stop_the_others(standing: RunningBridge, origin: str) -> None:
    """Thousands of calls, sealed and in order, by a page that reads no answer: it waits for itself alone."""
    with standing.page() as quiet, standing.page(origin) as loud:
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
def test_a_page_that_waits_for_a_person_leaves_room_for_others(standing: RunningBridge, origin: str) -> None:
    """Forty calls wait for one prompt; another page's own still finds a thread."""
    try:
        with standing.page() as quiet, standing.page(origin) as loud, standing.page(origin) as louder:
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


@pytest.mark.slow
@pytest.mark.negative(60)
def test_silence_is_hung_up_on(standing: RunningBridge, origin: str) -> None:
    with raw(standing, origin) as page:
        with pytest.raises(ConnectionClosed):
            page.socket.recv(timeout=30)
        assert page.socket.close_code == 1008


@pytest.mark.negative(60)
def test_messages_are_read_alike_however_they_are_cut(standing: RunningBridge, origin: str) -> None:
    """Whole frames have a shorter way through the listener than parts of frames: no order of the two confuses it."""
    with standing.page(origin) as page:
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
def test_no_message_hides_in_another(standing: RunningBridge, origin: str, place: str) -> None:
    """A whole frame that arrives alone, inside of a longer one or between the parts of a message, is none."""
    with standing.page(origin) as page:
        hidden = Frame(Opcode.BINARY, page.channel.seal(request())).serialize(mask=True)
        unmasked = bytes((0x82, 0xFE)) + len(hidden).to_bytes(2, "big") + bytes(4)
        part = Frame(Opcode.BINARY, b"x", fin=False).serialize(mask=True)
        page.socket.socket.sendall(unmasked if place == "inside" else part)
        time.sleep(0.2)  # so that it does not come together with what follows
        page.socket.socket.sendall(hidden)
        with pytest.raises(ConnectionClosed):
            page.socket.recv(timeout=10)
