"""Desks with real cards behind a real bridge, for the PIN rules: a PIV card through pcscd and OpenSC, and a reader with a pad."""

import base64
import contextlib
import secrets
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bridge.pki.sample_health_pki import SamplePki
from tests.bridge.running import ROOT, BridgeError, Page, RunningBridge, start_bridge, write_policy
from tests.vcard.piv import PivCard
from tests.vcard.stack import OPENSC, CardStack

ORIGINS = ["https://mail.pli.example", "https://other.pli.example"]


@contextlib.contextmanager
def module_bridge(
    folder: Path, pki: SamplePki, library: Path, environment: dict[str, str] | None = None
) -> Iterator[RunningBridge]:
    """A bridge for two origins whose cards are those of one PKCS#11 module."""
    modules = [{"id": "module", "path": str(library)}]
    policy = write_policy(folder, pki.directory, origins=ORIGINS, modules=modules, softwareCards=None)
    bridge = start_bridge(policy, environment=environment)
    try:
        yield bridge
    finally:
        bridge.stop()


@contextlib.contextmanager
def piv_bridge(folder: Path, pki: SamplePki, stack: CardStack, card: PivCard) -> Iterator[RunningBridge]:
    """A PIV card in the first reader, and a prompt that types its PIN."""
    stack.readers[0].insert(card)
    with module_bridge(folder, pki, OPENSC, dict(stack.environment)) as bridge:
        bridge.set_pins({card.serial: "1234"})
        yield bridge


def the_card(page: Page, seconds: float = 20) -> dict[str, Any]:
    """The one card of the desk, once its module has read it."""
    end = time.monotonic() + seconds
    while not (cards := page.call("card.list")["cards"]):
        assert time.monotonic() < end, "no card"
        time.sleep(0.1)
    (card,) = cards
    return dict(card)


def log_in(page: Page, card: str) -> dict[str, Any]:
    """One `auth.token`, which asks for the PIN each time."""
    token: dict[str, Any] = page.call("auth.token", card=card, challenge=challenge())
    return token


def refused_login(page: Page, card: str) -> BridgeError:
    try:
        log_in(page, card)
    except BridgeError as error:
        return error
    raise AssertionError("the card was used")


def challenge() -> str:
    return base64.b64encode(secrets.token_bytes(32)).decode()


def pli_bridge(bridge: RunningBridge, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """`pli-bridge VERB …` of the person at this computer."""
    line = [sys.executable, "-m", "bridge", *arguments, "--policy", str(bridge.folder / "policy.json")]
    return subprocess.run(line, cwd=ROOT, capture_output=True, text=True, check=False, timeout=90)
