"""An owner who came in with a passkey, and no card, ends what somebody asks of the mailbox in an emergency."""

import emergencies
import pytest
from desk import Desk
from emergencies import ACTING, ALICE
from passkey import add_passkey, plug_in
from playwright.sync_api import expect
from test_accessibility import violations

pytestmark = [pytest.mark.browser, pytest.mark.slow]
REASON = "Traitement en cours à connaître"


@pytest.mark.capability("CO23")
def test_an_owner_without_a_card_ends_what_is_asked_of_the_mailbox(practice, chromium, pictures):
    with emergencies.at_work(chromium, practice, "alice", "bob") as (alice, bob):
        plug_in(alice)
        add_passkey(alice, "Téléphone")
        emergencies.deal(alice, ["lef"], together=1, kind="officers", messages=0)
        emergencies.agree(alice)
        come_with_passkey(alice)
        # Not the card that her mailbox is certified by.
        expect(alice.page.locator(".topbar .level")).to_have_text("Clé d’accès")
        emergencies.look_up(bob, ALICE)
        emergencies.ask(bob, REASON)
        expect(alice.page.locator("[data-news=request]")).to_contain_text(REASON, timeout=ACTING)
        emergencies.hear(alice)
        asked = alice.page.locator("[data-request]")
        expect(asked).to_contain_text(REASON)
        for action in ("release", "open-shares", "find-ways"):
            expect(alice.page.locator(f"[data-action={action}]")).to_have_count(0)
        pictures.shoot(alice.page, "emergency-owner-without-card")
        assert violations(alice.page, None) == []
        alice.page.locator("[data-action=refuse]").click()
        expect(asked).to_have_count(0, timeout=ACTING)
        expect(bob.page.locator("[data-mine=true]")).to_have_count(0, timeout=ACTING)


def come_with_passkey(desk: Desk) -> None:
    """Out, and in again by the passkey alone."""
    desk.page.locator("[data-action=lock]").click()
    desk.page.locator("[data-action=logout]").click()
    desk.page.locator("[data-action=without-card]").click()
    desk.page.locator("[data-action=passkey]").click()
    desk.page.locator(".row:not(.loading)").first.wait_for()
