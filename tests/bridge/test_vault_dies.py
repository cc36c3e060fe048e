"""The vault dies in the middle of what the bridge asks of it: the keys are gone, and nothing else is forgotten over it."""

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.bridge.operator_side import Account
from tests.bridge.running import Page, RunningBridge

ASKED = 1.0  # the desk looks at software cards four times a second


@contextmanager
def dying_vault(bridge: RunningBridge) -> Iterator[None]:
    """It hears what it is asked within the block, and dies before it has answered."""
    vault = bridge.facts["processes"]["vault"]
    os.kill(vault, signal.SIGSTOP)
    try:
        yield
        time.sleep(ASKED)
    finally:
        os.kill(vault, signal.SIGKILL)


@pytest.fixture
def second(page: Page, account: Account, alice: str) -> str:
    """The same mailbox, open once more."""
    page.call("card.subscribe")
    handle: str = page.call("mailbox.open", **account.with_unlock({"card": alice}))["handle"]
    return handle


@pytest.mark.capability("SE4")
def test_a_pulled_card_is_told_and_cards_are_watched_on(
    bridge: RunningBridge, page: Page, account: Account, second: str
) -> None:
    with dying_vault(bridge):
        bridge.change_card("alice", inserted=False)
    ended = {page.wait_for("session.ended")["handle"], page.wait_for("session.ended")["handle"]}
    assert ended == {account.handle, second}
    assert page.wait_for("card.removed")["card"]
    bridge.change_card("alice", inserted=True)
    assert page.wait_for("card.inserted")["card"]


@pytest.mark.capability("SE4")
def test_a_page_that_locks_ends_its_card_session_too(
    bridge: RunningBridge, page: Page, account: Account, second: str, alice: str
) -> None:
    assert page.call("card.list")["cards"][0]["session"]
    with dying_vault(bridge):
        page.send({"jsonrpc": "2.0", "id": 7000, "method": "session.lock", "params": {}})
    ended = {page.wait_for("session.ended")["handle"], page.wait_for("session.ended")["handle"]}
    assert ended == {account.handle, second}
    assert page.wait_for("grant.ended") == {"card": alice, "reason": "locked"}
    assert page.call("card.list")["cards"][0]["session"] is None
