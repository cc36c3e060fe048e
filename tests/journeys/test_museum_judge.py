"""Every exhibit of the museum is read as its row says, by the page's own modules in node."""

from typing import Any

import pytest

from bridge.pki.sample_health_pki import SamplePki
from tests.journeys.museum_reader import Visitor
from webmail.management.demo.museum.exhibit import Exhibit, Expected
from webmail.management.demo.museum.exhibits import EXHIBITS

Shown = dict[str, Any]
ON_REQUEST = [exhibit for exhibit in EXHIBITS if exhibit.granted]


@pytest.fixture(scope="module")
def seen(sample_pki: SamplePki, tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Shown]]:
    """What is shown of each, opened in the order of the museum; then what is shown of it once a person allows it."""
    visitor = Visitor.enter(sample_pki, tmp_path_factory.mktemp("museum"))
    with visitor.read() as reading:
        return {
            exhibit.key: [
                reading.show(exhibit),
                *([reading.show(exhibit, **exhibit.permission)] if exhibit.granted else []),
            ]
            for exhibit in EXHIBITS
        }


@pytest.mark.parametrize("exhibit", EXHIBITS, ids=lambda exhibit: exhibit.key)
def test_exhibit_is_read_as_its_row_says(seen: dict[str, list[Shown]], exhibit: Exhibit) -> None:
    compare(seen[exhibit.key][0], exhibit.expected)
    assert seen[exhibit.key][0]["subject"] == exhibit.subject


@pytest.mark.parametrize("exhibit", ON_REQUEST, ids=lambda exhibit: exhibit.key)
def test_exhibit_opens_on_request(seen: dict[str, list[Shown]], exhibit: Exhibit) -> None:
    assert exhibit.granted is not None
    compare(seen[exhibit.key][1], exhibit.granted)


def compare(shown: Shown, expected: Expected) -> None:
    assert "failure" not in shown, shown["failure"]
    states = (shown["state"], shown["encrypted"], shown["quarantined"])
    assert states == (expected.state, expected.encrypted, expected.quarantined), shown
    assert set(shown["notices"]) == expected.notices
    assert expected.reason in (None, shown["reason"])
    assert (shown["html"] is not None) == expected.html
    assert tuple(shown["files"]) == expected.files
    assert (shown["copyOf"] is not None) == expected.copy
    assert expected.text in (None, shown["text"].strip())


def test_keys_and_subjects_are_unique() -> None:
    assert len({exhibit.key for exhibit in EXHIBITS}) == len({exhibit.subject for exhibit in EXHIBITS}) == len(EXHIBITS)
