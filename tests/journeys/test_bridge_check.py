"""The page that says where the way to the card ends, against real bridges, other programs on their ports, and none."""

import json
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from checking import LABEL, NAME, CheckDesk, CheckPage, check_desk, mute_program_on, program_on
from playwright.sync_api import BrowserContext, expect
from test_accessibility import inspect

sys.path.insert(0, str(Path(__file__).parents[1] / "vcard"))  # for faults.py

from faults import Faults

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CheckDesk]:
    with check_desk(tmp_path_factory.mktemp("check")) as desk:
        yield desk


@pytest.fixture
def check(desk: CheckDesk, context: BrowserContext) -> CheckPage:
    context.grant_permissions(["clipboard-read", "clipboard-write"], origin=desk.origin)
    return CheckPage(context.new_page(), desk)


def test_from_no_bridge_to_all_well(desk: CheckDesk, check: CheckPage, tmp_path: Path) -> None:
    """The page follows: bridge started, paired, card pulled and inserted, bridge stopped. Nobody logs in."""
    words = check.open().finds("bridge-absent")
    assert "pli-bridge doctor" in words
    assert check.tones() == ["good", "bad", "later", "later"]
    with desk.bridge(tmp_path / "bridge") as bridge:
        check.finds("bridge-not-paired")
        assert check.tones() == ["good", "ask", "later", "later"]
        assert f"pli-bridge pair {desk.origin}" in check.page.locator(".check-finding").inner_text()
        check.pair(bridge)
        check.finds("well")
        assert check.tones() == ["good"] * 4
        assert LABEL in check.facts()
        assert f"port {bridge.port}" in check.facts()
        expect(check.page.locator(".facts")).to_contain_text("ms")
        bridge.change_card(NAME, inserted=False)
        check.finds("NO_CARD" if "Lecteur" in check.facts() else "NO_READER")
        bridge.change_card(NAME, inserted=True)
        check.finds("well")
        check.open().finds("well")  # a paired page needs no digits again
    check.finds("bridge-absent")


def test_a_mute_program_holds_the_port(desk: CheckDesk, check: CheckPage, tmp_path: Path) -> None:
    with mute_program_on(desk.ports[0]):
        words = check.open().finds("port-taken")
        assert str(desk.ports[0]) in words
        with desk.bridge(tmp_path / "bridge") as bridge:
            assert bridge.port == desk.ports[1]
            check.finds("bridge-not-paired")
            check.pair(bridge)
            check.finds("well")


def test_a_program_that_answers_is_told_from_a_bridge(desk: CheckDesk, check: CheckPage) -> None:
    with program_on(desk.ports[1]):
        words = check.open().finds("bridge-refused")
        assert str(desk.ports[1]) in words
        assert f"pli-bridge pair {desk.origin}" in words


def test_a_bridge_of_another_time(desk: CheckDesk, check: CheckPage) -> None:
    with program_on(desk.ports[0], json.dumps({"protocols": ["pli-bridge.0"]}).encode()):
        check.open().finds("bridge-old")


def test_a_bridge_that_does_not_know_the_page(desk: CheckDesk, check: CheckPage, tmp_path: Path) -> None:
    """It tells a stranger nothing: the page cannot say more than that somebody answers."""
    with desk.bridge(tmp_path / "bridge", origins=["https://elsewhere.example"]) as bridge:
        check.open().finds("bridge-refused")
        check.press("pair")
        check.finds("bridge-refused")
        assert bridge.prompts() == []


def test_a_bridge_that_is_not_the_one_of_before(desk: CheckDesk, check: CheckPage, tmp_path: Path) -> None:
    folder = tmp_path / "bridge"
    with desk.bridge(folder) as bridge:
        check.open().finds("bridge-not-paired")
        check.pair(bridge)
        check.finds("well")
    shutil.rmtree(folder / "state")
    with desk.bridge(folder) as bridge:
        check.open().finds("bridge-changed")
        assert bridge.prompts("pair")[1:] == []
        expect(check.page.locator(".notice-error")).to_contain_text("Ce n’est pas le programme de carte")
        check.pair(bridge)
        check.finds("well")


def test_digits_that_differ(desk: CheckDesk, check: CheckPage, tmp_path: Path) -> None:
    with desk.bridge(tmp_path / "bridge") as bridge:
        bridge.set_pins({"delay": 2})
        check.open().finds("bridge-not-paired")
        check.press("pair")
        check.press("differ")
        check.finds("pairing-refused")
        check.open().finds("bridge-not-paired")


@pytest.mark.parametrize(("tries", "code"), [(0, "PIN_LOCKED"), (1, "PIN_LAST_TRY")])
def test_a_card_that_must_not_be_tried(
    desk: CheckDesk, check: CheckPage, tmp_path: Path, tries: int, code: str
) -> None:
    with desk.bridge(tmp_path / "bridge") as bridge:
        check.open().finds("bridge-not-paired")
        check.pair(bridge)
        check.finds("well")
        bridge.change_card(NAME, tries=tries)
        check.open().finds(code)
        assert bridge.prompts("pin") == []


def test_one_of_two_cards_that_cannot_be_used_is_named_below(desk: CheckDesk, check: CheckPage, tmp_path: Path) -> None:
    with desk.bridge(tmp_path / "bridge") as bridge:
        check.open().finds("bridge-not-paired")
        check.pair(bridge)
        assert "Cette page atteint votre carte." in check.finds("well")
        bridge.change_card("bob", tries=0, inserted=True)
        assert "Une autre ne peut pas servir" in check.open().finds("well")
        assert "Le code de la carte est bloqué" in check.facts()


def test_no_driver(desk: CheckDesk, check: CheckPage, tmp_path: Path) -> None:
    modules = [{"id": "cps", "path": "/usr/lib/no-such-module.so"}]
    with desk.bridge(tmp_path / "bridge", modules=modules, softwareCards=None) as bridge:
        check.open().finds("bridge-not-paired")
        check.pair(bridge)
        check.finds("MODULE_MISSING")
        assert check.tones() == ["good", "good", "bad", "later"]


def test_a_driver_that_hangs(desk: CheckDesk, check: CheckPage, tmp_path: Path) -> None:
    """Told from an empty reader, and gone again when the driver is."""
    faults = Faults.over(tmp_path, Path("/usr/lib/softhsm/libsofthsm2.so"))
    modules = [{"id": "faulty", "path": str(faults.library)}]
    with desk.bridge(
        tmp_path / "bridge", environment=dict(faults.environment), modules=modules, softwareCards=None
    ) as bridge:
        check.open().finds("bridge-not-paired")
        check.pair(bridge)
        check.page.locator(".link-bad").wait_for()
        faults.set("hang C_GetSlotList")
        check.open().finds("MODULE_CRASHED")
        assert check.tones() == ["good", "good", "bad", "later"]
        faults.set()
        expect(check.page.locator(".check-finding")).not_to_have_attribute(
            "data-finding", "MODULE_CRASHED", timeout=20_000
        )


def test_the_report_names_nobody(desk: CheckDesk, check: CheckPage, tmp_path: Path) -> None:
    with desk.bridge(tmp_path / "bridge") as bridge:
        check.open().finds("bridge-not-paired")
        check.pair(bridge)
        check.finds("well")
        check.press("copy")
        expect(check.page.locator(".check-said")).to_contain_text("Copié")
        report = check.page.evaluate("navigator.clipboard.readText()")
    assert "finding: well (card)" in report
    assert "Martin" not in report


def test_through_the_link_window(desk: CheckDesk, check: CheckPage, tmp_path: Path) -> None:
    """As in WebKit, or where the permission was refused: a click opens a window of the bridge."""
    check.page.add_init_script("sessionStorage.setItem('pli-bridge-way', 'relay')")
    with program_on(desk.ports[0]), desk.bridge(tmp_path / "bridge") as bridge:
        check.open().finds("relay-needed")
        with check.page.expect_popup() as popup:
            check.press("window")
        check.finds("bridge-not-paired")
        assert popup.value.is_closed()  # a window serves one connection
        check.pair(bridge)
        check.finds("well")
        assert "fenêtre de liaison" in check.facts()
        assert check.page.context.pages[-1].url == f"http://127.0.0.1:{bridge.port}/relay"
        bridge.change_card(NAME, inserted=False)
        expect(check.page.locator(".check-finding")).not_to_have_attribute("data-finding", "well")
        bridge.change_card(NAME, inserted=True)
        check.finds("well")
        check.page.context.pages[-1].close()
        check.finds("relay-needed")


def test_the_ends_of_the_way_are_accessible(check: CheckPage) -> None:
    found = []
    with mute_program_on(check.desk.ports[0]):
        check.open().finds("port-taken")
        found += inspect(check.page, "port taken")
    check.finds("bridge-absent")
    found += inspect(check.page, "absent")
    check.page.add_init_script("sessionStorage.setItem('pli-bridge-way', 'relay')")
    check.open().finds("relay-needed")
    found += inspect(check.page, "link window")
    assert found == []


def test_pairing_is_accessible(desk: CheckDesk, check: CheckPage, tmp_path: Path) -> None:
    with desk.bridge(tmp_path / "bridge") as bridge:
        bridge.set_pins({"delay": 8})
        check.open().finds("bridge-not-paired")
        found = inspect(check.page, "not paired")
        check.press("pair")
        check.page.locator(".digits").wait_for()
        found += inspect(check.page, "digits")
        check.press("same")
        check.finds("well")
        found += inspect(check.page, "well")
    assert found == []
