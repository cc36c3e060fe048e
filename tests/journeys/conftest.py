"""The sample practice of the journeys, and Chromium to drive it."""

import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext

sys.path.insert(0, str(Path(__file__).parent))  # for desk.py, practice.py and their neighbours

from gallery import Gallery, NoGallery
from practice import Practice, open_practice


@pytest.fixture(scope="session")
def first_start(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `make demo` leaves in its folder at its first start: accounts opened by card, and letters."""
    data = tmp_path_factory.mktemp("first-start")
    with open_practice(data):
        pass
    return data


@pytest.fixture(scope="module")
def practice(first_start: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Practice]:
    """The practice as `make demo` starts it the second time: of its own processes, on a copy of its own."""
    with open_practice(_copied(first_start, tmp_path_factory.mktemp("practice"))) as practice:
        yield practice


@pytest.fixture(scope="session")
def standing_practice(first_start: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Practice]:
    """One practice for all modules that stop nothing in it and pull no card; they call it `practice`."""
    with open_practice(_copied(first_start, tmp_path_factory.mktemp("standing"))) as practice:
        yield practice


def _copied(data: Path, folder: Path) -> Path:
    """Without sockets, whose processes have ended."""
    return Path(shutil.copytree(data, folder, ignore=_sockets, dirs_exist_ok=True))


def _sockets(folder: str, names: list[str]) -> list[str]:
    return [name for name in names if Path(folder, name).is_socket()]


@pytest.fixture(scope="session")
def pictures() -> Gallery:
    """Taken where PLI_PICTURES names a folder."""
    folder = os.environ.get("PLI_PICTURES")
    return Gallery(Path(folder)) if folder else NoGallery()


@pytest.fixture
def context(chromium: Browser) -> Iterator[BrowserContext]:
    made = chromium.new_context(locale="fr-FR", viewport={"width": 1440, "height": 900})
    made.set_default_timeout(60_000)
    yield made
    made.unroute_all(behavior="ignoreErrors")  # an answer on its way is nobody's now
    made.close()
