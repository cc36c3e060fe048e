"""The sample practice of the journeys, and Chromium to drive it."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext

sys.path.insert(0, str(Path(__file__).parent))  # for desk.py, practice.py and their neighbours

from practice import Practice, open_practice


@pytest.fixture(scope="module")
def practice(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Practice]:
    """The practice as `make demo` leaves it after its first start."""
    with open_practice(tmp_path_factory.mktemp("practice")) as practice:
        yield practice


@pytest.fixture(scope="session")
def standing_practice(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Practice]:
    """One practice for all modules that stop nothing in it and pull no card; they call it `practice`."""
    with open_practice(tmp_path_factory.mktemp("standing")) as practice:
        yield practice


@pytest.fixture
def context(chromium: Browser) -> Iterator[BrowserContext]:
    made = chromium.new_context(locale="fr-FR", viewport={"width": 1440, "height": 900})
    made.set_default_timeout(20_000)
    yield made
    made.unroute_all(behavior="ignoreErrors")  # an answer on its way is nobody's now
    made.close()
