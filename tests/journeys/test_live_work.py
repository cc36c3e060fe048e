"""A service's inbox with two people in it at once: what one does with a message, the other sees without asking."""

from datetime import timedelta

import pytest
from desk import CARD_LABELS, OPENING, at_desks
from playwright.sync_api import expect
from shared_steps import switch
from test_accessibility import inspect

from bridge.pki.issue import utc_now
from webmail.management.demo import letters
from webmail.management.demo.colleague import Colleague, granted
from webmail.management.demo.headless_page import HeadlessPage

pytestmark = [pytest.mark.browser, pytest.mark.slow]
ALICE, WARD = "alice.martin@pli.example", "service.medecine@pli.example"
LETTER = "Avis demandé"


@pytest.fixture(scope="module")
def ward(practice):
    """An inbox of Alice's service, with Bob in it and letters that wait."""
    pages = [HeadlessPage(practice.places.origin(name), practice.bridge_port) for name in ("alice", "bob")]
    with pages[0] as hers, pages[1] as his:
        alice, bob = Colleague.log_in(hers, CARD_LABELS["alice"]), Colleague.log_in(his, CARD_LABELS["bob"])
        bob.prove_card()
        ward = alice.open_service("ORG", WARD)
        card = ward.card_of(reference=bob.reference)
        ward.grant(granted(card, "sender", utc_now() - timedelta(minutes=1)))
    deliver(practice, *letters.ward_letters(WARD))
    return practice


def deliver(practice, *messages):
    sender = "accueil@msp.example"
    letters.deliver(practice.places.lmtp_port, sender, WARD, [bytes(one) for one in messages])


@pytest.fixture(scope="module")
def desks(ward, chromium):
    """Alice and Bob, each in a browser of an own, both at the inbox of the ward all the time."""
    people = ("alice", "bob")
    with at_desks(chromium, ward.places, *people) as found:
        for desk, name in zip(found, people, strict=True):
            desk.ask_often().log_in_with_card(name)
            switch(desk.page, WARD)
            desk.wait_for_row(LETTER)
        yield found


def row(desk, subject=LETTER):
    return desk.page.locator(".row", has_text=subject)


def share(desk, name):
    desk.page.locator(f"[data-share={name}]").click()


def test_colleagues_see_each_others_work_at_once(desks, pictures):
    alice, bob = desks
    bob.open(LETTER)
    bob.page.locator("[data-action=assign]").select_option(label="Alice MARTIN")
    expect(row(alice)).to_contain_text("pour vous", timeout=OPENING)
    expect(row(bob)).to_contain_text("pour Alice MARTIN")

    bob.page.locator("[data-command=reply]").click()
    bob.page.locator("textarea.composer-text").fill("Je réponds.")
    expect(row(alice)).to_contain_text("Bob LEFÈVRE répond", timeout=OPENING)
    alice.open(LETTER)
    pictures.shoot(alice.page, "work-message")
    found = inspect(alice.page, "a message that a colleague answers")
    alice.page.locator("[data-command=reply]").click()
    question = alice.page.locator("dialog", has_text="Bob LEFÈVRE répond à ce message")
    expect(question).to_be_visible()
    pictures.shoot(alice.page, "work-take-over")
    found += inspect(alice.page, "the question before taking over")
    expect(alice.page.locator("textarea.composer-text")).to_have_count(0)
    question.locator("[data-action=take-over]").click()
    expect(alice.page.locator("textarea.composer-text")).to_be_visible()
    taken = bob.page.locator(".banners", has_text="Alice MARTIN a pris la suite de cette réponse.")
    expect(taken).to_be_visible(timeout=OPENING)
    pictures.shoot(bob.page, "work-taken")
    expect(bob.page.locator("textarea.composer-text")).to_have_value("Je réponds.")
    bob.page.locator("[data-action=discard]").click()
    expect(row(bob)).to_contain_text("Alice MARTIN répond", timeout=OPENING)

    alice.page.locator("[data-action=discard]").click()
    expect(row(bob)).not_to_contain_text("répond", timeout=OPENING)
    alice.page.locator(".work-bar").wait_for()
    alice.page.keyboard.press("d")
    expect(row(bob)).to_contain_text("traité", timeout=OPENING)
    assert found == []


def test_each_lists_his_share(desks, pictures):
    alice, bob = desks
    share(bob, "done")
    expect(row(bob)).to_have_count(1)
    share(bob, "nobody")
    expect(row(bob)).to_have_count(0)
    bob.page.locator(".row:not(.loading)").first.wait_for()
    pictures.shoot(bob.page, "work-list")
    found = inspect(bob.page, "what is nobody's")
    share(bob, "mine")
    bob.page.locator(".empty", has_text="Rien ne vous attend").wait_for()
    pictures.shoot(bob.page, "work-nothing")
    found += inspect(bob.page, "nothing of one's own")
    alice.open(LETTER)
    alice.page.locator("[data-command=done]").click()
    alice.page.locator("[data-action=assign]").select_option(label="Bob LEFÈVRE")
    expect(row(bob)).to_have_count(1, timeout=OPENING)
    assert found == []


def test_each_has_read_marks_of_an_own_where_a_manager_says_so(ward, desks, pictures):
    alice, bob = desks
    share(bob, "all")
    alice.page.locator("[data-place=members]").click()
    alice.page.locator("[data-action=read-marks]").check()
    expect(alice.page.locator(".toast")).to_contain_text("Marques de lecture changées.", timeout=OPENING)
    pictures.shoot(alice.page, "work-read-marks")
    assert inspect(alice.page, "the switch for read marks") == []
    deliver(ward, letter("Lettre nouvelle"))
    alice.folder("Réception")
    for desk in desks:
        expect(row(desk, "Lettre nouvelle").and_(desk.page.locator(".unread"))).to_have_count(1, timeout=OPENING)
    bob.open("Lettre nouvelle")
    expect(row(bob, "Lettre nouvelle").and_(bob.page.locator(".unread"))).to_have_count(0, timeout=OPENING)
    row(bob, "Lettre nouvelle").click()
    bob.page.locator("[data-action=assign]").select_option(label="Bob LEFÈVRE (vous)")
    expect(row(alice, "Lettre nouvelle")).to_contain_text("pour Bob LEFÈVRE", timeout=OPENING)
    expect(row(alice, "Lettre nouvelle").and_(alice.page.locator(".unread"))).to_have_count(1)


def test_who_leaves_sees_it_end_and_who_joins_sees_what_comes_then(ward, desks, pictures):
    """The key changes at both: Bob goes, and comes back without the history."""
    alice, bob = desks
    alice.page.locator("[data-place=members]").click()
    member = alice.page.locator(f"article.member[data-person='{ward.rpps('bob')}']")
    member.locator("[data-action=end]").click()
    alice.page.locator("dialog[open] [data-action=agree]").click()
    expect(member).to_have_count(0, timeout=OPENING)
    expect(bob.page.locator(f"[data-account='{WARD}']")).to_have_count(0, timeout=OPENING)
    expect(bob.page.locator(".toast")).to_contain_text("a pris fin", timeout=OPENING)
    bob.page.locator(".row:not(.loading)").first.wait_for()
    expect(row(bob)).to_have_count(0)
    pictures.shoot(bob.page, "ward-left")
    found = inspect(bob.page, "the page of who has left")

    alice.page.locator("[data-action=delegate]").click()
    alice.page.locator("input[name=search]").press_sequentially("lef", delay=30)
    alice.page.locator(".found-person").first.click()
    alice.page.locator("input[name=reach][value=now]").check()
    pictures.shoot(alice.page, "ward-joining")
    alice.page.locator(".review [data-action=agree]").click()
    expect(member).to_have_count(1, timeout=OPENING)
    deliver(ward, letter("Transmission du soir"))
    switch(bob.page, WARD)
    bob.open("Transmission du soir")
    assert bob.page.locator(".row:not(.loading)", has_text=LETTER).count() == 0
    pictures.shoot(bob.page, "ward-joined")
    found += inspect(bob.page, "the page of who has joined")
    assert found == []


def test_an_inbox_that_no_list_awaits_is_opened_with_the_card(desks, pictures):
    """By an address of one's own choice; not by one that is another's."""
    alice = desks[0]
    page = alice.page
    switch(page, ALICE)
    page.locator("[data-place=members]").click()
    section = page.locator(".new-inbox")
    section.locator("summary").click()
    section.locator("[name=local]").fill("service.medecine")
    section.locator("[data-action=open-inbox]").scroll_into_view_if_needed()
    pictures.shoot(alice.page, "new-inbox")
    found = inspect(page, "opening an inbox")
    section.locator("[data-action=open-inbox]").click()
    refusal = page.locator(".banners .notice-error")
    expect(refusal).to_be_visible(timeout=OPENING)
    refusal.locator(".icon-button").click()
    section.locator("summary").click()
    section.locator("[name=local]").fill("cabinet.pasteur")
    section.locator("[name=kind]").select_option("CAB")
    section.locator("[data-action=open-inbox]").click()
    opened = page.locator("[data-account='cabinet.pasteur@pli.example']")
    expect(opened).to_have_attribute("aria-current", "true", timeout=OPENING)
    expect(page.locator(".toast")).to_contain_text("La boîte est ouverte", timeout=OPENING)
    expect(page.locator("article.member[data-person]")).to_have_count(1, timeout=OPENING)
    pictures.shoot(alice.page, "new-inbox-opened")
    found += inspect(page, "an inbox just opened")
    assert found == []


def letter(subject):
    """One more, of a subject of its own."""
    made = next(letters.ward_letters(WARD))
    made.replace_header("Subject", subject)
    made.replace_header("Message-ID", f"<{subject.replace(' ', '-').lower()}@msp.example>")
    return made
