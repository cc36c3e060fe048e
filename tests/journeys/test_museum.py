"""The museum in Chromium: each exhibit shows what its row says, and nothing of it reaches the network."""

from collections.abc import Iterator

import pytest
from desk import at_desks
from museum import Visit, mismatches
from playwright.sync_api import Browser, Dialog
from practice import open_practice
from tour import OWN

from webmail.management.demo.museum.exhibit import Exhibit, Room
from webmail.management.demo.museum.exhibits import EXHIBITS

ON_TOP = """() => {
  const bar = document.querySelector('.signature'), box = bar.getBoundingClientRect();
  return bar.contains(document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2));
}"""
pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture(scope="module")
def visit(chromium: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Visit]:
    with (
        open_practice(tmp_path_factory.mktemp("museum"), museum=True) as practice,
        at_desks(chromium, practice.places, "alice") as [desk],
    ):
        desk.listen().log_in_with_card("alice")
        desk.page.on("dialog", refuse)
        visit = Visit(desk)
        visit.enter()
        yield visit


def refuse(dialog: Dialog) -> None:
    """A script of a message would be the only one to ask."""
    pytest.fail(f"a dialog: {dialog.message}")


@pytest.fixture(scope="module")
def found(visit: Visit) -> dict[str, list[str]]:
    """Mismatches by exhibit, all opened in the order of the museum, and those that ask for it opened again."""
    return {exhibit.key: list(look(visit, exhibit)) for exhibit in EXHIBITS}


def look(visit: Visit, exhibit: Exhibit) -> Iterator[str]:
    yield from mismatches(visit.page, exhibit, exhibit.expected, visit.open(exhibit))
    if exhibit.granted:
        yield from mismatches(visit.page, exhibit, exhibit.granted, visit.allow(exhibit))


def test_every_exhibit_hangs(visit: Visit) -> None:
    assert visit.count() == len(EXHIBITS)


@pytest.mark.capability("DN5", "AP7")
def test_every_dialect_is_read(found: dict[str, list[str]]) -> None:
    assert of_rooms(found, Room.DIALECT) == []


@pytest.mark.parametrize("room", [room for room in Room if room is not Room.DIALECT])
def test_every_exhibit_of_the_room_shows_what_its_row_says(found: dict[str, list[str]], room: Room) -> None:
    assert of_rooms(found, room) == []


def of_rooms(found: dict[str, list[str]], room: Room) -> list[str]:
    return [line for exhibit in EXHIBITS if exhibit.room is room for line in found[exhibit.key]]


@pytest.mark.negative(30, 40, 42)
def test_no_exhibit_reaches_the_network(visit: Visit, found: dict[str, list[str]]) -> None:
    """Everything was opened by now: only our own origin and the bridge were asked, and no policy had to stop anything."""
    assert len(found) == len(EXHIBITS)
    own = (visit.desk.origin + "/", *OWN)
    assert [url for url in visit.desk.requests if not url.startswith(own)] == []
    assert visit.desk.complaints == []
    assert visit.page.title() != "volé"


@pytest.mark.negative(41)
def test_the_false_signature_bar_stays_in_its_frame(visit: Visit) -> None:
    """What stands at the middle of the signature bar is the bar, and nothing of the message is above the frame's box."""
    visit.open(next(exhibit for exhibit in EXHIBITS if exhibit.key == "overlay"))
    assert visit.page.evaluate(ON_TOP)
