"""The journal: what it holds, who may read it, how it turns and leaves."""

import csv
import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from bridge import journal
from bridge.journal import ACTS, Entry, Journal, export_journal, read_journal
from bridge.schemas import METHODS
from tests.bridge.running import ROOT

ORIGIN = "https://mail.pli.example"


@pytest.fixture
def written(tmp_path: Path) -> Path:
    """A state folder whose journal has three lines."""
    kept = Journal(tmp_path)
    kept.write("card.list", ORIGIN, "ok")
    kept.write("auth.token", ORIGIN, "PIN_INCORRECT", thumbprint="0123456789abcdef")
    kept.write("session.lock", ORIGIN, "ok")
    kept.close()
    return tmp_path


def test_a_line_says_method_origin_key_and_result(written: Path) -> None:
    found = list(read_journal(written))
    assert [entry.method for entry in found] == ["card.list", "auth.token", "session.lock"]
    assert (found[1].origin, found[1].key, found[1].result) == (ORIGIN, "0123456789abcdef", "PIN_INCORRECT")
    assert found[0].time.endswith("+00:00")


def test_only_its_owner_reads_it(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        (tmp_path / "journal.log").touch(mode=0o666)
        kept = Journal(tmp_path)
        kept.write("card.list", ORIGIN, "ok")
        kept.close()
        export_journal(read_journal(tmp_path), tmp_path / "out.csv")
    finally:
        os.umask(before)
    for name in ("journal.log", "out.csv"):
        assert stat.S_IMODE((tmp_path / name).stat().st_mode) == 0o600


def test_full_files_are_kept_three_deep(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal, "MAX_BYTES", 150)
    kept = Journal(tmp_path)
    for number in range(40):
        kept.write(f"method.{number:02}", ORIGIN, "ok")
    kept.close()
    assert sorted(file.name for file in tmp_path.iterdir()) == [
        "journal.log",
        "journal.log.1",
        "journal.log.2",
        "journal.log.3",
    ]
    methods = [entry.method for entry in read_journal(tmp_path)]
    assert methods == sorted(methods)
    assert methods[-1] == "method.39"


def test_a_page_cannot_wash_away_what_was_done(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Questions are asked by the thousand, and push each other out; what a person agreed to or a card signed stays."""
    monkeypatch.setattr(journal, "MAX_BYTES", 1000)
    kept = Journal(tmp_path)
    kept.write("message.sign", ORIGIN, "ok", thumbprint="0123456789abcdef")
    kept.write("message.sign", ORIGIN, "USER_CANCELLED")
    for number in range(300):
        kept.write("storage.keys", ORIGIN, "HANDLE_UNKNOWN" if number % 2 else "ok")
        kept.write("message.sign", ORIGIN, "HANDLE_UNKNOWN")
    kept.write("pair", ORIGIN, "ok")
    kept.close()
    found = list(read_journal(tmp_path))
    assert [entry.method for entry in found if entry.result == "ok" and entry.method != "storage.keys"] == [
        "message.sign",
        "pair",
    ]
    assert found[0].key == "0123456789abcdef"
    assert sum(file.stat().st_size for file in tmp_path.iterdir()) < 8000
    assert {stat.S_IMODE(file.stat().st_mode) for file in tmp_path.iterdir()} == {0o600}


def test_acts_are_methods_and_commands_that_exist() -> None:
    own = {"pair", "pair-open", "unpair", "export", "pin-change", "last-try"}
    assert ACTS - METHODS.keys() == own
    assert {"message.sign", "auth.token", "grant.make", "share.release"} < ACTS


def test_what_was_done_is_bounded_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal, "MAX_BYTES", 1000)
    kept = Journal(tmp_path)
    for number in range(200):
        kept.write("message.sign", ORIGIN, "ok", thumbprint=f"{number:04}")
    kept.close()
    keys = [int(entry.key) for entry in read_journal(tmp_path)]
    assert keys == list(range(keys[0], 200))
    assert len(keys) > 30
    assert sum(file.stat().st_size for file in tmp_path.iterdir()) < 8000


def test_a_line_cut_by_a_crash_is_left_out(written: Path) -> None:
    with (written / "journal.log").open("a") as file:
        file.write('{"time": "2026-')
    assert len(list(read_journal(written))) == 3


def test_it_leaves_as_json_lines_and_as_a_table(written: Path) -> None:
    assert export_journal(read_journal(written), written / "out.jsonl") == 3
    lines = [json.loads(line) for line in (written / "out.jsonl").read_text().splitlines()]
    assert lines[1]["result"] == "PIN_INCORRECT"
    assert export_journal(read_journal(written), written / "out.csv") == 3
    with (written / "out.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["method"] for row in rows] == ["card.list", "auth.token", "session.lock"]


@pytest.mark.parametrize("origin", ["=cmd|' /C calc'!A0", "@SUM(1)", "+1", "-1"])
def test_a_table_holds_no_formula(tmp_path: Path, origin: str) -> None:
    export_journal([Entry("2026-11-22T05:00:00+00:00", "pair", origin, "", "ok")], tmp_path / "out.csv")
    with (tmp_path / "out.csv").open(newline="") as file:
        (row,) = csv.DictReader(file)
    assert row["origin"] == "'" + origin


def command(folder: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    policy = folder / "policy.json"
    policy.write_text(json.dumps({"origins": [], "modules": [], "state": "."}))
    line = [sys.executable, "-m", "bridge", "journal", "--policy", str(policy), *arguments]
    return subprocess.run(line, cwd=ROOT, capture_output=True, text=True, check=False, timeout=30)


def test_the_command_prints_the_last_lines(written: Path) -> None:
    done = command(written, "--last", "2")
    assert done.returncode == 0, done.stderr
    assert [line.split()[3] for line in done.stdout.splitlines()] == ["auth.token", "session.lock"]


def test_the_command_exports(written: Path) -> None:
    done = command(written, "--export", str(written / "mine.csv"))
    assert done.returncode == 0, done.stderr
    assert len((written / "mine.csv").read_text().splitlines()) == 4
    assert command(written, "--export", str(written / "none" / "mine.csv")).returncode == 1
