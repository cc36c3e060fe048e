"""A replacement, from the page that gives access to the one that takes it back: two people at two desks, one prompt for each act."""

import pytest
from desk import OPENING, Desk
from playwright.sync_api import expect
from test_accessibility import inspect

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture
def desks(practice, chromium):
    """Alice and Bob, each in a browser of an own."""
    contexts = [chromium.new_context(locale="fr-FR", viewport={"width": 1440, "height": 900}) for _ in range(2)]
    pairs = zip(contexts, ("alice", "bob"), strict=True)
    yield [Desk(context.new_page(), practice.places.origin(name)) for context, name in pairs]
    for context in contexts:
        context.close()


def give_access(desk, colleague):
    """Fill the page from the directory; what the date protects and does not stands above the button."""
    page = desk.page
    page.locator("[data-place=members]").click()
    page.locator("[data-action=delegate]").click()
    page.locator("input[name=search]").press_sequentially(colleague, delay=30)
    page.locator(".found-person").first.click()
    expect(page.locator(".member.chosen")).to_be_visible()
    expect(page.locator(".review [data-action=agree]")).to_have_text("Donner accès")
    said = page.locator(".promises").inner_text()
    assert "C’est une règle, pas une protection mathématique" in said
    assert "ne peut pas être repris" in said
    found = inspect(page, "giving access")
    page.locator(".review [data-action=agree]").click()
    page.locator(".review").wait_for(state="detached", timeout=OPENING)
    return found


def test_replacement_is_given_used_and_ended(practice, desks):
    alice, bob = desks
    bob.log_in_with_card("bob")
    alice.log_in_with_card("alice")
    asked = len(practice.prompts("CONFIRM"))
    found = give_access(alice, "lef")
    row = alice.page.locator(f".member[data-person='{practice.rpps('bob')}']")
    expect(row).to_contain_text("Remplacement")
    assert len(practice.prompts("CONFIRM")) == asked + 1
    assert "Bob LEFÈVRE" in practice.prompts("CONFIRM")[-1]
    found += inspect(alice.page, "two people with access")

    pins = len(practice.prompts("GETPIN"))
    bob.page.locator("[data-account='alice.martin@pli.example']").click()
    acting = bob.page.locator(".banners > .acting")
    expect(acting).to_have_text("Vous répondez en tant que Bob LEFÈVRE pour Alice MARTIN.", timeout=OPENING)
    bob.wait_for_row("Compte rendu")
    assert len(practice.prompts("GETPIN")) == pins, "the same card opens the next mailbox without its PIN"
    found += inspect(bob.page, "the mailbox of a colleague")
    bob.page.get_by_role("button", name="Écrire").first.click()
    expect(bob.page.locator(".composer-form > .acting")).to_be_visible()
    bob.page.locator("[data-action=discard]").click()

    row.locator("[data-action=end]").click()
    assert "ne peut pas être repris" in alice.page.locator("dialog").inner_text()
    alice.page.locator("dialog [data-action=agree]").click()
    expect(row).to_have_count(0, timeout=OPENING)
    expect(acting).to_have_count(0, timeout=OPENING)
    expect(bob.page.locator("[data-account='alice.martin@pli.example']")).to_have_count(0)
    assert found == []
