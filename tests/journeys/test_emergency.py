"""An emergency in four pages: a colleague on call asks with a reason, a second holder of a share agrees, a few messages are read, the
owner is told by a message and by his page, and what stands in the record stays there. Then a service's inbox, by its officers.
"""

import sqlite3

import emergencies
import pytest
from desk import Desk
from emergencies import ACTING, ALICE, BOB
from gallery import Gallery
from playwright.sync_api import expect
from shared_steps import switch
from test_accessibility import violations

from tests.manage import manage
from webmail.management.demo import letters
from webmail.management.demo.colleague import Colleague
from webmail.management.demo.headless_page import HeadlessPage

pytestmark = [pytest.mark.browser, pytest.mark.slow]
GARDE = "garde@pli.example"
REASON = "Patient en réanimation, courrier attendu"
LIMIT = 5


@pytest.fixture(scope="module")
def house(practice):
    """Alice has a service's inbox beside her own, and Inès, a colleague, has come; letters wait in both inboxes."""
    emergencies.bring_colleague(practice)
    with HeadlessPage(practice.places.origin("alice"), practice.bridge_port) as page:
        Colleague.log_in(page, "Alice Martin").open_service("ORG", GARDE)
    for address in (ALICE, GARDE):
        arrived = [bytes(letter) for letter in letters.ward_letters(address)]
        letters.deliver(practice.places.lmtp_port, "accueil@msp.example", address, arrived)
    return practice


@pytest.fixture(scope="module")
def desks(house, chromium):
    with emergencies.at_work(chromium, house, "alice", "bob", "ines") as opened:
        yield opened


def inspected(desk: Desk, pictures: Gallery, name: str) -> None:
    pictures.shoot(desk.page, name)
    assert violations(desk.page, None) == []


def test_the_owner_gives_out_shares(desks, pictures):
    alice, _, _ = desks
    emergencies.deal(alice, ["lef", "Caron"], together=2, kind="breakGlass", messages=LIMIT)
    inspected(alice, pictures, "officers")
    emergencies.agree(alice)
    assert alice.page.locator("[data-readiness]").get_attribute("data-readiness") == "ready"
    alice.page.locator("[data-role=inbox]").click()


@pytest.mark.capability("CO23")
def test_two_of_them_open_it_for_the_one_who_asks(desks, pictures):
    _, bob, ines = desks
    emergencies.look_up(bob, ALICE)
    bob.page.locator("[name=reason]").fill("non")
    bob.page.locator("[data-action=ask]").click()
    expect(bob.page.locator("[name=reason]:invalid")).to_have_count(1)  # that is no reason
    expect(bob.page.locator("[data-mine=true]")).to_have_count(0)
    inspected(bob, pictures, "emergency-ask")
    emergencies.ask(bob, REASON)
    emergencies.give(bob)
    expect(bob.page.locator("[data-action=open-shares]")).to_be_disabled()  # one share is not enough
    inspected(bob, pictures, "emergency-waiting")
    expect(ines.page.locator("[data-news=request]")).to_contain_text(REASON, timeout=ACTING)
    inspected(ines, pictures, "emergency-asked-of-a-holder")
    emergencies.hear(ines)
    emergencies.give(ines)
    inspected(ines, pictures, "emergency-given")
    emergencies.open_with_shares(bob, ALICE)
    assert bob.open("Planning des gardes").text
    expect(bob.page.locator("[data-news=recovery]")).to_contain_text(
        f"encore ouvrir {LIMIT - 1} messages", timeout=ACTING
    )
    bob.page.locator("[data-action=compose]").click()
    expect(bob.page.locator("pli-composer")).to_have_count(0)  # it only reads
    inspected(bob, pictures, "emergency-open")


@pytest.mark.capability("CO23")
def test_the_owner_is_told_by_the_page_and_by_a_message(desks, pictures):
    alice, _, _ = desks
    expect(alice.page.locator("[data-news=request]")).to_contain_text(REASON, timeout=ACTING)
    inspected(alice, pictures, "emergency-owner")
    told = alice.open("Demande d’ouverture de votre boîte en urgence").text
    for words in ("lefèvre", "demande aux dépositaires", "asks the holders"):
        assert words in told.casefold()
    assert f"{LIMIT} au plus" in alice.open("Votre boîte a été ouverte en urgence").text


@pytest.mark.capability("CO23")
def test_the_next_message_after_the_limit_is_refused_with_a_sentence(desks, pictures):
    _, bob, _ = desks
    for subject in ("Transmission de nuit", "Lit disponible", "Avis demandé", "Planning des gardes"):
        assert bob.open(subject).text  # the last is not counted twice
    bob.open("Résultats de biologie")
    expect(bob.page.locator("[data-news=recovery]")).to_contain_text("autant de messages", timeout=ACTING)
    bob.page.locator(".row", has_text="Compte rendu").first.click()
    refused = bob.page.locator("pli-reader .notice", has_text="autant de messages que cette urgence le permet")
    expect(refused).to_contain_text(f"limite à {LIMIT} messages", timeout=ACTING)
    inspected(bob, pictures, "emergency-limit")
    assert bob.open("Planning des gardes").text  # what was opened stays readable


def test_officers_open_the_inbox_of_a_service(desks, pictures):
    alice, bob, ines = desks
    switch(alice.page, GARDE)
    emergencies.deal(alice, ["lef", "Caron"], together=2, kind="officers", messages=0)
    emergencies.agree(alice)
    switch(bob.page, BOB)
    emergencies.look_up(bob, GARDE)
    emergencies.ask(bob, "Plus aucune carte de la garde ne fonctionne")
    emergencies.give(bob)
    emergencies.give(ines)  # her page is still there, and looks again by itself
    bob.page.locator("[data-mine=true]", has_text=GARDE).locator("[data-action=open-shares]").click(timeout=ACTING)
    expect(bob.page.locator(f"[data-account='{GARDE}']")).to_have_attribute("aria-current", "true", timeout=ACTING)
    assert "Mme Essai" in bob.open("Avis demandé").text
    inspected(bob, pictures, "officers-open-a-service")


@pytest.mark.capability("CO23")
def test_an_owner_who_was_away_finds_the_notice_afterwards(desks, pictures):
    alice, bob, _ = desks
    switch(bob.page, BOB)
    bob.page.locator("[data-place=access]").click()
    bob.page.locator("[data-action=emergency]").click()
    asked = bob.page.locator("[data-mine=true]", has_text=ALICE)
    asked.locator("[data-action=close-request]").click()
    expect(asked).to_have_count(0, timeout=ACTING)
    alice.page.reload()
    alice.page.locator("[data-action=unlock]").click()
    notice = alice.page.locator("[data-news=past-emergency]")
    expect(notice).to_contain_text(REASON, timeout=ACTING)
    expect(notice).to_contain_text(f"{LIMIT} messages ont été ouverts")
    inspected(alice, pictures, "emergency-past")
    notice.locator("[data-action=note]").click()
    expect(notice).to_have_count(0)


@pytest.mark.capability("CO23")
def test_what_happened_stands_in_the_record_for_good(house, desks, pictures):
    alice, _, ines = desks
    switch(alice.page, ALICE)
    alice.page.locator("[data-place=trace]").click()
    alice.page.locator(".trace-filters select").nth(1).select_option("emergency")
    for act, name in (("break-glass", "Bob"), ("recovery-released", "Inès"), ("recovery-opened", "Bob")):
        line = alice.page.locator(f".trace-line[data-act={act}]", has_text=name).first
        line.wait_for(timeout=ACTING)
        assert "carte" in line.locator(".trace-how").inner_text()
    inspected(alice, pictures, "emergency-record")
    assert verified(house) == (0, "")
    removed = remove_line(house, "break-glass")
    code, said = verified(house)
    assert code == 1
    assert f"missing: line {removed}" in said
    assert [desk.complaints for desk in (alice, ines)] == [[], []]


def verified(practice) -> tuple[int, str]:
    """What `manage.py verify_trace` finds."""
    found = manage(practice.server_environment(), "verify_trace")
    return found.returncode, found.stderr


def remove_line(practice, act: str) -> int:
    """As somebody who owns the database would; gives its number."""
    database = sqlite3.connect(practice.places.server / "pli.sqlite3", timeout=30)
    with database:
        (account, number) = database.execute(
            "select account_id, seq from webmail_accessevent where act = ?", [act]
        ).fetchone()
        database.execute("delete from webmail_accessevent where account_id = ? and seq = ?", [account, number])
    database.close()
    return int(number)
