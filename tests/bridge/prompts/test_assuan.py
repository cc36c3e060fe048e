"""Prompts: the Assuan conversation with real programs, and what is shown."""

import json
import sys
import threading
import time
from pathlib import Path

import pytest

from bridge.prompts.assuan import AssuanPrompter
from bridge.prompts.requests import ConsentRequest, PinRequest, Purpose
from bridge.prompts.wording import Wording
from bridge.protocol import RpcError
from tests.bridge.running import PROMPT

PIN = PinRequest(
    "https://mail.example", "Reader 1", "CPS Alice", "S-1", Purpose("open", (("address", "a@b.example"),)), 3
)
CONSENT = ConsentRequest("https://mail.example", "CPS Alice", "S-1", Purpose("certificate-consent"))


def prompter(folder: Path, answers: dict[str, object], seconds: int = 5, language: str = "fr") -> AssuanPrompter:
    (folder / "pins.json").write_text(json.dumps(answers))
    arguments = [str(PROMPT), str(folder / "pins.json"), str(folder / "log")]
    return AssuanPrompter(sys.executable, arguments, Wording(language), seconds)


def never() -> threading.Event:
    return threading.Event()


def test_the_pin_comes_back_as_typed(tmp_path: Path) -> None:
    with prompter(tmp_path, {"S-1": "12 34é%"}).ask_pin(PIN, never()) as pin:
        assert bytes(pin.octets).decode() == "12 34é%"
    shown = json.loads((tmp_path / "log").read_text())
    assert shown["serial"] == "S-1"
    for fact in (
        "Ouvrir la messagerie a@b.example",
        "Demandé par\u00a0: https://mail.example",
        "Lecteur\u00a0: Reader 1",
        "Essais restants\u00a0: 3",
    ):
        assert fact in shown["description"]


def test_a_consent_is_given_or_not(tmp_path: Path) -> None:
    prompter(tmp_path, {}).confirm(CONSENT, never())
    with pytest.raises(RpcError, match="user cancelled"):
        prompter(tmp_path, {"cancel": "confirm"}).confirm(CONSENT, never())


def test_a_person_who_cancels_gives_nothing(tmp_path: Path) -> None:
    with pytest.raises(RpcError, match="user cancelled"):
        prompter(tmp_path, {}).ask_pin(PIN, never())


def test_a_prompt_ends_when_its_time_is_over(tmp_path: Path) -> None:
    with pytest.raises(RpcError, match="pin timeout"):
        prompter(tmp_path, {"S-1": "1234", "delay": 5}, seconds=1).ask_pin(PIN, never())


def test_a_prompt_ends_when_its_card_or_page_goes(tmp_path: Path) -> None:
    gone = threading.Event()
    threading.Timer(0.3, gone.set).start()
    began = time.monotonic()
    with pytest.raises(RpcError, match="user cancelled"):
        prompter(tmp_path, {"S-1": "1234", "delay": 5}).ask_pin(PIN, gone)
    assert time.monotonic() - began < 2


def test_a_program_that_dies_is_a_cancellation() -> None:
    with pytest.raises(RpcError, match="user cancelled"):
        AssuanPrompter("true", [], Wording("en"), 5).ask_pin(PIN, never())
