"""`pli-bridge pin` and `pli-bridge report`: what the person at this computer is told, in French too."""

import json

import pytest

from bridge.card.errors import CardError
from bridge.commands.pin import describe
from bridge.prompts.outcomes import outcome_text
from bridge.prompts.texts import TEXTS
from bridge.prompts.wording import Wording
from bridge.protocol import CODES
from tests.bridge.desks import pli_bridge
from tests.bridge.running import BridgeError, Page, RunningBridge

CARD = {"card": "x", "label": "CPS Alice", "reader": "Reader 1", "state": "ready", "tries": 3, "pinpad": False}


def test_each_state_has_its_next_step_in_both_languages() -> None:
    for language in ("fr", "en"):
        words = Wording(language)
        for state, next_step in (
            ("ready", "--change"),
            ("last-try", "--last-try"),
            ("pin-locked", "PUK"),
            ("unsupported", ""),
        ):
            (said,) = describe([{**CARD, "state": state}], words)
            assert said.startswith("1. CPS Alice · Reader 1\n")
            assert next_step in said


@pytest.mark.parametrize(("state", "option"), [("ready", "--change"), ("last-try", "--last-try")])
def test_the_command_that_is_named_is_the_one_to_type(state: str, option: str) -> None:
    """Beside other cards it wants the number of this one."""
    words, card = Wording("en"), {**CARD, "state": state}
    assert describe([card], words)[0].endswith(f"pli-bridge pin {option}")
    assert describe([CARD, card], words)[1].endswith(f"pli-bridge pin {option} 2")


def test_a_pad_and_an_unknown_counter_are_said() -> None:
    (said,) = describe([{**CARD, "tries": None, "pinpad": True}], Wording("fr"))
    assert "inconnu" in said
    assert "clavier du lecteur" in said


@pytest.mark.parametrize(
    "result", [*CODES, *(kind.code for kind in CardError.__subclasses__()), "pin-changed", "tries-back"]
)
def test_every_end_has_a_sentence(result: str) -> None:
    assert outcome_text(result) in TEXTS["fr"]


def test_a_card_is_chosen_by_number(bridge: RunningBridge, page: Page) -> None:
    """Several cards lie on the desk: none is changed unless it is named."""
    assert pli_bridge(bridge, "pin", "--change").returncode == 1
    assert pli_bridge(bridge, "pin", "--change", "99").returncode == 1
    assert bridge.prompts("pin") == []


def test_a_wrong_pin_is_said_and_costs_its_try(bridge: RunningBridge, page: Page) -> None:
    bridge.set_pins({"CPS-0001": "9999", "new CPS-0001": "4321"})
    done = pli_bridge(bridge, "pin", "--change", "1")
    assert (done.returncode, done.stdout) == (1, "This is not the PIN of the card.\n")
    assert json.loads((bridge.cards / "alice" / "card.json").read_text())["tries"] == 2


def test_the_report_names_nobody(bridge: RunningBridge, page: Page) -> None:
    page.card("Alice")
    said = pli_bridge(bridge, "report").stdout
    assert f"Port: {bridge.port}" in said
    assert "Module software: ready" in said
    certificates = {file.read_text() for file in bridge.cards.rglob("card.json")}
    for word in ("Alice", "Martin", "CPS-0001", "pli.example", str(bridge.folder)):
        assert any(
            word in text for text in (*certificates, json.dumps(bridge.facts), bridge.origin, str(bridge.folder))
        )
        assert word not in said


def test_a_page_gets_the_report_only_when_the_person_agrees(bridge: RunningBridge, page: Page) -> None:
    assert "Module software" in page.call("diag.report")["report"]
    (asked,) = bridge.prompts("confirm")
    assert "diagnosis report" in asked["description"]
    bridge.set_pins({"cancel": "confirm"})
    with pytest.raises(BridgeError, match="USER_CANCELLED"):
        page.call("diag.report")


def test_without_a_bridge_the_commands_say_so(bridge: RunningBridge) -> None:
    bridge.stop()
    for verb in ("pin", "report"):
        done = pli_bridge(bridge, verb)
        assert done.returncode != 0
        assert "no bridge of this user runs" in done.stderr
