"""An emergency in Chromium, from the first click of a colleague on call to the text of one message on his screen.

Two people with a software card each, real pages, bridge and server: he looks the mailbox up, asks with a reason and gives his share;
the second holder's page says so by itself, and she gives hers; he opens the mailbox and one message. Every prompt is answered at once:
how long people take to read and type is not in it, and the goal leaves them what remains of two minutes.
"""

import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from measuring import line, median
from playwright.sync_api import expect, sync_playwright

from tests.conftest import CHROMIUM_FLAGS

sys.path.append(str(Path(__file__).parents[2] / "journeys"))

import emergencies
from desk import Desk
from practice import open_practice

NAMES = ("break_glass",)
RUNS = 5
PEOPLE = ("alice", "bob", "ines")
RENEW = """async () => {
  const found = performance.getEntriesByType('resource').find(({ name }) => name.endsWith('/mail/store.js'));
  const { store } = await import(found.name);
  await store.acts.rotate();
}"""


def measure(_names: set[str]) -> Iterator[dict[str, object]]:
    with (
        tempfile.TemporaryDirectory(prefix="pli-bench-") as folder,
        sync_playwright() as playwright,
        open_practice(Path(folder)) as practice,
    ):
        emergencies.bring_colleague(practice)
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=CHROMIUM_FLAGS)
        with emergencies.at_work(browser, practice, *PEOPLE) as desks:
            samples = [emergency(*desks) for _ in range(RUNS)]
        browser.close()
    yield line("break_glass", median(samples), "s", "goal", 120)


def emergency(owner: Desk, colleague: Desk, holder: Desk) -> float:
    """Seconds. The owner gave out shares before; afterwards the keys change, for a share opens once."""
    emergencies.deal(owner, ["lef", "caron"], together=2, kind="breakGlass", messages=10)
    emergencies.agree(owner)
    began = time.perf_counter()
    emergencies.look_up(colleague, emergencies.ALICE)
    emergencies.ask(colleague, "Patient en réanimation")
    emergencies.give(colleague)
    emergencies.hear(holder)
    emergencies.give(holder)
    emergencies.open_with_shares(colleague, emergencies.ALICE)
    colleague.open("Planning des gardes")
    expect(colleague.page.locator("#message-body")).to_contain_text("Dr Martin")
    taken = time.perf_counter() - began
    leave(colleague, owner)
    return taken


def leave(colleague: Desk, owner: Desk) -> None:
    colleague.page.locator(f"[data-account='{emergencies.BOB}']").click()
    expect(colleague.page.locator(f"[data-account='{emergencies.BOB}']")).to_have_attribute("aria-current", "true")
    colleague.page.locator("[data-place=access]").click()
    colleague.page.locator("[data-action=emergency]").click()
    colleague.page.locator("[data-mine=true] [data-action=close-request]").click()
    expect(colleague.page.locator("[data-mine=true]")).to_have_count(0)
    owner.page.evaluate(RENEW)
    owner.page.locator("[data-role=inbox]").click()
