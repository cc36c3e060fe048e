"""The card table's page in Chromium: every button of a card does what it says, in French first, and nothing is logged."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from bridge.pki.sample_health_pki import SamplePki
from tests.bridge.desks import challenge
from tests.bridge.hand import Call
from tests.bridge.running import RunningBridge, running_bridge

pytestmark = pytest.mark.browser


@pytest.fixture
def bridge(sample_pki: SamplePki, tmp_path: Path) -> Iterator[RunningBridge]:
    with running_bridge(tmp_path, sample_pki.directory, prompt={"kind": "card-table"}) as running:
        yield running


@pytest.fixture
def table(bridge: RunningBridge, chromium: Browser) -> Iterator[Page]:
    context = chromium.new_context(locale="de-DE", viewport={"width": 390, "height": 844})
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(bridge.facts["table"])
    page.locator(".card").first.wait_for()
    yield page
    context.close()
    assert complaints == []


def card(table: Page, name: str = "CPS Alice") -> Locator:
    return table.locator(".card", has_text=name)


def press(where: Locator | Page, name: str) -> None:
    where.get_by_role("button", name=re.compile(f"^{re.escape(name)}(:|$)")).click()


def test_mishaps_show_on_the_card(table: Page) -> None:
    alice = card(table)
    press(alice, "Code faux")
    expect(alice.locator(".tries")).to_have_text("2 essais restants")
    expect(alice.locator(".dots [data-left]")).to_have_count(2)
    press(alice, "Dernier essai")
    expect(alice.locator(".tries")).to_have_text("1 essai restant")
    press(alice, "Code faux")
    expect(alice.locator(".badge")).to_have_text("Carte bloquée")
    press(alice, "Remettre à neuf")
    expect(alice.locator(".dots [data-left]")).to_have_count(3)
    press(alice, "Ne répond plus")
    expect(alice.locator(".badge")).to_have_text("Ne répond pas")
    press(alice, "Répond de nouveau")
    expect(alice.locator(".badge")).to_be_hidden()


def test_cards_are_pulled_inserted_and_swapped(table: Page) -> None:
    alice, bob = card(table), card(table, "CPS Bob")
    press(bob, "Retirer")
    expect(bob.locator(".reader")).to_have_text("Hors du lecteur")
    press(alice, "Échanger")
    expect(alice.locator(".reader")).to_have_text("Hors du lecteur")
    expect(bob.locator(".reader")).to_have_text("Demo reader alice")
    press(alice, "Insérer")
    expect(alice.locator(".reader")).to_have_text("Demo reader bob")


def test_the_keyboard_stays_where_it_was(table: Page) -> None:
    alice = card(table)
    alice.get_by_role("button", name="Ne répond plus").focus()
    table.keyboard.press("Enter")
    expect(alice.get_by_role("button", name="Répond de nouveau")).to_be_focused()
    table.keyboard.press("Enter")
    expect(alice.get_by_role("button", name="Ne répond plus")).to_be_focused()


def test_digits_stand_large_and_once(table: Page, bridge: RunningBridge) -> None:
    opened: list[object] = []
    import threading

    opening = threading.Thread(target=lambda: opened.append(bridge.page()), daemon=True)
    opening.start()
    prompt = table.locator(".prompt")
    digits = prompt.locator(".digits").inner_text()
    assert re.fullmatch(r"\d{3} \d{3}", digits)
    assert prompt.inner_text().count(digits) == 1
    expect(prompt).to_contain_text("mail.pli.example")
    press(table, "Accepter")
    opening.join(10)
    page = opened[0]
    assert page.digits == digits  # type: ignore[attr-defined]
    call = Call(page, "auth.token", card=page.card("Alice"), challenge=challenge())  # type: ignore[arg-type,attr-defined]
    expect(table.locator(".prompt")).to_contain_text("Se connecter")
    press(table, "Taper un code faux")
    assert call.over().error == "PIN_INCORRECT"
    expect(card(table).locator(".tries")).to_have_text("2 essais restants")
    page.close()  # type: ignore[attr-defined]


def test_the_person_changes_a_pin_and_is_told_how_it_ended(table: Page) -> None:
    press(card(table), "Changer le code")
    prompt = table.locator(".prompt")
    expect(prompt).to_contain_text("vous, sur cet ordinateur")
    table.locator("input[name=pin]").fill("1234")
    press(table, "Valider")
    table.locator("input[name=again]").wait_for()
    for again in ("4322", "4321"):
        table.locator("input[name=pin]").fill("4321")
        table.locator("input[name=again]").fill(again)
        press(table, "Valider")
        if again == "4322":
            expect(table.locator(".wrong")).to_have_text("Les deux codes diffèrent.")
    expect(card(table).locator(".outcome")).to_have_text("Le code de la carte est changé.")


def test_english_is_one_press_away(table: Page) -> None:
    press(table, "English")
    expect(card(table).get_by_role("button", name="Pull")).to_be_visible()
    expect(table.locator("html")).to_have_attribute("lang", "en")


def test_whoever_opens_the_address_again_is_told_what_to_do(table: Page, bridge: RunningBridge) -> None:
    copied = table.context.new_page()
    copied.goto(bridge.facts["table"])
    expect(copied.locator("#away")).to_contain_text("Relancez make demo")
    expect(copied.locator(".card")).to_have_count(0)
    expect(table.locator("#away")).to_be_hidden()  # the one that is there stays
    table.reload()
    expect(card(table)).to_be_visible()


def test_nothing_is_wider_than_a_phone(table: Page) -> None:
    press(card(table), "Dernier essai")
    press(card(table), "Tenter le dernier essai")
    table.locator(".prompt").wait_for()
    assert table.evaluate("document.documentElement.scrollWidth <= innerWidth")
    press(table, "Annuler")
    expect(card(table).locator(".outcome")).to_have_text("Rien n’a été fait.")
