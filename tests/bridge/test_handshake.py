"""The handshake and the sealed frames against the shared vectors, which the generator still writes byte for byte."""

import base64
import json
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_der_private_key

from bridge import key_schedule, p256
from bridge.errors import ChannelFailed, HandshakeFailed
from bridge.handshake import Drawn, Initiator, Responder
from bridge.key_schedule import derive, transcript
from bridge.secure_channel import SecureChannel
from tests.vectors import bridge_channel

ORIGIN = bridge_channel.ORIGIN


def read(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((bridge_channel.HERE / name).read_text("utf-8"))
    return found


HANDSHAKES = read("handshake.json")["vectors"]
REFUSED = read("refused.json")
FRAMES = read("frames.json")


def octets(text: str) -> bytes:
    return base64.b64decode(text)


def private(text: str) -> p256.PrivateKey:
    key = load_der_private_key(octets(text), None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    return key


def drawn(side: dict[str, str]) -> Drawn:
    return Drawn(private(side["ephemeral"]), octets(side["nonce"]), bridge_channel.REPRODUCIBLE)


def responder(vector: dict[str, Any]) -> Responder:
    return Responder(vector["origin"], private(vector["bridge"]["key"]), drawn(vector["bridge"]))


def initiator(vector: dict[str, Any]) -> Initiator:
    return Initiator(vector["origin"], private(vector["page"]["key"]), drawn(vector["page"]))


def test_the_vectors_are_what_the_generator_writes() -> None:
    for name, content in bridge_channel.files().items():
        assert (bridge_channel.HERE / name).read_text("utf-8") == bridge_channel.text_of(content)


@pytest.mark.parametrize("vector", HANDSHAKES, ids=lambda vector: vector["name"])
def test_both_roles_say_what_the_vector_says(vector: dict[str, Any]) -> None:
    page, bridge = initiator(vector), responder(vector)
    assert page.hello == octets(vector["hello"])
    assert bridge.answer(page.hello) == octets(vector["answer"])
    assert page.meet(octets(vector["answer"])) == octets(vector["bridge"]["publicKey"])
    proof, of_page = page.prove(pair=vector["pair"])
    assert proof == octets(vector["proof"])
    of_bridge = bridge.finish(proof)
    assert (of_bridge.peer, of_bridge.pair) == (octets(vector["page"]["publicKey"]), vector["pair"])
    assert of_page.digits == of_bridge.digits == vector["digits"]
    for frame in vector["framesToPage"]:
        assert of_bridge.channel.seal(octets(frame["message"])) == octets(frame["frame"])
        assert of_page.channel.open(octets(frame["frame"])) == octets(frame["message"])
    for frame in vector["framesToBridge"]:
        assert of_page.channel.seal(octets(frame["message"])) == octets(frame["frame"])
        assert of_bridge.channel.open(octets(frame["frame"])) == octets(frame["message"])


@pytest.mark.parametrize("vector", HANDSHAKES, ids=lambda vector: vector["name"])
def test_every_value_between_follows_from_the_one_before(vector: dict[str, Any]) -> None:
    value = {name: octets(found) for name, found in vector.items() if isinstance(found, str) and _is_base64(name)}
    page, bridge = vector["page"], vector["bridge"]
    page_key, nonce = octets(page["publicKey"]), octets(page["nonce"])
    assert transcript(key_schedule.COMMITMENT, nonce, page_key) == value["commitment"]
    assert p256.agree(private(page["ephemeral"]), octets(bridge["ephemeralPublicKey"])) == value["secret"]
    assert p256.agree(private(bridge["ephemeral"]), octets(page["ephemeralPublicKey"])) == value["secret"]
    hello = (key_schedule.HELLO, vector["origin"], value["hello"])
    assert transcript(*hello, octets(bridge["ephemeralPublicKey"]), octets(bridge["nonce"])) == value["t1"]
    assert transcript(value["t1"], value["answer"]) == value["t2"]
    assert transcript(value["t2"], value["proof"]) == value["t3"]
    assert transcript(value["t2"], nonce, page_key) == value["t4"]
    for name, salt, info in (
        ("handshakeBridge", "t1", key_schedule.HANDSHAKE_BRIDGE),
        ("handshakePage", "t1", key_schedule.HANDSHAKE_PAGE),
        ("toPage", "t3", key_schedule.TO_PAGE),
        ("toBridge", "t3", key_schedule.TO_BRIDGE),
    ):
        assert derive(value["secret"], value[salt], info) == value[name]
    assert key_schedule.digits(value["t2"], nonce, page_key) == vector["digits"]


def _is_base64(name: str) -> bool:
    return name not in {"name", "origin", "digits"}


def hear(step: str, message: bytes) -> None:
    """Give one side what somebody says instead of the other."""
    page, bridge = initiator(REFUSED), responder(REFUSED)
    match step:
        case "hello":
            bridge.answer(message)
        case "answer":
            page.meet(message)
        case "proof":
            bridge.answer(page.hello)
            bridge.finish(message)


@pytest.mark.negative(59)
@pytest.mark.parametrize("vector", REFUSED["vectors"], ids=lambda vector: vector["name"])
def test_what_no_honest_side_says_is_refused(vector: dict[str, Any]) -> None:
    with pytest.raises(HandshakeFailed) as failure:
        hear(vector["step"], octets(vector["message"]))
    assert failure.value.reason == vector["reason"]


@pytest.mark.negative(59)
@pytest.mark.parametrize("vector", FRAMES["vectors"], ids=lambda vector: vector["name"])
def test_a_frame_that_is_not_the_next_one_ends_the_channel(vector: dict[str, Any]) -> None:
    channel = SecureChannel(octets(FRAMES["toBridge"]), octets(FRAMES["toPage"]))
    *good, bad = [octets(frame) for frame in vector["frames"]]
    opened = [channel.open(frame) for frame in good]
    assert opened == list(bridge_channel.MESSAGES[: len(good)])
    with pytest.raises(ChannelFailed):
        channel.open(bad)
    honest = SecureChannel(octets(FRAMES["toPage"]), octets(FRAMES["toBridge"]))
    rest = [honest.seal(message) for message in bridge_channel.MESSAGES]
    for frame in rest:
        with pytest.raises(ChannelFailed):
            channel.open(frame)
    with pytest.raises(ChannelFailed):
        channel.seal(b"")


@pytest.mark.negative(60)
def test_a_text_frame_ends_the_channel() -> None:
    page, bridge = bridge_channel.Exchange().channels()
    with pytest.raises(ChannelFailed):
        page.open("text")
    with pytest.raises(ChannelFailed):
        page.open(bridge.seal(b"honest"))


def test_each_step_is_for_once_and_in_its_place() -> None:
    page, bridge = initiator(REFUSED), responder(REFUSED)
    with pytest.raises(HandshakeFailed):
        bridge.finish(b"")
    with pytest.raises(HandshakeFailed):
        page.prove(pair=True)
    answer = bridge.answer(page.hello)
    with pytest.raises(HandshakeFailed):
        bridge.answer(page.hello)
    page.meet(answer)
    with pytest.raises(HandshakeFailed):
        page.meet(answer)
    proof, _ = page.prove(pair=True)
    with pytest.raises(HandshakeFailed):
        page.prove(pair=True)
    bridge.finish(proof)
    with pytest.raises(HandshakeFailed):
        bridge.finish(proof)


def test_nothing_repeats_between_two_handshakes_of_the_same_keys() -> None:
    def run() -> tuple[bytes, bytes, bytes, str, bytes]:
        page = Initiator(ORIGIN, bridge_channel.key("page"))
        bridge = Responder(ORIGIN, bridge_channel.key("bridge"))
        answer = bridge.answer(page.hello)
        page.meet(answer)
        proof, agreed = page.prove(pair=True)
        return page.hello, answer, proof, agreed.digits, agreed.channel.seal(b"the same")

    one, other = run(), run()
    assert [first == second for first, second in zip(one, other, strict=True)].count(
        True
    ) <= 1  # digits: one in a million


@pytest.mark.negative(55)
def test_somebody_between_cannot_choose_the_digits() -> None:
    """Both ends are honest and speak to one between them, who holds keys of its own and may try for as long as it likes.

    Towards the bridge its key and nonce are fixed by the commitment before the bridge draws; towards the page its answer is
    fixed before the page opens its own. What is left is to hope: each try is a whole handshake, and both ends count them.
    """
    between = bridge_channel.key("between")
    met = 0
    for _ in range(200):
        page = Initiator(ORIGIN, bridge_channel.key("page"))
        towards_page = Responder(ORIGIN, between)
        page.meet(towards_page.answer(page.hello))
        towards_page.finish((proof := page.prove(pair=True))[0])
        towards_bridge, bridge = Initiator(ORIGIN, between), Responder(ORIGIN, bridge_channel.key("bridge"))
        towards_bridge.meet(bridge.answer(towards_bridge.hello))
        shown = bridge.finish(towards_bridge.prove(pair=True)[0]).digits
        met += shown == proof[1].digits
    assert met == 0


@pytest.mark.negative(55)
def test_a_nonce_chosen_after_the_answer_is_refused() -> None:
    """Grinding: with everything of the bridge in hand, another nonce would give the wished digits; it was not committed to."""
    exchange = bridge_channel.Exchange()
    page_key = p256.point_of(exchange.page_key)
    wished = key_schedule.digits(exchange.t2, exchange.page.nonce, page_key)[:2]
    ground = next(
        nonce
        for nonce in (bridge_channel.nonce(f"ground {number}") for number in range(100_000))
        if key_schedule.digits(exchange.t2, nonce, page_key)[:2] == wished
    )
    signed = transcript(key_schedule.PAGE, exchange.t2, page_key, ground)
    signature = p256.sign(exchange.page_key, signed)
    bridge = responder(REFUSED)
    bridge.answer(exchange.hello)
    with pytest.raises(HandshakeFailed, match="commitment"):
        bridge.finish(bridge_channel.forged_proof(exchange, nonce=ground, signature=signature))
