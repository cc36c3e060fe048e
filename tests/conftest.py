"""What every test may use: the sample PKI, Chromium, and the record of results that `make capabilities` reads."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from bridge.pki.sample_health_pki import SamplePki, issue_sample_pki

ROOT = Path(__file__).parents[1]
RESULTS = ROOT / "build" / "results"
CHROMIUM_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="session")
def sample_pki(tmp_path_factory: pytest.TempPathFactory) -> SamplePki:
    """The sample health PKI, issued once per session; never write into it."""
    return issue_sample_pki(tmp_path_factory.mktemp("sample-pki"))


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """One browser for the whole session: Playwright's synchronous driver runs once in a thread."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=CHROMIUM_FLAGS)
        yield browser
        browser.close()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Browser tests last: Playwright's driver keeps an event loop running, and asyncio starts no second one beside it."""
    items.sort(key=lambda item: "chromium" in getattr(item, "fixturenames", ()))


_outcomes: dict[str, dict[str, object]] = {}


def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> None:
    """Remember, for tests that prove a capability, whether they passed."""
    rows = [row for mark in item.iter_markers("capability") for row in mark.args]
    if not rows:
        return
    failed = call.excinfo is not None
    known = _outcomes.setdefault(item.nodeid, {"capability": rows, "passed": True})
    known["passed"] = bool(known["passed"]) and not failed


def pytest_sessionfinish() -> None:
    if _outcomes:
        RESULTS.mkdir(parents=True, exist_ok=True)
        (RESULTS / "pytest.json").write_text(json.dumps(_outcomes, indent=1))
