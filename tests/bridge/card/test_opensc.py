"""PIV cards through pcscd and OpenSC, behind a real bridge: events, two cards, cards that others hold, cards nobody knows."""

import os
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from bridge.pki.sample_health_pki import SamplePki
from tests.bridge.card.conftest import with_issuer
from tests.bridge.card.holding_reader import holding
from tests.bridge.card.opensc_desk import (
    MODULE,
    PIN,
    AskedCard,
    SilentCard,
    challenge,
    insert,
    listed,
    listening_page,
    opensc_bridge,
    state_of,
    why,
)
from tests.bridge.operator_side import open_account
from tests.bridge.running import BridgeError, Page, RunningBridge, running_bridge
from tests.vcard.piv import SLOTS, PivCard
from tests.vcard.stack import CardStack


@pytest.fixture(scope="session")
def keys(sample_pki: SamplePki) -> PivCard:
    return PivCard.issue(sample_pki, "alice", {"authentication": "rsa2048", "signature": "rsa2048"})


@pytest.fixture
def card(keys: PivCard) -> AskedCard:
    """A fresh CPS-like card."""
    uses = {use: keys.keys[slot] for use, slot in SLOTS.items() if slot in keys.keys}
    return AskedCard(uses, serial="CPS-0001", pin=PIN)


@pytest.fixture
def bridge(stack: CardStack, sample_pki: SamplePki, tmp_path: Path, card: PivCard) -> Iterator[RunningBridge]:
    with opensc_bridge(tmp_path, sample_pki, card) as running:
        yield running


@pytest.fixture
def page(bridge: RunningBridge) -> Iterator[Page]:
    with listening_page(bridge) as opened:
        yield opened


def test_a_card_is_told_listed_and_used(stack: CardStack, page: Page, card: AskedCard) -> None:
    name = insert(page, stack, card)
    shown = listed(page, 1)[0]
    assert (shown["card"], shown["reader"], shown["state"], shown["session"]) == (
        name,
        stack.readers[0].name,
        "ready",
        None,
    )
    assert card.counters.pins == 0
    page.call("auth.token", card=name, challenge=challenge())
    assert (card.counters.pins, card.counters.operations) == (1, {0x9A: 1})
    session = page.call("card.list")["cards"][0]["session"]
    assert session["usesLeft"] == 499


def test_a_site_learns_whose_card_it_is_with_the_first_login_and_no_earlier(
    bridge: RunningBridge, stack: CardStack, page: Page, card: AskedCard
) -> None:
    name = insert(page, stack, card)
    assert listed(page, 1)[0]["label"] == "PIV_II"
    page.call("auth.token", card=name, challenge=challenge())
    assert "Alice MARTIN" in bridge.prompts("pin")[0]["description"]
    assert listed(page, 1)[0]["label"] == "Alice MARTIN, PIV_II"


def test_removal_ends_mailbox_and_grant_of_use(
    bridge: RunningBridge, stack: CardStack, page: Page, card: AskedCard, sample_pki: SamplePki, tmp_path: Path
) -> None:
    name = insert(page, stack, card)
    account = open_account(page, with_issuer(sample_pki, tmp_path), "alice@pli.example", {"card": name})
    stack.readers[0].remove()
    assert page.wait_for("card.removed", 5)["card"] == name
    assert page.wait_for("session.ended", 2) == {"handle": account.handle, "reason": "card-removed"}
    assert page.wait_for("grant.ended", 2) == {"card": name, "reason": "card-removed"}
    assert why(page, "NO_CARD") == {"name": "NO_CARD"}


def test_a_card_put_back_wants_its_pin_again(
    bridge: RunningBridge, stack: CardStack, page: Page, card: AskedCard
) -> None:
    name = insert(page, stack, card)
    page.call("auth.token", card=name, challenge=challenge())
    stack.readers[0].remove()
    page.wait_for("card.removed", 5)
    assert insert(page, stack, card) == name
    assert listed(page, 1)[0]["session"] is None
    page.call("auth.token", card=name, challenge=challenge())
    assert len(bridge.prompts("pin")) == 2


@pytest.mark.parametrize("same_keys", [True, False])
def test_two_cards_of_one_kind_are_told_apart(
    bridge: RunningBridge,
    stack: CardStack,
    page: Page,
    card: AskedCard,
    keys: PivCard,
    sample_pki: SamplePki,
    same_keys: bool,
) -> None:
    """By their serial numbers, also where somebody copied keys."""
    uses = {use: keys.keys[slot] for use, slot in SLOTS.items() if slot in keys.keys}
    other = (
        PivCard(uses, serial="CPS-0009", pin="9999")
        if same_keys
        else PivCard.issue(sample_pki, "bob", {"authentication": "p256", "signature": "p256"})
    )
    first = insert(page, stack, card)
    second = insert(page, stack, other, reader=2)
    assert first != second
    assert {shown["card"]: shown["reader"] for shown in listed(page, 2)} == {
        first: stack.readers[0].name,
        second: stack.readers[2].name,
    }
    page.call("auth.token", card=first, challenge=challenge())
    assert (card.counters.operations, other.counters.operations) == ({0x9A: 1}, {})
    assert other.counters.pins == 0
    stack.readers[2].remove()
    assert page.wait_for("card.removed", 5)["card"] == second
    assert listed(page, 1)[0]["session"] is not None


def test_a_card_that_lies_still_is_left_alone(stack: CardStack, page: Page, card: AskedCard) -> None:
    """Nothing changed, so the module is not asked: neither by the watch, nor by a page that lists."""
    insert(page, stack, card)
    listed(page, 1)
    time.sleep(3)  # it is read once more, a second after the insertion
    before = card.asked
    time.sleep(1.5)
    page.call("card.list")
    assert card.asked == before


def test_a_card_in_the_middle_of_another_program_s_transaction_is_in_use_and_the_program_named(
    stack: CardStack, page: Page, card: AskedCard
) -> None:
    name = insert(page, stack, card)
    page.call("auth.token", card=name, challenge=challenge())
    with holding(stack.readers[0].name, "transaction") as program:
        with pytest.raises(BridgeError) as error:
            page.call("auth.token", card=name, challenge=challenge())
        assert error.value.name == "CARD_IN_USE"
        assert program in error.value.data["process"].split(", ")
        assert state_of(page, stack.readers[0].name) == "in-use"
        assert [shown["card"] for shown in page.call("card.list")["cards"]] == [name]  # it has not gone
    _until_free(page, name)
    assert "card.removed" not in {told["method"] for told in page.notifications}


def test_a_card_another_program_has_for_itself_is_in_use_until_it_lets_go(
    stack: CardStack, sample_pki: SamplePki, tmp_path: Path, card: AskedCard
) -> None:
    stack.readers[0].insert(card)
    _wait_until_seen(stack.readers[0].name)
    holder, started = _patient(stack.readers[0].name), _bridge(tmp_path, sample_pki, {})
    with holder as program, started as bridge, bridge.page() as page:
        bridge.set_pins({card.serial: PIN})
        reason = why(page, "CARD_IN_USE")
        assert program in reason["process"].split(", ")
        with pytest.raises(BridgeError, match="CARD_IN_USE"):
            page.call("auth.token", card="c_" + "0" * 32, challenge=challenge())
        assert state_of(page, stack.readers[0].name) == "in-use"
        holder.let_go()
        name = listed(page, 1)[0]["card"]
        page.call("auth.token", card=name, challenge=challenge())


def test_a_program_that_wants_the_card_for_itself_gets_it(stack: CardStack, page: Page, card: AskedCard) -> None:
    """A module nobody uses lets go of its cards; what is known of them stays."""
    name = insert(page, stack, card)
    page.call("auth.token", card=name, challenge=challenge())
    page.call("session.lock")
    holder = _patient(stack.readers[0].name)
    with holder as program:
        with pytest.raises(BridgeError) as error:
            page.call("auth.token", card=name, challenge=challenge())
        assert error.value.name == "CARD_IN_USE"
        assert program in error.value.data["process"].split(", ")
        assert [shown["card"] for shown in page.call("card.list")["cards"]] == [name]
    _until_free(page, name)
    assert "card.removed" not in {told["method"] for told in page.notifications}


def _patient(reader: str) -> holding:
    """The program tries until it gets the card."""
    return holding(reader, "exclusive", seconds=20)


def _wait_until_seen(reader: str) -> None:
    """pcscd looks into a reader 2.5 times a second."""
    end = time.monotonic() + 10
    while reader not in _readers_with_cards():
        assert time.monotonic() < end
        time.sleep(0.05)


def _readers_with_cards() -> str:
    shown = subprocess.run(["opensc-tool", "--list-readers"], capture_output=True, text=True, check=True).stdout
    return "".join(line for line in shown.splitlines(keepends=True) if " Yes " in line)


def _until_free(page: Page, name: str) -> None:
    end = time.monotonic() + 10
    while _refusal(page, name) == "CARD_IN_USE":
        assert time.monotonic() < end
        time.sleep(0.1)
    assert _refusal(page, name) == ""


def _refusal(page: Page, name: str) -> str:
    try:
        page.call("auth.token", card=name, challenge=challenge())
    except BridgeError as error:
        return error.name
    return ""


def test_the_bridge_never_holds_the_card_between_calls(stack: CardStack, page: Page, card: AskedCard) -> None:
    """With a live grant of use, another program's transaction begins at once."""
    name = insert(page, stack, card)
    page.call("auth.token", card=name, challenge=challenge())
    assert page.call("card.list")["cards"][0]["session"] is not None
    with holding(stack.readers[0].name, "transaction"):
        pass


def test_a_card_no_module_knows_is_unsupported_with_its_atr(stack: CardStack, page: Page) -> None:
    stack.readers[0].insert(SilentCard())
    reason = why(page, "CARD_UNSUPPORTED")
    assert reason["atr"] == SilentCard.atr.hex().upper()
    assert "Cryptolib CPS 5.2" in reason["help"]
    states = {reader["name"]: reader["card"] for reader in page.call("bridge.status")["readers"]}
    assert states[stack.readers[0].name] == "unsupported"
    assert states[stack.readers[1].name] == "absent"
    assert page.call("bridge.status")["modules"] == [{"id": "opensc", "state": "ready", "version": "0.23"}]


def test_the_state_of_the_pin_costs_no_try(stack: CardStack, page: Page, card: AskedCard) -> None:
    name = insert(page, stack, card)
    for _ in range(4):
        assert page.call("pin.status", card=name) == {"tries": None, "state": "ready", "pinpad": False}
    assert (card.counters.pins, card.counters.refused) == (0, 0)


def test_tries_another_program_spent_are_seen_after_a_login(
    bridge: RunningBridge, stack: CardStack, page: Page, card: AskedCard
) -> None:
    """OpenSC believes its own memory from the first login on, unless it is begun anew."""
    name = insert(page, stack, card)
    page.call("auth.token", card=name, challenge=challenge())
    card.pin.tries, card.pin.verified = 1, False
    with pytest.raises(BridgeError, match="PIN_LAST_TRY"):
        page.call("auth.token", card=name, challenge=challenge())
    assert (card.pin.tries, card.counters.pins, len(bridge.prompts("pin"))) == (1, 1, 1)


def test_without_the_reader_service_it_is_named(sample_pki: SamplePki, tmp_path: Path) -> None:
    environment = {"PCSCLITE_CSOCK_NAME": str(tmp_path / "nobody.comm")}
    with _bridge(tmp_path, sample_pki, environment) as bridge, bridge.page() as page:
        assert why(page, "NO_READER") == {"name": "NO_READER", "help": "pcscd"}
        assert page.call("bridge.status")["pcsc"] == "stopped"
        with pytest.raises(BridgeError, match="NO_READER"):
            page.call("auth.token", card="c_" + "0" * 32, challenge=challenge())


class _bridge:  # noqa: N801 (a with block)
    """A bridge in an environment of its own."""

    def __init__(self, folder: Path, pki: SamplePki, environment: dict[str, str]) -> None:
        self._environment = environment
        self._before = {name: os.environ.get(name) for name in environment}
        self._running = running_bridge(folder, pki.directory, modules=[MODULE], softwareCards=None)

    def __enter__(self) -> RunningBridge:
        os.environ.update(self._environment)
        return self._running.__enter__()

    def __exit__(self, *failure: object) -> None:
        for name, value in self._before.items():
            os.environ.pop(name) if value is None else os.environ.__setitem__(name, value)
        self._running.__exit__(*failure)
