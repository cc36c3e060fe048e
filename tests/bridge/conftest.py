"""Fixtures over `running.py`: one bridge per test module with fresh software cards, and a page of its allowed origin."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from bridge.pki.sample_health_pki import SamplePki
from tests.bridge.operator_side import Account, open_account
from tests.bridge.running import Page, RunningBridge, running_bridge

ALICE = "alice@pli.example"


@pytest.fixture
def bridge(sample_pki: SamplePki, tmp_path: Path) -> Iterator[RunningBridge]:
    """A fresh bridge with the sample cards."""
    with running_bridge(tmp_path, sample_pki.directory) as running:
        yield running


@pytest.fixture
def page(bridge: RunningBridge) -> Iterator[Page]:
    with bridge.page() as opened:
        yield opened


@pytest.fixture
def alice(page: Page) -> str:
    """The pseudonym of Alice's card (CPS-like: authentication and signature)."""
    return page.card("Alice")


@pytest.fixture
def account(page: Page, sample_pki: SamplePki, alice: str) -> Account:
    """Alice's mailbox, open under `account.handle`."""
    return open_account(page, sample_pki.directory, ALICE, {"card": alice})
