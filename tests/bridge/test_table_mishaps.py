"""The mishaps of the card table are real ones: what a page, a card and a person then meet."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from bridge.pki.sample_health_pki import SamplePki
from tests.bridge.desks import challenge
from tests.bridge.hand import Call, Hand, at_the_table
from tests.bridge.running import Page, RunningBridge, running_bridge

ALICE, BOB = "CPS-0001", "CPS-0002"


@pytest.fixture
def bridge(sample_pki: SamplePki, tmp_path: Path) -> Iterator[RunningBridge]:
    with running_bridge(tmp_path, sample_pki.directory, prompt={"kind": "card-table"}, limits={}) as running:
        yield running


@pytest.fixture
def hand(bridge: RunningBridge) -> Iterator[Hand]:
    with at_the_table(bridge) as found:
        yield found


@pytest.fixture
def page(bridge: RunningBridge, hand: Hand) -> Iterator[Page]:
    """A page whose digits the hand compared."""
    opened: list[Page] = []
    opening = threading.Thread(target=lambda: opened.append(bridge.page()), daemon=True)
    opening.start()
    hand.answer("pair")
    opening.join(10)
    with opened[0] as found:
        found.call("card.subscribe")
        yield found


def log_in(page: Page, name: str = "Alice") -> Call:
    return Call(page, "auth.token", card=page.card(name), challenge=challenge())


def test_a_wrong_pin_costs_a_try_each_time_and_the_last_is_kept(page: Page, hand: Hand) -> None:
    for left in (2, 1):
        call = log_in(page)
        hand.do("mistype", prompt=hand.asked("pin")["id"])
        assert call.over().error == "PIN_INCORRECT"
        hand.card(ALICE, tries=left)
    assert log_in(page).over().error == "PIN_LAST_TRY"
    assert hand.state["prompts"] == []


def test_a_try_that_is_lost_elsewhere_shows_in_the_next_prompt(page: Page, hand: Hand) -> None:
    hand.do("wrong-pin", serial=ALICE)
    hand.card(ALICE, tries=2)
    call = log_in(page)
    assert hand.answer("pin", "1234")["tries"] == 2
    assert call.over().result["format"] == "web-eid:1.0"
    hand.card(ALICE, tries=3)


def test_the_person_uses_the_last_try_at_the_table(page: Page, hand: Hand) -> None:
    hand.do("last-try", serial=ALICE)
    hand.card(ALICE, tries=1)
    assert log_in(page).over().error == "PIN_LAST_TRY"
    hand.do("use-last-try", serial=ALICE)
    warning = hand.answer("confirm")
    assert "PUK" in warning["purpose"]["fr"]
    assert warning["origin"] == ""
    hand.answer("confirm")
    hand.answer("pin", "1234")
    assert hand.card(
        ALICE,
        tries=3,
        outcome={
            "fr": "Le code est bon : la carte a de nouveau tous ses essais.",
            "en": "The PIN is right: the card has all its tries again.",
        },
    )


def test_a_locked_card_says_so_and_can_be_made_new(page: Page, hand: Hand) -> None:
    hand.do("last-try", serial=ALICE)
    hand.card(ALICE, tries=1)
    hand.do("wrong-pin", serial=ALICE)
    hand.card(ALICE, tries=0)
    assert log_in(page).over().error == "PIN_LOCKED"
    hand.do("renew", serial=ALICE)
    hand.card(ALICE, tries=3)
    call = log_in(page)
    hand.answer("pin", "1234")
    assert call.over().result


def test_a_card_that_hangs_is_a_typed_error_and_the_next_call_works(page: Page, hand: Hand) -> None:
    hand.do("hang", serial=ALICE)
    hand.card(ALICE, hangs=True)
    call = log_in(page)
    hand.answer("pin", "1234")
    assert call.over().error == "MODULE_CRASHED"
    other = log_in(page, "Bob")
    hand.answer("pin", "5678")
    assert other.over().result, "another card of the same module"
    hand.do("release", serial=ALICE)
    hand.card(ALICE, hangs=False, tries=3)
    call = log_in(page)
    hand.answer("pin", "1234")
    assert call.over().result


def test_a_swap_is_one_movement_in_one_reader(page: Page, hand: Hand) -> None:
    gone, reader = page.card("Alice"), hand.card(ALICE)["reader"]
    hand.do("pull", serial=BOB)
    hand.card(BOB, inserted=False)
    page.wait_for("card.removed")
    hand.do("swap", serial=ALICE)
    assert page.wait_for("card.removed") == {"card": gone}
    came = page.wait_for("card.inserted")["card"]
    hand.card(ALICE, inserted=False)
    hand.card(BOB, inserted=True, reader=reader)
    assert next(card for card in page.call("card.list")["cards"] if card["card"] == came)["reader"] == reader


def test_a_swap_needs_a_card_that_lies_outside(hand: Hand) -> None:
    hand.card(ALICE, inserted=True)
    hand.do("swap", serial=ALICE)
    hand.do("wrong-pin", serial=ALICE)
    hand.card(ALICE, tries=2, inserted=True)


def test_a_pin_is_changed_at_the_table(page: Page, hand: Hand) -> None:
    hand.do("change-pin", serial=ALICE)
    hand.answer("pin", "1234")
    new = hand.asked("new-pin")
    hand.do("answer", prompt=new["id"], pin="4321", again="4322")
    assert hand.asked("new-pin", id=new["id"], error={"fr": "Les deux codes diffèrent.", "en": "The two PINs differ."})
    hand.answer("new-pin", "4321", "4321")
    assert "changé" in hand.card(ALICE, tries=3)["outcome"]["fr"] or hand.card(
        ALICE, outcome={"fr": "Le code de la carte est changé.", "en": "The PIN of the card is changed."}
    )
    call = log_in(page)
    hand.answer("pin", "4321")
    assert call.over().result


@pytest.mark.parametrize("verb", ["explode", "", "pin-change", "cards", "_swap"])
def test_what_no_hand_can_do_changes_nothing(hand: Hand, verb: str) -> None:
    before = hand.card(ALICE)
    hand.do(verb, serial=ALICE)
    hand.do("pull", serial="CPS-9999")
    hand.do("wrong-pin", serial=BOB)
    hand.card(BOB, tries=2)
    assert hand.card(ALICE) == before
