"""A regional network at its administrator's desk: who is there, an inbox of the list opened with the card, a rule set and told to everybody."""

import pytest
from desk import Desk, at_desks
from passkey import add_passkey, plug_in
from playwright.sync_api import expect
from test_accessibility import violations

from tests import network_table

pytestmark = [pytest.mark.browser, pytest.mark.slow]
ACTING = 60_000


@pytest.fixture(scope="module")
def network(practice, tmp_path_factory):
    """Alice administers it and is to open the maternity inbox; Bob is to be in it; three have not come yet."""
    alice, bob = practice.rpps("alice"), practice.rpps("bob")
    lines = [
        *network_table.maternity(alice, bob),
        *(
            network_table.person(name, network_table.number(serial), inboxes="maternite")
            for serial, name in enumerate(("Nadia Payet", "Eva Hoarau", "Loïc Grondin"))
        ),
        network_table.inbox("Garde", bob, "garde"),
    ]
    practice.manage("network", "import", network_table.write(tmp_path_factory.mktemp("network"), *lines))
    return practice


@pytest.fixture(scope="module")
def desks(network, chromium):
    """Alice and Bob, whose computers stand in Paris."""
    with at_desks(chromium, network.places, "alice", "bob", timezone_id="Europe/Paris") as pair:
        yield pair


def person(desk: Desk, name: str):
    return desk.page.locator(f"[data-person='{name}@pli.example']")


def test_an_administrator_sees_who_is_there_and_no_mail(desks, pictures):
    alice = desks[0]
    alice.log_in_with_card("alice")
    alice.page.locator("[data-place=network]").click()
    expect(alice.page.locator(".network-person")).to_have_count(5)
    expect(person(alice, "nadia.payet")).to_contain_text("Pas encore venue")
    expect(person(alice, "alice.martin")).to_contain_text("administrateur")
    expect(alice.page.locator(".network-page")).to_contain_text("Vous ne lisez le courrier de personne.")
    pictures.shoot(alice.page, "network")
    assert violations(alice.page, None) == []
    alice.page.locator("[name=unready]").check()
    expect(person(alice, "nadia.payet")).to_be_visible()


def test_the_listed_inbox_is_opened_with_the_card_and_the_others_are_invited(network, desks, pictures):
    alice = desks[0]
    asked = len(network.prompts("CONFIRM"))
    alice.page.locator("[data-awaited='maternite@pli.example'] [data-action=open-inbox]").click()
    expect(alice.page.locator("pli-members")).to_be_visible(timeout=ACTING)
    expect(alice.page.locator("[data-account='" + "maternite@pli.example']")).to_have_attribute("aria-current", "true")
    assert len(network.prompts("CONFIRM")) == asked + 1
    expect(alice.page.locator("pli-members")).to_contain_text("Bob L")
    pictures.shoot(alice.page, "inbox-opened")
    alice.page.locator("[data-place=network]").click()
    expect(alice.page.locator("[data-inbox='maternite@pli.example']")).to_contain_text("gérée par")
    expect(alice.page.locator("[data-awaited]")).to_have_count(0)


def test_a_rule_is_set_and_told_to_everybody(desks, pictures):
    alice, bob = desks
    page = alice.page
    plug_in(bob)
    bob.log_in_with_card("bob")
    add_passkey(bob, "Téléphone")
    log_out(bob)
    page.locator("[name=cardRequired]").check()
    page.locator("[name=delegationDaysMax]").fill("30")
    page.locator("[name=delegationDaysMax]").press("Tab")
    page.locator("[data-action=save-rules]").scroll_into_view_if_needed()
    pictures.shoot(page, "rules")
    assert violations(page, None) == []
    page.locator("[data-action=save-rules]").click()
    expect(page.locator(".toast")).to_contain_text("Les règles sont fixées", timeout=ACTING)
    expect(page.locator("[data-action=save-rules]")).to_be_disabled()
    bob.log_in_with_card("bob")
    letter = bob.open("Les règles de votre établissement ont changé")
    assert "30 jours au plus" in letter.text
    bob.page.locator("[data-place=access]").click()
    expect(bob.page.locator(".access-page")).to_contain_text("Votre établissement exige une carte.")
    expect(bob.page.locator("[data-action=add-passkey]")).to_have_count(0)
    # His keys change by themselves at this visit, without the passkey, which opens nothing from now on.
    expect(bob.page.locator("[data-kind=card]:not(.over)")).to_have_count(1, timeout=ACTING)
    expect(bob.page.locator("[data-kind=passkey]:not(.over)")).to_have_count(0, timeout=ACTING)
    expect(bob.page.locator("[data-readiness]")).to_have_attribute("data-readiness", "alone")
    pictures.shoot(bob.page, "card-required")
    assert violations(bob.page, None) == []
    bob.page.locator("[data-place=trace]").click()
    expect(bob.page.locator(".trace-line[data-act=key-changed]")).to_have_count(1)
    log_out(bob)
    bob.page.locator("[data-action=without-card]").click()
    bob.page.locator("[data-action=passkey]").click()
    expect(bob.page.locator(".notice-error")).to_contain_text("carte")
    pictures.shoot(bob.page, "passkey-closed")
    assert violations(bob.page, None) == []
    bob.log_in_with_card("bob")
    assert (
        "30 jours au plus" in bob.open("Les règles de votre établissement ont changé").text
    )  # sealed to the key before


def log_out(desk: Desk) -> None:
    desk.page.locator("[data-action=lock]").click()
    desk.page.locator("[data-action=logout]").click()
    desk.page.locator("[data-action=card]").wait_for()


def test_dates_and_limits_are_those_of_the_network(desks, pictures):
    """It is three hours later in La Réunion than on the clock of this computer, at least."""
    page = desks[1].page
    page.locator("[data-place=members]").click()
    page.locator("[data-action=delegate]").click()
    expect(page.locator("[data-limit='30']")).to_be_visible()
    expect(page.locator("[data-zone='Indian/Reunion']").first).to_be_visible()
    there = page.evaluate(
        "() => new Intl.DateTimeFormat('sv-SE', {timeZone: 'Indian/Reunion', dateStyle: 'short'}).format(new Date())"
    )
    assert page.locator("input[name=from]").input_value()[:10] == there
    page.locator("input[name=until]").fill("2099-01-01T10:00")
    page.locator("input[name=until]").press("Tab")
    page.locator(".review [data-action=agree]").click()
    expect(page.locator(".review")).to_contain_text("30 jours au plus")
    pictures.shoot(page, "limit")
    assert violations(page, None) == []


def test_the_only_owner_of_an_inbox_is_let_go_after_a_second_word(desks, pictures):
    alice, bob = (desk.page for desk in desks)
    bob.locator("[data-place=network]").click()
    bob.locator("[data-awaited='garde@pli.example'] [data-action=open-inbox]").click()
    expect(bob.locator("[data-account='garde@pli.example']")).to_have_attribute("aria-current", "true", timeout=ACTING)
    row = alice.locator(".network-person", has_text="Bob Lef")
    expect(alice.locator(".network-person", has_text="Alice Martin").locator("[data-action=let-go]")).to_have_count(0)
    row.locator("[data-action=let-go]").click()
    dialog = alice.locator("pli-network dialog")
    expect(dialog).to_contain_text("quitte l’établissement")
    pictures.shoot(alice, "departure")
    assert violations(alice, None) == []
    dialog.locator("[data-action=agree]").click()
    expect(dialog.locator("[data-stranded]")).to_contain_text("garde@pli.example", timeout=ACTING)
    pictures.shoot(alice, "successor")
    assert violations(alice, None) == []
    expect(row).to_have_attribute("data-state", "joined")
    dialog.locator("[data-action=anyway]").click()
    expect(row).to_have_attribute("data-state", "left", timeout=ACTING)
    expect(row.locator("[data-action=let-go]")).to_have_count(0)
