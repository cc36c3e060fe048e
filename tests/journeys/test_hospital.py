"""Hospital staff with a card of their establishment open an account in the browser, and are shown as what they are."""

import json

import pytest
from desk import ENCRYPTED, OPENING, Desk

from bridge.pki.sample_health_pki import CARDS

pytestmark = [pytest.mark.browser, pytest.mark.slow]
HUGO = next(card for card in CARDS if card.name == "hugo")


@pytest.fixture
def hugo(practice, context):
    """Hugo's first visit: the card is put on the table, and the account opens in passing."""
    pins = practice.places.bridge / "pins.json"
    pins.write_text(json.dumps(json.loads(pins.read_text()) | {HUGO.serial: HUGO.pin}))
    practice.set_card("hugo", inserted=True)
    desk = Desk(context.new_page(), practice.places.origin("chloe"))
    desk.go()
    desk.page.get_by_role("button", name="Carte de santé").click()
    desk.page.get_by_role("button", name="CPE Hugo Blanc").click()
    desk.page.locator("input[name=address]").wait_for(timeout=OPENING)
    assert HUGO.organisation in desk.page.locator(".identity-card").inner_text()
    desk.page.locator("[data-action=open]").click()
    entering = desk.page.locator("[data-action=enter]")
    entering.or_(desk.page.locator(".grid, .empty")).first.wait_for(timeout=60_000)
    if entering.count():
        entering.click()
    yield desk
    practice.set_card("hugo", inserted=False)


@pytest.mark.capability("CO2", "CO1", "CN9")
def test_hospital_and_private_practice_see_who_the_other_is(practice, context, hugo):
    hugo.write(["alice.martin@pli.example"], "Compte rendu d'hospitalisation", "Sortie demain.")
    hugo.send()
    alice = Desk(context.new_page(), practice.places.origin("alice"))
    alice.log_in_with_card("alice")
    alice.wait_for_row(ENCRYPTED)
    letter = alice.open(ENCRYPTED)
    assert letter.state == "S1"
    assert "Hugo BLANC" in letter.signature
    assert "RPPS" not in letter.signature
    details = letter.details()
    assert "FINESS" in details
    assert HUGO.structure[1:] in details
    alice.write(["hugo.blanc@pli.example"], "Merci", "Bien reçu.")
    alice.send()
    hugo.wait_for_row(ENCRYPTED)
    answer = hugo.open(ENCRYPTED)
    assert (answer.state, answer.text.strip()) == ("S1", "Bien reçu.")
    assert "Alice MARTIN, RPPS" in answer.signature
