"""A message that its owner keeps for herself: who replaces her loses it from his list at once, and she has it as before."""

import pytest
from delegating import Access, come_back, give_access
from desk import OPENING, Desk, at_desks
from playwright.sync_api import expect
from test_accessibility import inspect

pytestmark = [pytest.mark.browser, pytest.mark.slow]

SUBJECT = "Compte rendu"


@pytest.fixture
def desks(practice, chromium):
    with at_desks(chromium, practice.places, "alice", "bob") as desks:
        yield desks


@pytest.mark.capability("CO16")
def test_what_is_confidential_leaves_the_desk_of_a_delegate(practice, desks, pictures):
    alice, bob = desks
    bob.ask_often().log_in_with_card("bob")
    alice.log_in_with_card("alice")
    give_access(alice, Access(colleague="lef"))
    come_back(bob)
    bob.page.locator("[data-account='alice.martin@pli.example']").click()
    bob.wait_for_row(SUBJECT)

    alice.page.locator("[data-role=inbox]").click()
    alice.open(SUBJECT)
    alice.page.locator("[data-command=confidential]").click()
    dialog = alice.page.locator("dialog[open]")
    expect(dialog).to_contain_text("Bob LEFÈVRE", timeout=OPENING)
    expect(dialog).to_contain_text("Qui l’a déjà ouvert garde ce qu’il a vu")
    found = inspect(alice.page, "the question about a confidential message")
    pictures.shoot(alice.page, "confidential-question")
    dialog.locator("[data-action=agree]").click()
    expect(alice.page.locator(".confidential-mark")).to_be_visible(timeout=OPENING)
    found += inspect(alice.page, "a confidential message")
    pictures.shoot(alice.page, "confidential-message")

    row = bob.page.locator(".row", has_text=SUBJECT)
    expect(row).to_have_count(0, timeout=OPENING)
    expect(bob.page.locator(".row").first).to_be_visible()
    found += the_card_of_bob_is_lost(practice, alice, bob, pictures)
    alice.page.locator("[data-role=inbox]").click()
    alice.open(SUBJECT)
    expect(alice.page.locator(".confidential-mark")).to_be_visible()
    assert "Cher confrère" in alice.opened().text
    assert found == []


def the_card_of_bob_is_lost(practice, alice, bob, pictures):
    """His part of Alice's mailbox ends, under a new key; then the old mail goes under it too, but for what is hers alone."""
    page = alice.page
    page.locator("[data-place=members]").click()
    member = page.locator(f".member[data-person='{practice.rpps('bob')}']")
    member.locator("[data-action=lost-card]").click()
    expect(page.locator("dialog[open]")).to_contain_text("n’a pas d’autre moyen d’entrer")
    found = inspect(page, "the question about a lost card")
    pictures.shoot(page, "colleagues-card")
    page.locator("dialog[open] [data-action=agree]").click()
    expect(member).to_have_count(0, timeout=OPENING)
    expect(bob.page.locator("[data-account='alice.martin@pli.example']")).to_have_count(0, timeout=OPENING)
    expect(bob.page.locator(".row").first).to_be_visible()

    page.locator(".resealing summary").click()
    page.locator("[data-action=reseal]").click()
    expect(page.locator(".resealing .notice")).to_contain_text("sous la dernière clé", timeout=OPENING)
    found += inspect(page, "old mail under the new key")
    pictures.shoot(page, "resealed")
    return found


def test_the_entrance_says_what_a_lost_card_needs(practice, context, pictures):
    """The same for everybody: it asks for no address, and tells of none."""
    desk = Desk(context.new_page(), practice.places.origin("alice"))
    desk.go()
    desk.page.locator("[data-action=card-lost]").click()
    expect(desk.page.locator("h1")).to_have_text("Ma carte est perdue")
    expect(desk.page.locator("[data-action=passkey]")).to_be_visible()
    expect(desk.page.locator("input")).to_have_count(0)
    pictures.shoot(desk.page, "entrance-lost-card")
    assert inspect(desk.page, "the entrance for a lost card") == []
    desk.page.locator("[data-action=code]").click()
    expect(desk.page.locator("textarea[name=code]")).to_be_visible()
