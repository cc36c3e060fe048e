"""One process per module: one that hangs, crashes or shows ghosts is said, recovers, and leaves the others alone."""

import base64
import secrets
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bridge.pki.sample_health_pki import SamplePki
from tests.bridge.card.conftest import PIN, HsmToken
from tests.bridge.running import BridgeError, Page, RunningBridge, running_bridge
from tests.vcard.faults import Faults

pytest_plugins = ["tests.vcard.faulty"]


@pytest.fixture
def bridge(faults: Faults, token: HsmToken, sample_pki: SamplePki, tmp_path: Path) -> Iterator[RunningBridge]:
    """The faulty module beside the software cards."""
    modules = [{"id": "faulty", "path": str(faults.library)}]
    with running_bridge(tmp_path, sample_pki.directory, modules=modules, limits={}) as running:
        running.set_pins({token.serial: PIN, "CPS-0001": "1234"})
        yield running


@pytest.fixture
def page(bridge: RunningBridge) -> Iterator[Page]:
    with bridge.page() as opened:
        opened.call("card.subscribe")
        yield opened


def card_of(page: Page, reader: str) -> str:
    """The name of the card whose reader's name holds this, once it is listed."""
    end = time.monotonic() + 20
    while True:
        for card in page.call("card.list")["cards"]:
            if reader in card["reader"]:
                return str(card["card"])
        assert time.monotonic() < end, reader
        time.sleep(0.05)


def log_in(page: Page, card: str) -> dict[str, Any]:
    challenge = base64.b64encode(secrets.token_bytes(32)).decode()
    token: dict[str, Any] = page.call("auth.token", card=card, challenge=challenge)
    return token


def refusal(page: Page, card: str) -> str:
    try:
        log_in(page, card)
    except BridgeError as error:
        return error.name
    return ""


@pytest.mark.parametrize("rule", ["hang C_Sign", "crash C_Sign", "hang C_Login", "crash C_Login"])
def test_a_module_that_hangs_or_crashes_is_said_and_the_next_call_works(page: Page, faults: Faults, rule: str) -> None:
    card = card_of(page, "SoftHSM")
    faults.set(rule)
    assert refusal(page, card) == "MODULE_CRASHED"
    faults.set()
    assert card_of(page, "SoftHSM") == card
    assert refusal(page, card) == ""


def test_the_other_modules_go_on_while_one_hangs(page: Page, faults: Faults) -> None:
    card_of(page, "SoftHSM")
    other = card_of(page, "Demo reader alice")
    faults.set("hang C_GetSlotList")
    for _ in range(3):
        assert refusal(page, other) == ""
        assert other in {card["card"] for card in page.call("card.list")["cards"]}


def test_a_crash_ends_the_grants_of_its_cards_and_of_no_other(page: Page, faults: Faults) -> None:
    mine, other = card_of(page, "SoftHSM"), card_of(page, "Demo reader alice")
    for card in (mine, other):
        log_in(page, card)
    faults.set("crash C_GetSlotList")
    assert page.wait_for("grant.ended", 10) == {"card": mine, "reason": "module-crashed"}
    faults.set()
    sessions = {card["card"]: card["session"] for card in page.call("card.list")["cards"]}
    assert sessions[other] is not None


def children_of(bridge: RunningBridge) -> list[Path]:
    """Where the system shows the processes that it started first."""
    return [Path("/proc") / str(pid) for pid in bridge.facts["processes"].values()]


def test_a_worker_that_hangs_ends_with_a_bridge_that_is_killed(
    faults: Faults, sample_pki: SamplePki, tmp_path: Path
) -> None:
    """It never comes back to its pipe, and would hold the card for ever; the vault would hold keys."""
    modules = [{"id": "faulty", "path": str(faults.library)}]
    limits = {"moduleSeconds": 30}
    with running_bridge(tmp_path, sample_pki.directory, modules=modules, limits=limits) as bridge:
        end, children = time.monotonic() + 20, children_of(bridge)
        faults.set("hang C_GetSlotList")
        before = faults.calls().count("C_GetSlotList")
        while faults.calls().count("C_GetSlotList") == before:
            assert time.monotonic() < end
            time.sleep(0.05)
        assert all(child.exists() for child in children)
        bridge.process.kill()
        bridge.process.wait(20)
        while any(child.exists() for child in children):
            assert time.monotonic() < end, "a child is left"
            time.sleep(0.05)


def test_a_ghost_slot_hides_nothing(page: Page, faults: Faults) -> None:
    card = card_of(page, "SoftHSM")
    faults.set("ghost")
    assert card_of(page, "SoftHSM") == card
    assert refusal(page, card) == ""


def test_slots_that_vanish_take_their_card_with_them(page: Page, faults: Faults) -> None:
    card = card_of(page, "SoftHSM")
    faults.set("vanish")
    assert page.wait_for("card.removed", 10)["card"] == card
    faults.set()
    assert page.wait_for("card.inserted", 10)["card"] == card


def test_where_no_reader_service_runs_a_module_is_asked_again_and_again(
    faults: Faults, sample_pki: SamplePki, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PCSCLITE_CSOCK_NAME", str(tmp_path / "nobody.comm"))
    faults.set("vanish")
    modules = [{"id": "faulty", "path": str(faults.library)}]
    with running_bridge(tmp_path, sample_pki.directory, modules=modules, limits={}) as bridge, bridge.page() as page:
        page.call("card.subscribe")
        page.call("card.list")
        faults.set()
        assert page.wait_for("card.inserted", 20)["card"] == card_of(page, "SoftHSM")


def test_a_token_that_is_not_initialised_is_no_card(page: Page, token: HsmToken) -> None:
    """SoftHSM always offers one empty slot more."""
    card_of(page, "SoftHSM")
    shown = [card for card in page.call("card.list")["cards"] if "SoftHSM" in card["reader"]]
    assert len(shown) == 1


def test_one_process_per_module(bridge: RunningBridge) -> None:
    processes = bridge.facts["processes"]
    assert {"faulty", "software", "vault"} <= processes.keys()
    assert len(set(processes.values())) == len(processes)


@pytest.mark.parametrize("answer", ["0x32", "0xB3", "0xE0"])
def test_a_session_that_broke_is_dropped_and_another_begun(page: Page, faults: Faults, answer: str) -> None:
    """CKR_DEVICE_REMOVED, SESSION_HANDLE_INVALID, TOKEN_NOT_PRESENT: the operation may still be active in the module."""
    card = card_of(page, "SoftHSM")
    faults.set(f"fail C_Sign {answer}")
    assert refusal(page, card) == "CARD_REMOVED"
    faults.set()
    assert refusal(page, card) == ""
