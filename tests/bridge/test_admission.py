"""Who gets in to a real bridge: pages that a person paired, and after how many handshakes nobody."""

import json
from collections.abc import Iterator
from itertools import count

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus

from bridge import p256
from bridge.handshake_limits import PER_ORIGIN
from bridge.pki.sample_health_pki import SamplePki
from tests.bridge.raw_page import raw, request
from tests.bridge.running import (
    ORIGIN,
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


@pytest.mark.slow
@pytest.mark.negative(60)
def test_silence_is_hung_up_on(standing: RunningBridge, origin: str) -> None:
    with raw(standing, origin) as page:
        with pytest.raises(ConnectionClosed):
            page.socket.recv(timeout=30)
        assert page.socket.close_code == 1008
