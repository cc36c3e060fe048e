"""A mailbox that was just being opened when the person left, or the card, is not left open behind them."""

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from bridge.pki.sample_health_pki import SamplePki
from tests.bridge.operator_side import Account, open_account
from tests.bridge.presence.conftest import SESSION
from tests.bridge.presence.logind_stand_in import LogindStandIn
from tests.bridge.running import BridgeError, Page, RunningBridge

NUMBER = 4711


@pytest.fixture
def page(bridge: RunningBridge) -> Iterator[Page]:
    with bridge.page() as opened:
        opened.call("card.subscribe")
        yield opened


@pytest.fixture
def account(page: Page, sample_pki: SamplePki) -> Account:
    """Alice's, closed again."""
    made = open_account(page, sample_pki.directory, "alice@pli.example", {"card": page.card("Alice")})
    page.call("session.lock")
    for told in ("session.ended", "grant.ended"):
        page.wait_for(told)
    return made


@contextmanager
def opening(bridge: RunningBridge, page: Page, account: Account) -> Iterator[None]:
    """The card has done its part, and the vault does its own once the block is left."""
    vault = bridge.facts["processes"]["vault"]
    os.kill(vault, signal.SIGSTOP)
    try:
        params = page.fitting(account.with_unlock({"card": page.card("Alice")}))
        page.send({"jsonrpc": "2.0", "id": NUMBER, "method": "mailbox.open", "params": params})
        end = time.monotonic() + 20
        while not _was_used(page):
            assert time.monotonic() < end
        time.sleep(0.3)  # the operation itself
        yield
    finally:
        os.kill(vault, signal.SIGCONT)


def _was_used(page: Page) -> bool:
    session = page.call("card.list")["cards"][0]["session"]
    return session is not None and session["usesLeft"] < 500


def answer(page: Page) -> dict[str, Any]:
    while (message := page._read(20)).get("id") != NUMBER:
        pass
    return message


def is_closed(page: Page, handle: str) -> bool:
    try:
        page.call("storage.keys", handle=handle, items=[{"class": "pack", "id": "00"}])
    except BridgeError as error:
        return error.name == "HANDLE_UNKNOWN"
    return False


@pytest.mark.negative(47)
@pytest.mark.capability("SE4")
def test_what_opens_while_the_screen_is_being_locked_is_closed(
    bridge: RunningBridge, page: Page, account: Account, logind: LogindStandIn
) -> None:
    with opening(bridge, page, account):
        logind.lock(SESSION)
        assert page.wait_for("grant.ended", 10)["reason"] == "screen-locked"
    handle = answer(page)["result"]["handle"]
    assert page.wait_for("session.ended", 10) == {"handle": handle, "reason": "locked"}
    assert is_closed(page, handle)


@pytest.mark.negative(47)
@pytest.mark.capability("SE4")
def test_what_opens_while_the_card_is_being_pulled_is_closed(
    bridge: RunningBridge, page: Page, account: Account
) -> None:
    with opening(bridge, page, account):
        bridge.change_card("alice", inserted=False)
        assert page.wait_for("card.removed", 10)["card"]
    handle = answer(page)["result"]["handle"]
    assert page.wait_for("session.ended", 10) == {"handle": handle, "reason": "card-removed"}
    assert is_closed(page, handle)


def test_what_nobody_left_stays_open(bridge: RunningBridge, page: Page, account: Account) -> None:
    with opening(bridge, page, account):
        pass
    assert not is_closed(page, answer(page)["result"]["handle"])
