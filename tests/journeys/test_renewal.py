"""A card is renewed ten times in a row and no message is lost: the old card beside the new one, and a passkey where it is dead."""

from dataclasses import dataclass
from email.message import EmailMessage

import pytest
from desk import Desk, at_desks
from next_card import issue_next_card
from passkey import add_passkey, plug_in
from playwright.sync_api import expect
from practice import Practice
from test_accessibility import violations

from webmail.management.demo import letters

pytestmark = [pytest.mark.browser, pytest.mark.slow]
ACTING = 60_000
RENEWALS = 10
FIRST = "CPS Bob Lefèvre"
BOB = "bob.lefevre@pli.example"
SEALED = "Résultats de biologie"  # encrypted to the first key of the mailbox


@dataclass
class Succession:
    """Bob's cards, one after the other, in one browser that has his passkey too: which opens his mailbox now, and how many letters it has."""

    practice: Practice
    desk: Desk
    letters: int
    card: str = "bob"
    label: str = FIRST
    renewals: int = 0

    def renew(self) -> int:
        """A letter comes, and the next card: the old one lets it in, and every other time, being dead, the passkey does.

        How many letters the mailbox shows then.
        """
        self.renewals += 1
        receive(self.practice, f"Lettre {self.renewals:02}")
        is_dead = self.renewals % 2 == 0
        self.practice.set_card(self.card, inserted=not is_dead)
        fresh = issue_next_card(self.practice, "bob", self.renewals)
        offer(self.desk, fresh)
        by = "[data-action=renew-passkey]" if is_dead else f"[data-action=renew-card]:has-text('{self.label}')"
        self.desk.page.locator(by).click()
        shown = in_mailbox(self.desk)
        log_out(self.desk)
        self.practice.set_card(self.card, inserted=False)
        self.card, self.label = f"bob-{self.renewals}", fresh
        self.letters += 1
        return shown


@pytest.fixture(scope="module")
def succession(practice, chromium):
    with at_desks(chromium, practice.places, "bob") as [bob]:
        plug_in(bob)
        bob.log_in_with_card("bob")
        letters_before = in_mailbox(bob)
        add_passkey(bob, "Téléphone")
        log_out(bob)
        yield Succession(practice, bob, letters_before)


@pytest.mark.parametrize("number", range(RENEWALS))
def test_a_card_gives_way_to_the_next_and_no_letter_is_lost(succession, number):
    assert succession.renew() == succession.letters


def test_the_last_card_opens_every_letter_by_itself(succession):
    """Also those that came while another card opened the mailbox, and one encrypted to it before any was renewed."""
    if succession.renewals == 0:
        succession.renew()
    bob = succession.desk
    log_in(bob, succession.label)
    assert in_mailbox(bob) == succession.letters
    expect(bob.page.locator(".level-card")).to_be_visible()
    for subject in (*(f"Lettre {number + 1:02}" for number in range(succession.renewals)), SEALED):
        assert bob.open(subject).text.strip()
    assert bob.complaints == []
    bob.page.locator("[data-place=access]").click()
    cards = bob.page.locator("[data-kind=card]:not(.over)")  # those that gave way open nothing any more
    expect(cards).to_have_count(1)
    log_out(bob)


def test_neither_a_card_that_gave_way_opens_nor_a_colleagues_lets_it_in(practice, succession, pictures):
    if succession.renewals == 0:
        succession.renew()
    desk = succession.desk
    practice.set_card("bob", inserted=True)
    offer(desk, FIRST)
    pictures.shoot(desk.page, "new-card")
    assert violations(desk.page, None) == []
    desk.page.locator("[data-action=renew-card]", has_text="Alice").click()
    expect(desk.page.locator(".notice-error")).to_be_visible(timeout=ACTING)


def log_in(desk: Desk, label: str) -> None:
    """Alice's card lies on the table too: the page asks which one."""
    desk.go()
    desk.page.locator("[data-action=card]").click()
    desk.page.get_by_role("button", name=label).click(timeout=ACTING)


def in_mailbox(desk: Desk) -> int:
    """How many letters there are."""
    desk.page.locator(".row:not(.loading)").first.wait_for(timeout=ACTING)
    return int(desk.page.get_by_role("grid").get_attribute("aria-rowcount") or 0)


def log_out(desk: Desk) -> None:
    desk.page.locator("[data-action=lock]").click()
    desk.page.locator("[data-action=logout]").click()
    desk.page.locator("[data-action=card]").wait_for()


def offer(desk: Desk, label: str) -> None:
    """Log in with a card that opens nothing yet: the page says what may let it in."""
    log_in(desk, label)
    desk.page.locator("[data-action=renew-passkey]").wait_for(timeout=ACTING)


def receive(practice, subject: str) -> None:
    letter = EmailMessage()
    letter["From"], letter["To"], letter["Subject"] = letters.OUTSIDER, BOB, subject
    letter.set_content(f"Le texte de {subject}.\n")
    letters.deliver(practice.places.lmtp_port, letters.OUTSIDER, BOB, [bytes(letter)])
