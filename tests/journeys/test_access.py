"""What opens a mailbox is lost, renewed and replaced: passkey beside the card, recovery code, lost card; real cards, bridge and server."""

import re

import pytest
from desk import Desk, at_desks
from gallery import Gallery
from passkey import open_account, plug_in
from playwright.sync_api import expect
from test_accessibility import violations

pytestmark = [pytest.mark.browser, pytest.mark.slow]
CHLOE = "chloe.petit@pli.example"
ACTING = 60_000
ON_PAPER = """(dialog) => ({
  top: dialog.getBoundingClientRect().top, ground: getComputedStyle(dialog).backgroundColor, backdrop: getComputedStyle(dialog, '::backdrop').display,
  others: [...document.querySelectorAll('.topbar, .folders-pane, .access-page, .no-print')].filter((one) => one.checkVisibility()).length,
})"""


@pytest.fixture(scope="module")
def chloe(practice, chromium):
    """No card and no bridge: a passkey."""
    with at_desks(chromium, practice.places, "chloe") as [desk]:
        plug_in(desk)
        open_account(desk, "Chloé Petit", CHLOE)
        yield desk


@pytest.fixture(scope="module")
def alice(practice, chromium):
    with at_desks(chromium, practice.places, "alice") as [desk]:
        plug_in(desk)
        desk.log_in_with_card("alice")
        yield desk


def go(desk: Desk, place: str) -> None:
    desk.page.locator(f"[data-place={place}]").click()


def readiness(desk: Desk) -> str:
    return desk.page.locator("[data-readiness]").get_attribute("data-readiness") or ""


def inspected(desk: Desk, pictures, name: str) -> None:
    pictures.shoot(desk.page, name)
    assert violations(desk.page, None) == []


def kinds(desk: Desk) -> list[str]:
    desk.page.locator(".access-item").first.wait_for()
    return [item.get_attribute("data-kind") for item in desk.page.locator(".access-item:not(.over)").all()]


def written_code(desk: Desk) -> str:
    return " ".join(desk.page.locator(".code-groups li").all_inner_texts())


def printed(desk: Desk, what: str) -> dict:
    """How a dialog stands on paper in the dark: it alone, from the top, on white."""
    desk.page.emulate_media(media="print", color_scheme="dark")
    found = desk.page.locator(what).evaluate(ON_PAPER)
    desk.page.emulate_media(media="screen", color_scheme="light")
    return found


def type_back(desk: Desk, code: str, *, wrong: bool = False) -> None:
    for box in desk.page.locator(".code-input").all():
        group = int(re.sub(r"\D", "", box.get_attribute("name") or "0"))
        box.fill("ZZZZ" if wrong else code.split()[group].lower())
    desk.page.locator("[data-action=check-code]").click()


def test_a_passkey_alone_is_not_ready(chloe, pictures):
    go(chloe, "access")
    assert kinds(chloe) == ["passkey"]
    assert readiness(chloe) == "alone"
    inspected(chloe, pictures, "access-alone")


def test_a_code_is_shown_once_and_typed_back(chloe, pictures):
    chloe.page.locator("[data-action=add-code]").click()
    chloe.page.locator("[data-action=make-code]").click()
    chloe.page.locator(".code-groups").wait_for(timeout=ACTING)
    inspected(chloe, pictures, "code-sheet")
    assert printed(chloe, ".code-dialog") == {"top": 0, "ground": "rgb(255, 255, 255)", "backdrop": "none", "others": 0}
    code = written_code(chloe)
    assert re.fullmatch(r"([0-9A-HJKMNP-TV-Z]{4} ){13}[0-9A-HJKMNP-TV-Z]{4}", code)
    chloe.page.locator("[data-action=written]").click()
    type_back(chloe, code, wrong=True)
    expect(chloe.page.locator(".field-wrong").first).to_be_visible()
    inspected(chloe, pictures, "code-wrong")
    type_back(chloe, code)
    expect(chloe.page.locator("pli-new-code")).to_have_count(0, timeout=ACTING)
    expect(chloe.page.locator(".access-item")).to_have_count(2)
    assert readiness(chloe) == "ready"
    inspected(chloe, pictures, "access-ready")
    assert code.split()[3] not in chloe.page.content()
    chloe.code = code


def test_the_code_reads_and_does_nothing_else(practice, chromium, chloe, pictures):
    with at_desks(chromium, practice.places, "chloe") as [desk]:
        opens_by_code(desk, chloe.code, pictures)


def opens_by_code(desk: Desk, code: str, pictures: Gallery) -> None:
    desk.go()
    desk.page.locator("[data-action=without-card]").click()
    desk.page.locator("[data-action=code]").wait_for()
    inspected(desk, pictures, "without-card")
    desk.page.locator("[data-action=code]").click()
    desk.page.locator("[name=address]").fill(CHLOE)
    slipped = code[:20] + ("0" if code[20] != "0" else "1") + code[21:]
    desk.page.locator("[name=code]").fill(slipped)
    desk.page.locator("[data-action=use-code]").click()
    expect(desk.page.locator(".notice-error")).to_be_visible()
    inspected(desk, pictures, "code-refused")
    desk.page.locator("[name=address]").fill(CHLOE)
    desk.page.locator("[name=code]").fill(code.lower())
    desk.page.locator("[data-action=use-code]").click()
    desk.page.locator("[data-news=recovery]").wait_for(timeout=ACTING)
    inspected(desk, pictures, "recovery-session")
    desk.page.locator("[data-action=compose]").click()
    expect(desk.page.locator(".toast")).to_contain_text("ne fait que lire")
    expect(desk.page.locator("pli-composer")).to_have_count(0)
    go(desk, "access")
    desk.page.locator(".access-item").first.wait_for()
    expect(desk.page.locator(".access-add")).to_have_count(0)


def test_a_passkey_beside_the_card_and_its_removal(alice, pictures):
    go(alice, "access")
    assert kinds(alice) == ["card"]
    alice.page.locator("[data-action=add-passkey]").click()
    alice.page.locator("[name=name]").fill("Ordinateur du cabinet")
    inspected(alice, pictures, "add-passkey")
    alice.page.locator("[data-action=agree]").click()
    expect(alice.page.locator(".access-notices .notice-good").first).to_be_visible(timeout=ACTING)
    expect(alice.page.locator(".access-item:not(.over)")).to_have_count(2)
    assert kinds(alice) == ["card", "passkey"]
    inspected(alice, pictures, "access-card")
    alice.page.locator("[data-kind=passkey] [data-action=lose]").click()
    inspected(alice, pictures, "lose")
    alice.page.locator("[data-action=agree]").click()
    expect(alice.page.locator("[data-kind=passkey].over")).to_be_visible(timeout=ACTING)
    assert readiness(alice) == "alone"
    assert alice.complaints == []
