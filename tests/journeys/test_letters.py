"""The signature book: a secretary prepares, the practitioner reads, returns one, and signs both with one agreement of his card."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from desk import ENCRYPTED, OPENING, Desk, at_desks
from gallery import Gallery
from passkey import add_passkey, plug_in
from playwright.sync_api import Locator, expect
from shared_steps import switch
from test_accessibility import inspect

from webmail.management.demo.colleague import Colleague, granted
from webmail.management.demo.headless_page import HeadlessPage
from webmail.management.demo.letters import OUTSIDER
from webmail.management.demo.pictures import write_pdf
from webmail.management.demo.practice import PEOPLE
from webmail.management.demo.prepared import letters_to_sign, prepare

pytestmark = [pytest.mark.browser, pytest.mark.slow]

ALICE, BOB = "alice.martin@pli.example", "bob.lefevre@pli.example"
PICTURES = os.environ.get("PLI_PICTURES", "")


@pytest.fixture(scope="module")
def secretary(practice):
    """Bob was let in by Alice as her secretary: to read and prepare, not to sign."""
    with HeadlessPage(practice.places.origin("alice"), practice.bridge_port) as page:
        alice = Colleague.log_in(page, "Alice Martin")
        own = alice.open(ALICE)
        card = own.card_of(rppsNumber=practice.rpps("bob"))
        own.grant(granted(card, "reader", datetime.now(UTC) - timedelta(minutes=1)), profile="secretary")


@pytest.fixture
def desks(practice, secretary, chromium):
    """Alice and Bob, each in a browser of an own."""
    with at_desks(chromium, practice.places, "alice", "bob") as pair:
        yield pair


def shoot(desk: Desk, name: str) -> None:
    if PICTURES:
        Gallery(Path(PICTURES)).shoot(desk.page, name)


def letter(desk: Desk, subject: str) -> Locator:
    return desk.page.locator(".letter", has_text=subject)


def hand_over(desk: Desk) -> None:
    expect(desk.page.locator("[data-action=send]")).to_have_text("À signer par Alice MARTIN")
    desk.send()
    desk.page.locator(".letters-page .letter").first.wait_for(timeout=OPENING)


def two_letters(bob: Desk, folder: Path) -> list[str]:
    """Prepared in the mailbox of Alice: one with a report for Bob himself, one for somebody outside."""
    report = folder / "compte-rendu.pdf"
    report.write_bytes(write_pdf(["Compte rendu (document fictif)"]))
    bob.log_in_with_card("bob")
    switch(bob.page, ALICE)
    bob.wait_for_row("Planning des gardes")
    bob.write([BOB], "Lettre au confrère", "Cher confrère,\n\nVoici le compte rendu.\n", files=[report])
    shoot(bob, "secretary-writes")
    found = inspect(bob.page, "a secretary writes")
    hand_over(bob)
    bob.write([OUTSIDER], "Lettre au laboratoire", "Merci de refaire le dosage.\n")
    hand_over(bob)
    expect(bob.page.locator(".letter[data-state=prepared]")).to_have_count(2)
    return found + inspect(bob.page, "letters prepared")


def read_and_return(alice: Desk) -> list[str]:
    """The first is read as it will leave, the second goes back with a note."""
    alice.log_in_with_card("alice")
    place = alice.page.locator("[data-place=letters]")
    expect(place.locator(".folder-count")).to_have_text("2", timeout=OPENING)
    place.click()
    letter(alice, "Lettre au confrère").locator(".letter-open").click(timeout=OPENING)
    paper = alice.page.locator(".letter-paper")
    for words in ("Alice MARTIN", BOB, "Voici le compte rendu.", "compte-rendu.pdf"):
        expect(paper).to_contain_text(words)
    shoot(alice, "letter-read")
    found = inspect(alice.page, "a letter as it leaves")
    alice.page.locator("[data-action=back]").click()
    letter(alice, "Lettre au laboratoire").locator(".letter-open").click()
    alice.page.locator("[data-action=return]").click()
    alice.page.locator(".letter-return textarea").fill("Préciser quel dosage.")
    shoot(alice, "letter-returned")
    found += inspect(alice.page, "returning a letter")
    alice.page.locator("[data-action=return-now]").click()
    expect(letter(alice, "Lettre au laboratoire")).to_have_attribute("data-state", "returned", timeout=OPENING)
    return found


def correct(bob: Desk) -> None:
    """The secretary reads the note, writes again and hands over once more."""
    returned = letter(bob, "Lettre au laboratoire")
    expect(returned).to_have_attribute("data-state", "returned", timeout=OPENING)
    expect(returned.locator(".letter-remark")).to_have_text("Préciser quel dosage.")
    shoot(bob, "secretary-follows")
    returned.locator("[data-action=correct]").click()
    expect(bob.page.locator(".composer-notices")).to_contain_text("Préciser quel dosage.")
    bob.page.locator("textarea.composer-text").fill("Merci de refaire le dosage de la CRP.\n")
    hand_over(bob)


def sign_both(alice: Desk, practice) -> list[str]:
    """One prompt names both; no PIN is asked again."""
    expect(alice.page.locator(".letter[data-state=prepared]")).to_have_count(2, timeout=OPENING)
    alice.page.locator(".letters-all input").check()
    shoot(alice, "letters-ticked")
    found = inspect(alice.page, "letters to sign")
    consents, pins = len(practice.prompts("CONFIRM")), len(practice.prompts("GETPIN"))
    alice.page.locator("[data-action=sign]").click()
    expect(alice.page.locator(".letter[data-state=signed]")).to_have_count(2, timeout=OPENING)
    shoot(alice, "letters-sent")
    (agreement,) = practice.prompts("CONFIRM")[consents:]
    for words in ("2 messages", BOB, "Lettre au confrère", "compte-rendu.pdf", OUTSIDER, "Lettre au laboratoire"):
        assert words in agreement
    assert len(practice.prompts("GETPIN")) == pins
    expect(alice.page.locator("[data-place=letters] .folder-count")).to_have_count(0)
    return found


def test_letters_are_prepared_returned_corrected_and_signed_together(practice, desks, tmp_path):
    alice, bob = desks
    found = two_letters(bob, tmp_path)
    found += read_and_return(alice)
    correct(bob)
    found += sign_both(alice, practice)
    expect(bob.page.locator(".letter[data-state=signed]")).to_have_count(2, timeout=OPENING)
    expect(letter(bob, "Lettre au confrère")).to_contain_text("compte-rendu.pdf")
    found += inspect(bob.page, "what became of the letters")
    switch(bob.page, BOB)
    bob.wait_for_row(ENCRYPTED)
    received = bob.open(ENCRYPTED)
    assert (received.subject, received.state) == ("Lettre au confrère", "S1")
    assert "Alice MARTIN" in received.signature
    assert "Bob" not in received.signature + received.details()
    assert found == []
    assert [*alice.complaints, *bob.complaints] == []


@pytest.fixture
def by_passkey(practice, secretary, chromium):
    """Alice without her reader: a passkey, which her card once let in, opens her mailbox."""
    with at_desks(chromium, practice.places, "alice") as [desk]:
        plug_in(desk)
        desk.log_in_with_card("alice")
        add_passkey(desk, "Téléphone")
        desk.page.context.clear_cookies()
        desk.go()
        desk.page.locator("[data-action=passkey]").click(timeout=OPENING)
        desk.page.locator(".grid").wait_for(timeout=OPENING)
        yield desk


def test_without_the_card_letters_are_read_and_returned_and_not_signed(practice, by_passkey):
    """She is told so before she clicks, and no tick nor button pretends otherwise."""
    subject = "Demande d’échographie"
    with HeadlessPage(practice.places.origin("bob"), practice.bridge_port) as page:
        bob = Colleague.log_in(page, "Bob Lefèvre")
        prepare(bob.open(ALICE), next(letters_to_sign(PEOPLE[1], PEOPLE[0])))
    page = by_passkey.page
    page.locator("[data-place=letters]").click()
    waiting = page.locator(".letter[data-state=prepared]", has_text=subject)
    waiting.wait_for(timeout=OPENING)
    notice = page.locator(".place-notices .notice")
    expect(notice).to_contain_text("Les lettres se signent avec la carte.")
    expect(page.locator(".place-lead", has_text="cochez")).to_have_count(0)
    expect(page.locator("[data-action=sign], .letters-all")).to_have_count(0)
    expect(waiting.locator("input[type=checkbox]")).to_be_disabled()
    shoot(by_passkey, "letters-by-passkey")
    found = inspect(page, "letters without the card")
    waiting.locator(".letter-open").click()
    expect(page.locator(".letter-paper")).to_contain_text("Mme Essai")
    expect(page.locator("[data-action=sign-one], [data-action=tick]")).to_have_count(0)
    expect(notice).to_contain_text("connectez-vous avec votre carte")
    shoot(by_passkey, "letter-by-passkey")
    found += inspect(page, "a letter without the card")
    page.locator("[data-action=return]").click()
    page.locator(".letter-return textarea").fill("Je la signe demain, avec ma carte.")
    page.locator("[data-action=return-now]").click()
    expect(page.locator(".letter[data-state=returned]", has_text=subject)).to_be_visible(timeout=OPENING)
    assert (found, by_passkey.complaints) == ([], [])
