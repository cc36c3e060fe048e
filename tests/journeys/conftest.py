"""The sample practice, running: real server, listener, worker and bridge, and Chromium to drive it.

The bridge asks `assuan_prompt.py`, which knows the PIN per card serial and writes down each prompt.
"""

import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from bridge.pki.sample_health_pki import CARDS
from webmail.management.demo import run
from webmail.management.demo.places import Places, find_places
from webmail.management.demo.practice import PRACTITIONERS
from webmail.management.demo.processes import Processes

sys.path.insert(0, str(Path(__file__).parent))  # for the page objects in desk.py
PROMPT = Path(__file__).parents[1] / "bridge" / "assuan_prompt.py"


@dataclass
class Practice:
    """One running practice; `prompts()` is what people were asked so far."""

    places: Places
    processes: Processes
    bridge_port: int
    prompt_log: Path
    pages: list[Page] = field(default_factory=list)

    def prompts(self, kind: str) -> list[str]:
        """Descriptions of the prompts of one kind: GETPIN or CONFIRM."""
        if not self.prompt_log.exists():
            return []
        entries = [json.loads(line) for line in self.prompt_log.read_text("utf-8").splitlines()]
        return [entry["description"] for entry in entries if entry["verb"] == kind]

    def set_card(self, name: str, *, inserted: bool) -> None:
        """Insert or pull a software card, as a hand would."""
        run._describe_card(self.places.pki / "cards" / name, inserted=inserted)

    def rpps(self, name: str) -> str:
        return next(card.rpps_number for card in CARDS if card.name == name)


def prompt_policy(folder: Path) -> tuple[dict[str, object], Path]:
    """A policy's `prompt` that answers by card serial, and the file it writes prompts to."""
    pins, log = folder / "pins.json", folder / "prompts.jsonl"
    pins.write_text(json.dumps({person.card_serial: person.pin for person in PRACTITIONERS}))
    return {"kind": "assuan", "program": sys.executable, "arguments": [str(PROMPT), str(pins), str(log)]}, log


@pytest.fixture(scope="module")
def practice(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Practice]:
    """The practice as `make demo` leaves it after its first start."""
    places = find_places(tmp_path_factory.mktemp("practice"))
    with Processes(places.logs) as processes:
        run.prepare(places)
        run.start_server(processes, places)
        run.open_practice(processes, places)
        prompt, log = prompt_policy(places.bridge)
        run.write_policy(places, "journey", prompt)
        bridge = run.start_bridge(processes, places, "journey")
        yield Practice(places, processes, bridge["port"], log)


@pytest.fixture
def context(chromium: Browser) -> Iterator[BrowserContext]:
    made = chromium.new_context(locale="fr-FR", viewport={"width": 1440, "height": 900})
    made.set_default_timeout(20_000)
    yield made
    made.close()
