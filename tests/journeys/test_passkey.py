"""A person without card or bridge: opens an account, reads, writes and is read, by passkey (WebAuthn PRF)."""

import pytest
from desk import ENCRYPTED, OPENING, Desk

pytestmark = [pytest.mark.browser, pytest.mark.slow]
CHLOE = "chloe.petit@pli.example"
AUTHENTICATOR = {
    "protocol": "ctap2",
    "ctap2Version": "ctap2_1",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "hasPrf": True,
    "automaticPresenceSimulation": True,
}


@pytest.fixture(scope="module")
def chloe(practice, chromium):
    """Chloé's browser, with a virtual authenticator; her account is opened by the page."""
    context = chromium.new_context(locale="fr-FR", viewport={"width": 1440, "height": 900})
    context.set_default_timeout(OPENING)
    desk = Desk(context.new_page(), practice.places.origin("chloe"))
    session = context.new_cdp_session(desk.page)
    session.send("WebAuthn.enable")
    session.send("WebAuthn.addVirtualAuthenticator", {"options": AUTHENTICATOR})
    open_account(desk)
    yield desk
    context.close()


def open_account(desk):
    desk.go()
    desk.page.get_by_text("Ouvrir un compte avec une clé d’accès").click()
    desk.page.locator("input[name=name]").fill("Chloé Petit")
    desk.page.locator("input[name=address]").fill(CHLOE)
    desk.page.locator("[data-action=register]").click()
    opening, entering = desk.page.locator("[data-action=open]"), desk.page.locator("[data-action=enter]")
    opening.or_(entering).first.wait_for()
    if opening.count():
        opening.click()
    entering.or_(desk.page.locator(".grid, .empty")).first.wait_for(timeout=60_000)
    if entering.count():
        entering.click()


@pytest.mark.capability("DN4", "CN4", "CN9")
def test_passkey_person_writes_and_a_card_holder_reads(practice, context, chloe):
    chloe.write(["alice.martin@pli.example"], "Courrier à signer", "Le courrier est prêt.")
    chloe.send()
    alice = Desk(context.new_page(), practice.places.origin("alice"))
    alice.log_in_with_card("alice")
    alice.wait_for_row(ENCRYPTED)
    letter = alice.open(ENCRYPTED)
    assert letter.subject == "Courrier à signer"
    assert letter.state == "S1b"
    assert letter.text.strip() == "Le courrier est prêt."
    alice.write([CHLOE], "Merci", "Signé et rendu.")
    alice.send()


@pytest.mark.capability("DN4")
def test_passkey_person_reads_after_logging_in_again(chloe):
    chloe.page.get_by_role("button", name="Verrouiller").click()
    chloe.page.get_by_role("button", name="Déverrouiller").click()
    chloe.wait_for_row(ENCRYPTED)
    letter = chloe.open(ENCRYPTED)
    assert letter.text.strip() == "Signé et rendu."
    assert letter.state == "S4"  # no bridge checks the paths here: security.md §3.7


def test_her_browser_asked_no_bridge(chloe):
    assert [url for url in chloe.requests if "127.0.0.1" in url] == []
