"""`pli-bridge` as somebody types it: in French, cut off, interrupted, on an old terminal, with wrong arguments."""

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from bridge.commands import VERBS
from bridge.commands.words import FRENCH, told
from bridge.journal import Journal
from tests.bridge.running import ROOT, write_policy

COMMAND = [sys.executable, "-m", "bridge"]


def environment(**more: str) -> dict[str, str]:
    return {"PATH": "/usr/bin", "PYTHONPATH": str(ROOT), "LANG": "en", **more}


def pli_bridge(*arguments: str | Path, **more: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run([*COMMAND, *arguments], cwd=ROOT, env=environment(**more), capture_output=True, check=False)


@pytest.fixture
def policy(tmp_path):
    return write_policy(tmp_path, None)


@pytest.mark.parametrize("verb", VERBS)
def test_each_verb_says_what_it_does(verb):
    shown = pli_bridge(verb, "--help", COLUMNS="200")
    assert shown.returncode == 0
    assert VERBS[verb][1:] + "." in shown.stdout.decode()  # but for its first letter, as it stands: PIN stays PIN


@pytest.mark.parametrize("count", ["-1", "many", ""])
def test_a_wrong_number_of_lines_is_a_sentence(policy, count):
    refused = pli_bridge("journal", "--policy", policy, "--last", count)
    assert (refused.returncode, refused.stdout) == (2, b"")
    assert b"is no number of lines" in refused.stderr


@pytest.mark.parametrize(
    "arguments",
    [("stop",), ("pairings",), ("pin",), ("report",), ("pair", "https://x.example"), ("export", "a@b.example")],
)
def test_nothing_runs_is_said_in_the_language_of_the_session(policy, arguments):
    french = pli_bridge(*arguments, "--policy", policy, LANG="fr_FR.UTF-8")
    assert french.returncode == 1
    assert french.stderr.decode().startswith("pli-bridge: aucun pont n’est en marche")
    assert pli_bridge(*arguments, "--policy", policy).stderr == b"pli-bridge: no bridge of this user runs\n"


def test_a_policy_that_an_editor_of_windows_saved_is_read(policy):
    policy.write_bytes(b"\xef\xbb\xbf" + policy.read_bytes())
    assert b'"running": false' in pli_bridge("status", "--policy", policy).stdout


@pytest.mark.parametrize("octets", [None, b"\xff\xfe{\x00}\x00"])
def test_a_policy_that_is_no_text_is_a_sentence(tmp_path, octets):
    policy = tmp_path / "policy.json"
    policy.mkdir(mode=0o700) if octets is None else policy.write_bytes(octets)
    refused = pli_bridge("status", "--policy", policy)
    assert refused.returncode == 2
    assert refused.stderr.decode() in (
        f"pli-bridge: {policy}: Is a directory\n",
        f"pli-bridge: {policy} is no text in UTF-8\n",
    )


def test_an_old_character_set_loses_a_sign_and_no_sentence(policy):
    said = pli_bridge("doctor", "--policy", policy, LANG="fr_FR", PYTHONIOENCODING="latin-1")
    assert said.stderr == b""
    assert "Le pont n?est pas en marche." in said.stdout.decode("latin-1")


def test_who_reads_no_further_ends_it_quietly(policy, tmp_path):
    (tmp_path / "state").mkdir(mode=0o700)
    journal = Journal(tmp_path / "state")
    for _ in range(3000):
        journal.write("card.list", "https://mail.pli.example", "ok")
    journal.close()
    reading = subprocess.Popen(
        [*COMMAND, "journal", "--policy", policy], cwd=ROOT, env=environment(), stdout=-1, stderr=-1
    )
    reading.stdout.readline()
    reading.stdout.close()
    assert (reading.stderr.read(), reading.wait()) == (b"", 0)
    reading.stderr.close()


def test_ctrl_c_ends_it_quietly(policy, tmp_path):
    ready = tmp_path / "waits"
    os.mkfifo(ready)  # `journal --export` waits until somebody reads it
    typed = subprocess.Popen(
        [*COMMAND, "journal", "--policy", policy, "--export", ready], cwd=ROOT, env=environment(), stderr=-1
    )
    while Path(f"/proc/{typed.pid}/wchan").read_text() != "wait_for_partner":
        time.sleep(0.02)
    typed.send_signal(signal.SIGINT)
    assert (typed.stderr.read(), typed.wait()) == (b"", 130)
    typed.stderr.close()


def test_every_sentence_in_french_is_one_that_is_said():
    sources = [*(ROOT / "bridge" / "commands").glob("*.py"), ROOT / "bridge" / "control.py"]
    said = "".join(file.read_text("utf-8") for file in sources if file.name != "words.py")
    assert [sentence for sentence in FRENCH if f'"{sentence}"' not in said] == []


@pytest.mark.parametrize("sentence", FRENCH)
def test_both_languages_fill_in_the_same(sentence):
    names = re.findall(r"{(\w+)}", sentence)
    assert sorted(re.findall(r"{(\w+)}", FRENCH[sentence])) == sorted(names)
    filled = told(sentence, "fr", **dict.fromkeys(names, "§")) if names else told(sentence, "fr")
    assert filled.count("§") == len(names)
