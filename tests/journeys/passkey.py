"""A virtual authenticator with PRF (WebAuthn level 3 §10.1.4), and opening an account with it."""

from desk import Desk
from playwright.sync_api import expect

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


def plug_in(desk: Desk) -> None:
    """Give this page's browser an authenticator that says yes."""
    session = desk.page.context.new_cdp_session(desk.page)
    session.send("WebAuthn.enable")
    session.send("WebAuthn.addVirtualAuthenticator", {"options": AUTHENTICATOR})


def begin_account(desk: Desk) -> None:
    """To the form that asks who the person is."""
    desk.go()
    desk.page.get_by_text("Ouvrir un compte avec une clé d’accès").click()
    desk.page.locator("input[name=name]").wait_for()


def register(desk: Desk, name: str, address: str) -> None:
    """Fill the form and make the passkey; ends where the account is open."""
    desk.page.locator("input[name=name]").fill(name)
    desk.page.locator("input[name=address]").fill(address)
    desk.page.locator("[data-action=register]").click()
    opening, entering = desk.page.locator("[data-action=open]"), desk.page.locator("[data-action=enter]")
    opening.or_(entering).first.wait_for()
    if opening.count():
        opening.click()
    entering.wait_for(timeout=60_000)


def enter(desk: Desk) -> None:
    desk.page.locator("[data-action=enter]").click()
    desk.page.locator(".grid, .empty").first.wait_for(timeout=60_000)


def open_account(desk: Desk, name: str, address: str) -> None:
    """From the entrance to the empty mailbox."""
    begin_account(desk)
    register(desk, name, address)
    enter(desk)


def add_passkey(desk: Desk, name: str) -> None:
    """Beside the card that opened the mailbox; ends where it stands in the list of ways in."""
    desk.page.locator("[data-place=access]").click()
    desk.page.locator("[data-action=add-passkey]").click()
    desk.page.locator("[name=name]").fill(name)
    desk.page.locator("[data-action=agree]").click()
    expect(desk.page.locator("[data-kind=passkey]:not(.over)")).to_be_visible(timeout=60_000)
