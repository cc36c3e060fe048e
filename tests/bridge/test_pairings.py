"""What is remembered of pages, on disk: private, whole, and refused where somebody else could have written it."""

import json
import os
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bridge import p256
from bridge.pairings import MAX_PAGES, Pairings, PairingsRefused

ORIGIN, OTHER = "https://mail.pli.example", "https://other.example"
KEY = p256.point_of(p256.generate())


def test_a_page_is_remembered_for_its_origin_alone(tmp_path: Path) -> None:
    Pairings(tmp_path).add(ORIGIN, KEY, "Firefox")
    again = Pairings(tmp_path)
    assert again.is_paired(ORIGIN, KEY)
    assert again.knows(ORIGIN)
    assert not again.is_paired(OTHER, KEY)
    assert not again.knows(OTHER)
    assert [(page.origin, page.key, page.label) for page in again.all()] == [(ORIGIN, KEY, "Firefox")]


def test_forgetting_an_origin_leaves_the_others(tmp_path: Path) -> None:
    pairings = Pairings(tmp_path)
    for origin in (ORIGIN, OTHER):
        pairings.add(origin, KEY)
    assert (pairings.remove(ORIGIN), pairings.remove(ORIGIN)) == (1, 0)
    assert [page.origin for page in Pairings(tmp_path).all()] == [OTHER]


def test_who_stayed_away_longest_makes_room(tmp_path: Path) -> None:
    pairings = Pairings(tmp_path)
    keys = [p256.point_of(p256.generate()) for _ in range(MAX_PAGES + 1)]
    for key in keys:
        pairings.add(ORIGIN, key)
    assert len(pairings.all()) == MAX_PAGES
    assert not pairings.is_paired(ORIGIN, keys[0])
    assert pairings.is_paired(ORIGIN, keys[-1])


def test_a_use_is_written_down_by_the_hour(tmp_path: Path) -> None:
    Pairings(tmp_path).add(ORIGIN, KEY)
    file = tmp_path / "pairings.json"
    entries = json.loads(file.read_text("utf-8"))
    entries[0]["used"] = (datetime.now(UTC) - timedelta(days=3)).isoformat()
    file.write_text(json.dumps(entries), "utf-8")
    pairings = Pairings(tmp_path)
    assert pairings.is_paired(ORIGIN, KEY)
    written = file.stat().st_mtime_ns
    assert datetime.now(UTC) - Pairings(tmp_path).all()[0].used < timedelta(minutes=1)
    assert pairings.is_paired(ORIGIN, KEY)
    assert file.stat().st_mtime_ns == written


def test_each_origin_sees_a_key_of_its_own_that_stays(tmp_path: Path) -> None:
    pairings = Pairings(tmp_path)
    points = [p256.point_of(pairings.bridge_key(origin)) for origin in (ORIGIN, OTHER)]
    assert points[0] != points[1]
    assert p256.point_of(Pairings(tmp_path).bridge_key(ORIGIN)) == points[0]


def test_everything_is_for_this_user_alone(tmp_path: Path) -> None:
    pairings = Pairings(tmp_path)
    pairings.add(ORIGIN, KEY)
    pairings.bridge_key(ORIGIN)
    files = [file for file in tmp_path.rglob("*") if file.is_file()]
    assert len(files) == 2
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}
    assert stat.S_IMODE((tmp_path / "keys").stat().st_mode) == 0o700


def test_a_write_that_fails_leaves_what_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pairings = Pairings(tmp_path)
    pairings.add(ORIGIN, KEY)
    monkeypatch.setattr(os, "fsync", lambda _file: (_ for _ in ()).throw(OSError(28, "disk full")))
    with pytest.raises(OSError, match="disk full"):
        pairings.add(OTHER, KEY)
    assert [page.origin for page in Pairings(tmp_path).all()] == [ORIGIN]


@pytest.mark.negative(61)
@pytest.mark.parametrize("mode", [0o644, 0o666, 0o660])
def test_files_open_to_others_are_refused(tmp_path: Path, mode: int) -> None:
    pairings = Pairings(tmp_path)
    pairings.add(ORIGIN, KEY)
    pairings.bridge_key(ORIGIN)
    (key_file,) = (tmp_path / "keys").iterdir()
    key_file.chmod(mode)
    with pytest.raises(PairingsRefused):
        Pairings(tmp_path).bridge_key(ORIGIN)
    (tmp_path / "pairings.json").chmod(mode)
    with pytest.raises(PairingsRefused):
        Pairings(tmp_path)


@pytest.mark.parametrize("content", ["{}x", '{"a": 1}', '[{"origin": "x"}]', "[1]", '[{"origin":1,"key":"~"}]'])
def test_a_file_that_is_no_list_of_pages_is_refused(tmp_path: Path, content: str) -> None:
    file = tmp_path / "pairings.json"
    file.touch(mode=0o600)
    file.write_text(content, "utf-8")
    with pytest.raises(PairingsRefused):
        Pairings(tmp_path)


@pytest.mark.parametrize("content", [b"", b"no key"])
def test_a_file_that_is_no_key_is_refused(tmp_path: Path, content: bytes) -> None:
    Pairings(tmp_path).bridge_key(ORIGIN)
    (key_file,) = (tmp_path / "keys").iterdir()
    key_file.write_bytes(content)
    with pytest.raises(PairingsRefused):
        Pairings(tmp_path).bridge_key(ORIGIN)
