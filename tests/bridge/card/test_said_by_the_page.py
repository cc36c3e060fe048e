"""What the check and the login page say of a desk without a usable card: real readers, the bridge's own answers, the page's words."""

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bridge.pki.sample_health_pki import SamplePki
from tests.bridge.card.holding_reader import holding
from tests.bridge.card.opensc_desk import MODULE, SilentCard, listed, why
from tests.bridge.running import ROOT, Page, start_bridge, write_policy
from tests.vcard.piv import PivCard
from tests.vcard.stack import CardStack, card_stack

WORDS = ROOT / "tests" / "js" / "bridge" / "words-of-a-desk.js"


@dataclass(frozen=True)
class Said:
    """The check's screen in one string, and the login page's."""

    check: str
    login: str


def said(page: Page, reason: str, language: str = "en") -> Said:
    """What both pages say, once the bridge gives that reason."""
    why(page, reason)
    return words(page, language)


def words(page: Page, language: str = "en") -> Said:
    """What both pages say now; the login page nothing where it lists a card."""
    desk = {"status": page.call("bridge.status"), "list": page.call("card.list")}
    command = ["node", str(WORDS), language]
    shown = subprocess.run(command, input=json.dumps(desk), capture_output=True, text=True, check=True, timeout=60)
    found: dict[str, Any] = json.loads(shown.stdout)
    check, login = found["check"], found["login"]
    return Said(
        " ".join([check["title"], check["lead"], *check["steps"]]), f"{login['title']} {login['next']}" if login else ""
    )


@contextmanager
def page_of(folder: Path, pki: SamplePki, environment: dict[str, str]) -> Iterator[Page]:
    bridge = start_bridge(
        write_policy(folder, pki.directory, modules=[MODULE], softwareCards=None), environment=environment
    )
    try:
        with bridge.page() as page:
            yield page
    finally:
        bridge.stop()


def test_a_card_that_another_program_holds_is_said_with_its_name(
    stack: CardStack, sample_pki: SamplePki, tmp_path: Path
) -> None:
    stack.readers[0].insert(PivCard.issue(sample_pki, "alice", {"authentication": "p256"}))
    with holding(stack.readers[0].name, "exclusive", seconds=20) as program, page_of(tmp_path, sample_pki, {}) as page:
        told = said(page, "CARD_IN_USE")
        assert "Another program is using the card: " in told.check
        assert program in told.check
        assert "Close that program, or wait until it has finished." in told.check
        assert program in told.login
        assert "Un autre programme utilise la carte" in said(page, "CARD_IN_USE", "fr").login


def test_a_card_that_another_program_took_after_it_was_read_is_said_by_the_check(
    stack: CardStack, sample_pki: SamplePki, tmp_path: Path
) -> None:
    stack.readers[1].insert(
        PivCard.issue(sample_pki, "alice", {"authentication": "p256"})
    )  # not where one was just pulled
    with page_of(tmp_path, sample_pki, {}) as page:
        assert listed(page, 1)[0]["state"] == "ready"
        assert "Everything is ready." in words(page).check
        with holding(stack.readers[1].name, "exclusive", seconds=20) as program:
            assert "Another program is using the card: " in (shown := words(page)).check
            assert program in shown.check


def test_a_card_that_no_module_knows_is_said(stack: CardStack, sample_pki: SamplePki, tmp_path: Path) -> None:
    stack.readers[2].insert(SilentCard())  # vpcd may miss one that takes the place of a card just pulled
    with page_of(tmp_path, sample_pki, {}) as page:
        told = said(page, "CARD_UNSUPPORTED")
        assert "This card cannot be used here." in told.check
        assert "chip up" in told.check
        assert "log in with a passkey" in told.login


def test_a_computer_without_a_reader_is_said(sample_pki: SamplePki, tmp_path: Path) -> None:
    with card_stack(tmp_path / "stack", readers=0) as bare, page_of(tmp_path, sample_pki, bare.environment) as page:
        told = said(page, "NO_READER")
        assert "No card reader was found." in told.check
        assert "Plug in the reader" in told.check
        assert "PC/SC" not in told.check
        assert "Plug in the reader" in told.login


def test_a_reader_service_that_does_not_run_is_said(sample_pki: SamplePki, tmp_path: Path) -> None:
    with page_of(tmp_path, sample_pki, {"PCSCLITE_CSOCK_NAME": str(tmp_path / "nobody")}) as page:
        told = said(page, "NO_READER")
        assert "The card service of this computer (PC/SC) is not running" in told.check
        assert "The card service of this computer (PC/SC) is not running" in told.login
