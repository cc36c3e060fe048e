"""A shared computer on a ward: one person's card is pulled, the next person's inserted, and nothing of the first stays."""

import json
import time

import pytest
from desk import CARD_LABELS, OPENING, Desk
from playwright.sync_api import expect

pytestmark = [pytest.mark.browser, pytest.mark.slow]
KEPT = """async () => ({
  text: document.documentElement.innerHTML,
  local: JSON.stringify(localStorage), session: JSON.stringify(sessionStorage),
  caches: await caches.keys(),
  databases: (await indexedDB.databases()).map(({name}) => name).sort(),
})"""


@pytest.fixture
def ward(practice, context):
    """Alice at work, her card alone in the reader; every card is back on the table afterwards."""
    practice.set_card("bob", inserted=False)
    time.sleep(1.5)  # for the bridge to see it, and for the page to find one card only
    desk = Desk(context.new_page(), practice.places.origin("alice"))
    desk.go()
    desk.page.get_by_role("button", name="Carte de santé").click()
    desk.page.locator(".grid").first.wait_for(timeout=OPENING)
    yield desk
    for name in ("alice", "bob"):
        practice.set_card(name, inserted=True)


def test_the_next_card_takes_over_and_nothing_of_the_first_stays(practice, ward):
    page = ward.page
    ward.open("Compte rendu")
    practice.set_card("alice", inserted=False)
    page.get_by_role("heading", name="Verrouillé").wait_for(timeout=OPENING)
    kept = page.evaluate(KEPT)
    for word in ("Compte rendu", "Alice", "Martin", "alice.martin"):
        assert word not in kept["text"], word
        assert word not in kept["local"] + kept["session"], word
    assert kept["caches"] == []
    assert set(kept["databases"]) <= {"pli-bridge", "pli-waiting"}  # keys of the browser; sealed drafts
    assert page.workers == []
    practice.set_card("bob", inserted=True)
    page.get_by_role("heading", name=CARD_LABELS["bob"]).wait_for(timeout=OPENING)
    page.get_by_role("button", name="Se connecter avec cette carte").click()
    page.locator(".topbar-person", has_text="Bob").wait_for(timeout=OPENING)
    kept = page.evaluate(KEPT)
    assert "bob.lefevre@pli.example" in kept["text"]
    assert "alice.martin@pli.example" not in page.locator(".topbar").inner_text()
    assert json.loads(kept["session"]).keys() <= {"pli-bridge-way"}


def test_the_same_card_again_opens_by_a_click(practice, ward):
    page = ward.page
    practice.set_card("alice", inserted=False)
    page.get_by_role("heading", name="Verrouillé").wait_for(timeout=OPENING)
    practice.set_card("alice", inserted=True)
    expect(page.locator(".entrance-lead")).to_have_text("Votre carte est dans le lecteur.", timeout=OPENING)
    asked = len(practice.prompts("GETPIN"))
    page.wait_for_timeout(500)
    assert len(practice.prompts("GETPIN")) == asked  # a card put in opens no prompt by itself
    page.locator("[data-action=unlock]").click()
    page.locator(".grid").first.wait_for(timeout=OPENING)


def test_the_top_bar_says_how_long_the_card_is_open(ward):
    grant = ward.page.locator(".card-grant")
    grant.wait_for(timeout=OPENING)
    assert "Carte ouverte jusqu’à" in grant.inner_text()
    assert 0 < int(grant.get_attribute("data-uses")) <= 500
