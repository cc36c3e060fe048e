"""axe-core finds nothing on any page in any state, light and dark; and the whole job needs no mouse."""

from pathlib import Path

import bad_letters
import pytest
from desk import CARD_LABELS, ENCRYPTED, OPENING, Desk, at_desks
from gallery import PHONE, WIDE
from passkey import begin_account
from playwright.sync_api import expect

from tests.chromium import answer
from webmail.management.demo import letters, run

pytestmark = [pytest.mark.browser, pytest.mark.slow]
AXE = (Path(__file__).parents[2] / "node_modules" / "axe-core" / "axe.min.js").read_text("utf-8")
# One frame at a time: the frame of a message has an origin of its own, which axe could not cross.
CHECK = """async (rules) => {
  const runOnly = rules ? {runOnly: {type: 'rule', values: rules}} : {};
  return (await axe.run(document, {iframes: false, resultTypes: ['violations'], ...runOnly})).violations;
}"""
# What is still moving has other colours than what stands: under load a fixed wait is over too early.
SETTLED = """() => new Promise((done) => requestAnimationFrame(() => setTimeout(done)))
  .then(() => Promise.allSettled(document.getAnimations().filter((one) => one.effect.getComputedTiming().endTime !== Infinity).map((one) => one.finished)))
  .then(() => {})"""
COLOURS = ["color-contrast", "link-in-text-block"]


def violations(page, rules):
    """What axe says of the page and of each of its frames: rule and first element. `rules`: only these, or None."""
    found = []
    for frame in page.frames:
        if not frame.evaluate("'axe' in globalThis"):
            frame.evaluate(AXE)
        found += [f"{one['id']}: {one['nodes'][0]['html'][:160]}" for one in answer(frame, CHECK, rules)]
    return found


def inspect(page, state):
    """Wide, on a phone, and in the dark, where nothing but colours differs."""
    found = []
    for size, scheme, rules in ((PHONE, "light", None), (WIDE, "light", None), (WIDE, "dark", COLOURS)):
        page.set_viewport_size(size)
        page.emulate_media(color_scheme=scheme)
        answer(page, SETTLED)
        found += [f"{state}, {size['width']} px, {scheme}: {one}" for one in violations(page, rules)]
    page.set_viewport_size(WIDE)
    page.emulate_media(color_scheme="light")
    return found


@pytest.fixture
def desk(practice, context):
    context.new_page()  # a page of its own for the card table, where a test wants one
    return Desk(context.new_page(), practice.places.origin("alice"))


@pytest.fixture(scope="module")
def alice(practice, chromium):
    """Logged in once for the pages behind the entrance."""
    with at_desks(chromium, practice.places, "alice") as [desk]:
        desk.log_in_with_card("alice")
        yield desk


@pytest.fixture
def inbox(alice):
    """Her inbox, with nothing open beside it."""
    expect(alice.page.locator("dialog[open], textarea.composer-text")).to_have_count(0)
    alice.folder("Réception")
    alice.page.locator(".grid").wait_for()
    return alice


def test_entrance(desk):
    page = desk.page
    desk.go()
    page.get_by_role("heading", name="Connexion").wait_for()
    found = inspect(page, "entrance")
    page.get_by_role("button", name="Carte de santé").click()
    page.get_by_role("button", name=CARD_LABELS["alice"]).wait_for()
    found += inspect(page, "cards")
    begin_account(desk)
    found += inspect(page, "account opening")
    assert found == []


def commands_on_a_phone(page):
    """The rarer ones come up with their names, and go once one is chosen."""
    page.set_viewport_size(PHONE)
    sheet = page.locator("#reader-more")
    expect(sheet).to_be_hidden()
    page.get_by_role("button", name="Autres actions").click()
    expect(sheet).to_be_visible()
    page.evaluate(SETTLED)
    found = [f"commands, {PHONE['width']} px: {one}" for one in violations(page, None)]
    sheet.locator("[data-command=flag]").click()
    expect(sheet).to_be_hidden()
    page.set_viewport_size(WIDE)
    expect(page.locator("[data-command=flag]")).to_have_attribute("aria-pressed", "true")
    return found


def test_desk(inbox):
    desk, page = inbox, inbox.page
    found = inspect(page, "inbox")
    desk.open("Compte rendu")
    found += inspect(page, "text with attachments")
    desk.open("Avis").details()
    found += inspect(page, "signed message")
    found += commands_on_a_phone(page)
    page.locator("[data-command=held]").click()
    page.locator(".held-columns .hex").first.wait_for()
    found += inspect(page, "what the server holds")
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    page.get_by_role("dialog").wait_for()
    found += inspect(page, "help")
    page.keyboard.press("Escape")
    desk.open("Nouvelle recommandation")
    page.frame_locator("iframe").get_by_role("heading", name="Antibioprophylaxie").wait_for()
    found += inspect(page, "HTML message")
    assert found == []


def test_message_inside_a_message(practice, inbox):
    """An attached message in a view of its own, which a keyboard opens and closes."""
    inside, around = bad_letters.plain("Dedans", "Le texte joint.\n"), bad_letters.plain("Autour", "Voir ci-joint.\n")
    around.add_attachment(inside)
    letters.deliver(practice.places.lmtp_port, letters.OUTSIDER, "alice.martin@pli.example", [bytes(around)])
    desk, page = inbox, inbox.page
    desk.wait_for_row("Autour")
    desk.open("Autour")
    found = inspect(page, "message with a message in it")
    page.locator("[data-action=open-separately]").focus()
    page.keyboard.press("Enter")
    view = page.locator("dialog.separate-dialog")
    view.locator(".signature").wait_for()
    assert view.locator(".reader-subject").inner_text() == "Dedans"
    assert view.locator(".signature").get_attribute("data-state") == "S5"
    assert "Le texte joint." in view.locator(".message-paper").inner_text()
    assert "Le texte joint." not in page.locator("#message-body").inner_text()
    found += inspect(page, "opened separately")
    page.keyboard.press("Escape")
    expect(view).to_have_count(0)
    assert found == []


def test_writing(inbox):
    desk, page = inbox, inbox.page
    page.get_by_role("button", name="Écrire").click()
    page.locator("#to-input").wait_for()
    found = inspect(page, "empty composer")
    page.locator("#to-input").press_sequentially("lef")
    page.get_by_role("option").first.wait_for()
    found += inspect(page, "suggestions")
    page.locator("#to-input").fill("emma@ailleurs.example,")
    page.locator(".composer-notices .notice").wait_for()
    found += inspect(page, "blocked recipient")
    page.locator("[data-action=discard]").click()
    desk.write(["bob.lefevre@pli.example"], "Accessible", "Bonjour.", [Path(__file__)])
    page.locator(".chip.ready").wait_for()
    found += inspect(page, "filled composer")
    page.get_by_role("button", name="Fermer et garder comme brouillon").click()
    desk.folder("Brouillons")
    page.locator(".draft-item").first.wait_for()
    found += inspect(page, "drafts")
    page.locator(".draft-item").first.click()
    desk.send()
    desk.folder("Envoyés")
    desk.wait_for_row("Accessible")
    found += inspect(page, "sent")
    assert found == []


def test_locked_and_refused(practice, desk):
    """The locked mailbox, an error, and the card table with its question."""
    page, table = desk.page, desk.page.context.pages[0]
    desk.log_in_with_card("alice")
    page.locator("[data-action=lock]").click()
    page.locator("[data-action=unlock]").wait_for()
    found = inspect(page, "locked")
    practice.processes.stop("bridge-journey")
    page.locator("[data-action=unlock]").click()
    page.get_by_role("alert").wait_for(timeout=OPENING)
    found += inspect(page, "error")
    table.goto(run.start_bridge(practice.processes, practice.places, "table")["table"])
    table.locator(".card").first.wait_for()
    found += inspect(table, "card table")
    page.locator("[data-action=unlock]").click()
    table.locator("input[name=pin]").wait_for()
    found += inspect(table, "PIN on the card table")
    practice.processes.stop("bridge-table")
    run.start_bridge(practice.processes, practice.places, "journey")
    assert found == []


def test_absent_page(desk):
    desk.go("/absent")
    desk.page.get_by_role("heading").first.wait_for()
    assert inspect(desk.page, "absent page") == []


def tab_to(page, selector, limit=60):
    """Press Tab until the element is focused; a person would count on it being reachable, and visibly so."""
    for _ in range(limit):
        page.keyboard.press("Tab")
        if page.evaluate("selector => document.activeElement?.matches(selector) ?? false", selector):
            return
    raise AssertionError(f"{selector} is not reached by the Tab key")


def test_letter_is_answered_without_a_mouse(practice, context, desk):
    """From the entrance to the sent answer with the keyboard alone."""
    bob = Desk(context.new_page(), practice.places.origin("bob"))
    bob.log_in_with_card("bob")
    bob.write(["alice.martin@pli.example"], "Au clavier", "Peux-tu répondre ?")
    bob.send()

    page = desk.page
    page.bring_to_front()
    desk.go()
    page.locator("[data-action=card]").wait_for()
    tab_to(page, "[data-action=card]")
    page.keyboard.press("Enter")
    page.get_by_role("button", name=CARD_LABELS["alice"]).wait_for()
    tab_to(page, "[data-card]")
    if CARD_LABELS["alice"] not in page.evaluate("document.activeElement.innerText"):
        tab_to(page, "[data-card]")
    page.keyboard.press("Enter")
    desk.wait_for_row(ENCRYPTED)

    tab_to(page, ".grid")
    page.keyboard.press("Enter")  # the newest is under the cursor
    letter = desk.opened()
    assert letter.subject == "Au clavier"
    page.keyboard.press("r")
    expect(page.locator("textarea.composer-text")).to_be_focused()
    page.keyboard.type("Voilà, sans souris.")
    tab_to(page, "[data-action=send]")
    page.keyboard.press("Enter")
    expect(page.locator("textarea.composer-text")).to_have_count(0, timeout=OPENING)
    desk.folder("Envoyés")
    assert "sans souris" in desk.open("Re: Au clavier").text
