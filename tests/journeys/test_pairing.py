"""A browser's first visit: six digits, the same on the page and at the bridge, and two answers. Nothing goes on without both."""

import json
import shutil

import pytest
from desk import CARD_LABELS, OPENING
from playwright.sync_api import Page, expect

from webmail.management.demo import run

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture(scope="module")
def table_url(practice):
    """The practice with its card table instead of the prompt that answers by itself."""
    practice.processes.stop("bridge-journey")
    return run.start_bridge(practice.processes, practice.places, "table")["table"]


@pytest.fixture(scope="module")
def hand(chromium, table_url):
    """The card table in a browser of its own."""
    context = chromium.new_context(locale="fr-FR")
    page = context.new_page()
    page.goto(table_url)
    yield page
    context.close()


def use_card(page: Page, practice) -> None:
    page.goto(practice.places.origin("alice"))
    page.get_by_role("button", name="Carte de santé").click()


def digits_on(page: Page) -> str:
    shown = page.locator("[data-digits]")
    shown.wait_for(timeout=OPENING)
    return shown.get_attribute("data-digits") or ""


def digits_at(hand: Page) -> str:
    prompt = hand.locator("[data-prompt=pair]")
    prompt.wait_for(timeout=OPENING)
    return prompt.locator(".digits").inner_text()


def paired(practice) -> list[str]:
    file = practice.places.bridge / "state" / "pairings.json"
    return [entry["key"] for entry in json.loads(file.read_text("utf-8"))]


@pytest.mark.negative(55)
def test_page_and_bridge_show_the_same_digits_and_both_are_asked(practice, context, hand):
    page, before = context.new_page(), paired(practice)
    use_card(page, practice)
    assert digits_on(page) == digits_at(hand)
    assert "alice.localhost" in hand.locator("[data-prompt=pair] .purpose").inner_text()
    page.locator("[data-action=same]").click()
    page.get_by_role("button", name=CARD_LABELS["alice"]).wait_for(state="detached")
    assert paired(practice) == before  # the bridge waits for its own answer
    hand.get_by_role("button", name="Accepter").click()
    page.get_by_role("button", name=CARD_LABELS["alice"]).wait_for(timeout=OPENING)
    assert len(paired(practice)) == len(before) + 1
    page.reload()  # known from now on: nobody compares anything
    page.get_by_role("button", name="Carte de santé").click()
    page.get_by_role("button", name=CARD_LABELS["alice"]).wait_for(timeout=OPENING)
    expect(hand.locator("[data-prompt]")).to_have_count(0)


@pytest.mark.negative(55)
def test_person_who_agrees_at_the_bridge_alone_is_not_taken_at_their_word(practice, context, hand):
    page = context.new_page()
    use_card(page, practice)
    digits_on(page)
    hand.get_by_role("button", name="Accepter").click()
    expect(hand.locator("[data-prompt]")).to_have_count(0)
    page.locator("[data-action=same]").wait_for()  # still asked
    page.locator("[data-action=differ]").click()
    page.get_by_text("L’association a été refusée", exact=False).or_(page.get_by_role("alert")).first.wait_for()
    assert page.get_by_role("button", name=CARD_LABELS["alice"]).count() == 0


def test_page_that_says_no_takes_the_window_away(practice, context, hand):
    page, before = context.new_page(), paired(practice)
    use_card(page, practice)
    digits_on(page)
    hand.locator("[data-prompt=pair]").wait_for()
    page.locator("[data-action=differ]").click()
    expect(hand.locator("[data-prompt]")).to_have_count(0)
    assert paired(practice) == before


@pytest.mark.negative(55)
def test_another_bridge_is_not_followed_silently(practice, context, hand):
    """The bridge's state is gone, as after an installation, or another program holds the port."""
    page = context.new_page()
    use_card(page, practice)
    digits_on(page)
    page.locator("[data-action=same]").click()
    hand.get_by_role("button", name="Accepter").click()
    page.get_by_role("button", name=CARD_LABELS["alice"]).wait_for(timeout=OPENING)
    practice.processes.stop("bridge-table")
    for name in ("pairings.json", "keys"):
        kept = practice.places.bridge / "state" / name
        shutil.rmtree(kept) if kept.is_dir() else kept.unlink()
    hand.goto(run.start_bridge(practice.processes, practice.places, "table")["table"])
    use_card(page, practice)
    page.locator("[data-action=pair]").wait_for(timeout=OPENING)
    assert page.locator("[data-digits]").count() == 0
    assert hand.locator("[data-prompt]").count() == 0
    page.locator("[data-action=pair]").click()
    assert digits_on(page) == digits_at(hand)
