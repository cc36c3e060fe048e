"""Fixtures over `running.py`: a bridge with software cards, of each test or of its module, and a page of its allowed origin."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bridge.pki.sample_health_pki import SamplePki
from tests.bridge.log_keeper import LogKeeper, card_of
from tests.bridge.operator_side import Account, open_account
from tests.bridge.running import Page, RunningBridge, running_bridge

ALICE = "alice@pli.example"


@pytest.fixture
def fresh_bridge(sample_pki: SamplePki, tmp_path: Path) -> Iterator[RunningBridge]:
    """With the sample cards, and for one test."""
    with running_bridge(tmp_path, sample_pki.directory) as running:
        yield running


@pytest.fixture
def bridge(fresh_bridge: RunningBridge) -> RunningBridge:
    return fresh_bridge


@pytest.fixture(scope="module")
def modules_bridge(sample_pki: SamplePki, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningBridge]:
    with running_bridge(tmp_path_factory.mktemp("bridge"), sample_pki.directory) as running:
        yield running


@pytest.fixture
def standing_bridge(modules_bridge: RunningBridge, sample_pki: SamplePki) -> RunningBridge:
    """One bridge for a module whose tests stop nothing in it and ask nothing of its journal; it calls this `bridge`."""
    modules_bridge.start_over(sample_pki.directory)
    return modules_bridge


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


@pytest.fixture
def kept(account: Account, sample_pki: SamplePki) -> LogKeeper:
    return LogKeeper.of(sample_pki, ALICE, account)


@pytest.fixture
def alice_card(sample_pki: SamplePki) -> dict[str, Any]:
    return card_of(sample_pki, "alice", "authentication")
