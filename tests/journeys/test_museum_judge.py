"""Every exhibit of the museum is read as its row says, by the page's own modules in node."""

import subprocess
from pathlib import Path
from typing import Any

import pytest

from bridge.pki.sample_health_pki import SamplePki
from tests.journeys.museum_reader import Visitor
from webmail.management.demo.museum.exhibit import Exhibit, Expected
from webmail.management.demo.museum.exhibits import EXHIBITS

Shown = dict[str, Any]
ON_REQUEST = [exhibit for exhibit in EXHIBITS if exhibit.granted]


# The negative tests of reference security §6 that a row is.
NEGATIVE = {
    "attributes-as-content": 21, "no-attributes": 22, "foreign-signer": 23, "second-broken": 23, "digest-twice": 24,
    "relabelled": 25, "copied": 26, "tag-4": 27, "nonce-16": 27, "tag-flipped": 28, "efail-html": 30, "efail-gadget": 30,
    "sha1": 31, "md5": 31, "rsa-1024": 31, "rsa-e3": 31, "from-differs": 32, "from-outside": 32, "card-replayed": 32,
    "from-quoted": 33, "from-display": 33, "from-twice": 33, "from-two": 33, "from-encoded": 33, "signed-inside": 34,
    "signed-part": 34, "clear-encrypted-clear": 35, "to-another": 36, "hp-altered": 38, "deep-ber": 39, "overlong": 39,
    "file-names": 43,
}  # fmt: skip


def row(exhibit: Exhibit) -> Any:
    marks = [pytest.mark.negative(NEGATIVE[exhibit.key])] if exhibit.key in NEGATIVE else []
    return pytest.param(exhibit, id=exhibit.key, marks=marks)


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


@pytest.mark.parametrize("exhibit", [row(exhibit) for exhibit in EXHIBITS])
def test_exhibit_is_read_as_its_row_says(seen: dict[str, list[Shown]], exhibit: Exhibit) -> None:
    compare(seen[exhibit.key][0], exhibit.expected)
    if not exhibit.expected.quarantined:
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


@pytest.mark.negative(21)
def test_openssl_accepts_the_forgery_that_is_unsigned_here(
    seen: dict[str, list[Shown]], sample_pki: SamplePki, tmp_path: Path
) -> None:
    """OpenSSL 3.0 says "Verification successful"; a later one may know better, and the row stands all the same."""
    forgery = next(exhibit for exhibit in EXHIBITS if exhibit.key == "attributes-as-content")
    message = forgery.make(Visitor.enter(sample_pki, tmp_path).materials)
    anchor = sample_pki.directory / "anchors" / "partner.pem"
    command = ["openssl", "cms", "-verify", "-CAfile", str(anchor)]
    done = subprocess.run(command, input=message, capture_output=True, check=False)
    version = subprocess.run(["openssl", "version"], capture_output=True, text=True, check=True).stdout
    assert done.returncode == 0 or not version.startswith("OpenSSL 3.0")
    assert seen[forgery.key][0]["state"] == "S5"


def test_keys_and_subjects_are_unique() -> None:
    assert NEGATIVE.keys() <= {exhibit.key for exhibit in EXHIBITS}
    assert len({exhibit.key for exhibit in EXHIBITS}) == len({exhibit.subject for exhibit in EXHIBITS}) == len(EXHIBITS)
