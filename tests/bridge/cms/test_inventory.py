"""The inventory is the code, and nothing outside it is used (security.md G13)."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from bridge.cms import algorithms
from bridge.cms.inventory import PATH, inventory

ROOT = Path(__file__).parents[3]
OID = re.compile(r"""['"]((?:1\.2\.840|1\.3\.132|1\.3\.133|1\.3\.14|2\.16\.840|2\.25)(?:\.\d+){2,})['"]""")
E_MAIL_ADDRESS = "1.2.840.113549.1.9.1"  # an attribute of names, not an algorithm
INFO = re.compile(r"pli/v\d+/[a-z-]+")
CHANNEL = re.compile(r"""['"](pli-bridge\.1 [a-z ]+)['"]""")
LABEL = re.compile(r"""label(?:=|: |: str = )['"](pli-[a-z]+)['"]""")


def sources(*globs: str) -> Iterator[str]:
    for glob in globs:
        for path in ROOT.glob(glob):
            yield path.read_text()


def declared() -> str:
    return PATH.read_text()


@pytest.mark.capability("CO6")
def test_file_is_the_code() -> None:
    assert json.loads(declared()) == inventory()


def test_every_oid_of_cms_is_declared() -> None:
    found = {oid for text in sources("bridge/cms/*.py", "static/js/cms/*.js") for oid in OID.findall(text)}
    assert len(found) > 40
    assert {oid for oid in found - {E_MAIL_ADDRESS} if f'"{oid}"' not in declared()} == set()


def test_every_info_string_is_declared() -> None:
    globs = ("bridge/**/*.py", "webmail/**/*.py", "static/js/**/*.js")
    found = {info for text in sources(*globs) for info in INFO.findall(text)}
    assert "pli/v1/prf-kek" in found
    assert {info for info in found if info not in declared()} == set()


def test_every_string_of_the_channel_is_declared() -> None:
    """What separates one derivation or signature of the secure channel from another, in both languages."""
    globs = ("bridge/**/*.py", "static/js/**/*.js")
    found = {each for text in sources(*globs) for each in CHANNEL.findall(text)}
    channel = inventory()["channel"]
    assert found == {*channel["labels"], *channel["hkdf"]["infos"]} - {channel["protocol"]}


def test_every_label_is_declared() -> None:
    found = {
        label
        for text in sources("bridge/**/*.py", "webmail/**/*.py", "static/js/**/*.js")
        for label in LABEL.findall(text)
    }
    assert found <= set(algorithms.LABELS)


def test_own_oids_are_as_formats_says() -> None:
    formats = (ROOT / "docs" / "FORMATS.md").read_text()
    arc = "2.25.273421815402683121003718430791159155241"
    assert arc in formats
    own = {**algorithms.type_oids, **algorithms.attribute_oids}
    for name, oid in own.items():
        if oid.startswith(arc):
            assert f"| PLI{oid.removeprefix(arc)} | {name} |" in formats


def test_names_are_unique() -> None:
    oids = [one.oid for one in algorithms.content_algorithms]
    assert len(set(oids)) == len(oids)
