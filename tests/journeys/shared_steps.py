"""The steps of the smoke run in mailboxes that several people share."""

from desk import OPENING
from playwright.sync_api import expect
from tour import Tour

from webmail.management.demo.sharing import WARD

BOB = "bob.lefevre@pli.example"


def switch(page, address: str) -> None:
    """To another of the person's mailboxes."""
    page.locator(f"[data-account='{address}']").click()
    expect(page.locator(f"[data-account='{address}']")).to_have_attribute("aria-current", "true", timeout=OPENING)


def the_locum_reads_for_bob(tour: Tour) -> None:
    """Dr Caron, whose replacement ends in minutes, opens Dr Lefèvre's mailbox with her own card, and is told for whom."""
    tour.practice.set_card("ines", inserted=True)
    locum = tour.desk("ines")
    locum.choose_card("ines")  # to an inbox of her own in which nothing has come yet
    locum.page.locator("[data-account]").first.wait_for(timeout=OPENING)
    asked = tour.asked()
    switch(locum.page, BOB)
    locum.wait_for_row("Planning des gardes")
    assert tour.asked() == asked, "the second mailbox asked for a PIN"
    expect(locum.page.locator(".acting")).to_contain_text("Bob")
    assert "Dr Lefèvre" in locum.open("Planning des gardes").text
    tour.shoot(locum, "locum")
    tour.practice.set_card("ines", inserted=False)


def alice_looks_after_the_ward(tour: Tour) -> None:
    """Alice goes to the ward's inbox, sees who has access to it, reads, and comes back to her own."""
    page = tour.alice.page
    switch(page, WARD)
    expect(page.locator(".row", has_text="Avis demandé")).to_contain_text("pour vous", timeout=OPENING)
    assert "Mme Essai" in tour.alice.open("Avis demandé").text
    page.locator("[data-place=members]").click()
    expect(page.locator("article.member[data-person]")).to_have_count(4, timeout=OPENING)
    tour.shoot(tour.alice, "ward-members")
    switch(page, "alice.martin@pli.example")
    tour.alice.wait_for_row("Planning des gardes")


def the_ward_is_closed_to_a_lost_card(tour: Tour) -> None:
    """Sami's card is lost: Alice closes the ward's inbox to it, under a new key, and the three others go on."""
    page = tour.alice.page
    switch(page, WARD)
    page.locator("[data-place=members]").click()
    member = page.locator("article.member[data-person]", has_text="HADDAD")
    member.locator("[data-action=lost-card]").click()
    tour.shoot(tour.alice, "ward-lost-card")
    page.locator("dialog[open] [data-action=agree]").click()
    expect(member).to_have_count(0, timeout=OPENING)
    expect(page.locator("article.member[data-person]")).to_have_count(3, timeout=OPENING)
    page.locator("[data-role=inbox]").click()
    assert "Mme Essai" in tour.alice.open("Avis demandé").text
    switch(page, "alice.martin@pli.example")
    tour.alice.wait_for_row("Planning des gardes")


def alice_signs_what_her_secretary_prepared(tour: Tour) -> None:
    """Alice reads what Léa prepared and signs three letters with one agreement, which names each of them."""
    page, practice = tour.alice.page, tour.practice
    place = page.locator("[data-place=letters]")
    expect(place.locator(".folder-count")).to_have_text("3", timeout=OPENING)
    place.click()
    expect(page.locator(".letter[data-state=prepared]")).to_have_count(3, timeout=OPENING)
    tour.shoot(tour.alice, "letters-to-sign")
    page.locator(".letter", has_text="Courrier de sortie").locator(".letter-open").click()
    expect(page.locator(".letter-paper")).to_contain_text("courrier-de-sortie.pdf")
    tour.shoot(tour.alice, "letter-as-it-leaves")
    page.locator("[data-action=back]").click()
    page.locator(".letters-all input").check()
    consents, pins = len(practice.prompts("CONFIRM")), tour.asked()
    page.locator("[data-action=sign]").click()
    expect(page.locator(".letter[data-state=signed]")).to_have_count(3, timeout=OPENING)
    (agreement,) = practice.prompts("CONFIRM")[consents:]
    for words in ("3 messages", "échographie : Mme Essai", "courrier-de-sortie.pdf", "sami.haddad@pli.example"):
        assert words in agreement, words
    assert tour.asked() == pins, "the letters asked for a PIN"
    expect(place.locator(".folder-count")).to_have_count(0)
    tour.shoot(tour.alice, "letters-signed")
    page.locator(".folder[data-role=inbox]").click()
    tour.alice.wait_for_row("Planning des gardes")
