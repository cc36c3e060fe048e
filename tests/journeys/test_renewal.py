"""A card is renewed while its mailbox keeps every message: with the old card beside it, and with a passkey once the old one is dead."""

import json
import os
from dataclasses import replace
from pathlib import Path

import pytest
from desk import OPENING, Desk
from gallery import Gallery
from passkey import plug_in
from playwright.sync_api import expect
from practice import open_practice
from test_accessibility import violations

from bridge.pki.issue import utc_now
from bridge.pki.sample_health_pki import SamplePki, issue_sample_pki, write_card
from webmail.management.demo import run

pytestmark = [pytest.mark.browser, pytest.mark.slow]
ACTING = 60_000


@pytest.fixture(scope="module")
def pictures(tmp_path_factory):
    return Gallery(Path(os.environ.get("PLI_PICTURES") or tmp_path_factory.mktemp("pictures")))


@pytest.fixture
def bob(practice, chromium):
    context = chromium.new_context(locale="fr-FR", viewport={"width": 1440, "height": 900})
    context.set_default_timeout(OPENING)
    desk = Desk(context.new_page(), practice.places.origin("bob"))
    plug_in(desk)
    yield desk
    context.close()


@pytest.fixture(scope="module")
def practice(tmp_path_factory):
    """One where Bob's next two cards were issued too, and lie in a drawer."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(run, "issue_sample_pki", issue_with_spares)
        with open_practice(tmp_path_factory.mktemp("practice")) as opened:
            yield opened


def issue_with_spares(directory: Path, *rest, **named) -> SamplePki:
    pki = issue_sample_pki(directory, *rest, **named)
    for number in (1, 2):
        spare = replace(pki.cards["bob"], serial=f"{pki.cards['bob'].serial}-{number}")
        folder = directory / "cards" / f"bob-{number}"
        write_card(folder, spare, pki.branches[spare.authority].issuing, utc_now())
        described = json.loads((folder / "card.json").read_text("utf-8"))
        told = {**described, "label": f"CPS Bob {number}", "inserted": False}
        (folder / "card.json").write_text(json.dumps(told), "utf-8")
    return pki


def renewed(practice, number: int) -> str:
    """Bob's next card, on the table beside the others; gives its label."""
    pins = practice.places.bridge / "pins.json"
    known = json.loads(pins.read_text("utf-8"))
    pins.write_text(json.dumps(known | {f"CPS-0002-{number}": known["CPS-0002"]}), "utf-8")
    practice.set_card(f"bob-{number}", inserted=True)
    return f"CPS Bob {number}"


def log_in(desk: Desk, label: str) -> None:
    desk.go()
    desk.page.locator("[data-action=card]").click()
    desk.page.get_by_role("button", name=label).click()


def in_mailbox(desk: Desk) -> int:
    desk.page.locator(".row:not(.loading)").first.wait_for(timeout=ACTING)
    return desk.page.locator(".row:not(.loading)").count()


def log_out(desk: Desk) -> None:
    desk.page.locator("[data-action=lock]").click()
    desk.page.locator("[data-action=logout]").click()
    desk.page.locator("[data-action=card]").wait_for()


def test_the_old_card_lets_the_new_one_in(practice, bob, pictures):
    bob.log_in_with_card("bob")
    letters = in_mailbox(bob)
    bob.page.locator("[data-place=access]").click()
    bob.page.locator("[data-action=add-passkey]").click()
    bob.page.locator("[name=name]").fill("Téléphone")
    bob.page.locator("[data-action=agree]").click()
    expect(bob.page.locator("[data-kind=passkey]")).to_be_visible(timeout=ACTING)
    log_out(bob)

    log_in(bob, renewed(practice, 1))
    bob.page.locator("[data-action=renew-passkey]").wait_for(timeout=ACTING)
    pictures.shoot(bob.page, "new-card")
    assert violations(bob.page, None) == []
    bob.page.locator("[data-action=renew-card]", has_text="Bob Lef").click()
    assert in_mailbox(bob) == letters
    log_out(bob)
    # From now on it opens by itself, and the old one no longer does.
    log_in(bob, "CPS Bob 1")
    assert in_mailbox(bob) == letters
    log_out(bob)
    log_in(bob, "CPS Bob Lefèvre")
    bob.page.locator("[data-action=renew-passkey]").wait_for(timeout=ACTING)
    bob.page.locator("[data-action=renew-card]", has_text="Alice").click()  # a colleague's card lets nobody in
    expect(bob.page.locator(".notice-error")).to_be_visible(timeout=ACTING)
    bob.go()  # the server knows who is there: the page waits, locked
    bob.page.locator("[data-action=logout]").click()
    bob.page.locator("[data-action=card]").wait_for()

    # The card is dead: the passkey opens, the next card signs.
    practice.set_card("bob", inserted=False)
    practice.set_card("bob-1", inserted=False)
    log_in(bob, renewed(practice, 2))
    bob.page.locator("[data-action=renew-passkey]").click(timeout=ACTING)
    assert in_mailbox(bob) == letters
    expect(bob.page.locator(".level-card")).to_be_visible()
    assert bob.complaints == []
