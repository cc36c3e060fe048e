"""A new key for a service inbox, by its owner's page in Chromium: what the page takes, and until every member reads new mail.

`rotate_20x10k`: 20 members, 10,000 messages; from the click until the new epoch is the open one, with what it carries over.
`members_50`: 50 members; from the same click until the last of them has opened a letter sealed to the new key, one after the
other on this one computer. The card signs once, or there is no figure.
"""

import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

from mailboxes import ROOT, environment
from measuring import line
from playwright.sync_api import Browser, Page, sync_playwright

from bridge.pki.issue import utc_now
from tests.conftest import CHROMIUM_FLAGS
from tests.journeys.desk import Desk
from tests.scenarios.clinic import Clinic, open_clinic
from webmail.management.demo.colleague import HeldMailbox, granted

NAMES = ("rotate_20x10k", "members_50")
SERVICE = "service@pli.example"
PERSONS = {"rotate_20x10k": 20, "members_50": 50}
MESSAGES = {"rotate_20x10k": 10_000, "members_50": 0}
PATIENCE = 120_000  # milliseconds: what is before the figure may take long
GOALS = {"rotate_20x10k": 3, "members_50": 60}
STORE = """
const found = performance.getEntriesByType('resource').find(({ name }) => name.endsWith('/mail/store.js'));
const { store } = await import(found.name);
"""
SWITCH = f"""async (address) => {{ {STORE}
  await store.switchTo(store.accounts.find((account) => account.address === address).id);
}}"""
ROTATE = f"""async () => {{ {STORE}
  const begin = performance.now();
  await store.acts.rotate();
  return (performance.now() - begin) / 1000;
}}"""
USES = f"""async () => {{ {STORE} return (await store.cards()).cards.find(({{ session }}) => session).session.usesLeft; }}"""


def measure(names: set[str]) -> Iterator[dict[str, object]]:
    for figure in NAMES:
        if figure in names:
            yield line(figure, _measure(figure), "s", "goal", GOALS[figure])


def _measure(figure: str) -> float:
    people = tuple(f"m{number}" for number in range(PERSONS[figure]))
    with (
        tempfile.TemporaryDirectory(prefix="pli-bench-") as folder,
        sync_playwright() as playwright,
        open_clinic(Path(folder), people) as clinic,
    ):
        service = fill(clinic, people, MESSAGES[figure])
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=CHROMIUM_FLAGS)
        page = owner(clinic, browser, people[0])
        before, began = page.evaluate(USES), time.perf_counter()
        taken = float(page.evaluate(ROTATE))
        if before - page.evaluate(USES) != 1:
            raise RuntimeError("the card signed more than once")
        if figure == "members_50":
            taken = everybody_reads(clinic, service, people, began)
        browser.close()
    return taken


def fill(clinic: Clinic, people: tuple[str, ...], messages: int) -> HeldMailbox:
    """The service, all its members, and that many messages."""
    for name in people:
        clinic.colleague(name)
    service = clinic.here[people[0]].open_service("ORG", SERVICE)
    begins = utc_now() - timedelta(minutes=1)
    service.grant(*(granted(card(clinic, service, name), "sender", begins) for name in people[1:]))
    command = [sys.executable, Path(__file__).parents[1] / "fill_folder.py", SERVICE, str(messages)]
    subprocess.run(command, env=environment(clinic.places.server_environment()), cwd=ROOT, check=True)
    return service


def card(clinic: Clinic, service: HeldMailbox, name: str) -> dict[str, str]:
    found = service.card_of(rppsNumber=clinic.number(name))
    if found is None:
        raise RuntimeError(f"no card of {name}")
    return found


def owner(clinic: Clinic, browser: Browser, name: str) -> Page:
    """In a browser, with the service open."""
    context = browser.new_context(locale="fr-FR")
    context.set_default_timeout(PATIENCE)
    desk = Desk(context.new_page(), clinic.places.origin(name))
    desk.go()
    desk.page.get_by_role("button", name="Carte de santé").click()
    desk.page.get_by_role("button", name=f"CPS {clinic.cards[name].serial}", exact=False).first.click()
    desk.page.locator("[data-account]").first.wait_for()
    desk.page.evaluate(SWITCH, SERVICE)
    return desk.page


def everybody_reads(clinic: Clinic, service: HeldMailbox, people: tuple[str, ...], began: float) -> float:
    """Seconds until the last member has opened what came after the change."""
    clinic.deliver(service.address, "Sous la nouvelle clé")
    for name in people[1:]:
        mailbox = clinic.here[name].open(service.address)
        mailbox.read(mailbox.messages()[0])
    return time.perf_counter() - began
