"""A colleague opens a mailbox in an emergency, by the share its owner gave: asked for, released, read only, the owner told, the key changed."""

import os
from pathlib import Path

import pytest
from desk import OPENING, Desk
from gallery import Gallery
from playwright.sync_api import expect
from test_accessibility import violations

pytestmark = [pytest.mark.browser, pytest.mark.slow]
ALICE = "alice.martin@pli.example"
ACTING = 60_000


@pytest.fixture(scope="module")
def pictures(tmp_path_factory):
    return Gallery(Path(os.environ.get("PLI_PICTURES") or tmp_path_factory.mktemp("pictures")))


@pytest.fixture(scope="module")
def desks(practice, chromium):
    context = chromium.new_context(locale="fr-FR", viewport={"width": 1440, "height": 900})
    context.set_default_timeout(OPENING)
    alice = Desk(context.new_page(), practice.places.origin("alice"))
    bob = Desk(context.new_page(), practice.places.origin("bob"))
    alice.log_in_with_card("alice")
    bob.log_in_with_card("bob")
    yield alice, bob
    context.close()


def inspected(desk: Desk, pictures: Gallery, name: str) -> None:
    pictures.shoot(desk.page, name)
    assert violations(desk.page, None) == []


def test_the_owner_gives_out_shares(desks, pictures):
    alice, _ = desks
    alice.page.locator("[data-place=access]").click()
    alice.page.locator("[data-action=add-officers]").click()
    assert alice.page.locator("pli-officers [data-action=agree]").is_disabled()  # nobody is named yet
    alice.page.locator("#officer-search").fill("lef")
    alice.page.locator(".officer-pick").first.click()
    alice.page.locator("[name=threshold]").select_option("1")
    alice.page.locator("[name=kind]").select_option("breakGlass")
    alice.page.locator("[name=messages]").select_option("10")
    inspected(alice, pictures, "officers")
    alice.page.locator("pli-officers [data-action=agree]").click()
    expect(alice.page.locator("[data-kind=officer]")).to_be_visible(timeout=ACTING)
    assert alice.page.locator("[data-readiness]").get_attribute("data-readiness") == "ready"


def test_a_colleague_asks_gives_a_share_and_reads(desks, pictures):
    _, bob = desks
    bob.page.locator("[data-place=access]").click()
    bob.page.locator("[data-action=emergency]").click()
    bob.page.locator("[name=address]").fill(ALICE)
    bob.page.locator("[data-action=find-ways]").click()
    bob.page.locator("[name=reason]").fill("Patient en réanimation, courrier attendu")
    inspected(bob, pictures, "emergency-ask")
    bob.page.locator("[data-action=ask]").click()
    expect(bob.page.locator("[data-mine=true]")).to_be_visible(timeout=ACTING)
    expect(bob.page.locator("[data-action=open-shares]")).to_be_disabled()
    inspected(bob, pictures, "emergency-waiting")
    bob.page.locator("[data-action=release]").click()
    expect(bob.page.locator("[data-action=open-shares]")).to_be_enabled(timeout=ACTING)
    bob.page.locator("[data-action=open-shares]").click()
    bob.page.locator("[data-news=recovery]").wait_for(timeout=ACTING)
    expect(bob.page.locator(f"[data-account='{ALICE}']")).to_have_attribute("aria-current", "true")
    inspected(bob, pictures, "emergency-open")
    bob.page.locator("[data-action=compose]").click()
    expect(bob.page.locator("pli-composer")).to_have_count(0)
    bob.page.locator(".row").first.click()
    assert bob.opened().subject


def test_the_owner_is_told(desks, pictures):
    alice, _ = desks
    alice.page.reload()
    alice.page.locator("[data-action=unlock]").click()
    expect(alice.page.locator("[data-news=request]")).to_contain_text("réanimation", timeout=ACTING)
    inspected(alice, pictures, "emergency-owner")
    assert alice.complaints == []
