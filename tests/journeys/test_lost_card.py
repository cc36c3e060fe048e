"""A card is destroyed: without bridge or card the passkey and the printed code open every old message (all 10,000: `make
soak-recovery`); with the bridge the code lets the next card in, which then opens the old mail and the new alone.
"""

import pytest
from desk import OPENING, Desk, at_desks
from lost_card import (
    ACTING,
    bring_bridge_back,
    come_back,
    come_with_card,
    destroy_card,
    give_up_a_code,
    let_in_by_code,
    make_code,
    new_desk,
    read_everything,
    receive,
    recorded,
    use_code,
)
from next_card import issue_next_card
from passkey import add_passkey, plug_in
from playwright.sync_api import expect

from tests import network_table

pytestmark = [pytest.mark.browser, pytest.mark.slow]
OLD, NEW = 260, 3  # more than one pack of rows


@pytest.fixture(scope="module")
def house(practice, tmp_path_factory):
    """The practice as an establishment, which Bob administers."""
    alice = network_table.person("Alice Martin", practice.rpps("alice"))
    bob = network_table.person("Bob Lefèvre", practice.rpps("bob"), administrator="oui")
    lines = [network_table.network("pli.example"), alice, bob]
    practice.manage("network", "import", network_table.write(tmp_path_factory.mktemp("house"), *lines))
    return practice


@pytest.fixture(scope="module")
def browser_of_alice(house, chromium):
    """With her passkey in it."""
    with at_desks(chromium, house.places, "alice") as [desk]:
        plug_in(desk)
        yield desk


@pytest.fixture(scope="module")
def code(house, browser_of_alice):
    """What is left to Alice: a code on its sheet, and a passkey. Her card is destroyed, and no bridge runs."""
    alice = browser_of_alice
    alice.log_in_with_card("alice")
    give_up_a_code(alice)  # for which nothing else waits
    written = make_code(alice)
    add_passkey(alice, "Téléphone")
    receive(house, OLD)
    destroy_card(house, "alice")
    alice.page.locator("[data-action=unlock]").wait_for(timeout=OPENING)  # what was open is locked
    return written


@pytest.fixture(scope="module")
def next_card(house, code, chromium):
    """The label of Alice's next card, in an establishment where nothing opens without the bridge, which runs again."""
    label = issue_next_card(house, "alice", 1)
    bring_bridge_back(house)
    with at_desks(chromium, house.places, "bob") as [bob]:
        require_bridge(bob)
    return label


@pytest.mark.usefixtures("code")
def test_a_passkey_opens_without_card_or_bridge(browser_of_alice):
    passkey_opens(browser_of_alice)


def test_the_sheet_opens_all_old_mail_without_card_or_bridge(house, chromium, code):
    desk, _ = come_back(chromium, house, code)
    found = read_everything(desk)
    assert found["opened"] == set(range(OLD))
    assert found["refused"] == []
    assert found["total"] > OLD  # the letters of the practice opened as well
    grid = desk.page.get_by_role("grid")
    expect(grid).to_have_attribute("aria-rowcount", str(found["total"]))
    assert not [request for request in desk.requests if "127.0.0.1" in request]
    unlock_leads_to_the_entrance(desk)
    assert desk.complaints == []
    desk.page.context.close()


def test_by_the_bridge_the_code_lets_the_next_card_in_which_then_opens_all_alone(house, chromium, code, next_card):
    refused_without_bridge(chromium, house, code)
    asked = len(house.prompts("CONFIRM"))
    let_in_by_code(chromium, house, next_card, code).page.context.close()
    assert len(house.prompts("CONFIRM")) > asked  # the bridge named the card that it let in
    receive(house, NEW, first=OLD)
    desk = come_with_card(chromium, house, next_card)
    found = read_everything(desk, bridge=True)
    assert found["opened"] == set(range(OLD + NEW))
    assert found["refused"] == []
    assert recorded(desk, "session", "login", "code de secours") > 0
    assert desk.complaints == []
    desk.page.context.close()


def passkey_opens(desk: Desk) -> None:
    """From the locked page by the entrance to a letter, while no bridge runs; then its holder goes."""
    desk.page.locator("[data-action=logout]").click()
    desk.page.locator("[data-action=without-card]").click()
    desk.page.locator("[data-action=passkey]").click()
    desk.page.locator(".row:not(.loading)").first.click(timeout=ACTING)
    assert desk.opened().subject
    desk.page.locator("[data-action=lock]").click()
    desk.page.locator("[data-action=logout]").click()
    desk.page.locator("[data-action=without-card]").wait_for()


def unlock_leads_to_the_entrance(desk: Desk) -> None:
    """A code is kept nowhere: it is typed again, and no card is asked for in its place."""
    desk.page.locator("[data-action=lock]").click()
    desk.page.locator("[data-action=unlock]").click()
    desk.page.locator("[data-action=without-card]").wait_for()


def require_bridge(bob: Desk) -> None:
    """He administers, and closes every way in without the card program."""
    bob.log_in_with_card("bob")
    bob.page.locator("[data-place=network]").click()
    bob.page.locator("[name=noBridgeAllowed]").uncheck()
    bob.page.locator("[data-action=save-rules]").click()
    expect(bob.page.locator(".toast")).to_contain_text("Les règles sont fixées", timeout=ACTING)


def refused_without_bridge(browser, practice, code: str) -> None:
    desk = new_desk(browser, practice)
    use_code(desk, code)
    expect(desk.page.locator(".notice-error")).to_contain_text("programme de carte", timeout=ACTING)
    desk.page.context.close()
