"""The recovery sheet's page in Chromium: shows, prints, asks back, says how it ended; nothing is logged, and axe finds nothing."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect
from playwright.sync_api import Page as Tab

from bridge.cms.recovery_code import parse_code
from tests.bridge.log_keeper import LogKeeper
from tests.bridge.running import Page, RunningBridge
from tests.bridge.test_recovery import Making
from tests.chromium import answer

pytestmark = pytest.mark.browser
AXE = (Path(__file__).parents[2] / "node_modules" / "axe-core" / "axe.min.js").read_text("utf-8")
WIDE, PHONE = {"width": 1440, "height": 1000}, {"width": 390, "height": 844}


@pytest.fixture
def bridge(standing_bridge: RunningBridge) -> RunningBridge:
    return standing_bridge


@pytest.fixture
def tab(chromium: Browser) -> Iterator[Tab]:
    context = chromium.new_context(locale="fr-FR", viewport=WIDE)  # type: ignore[arg-type]
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    yield page
    context.close()
    assert complaints == []


def look(tab: Tab, folder: Path, name: str) -> list[str]:
    """A picture at each size, and what axe says of it."""
    found = []
    for size, scheme in ((WIDE, "light"), (PHONE, "light"), (WIDE, "dark")):
        tab.set_viewport_size(size)  # type: ignore[arg-type]
        tab.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        tab.screenshot(path=folder / f"sheet-{name}-{size['width']}-{scheme}.png", full_page=True)
        if not tab.evaluate("'axe' in globalThis"):
            tab.evaluate(AXE)
        result = answer(tab, "() => axe.run(document, {resultTypes: ['violations']})")
        found += [f"{one['id']}: {one['nodes'][0]['html'][:160]}" for one in result["violations"]]
    tab.set_viewport_size(WIDE)  # type: ignore[arg-type]
    tab.emulate_media(color_scheme="light")
    return found


def button(tab: Tab, name: str) -> None:
    tab.get_by_role("button", name=name).click()


def test_the_sheet_from_making_to_keeping(
    bridge: RunningBridge, page: Page, kept: LogKeeper, alice: str, tab: Tab, tmp_path: Path
) -> None:
    begun = page.call("recovery.sheet", handle=kept.handle)
    making = Making(page, kept, begun["sheet"], alice)
    tab.goto(begun["url"])
    tab.get_by_role("heading", name="Feuille de secours").wait_for()
    assert begun["url"].partition("#")[2] not in tab.url
    groups = tab.locator("#groups li").all_inner_texts()
    assert len(parse_code("".join(groups))) == 32
    assert tab.locator("#drawn").get_attribute("d")
    found = look(tab, tmp_path, "shown")
    tab.emulate_media(media="print")
    tab.pdf(path=tmp_path / "sheet.pdf", prefer_css_page_size=True)
    tab.screenshot(path=tmp_path / "sheet-print.png", full_page=True)
    tab.emulate_media(media="screen")
    button(tab, "Je l’ai imprimé ou recopié")
    assert "".join(groups) not in re.sub(r"\s", "", tab.content())  # gone while it is asked for
    labels = tab.locator("#fields label span").all_inner_texts()
    fields = tab.locator("#fields input")
    fields.nth(0).fill("0000")
    fields.nth(1).fill("0000")
    button(tab, "Vérifier")
    expect(tab.get_by_role("alert")).to_have_text(
        "Ce n’est pas ce qui est écrit sur la feuille. Relisez les deux groupes."
    )
    button(tab, "English")
    expect(tab.get_by_role("heading", name="Check the sheet")).to_be_visible()
    button(tab, "Français")
    found += look(tab, tmp_path, "asked")
    for place, label in enumerate(labels):
        fields.nth(place).fill(f" {groups[int(label.split()[1]) - 1].lower()} ")
    tab.keyboard.press("Enter")
    expect(tab.get_by_role("heading", name="Votre code de secours est prêt")).to_be_visible()
    found += look(tab, tmp_path, "done")
    assert making.over().error is None
    assert found == []


def test_a_reload_shows_nothing_and_makes_nothing(
    bridge: RunningBridge, page: Page, kept: LogKeeper, alice: str, tab: Tab, tmp_path: Path
) -> None:
    begun = page.call("recovery.sheet", handle=kept.handle)
    making = Making(page, kept, begun["sheet"], alice)
    tab.goto(begun["url"])
    tab.get_by_role("heading", name="Feuille de secours").wait_for()
    tab.reload()
    expect(tab.get_by_role("heading", name="Cette page ne sert qu’une fois")).to_be_visible()
    assert look(tab, tmp_path, "gone") == []
    error = making.over().error
    assert error is not None
    assert error.name == "USER_CANCELLED"


@pytest.mark.parametrize("path", ["/sheet", "/sheet/sheet.js", "/sheet/sheet-words.js", "/sheet/sheet.css"])
def test_its_files_say_nothing_and_may_be_framed_by_nobody(bridge: RunningBridge, path: str) -> None:
    import urllib.request

    with urllib.request.urlopen(f"http://127.0.0.1:{bridge.port}{path}", timeout=5) as answer:
        policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "trusted-types 'none'" in policy
    assert answer.headers["Cache-Control"] == "no-store"
