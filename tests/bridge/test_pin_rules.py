"""PIN rules 1-10 (reference card-bridges §3.4), each by name, on real cards: a PIV card behind pcscd and OpenSC, a reader
with a PIN pad (fault module over SoftHSM), and software cards.
"""

import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from websockets.exceptions import ConnectionClosed

from bridge.pki.sample_health_pki import SamplePki
from bridge.schemas import METHODS
from tests.bridge.card.conftest import PIN as HSM_PIN
from tests.bridge.card.conftest import HsmToken
from tests.bridge.desks import ORIGINS, log_in, module_bridge, piv_bridge, pli_bridge, refused_login, the_card
from tests.bridge.operator_side import Account
from tests.bridge.running import BridgeError, Page, RunningBridge
from tests.vcard.faults import Faults
from tests.vcard.fixtures import pcsc, stack  # noqa: F401
from tests.vcard.piv import PivCard
from tests.vcard.stack import CardStack

pytest_plugins = ["tests.vcard.faulty"]
LETTER = b"From: alice@pli.example\r\nTo: bob@pli.example\r\nSubject: Bonjour\r\n\r\nText\r\n"


@pytest.fixture(scope="module")
def issued(sample_pki: SamplePki) -> PivCard:
    return PivCard.issue(sample_pki, "alice", {"authentication": "p256", "signature": "p256"})


@pytest.fixture
def piv(issued: PivCard) -> PivCard:
    """A fresh card with keys that were made once: PIN 1234, three tries."""
    keys = {"authentication": issued.keys[0x9A], "signature": issued.keys[0x9C]}
    return PivCard(keys, serial="CPS-0001", pin="1234")  # type: ignore[arg-type]


@pytest.fixture
def piv_desk(tmp_path: Path, sample_pki: SamplePki, stack: CardStack, piv: PivCard) -> Iterator[RunningBridge]:  # noqa: F811
    with piv_bridge(tmp_path, sample_pki, stack, piv) as bridge:
        yield bridge


@pytest.fixture
def piv_page(piv_desk: RunningBridge) -> Iterator[Page]:
    with piv_desk.page() as page:
        yield page


@pytest.fixture
def pad_desk(tmp_path: Path, sample_pki: SamplePki, token: HsmToken, faults: Faults) -> Iterator[RunningBridge]:
    """A reader with a pad, on which a hand types the right PIN. No PC/SC: the module is the reader."""
    faults.set(f"pinpad {HSM_PIN}", "slow C_Login 2")
    environment = {**token.environment, **faults.environment}
    with module_bridge(tmp_path, sample_pki, faults.library, environment) as bridge:
        yield bridge


# ---- 1: no method has a PIN parameter


@pytest.mark.negative(56)
def test_rule_1_a_frame_with_a_pin_is_refused_and_counted(page: Page, alice: str) -> None:
    """And so is a verb that would sign a digest: there is none."""
    for verb in ("sign.hash", "sign.digest", "card.sign", "card.decrypt", "key.decrypt"):
        with pytest.raises(BridgeError, match="METHOD_NOT_FOUND"):
            page.call(verb, card=alice, digest=bytes(32))
    for member in ("pin", "PUK"):
        with pytest.raises(BridgeError, match="INVALID_PARAMS"):
            page.call("auth.token", card=alice, challenge="A" * 44, **{member: "1234"})
    with pytest.raises((BridgeError, ConnectionClosed)):
        page.call("pin.change", card=alice, deep={"Password": "1234"})
    with pytest.raises(ConnectionClosed):
        page.call("card.list")


# ---- 2: pad first, else a prompt in its own short-lived process


def test_rule_2_a_pad_asks_before_anything_else(pad_desk: RunningBridge, faults: Faults) -> None:
    with pad_desk.page() as page:
        assert log_in(page, the_card(page)["card"])["format"] == "web-eid:1.0"
    assert faults.logins() == ["1 NULL"]
    (notice,) = pad_desk.prompts("pinpad")
    for fact in ("Log in", f"Asked by: {ORIGINS[0]}", "on the reader’s keys"):
        assert fact in notice["description"]
    assert pad_desk.prompts("pin") == []
    assert not Path(f"/proc/{notice['pid']}").exists()  # taken away with the login


def test_a_page_cannot_bury_a_pad_in_questions(pad_desk: RunningBridge, faults: Faults) -> None:
    """What a person cancels at the reader counts as what they cancel on the screen."""
    faults.set(f"pinpad {HSM_PIN}", "fail C_Login 0x50")  # CKR_FUNCTION_CANCELED
    with pad_desk.page() as page:
        card = the_card(page)["card"]
        names = [refused_login(page, card).name for _ in range(3)]
    assert names == ["USER_CANCELLED", "USER_CANCELLED", "RATE_LIMITED"]


def test_rule_2_the_prompt_is_a_process_that_ends(bridge: RunningBridge, page: Page, alice: str) -> None:
    log_in(page, alice)
    (prompt,) = bridge.prompts("pin")
    assert int(prompt["pid"]) != bridge.process.pid
    assert not Path(f"/proc/{prompt['pid']}").exists()


# ---- 3: who asks, whose card, where, for what, how many tries


def test_rule_3_the_prompt_says_who_where_what_and_how_many_tries(
    bridge: RunningBridge, page: Page, alice: str
) -> None:
    bridge.change_card("alice", tries=2)
    log_in(page, alice)
    (prompt,) = bridge.prompts("pin")
    for fact in (
        "Log in",
        "Asked by: https://mail.pli.example",
        "Card: CPS Alice",
        "(CPS-0001)",
        "Reader: Demo reader",
        "Tries left: 2",
    ):
        assert fact in prompt["description"]


def test_rule_3_a_card_that_keeps_its_counter_says_so(piv_desk: RunningBridge, piv_page: Page) -> None:
    log_in(piv_page, the_card(piv_page)["card"])
    (prompt,) = piv_desk.prompts("pin")
    assert "Tries left: unknown" in prompt["description"]
    assert "Reader: Pli reader A" in prompt["description"]


# ---- 4: at one try left no page opens a prompt


def test_rule_4_no_page_spends_the_last_try(piv_desk: RunningBridge, piv_page: Page, piv: PivCard) -> None:
    card = the_card(piv_page)["card"]
    for wrong in ("1111", "2222"):
        piv_desk.set_pins({piv.serial: wrong})
        assert refused_login(piv_page, card).name == "PIN_INCORRECT"
    asked = len(piv_desk.prompts())
    piv_desk.set_pins({piv.serial: "1234"})
    for _ in range(3):
        assert refused_login(piv_page, card).name == "PIN_LAST_TRY"
        with pytest.raises(BridgeError, match="PIN_LAST_TRY"):
            piv_page.call("pin.change", card=card)
    assert piv_page.call("pin.status", card=card)["state"] == "last-try"
    assert len(piv_desk.prompts()) == asked
    assert (piv.pin.tries, piv.counters.pins) == (1, 2)


def test_rule_4_the_person_uses_the_last_try_having_agreed_twice(
    piv_desk: RunningBridge, piv_page: Page, piv: PivCard
) -> None:
    the_card(piv_page)
    piv.pin.tries = 1
    said = pli_bridge(piv_desk, "pin")
    assert "One try is left" in said.stdout
    assert "--last-try" in said.stdout
    done = pli_bridge(piv_desk, "pin", "--last-try")
    assert "all its tries again" in done.stdout, done.stderr
    kinds = [prompt["kind"] for prompt in piv_desk.prompts()]
    assert kinds[-3:] == ["confirm", "confirm", "pin"]
    warning = piv_desk.prompts("confirm")[-2]["description"]
    assert "one try left" in warning
    assert "PUK" in warning
    assert piv.pin.tries == 3
    assert log_in(piv_page, the_card(piv_page)["card"])


def test_rule_4_a_person_who_hesitates_spends_nothing(piv_desk: RunningBridge, piv_page: Page, piv: PivCard) -> None:
    the_card(piv_page)
    piv.pin.tries = 1
    piv_desk.set_pins({piv.serial: "1234", "cancel": "confirm"})
    assert pli_bridge(piv_desk, "pin", "--last-try").returncode == 1
    assert (piv.pin.tries, piv.counters.pins) == (1, 0)


# ---- 5: no retry, no cache, no PIN twice that was refused


def test_rule_5_a_refused_pin_is_not_sent_again(piv_desk: RunningBridge, piv_page: Page, piv: PivCard) -> None:
    card = the_card(piv_page)["card"]
    piv_desk.set_pins({piv.serial: "1111"})
    for _ in range(3):
        assert refused_login(piv_page, card).name == "PIN_INCORRECT"
    assert piv.counters.pins == 1
    assert len(piv_desk.prompts("pin")) == 3  # each was typed, none kept


def test_rule_5_the_counter_is_read_again_before_the_card_is_asked(
    piv_desk: RunningBridge, piv_page: Page, piv: PivCard
) -> None:
    """Another program spends two tries while the prompt is open: what was typed is not sent."""
    card = the_card(piv_page)["card"]
    piv_desk.set_pins({piv.serial: "1234", "delay": 3})
    piv_page.send({"jsonrpc": "2.0", "id": 77, "method": "auth.token", "params": {"card": card, "challenge": "A" * 44}})
    end = time.monotonic() + 10
    while not piv_desk.prompts("pin"):
        assert time.monotonic() < end
        time.sleep(0.05)
    piv.pin.tries = 1
    answer = piv_page._read(30)
    while answer.get("id") != 77:
        answer = piv_page._read(30)
    assert answer["error"]["data"]["name"] == "PIN_LAST_TRY"
    assert (piv.pin.tries, piv.counters.pins) == (1, 0)


def test_rule_5_the_counter_is_read_again_before_a_pin_is_changed(
    piv_desk: RunningBridge, piv_page: Page, piv: PivCard
) -> None:
    """The old PIN was typed minutes ago and no card has seen it: another program spends two tries, so it is not sent."""
    card = the_card(piv_page)["card"]
    piv_desk.set_pins({piv.serial: "111111", f"new {piv.serial}": "567890", "delay": 3})
    piv_page.send({"jsonrpc": "2.0", "id": 78, "method": "pin.change", "params": {"card": card}})
    end = time.monotonic() + 20
    while not piv_desk.prompts("new-pin"):
        assert time.monotonic() < end
        time.sleep(0.05)
    piv.pin.tries = 1
    answer = piv_page._read(30)
    while answer.get("id") != 78:
        answer = piv_page._read(30)
    assert answer["error"]["data"]["name"] == "PIN_LAST_TRY"
    assert (piv.pin.tries, piv.counters.pins) == (1, 0)


# ---- 6: length and characters before the card is touched


@pytest.mark.parametrize("typed", ["123", "12a4", "abcd", "１２３４", "1" * 65, "12 4"])
def test_rule_6_what_cannot_be_the_pin_costs_no_try(bridge: RunningBridge, page: Page, alice: str, typed: str) -> None:
    bridge.set_pins({"CPS-0001": typed})
    assert refused_login(page, alice).name == "PIN_INCORRECT"
    assert json.loads((bridge.cards / "alice" / "card.json").read_text())["tries"] == 3


# ---- 7: a login is a grant to one origin, counted, and ends


def test_rule_7_a_second_origin_has_its_own_prompt(piv_desk: RunningBridge, piv_page: Page) -> None:
    log_in(piv_page, the_card(piv_page)["card"])
    with piv_desk.page(ORIGINS[1]) as other:
        card = the_card(other)
        assert card["session"] is None
        assert card["card"] != the_card(piv_page)["card"]
        log_in(other, card["card"])
    shown = [prompt["description"] for prompt in piv_desk.prompts("pin")]
    assert [any(origin in text for text in shown) for origin in ORIGINS] == [True, True]


def test_rule_7_a_grant_is_counted_and_ends_with_the_card(
    piv_desk: RunningBridge,
    piv_page: Page,
    stack: CardStack,  # noqa: F811
    piv: PivCard,
) -> None:
    piv_page.call("card.subscribe")
    card = the_card(piv_page)["card"]
    log_in(piv_page, card)
    session = the_card(piv_page)["session"]
    assert 0 < session["usesLeft"] < 500
    assert session["until"].endswith("Z")
    stack.readers[0].remove()
    assert piv_page.wait_for("grant.ended", 10) == {"card": card, "reason": "card-removed"}
    stack.readers[0].insert(piv)
    assert the_card(piv_page)["session"] is None


def test_rule_7_locking_ends_it(bridge: RunningBridge, page: Page, alice: str) -> None:
    page.call("card.subscribe")
    log_in(page, alice)
    page.call("session.lock")
    assert page.wait_for("grant.ended")["reason"] == "locked"
    assert next(card for card in page.call("card.list")["cards"] if card["card"] == alice)["session"] is None


# ---- 8: a key that asks at each use asks at each use


def test_rule_8_a_signature_key_asks_at_each_use(
    bridge: RunningBridge, page: Page, sample_pki: SamplePki, account: Account, alice: str
) -> None:
    bridge.change_card("alice", always=["signature"])
    page.call("session.lock")
    opened = page.call("mailbox.open", **account.with_unlock({"card": alice}))
    before = len(bridge.prompts("pin"))
    for _ in range(2):
        page.call("message.sign", handle=opened["handle"], messages=[LETTER], card=alice)
    assert len(bridge.prompts("pin")) == before + 2


# ---- 9: change and unblocking are native


def test_rule_9_a_pin_is_changed_at_the_bridge(piv_desk: RunningBridge, piv_page: Page, piv: PivCard) -> None:
    card = the_card(piv_page)["card"]
    piv_desk.set_pins({piv.serial: "1234", f"new {piv.serial}": "567890"})
    assert piv_page.call("pin.change", card=card) == {}
    assert [prompt["kind"] for prompt in piv_desk.prompts()] == ["pin", "new-pin"]
    piv_desk.set_pins({piv.serial: "567890"})
    assert log_in(piv_page, card)


def test_rule_9_a_new_pin_the_card_does_not_take_changes_nothing(
    piv_desk: RunningBridge, piv_page: Page, piv: PivCard
) -> None:
    """OpenSC wants six digits of a PIV card; its own check, no try of the old PIN is lost."""
    card = the_card(piv_page)["card"]
    piv_desk.set_pins({piv.serial: "1234", f"new {piv.serial}": "5678"})
    with pytest.raises(BridgeError, match="PIN_REFUSED"):
        piv_page.call("pin.change", card=card)
    assert log_in(piv_page, card)
    assert piv.counters.refused == 0


def test_rule_9_the_person_changes_it_without_a_page(bridge: RunningBridge, page: Page, alice: str) -> None:
    bridge.set_pins({"CPS-0001": "1234", "new CPS-0001": "4321"})
    for card in ("bob", "chloe", "david", "emma"):
        if (bridge.cards / card).exists():
            bridge.change_card(card, inserted=False)
    numbered = pli_bridge(bridge, "pin").stdout
    number = next(line.split(".")[0] for line in numbered.splitlines() if "Alice" in line)
    done = pli_bridge(bridge, "pin", "--change", number)
    assert "is changed" in done.stdout, done.stdout + done.stderr
    bridge.set_pins({"CPS-0001": "4321"})
    assert log_in(page, alice)


def test_rule_9_a_pad_takes_all_three_entries(pad_desk: RunningBridge, faults: Faults) -> None:
    faults.set(f"pinpad {HSM_PIN} {HSM_PIN}")
    with pad_desk.page() as page:
        assert page.call("pin.change", card=the_card(page)["card"]) == {}
    assert [call for call in faults.calls() if call.startswith("C_SetPIN")] == ["C_SetPIN NULL NULL"]
    assert pad_desk.prompts("pin") == pad_desk.prompts("new-pin") == []


def test_rule_9_a_locked_card_is_explained_and_no_puk_is_asked(bridge: RunningBridge, page: Page, alice: str) -> None:
    bridge.change_card("alice", tries=0)
    said = pli_bridge(bridge, "pin")
    assert "locked" in said.stdout
    assert "PUK" in said.stdout
    for method in ("pin.change",):
        with pytest.raises(BridgeError, match="PIN_LOCKED"):
            page.call(method, card=alice)
    assert bridge.prompts() == []
    assert not [method for method in METHODS if "unblock" in method or "puk" in method]


# ---- 10: what is written down


def test_rule_10_the_journal_holds_method_key_and_result(bridge: RunningBridge, page: Page, alice: str) -> None:
    log_in(page, alice)
    lines = [json.loads(line) for line in (bridge.folder / "state" / "journal.log").read_text().splitlines()]
    token = next(line for line in lines if line["method"] == "auth.token")
    assert set(token) == {"time", "method", "origin", "key", "result"}
    assert len(token["key"]) == 16
