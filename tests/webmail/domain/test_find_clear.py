"""Nothing clear is kept: the canary, and that the search for it works."""

import base64
import quopri
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from webmail.domain import deliver, find_clear
from webmail.models import Person, SeenToken

WORD = "Zygomatique"


@pytest.mark.parametrize(
    "hidden",
    [
        WORD.encode(),
        WORD.lower().encode(),
        WORD.encode("utf-16"),
        WORD.encode("utf-16-be"),
        WORD.encode().hex().encode(),
        base64.b64encode(WORD.encode()),
        base64.b64encode(b"a" + WORD.encode() + b"tail"),
        base64.b64encode(b"ab" + WORD.encode() + b"x"),
        base64.encodebytes(b"a" * 50 + WORD.encode() + b"b" * 40),
        quopri.encodestring(b"\xc3\xa9" * 20 + WORD.encode()),
    ],
)
def test_finds_a_word_in_every_form(practice, server, hidden):
    (server / "leak").write_bytes(b"\0before" + hidden + b"after")
    assert {finding.place for finding in find_clear.find_clear([WORD])} == {str(server / "leak")}


def test_finds_a_word_in_a_row(practice):
    practice.open("alice")
    Person.objects.update(profession=f"x {WORD}")
    assert {finding.place for finding in find_clear.find_clear([WORD])} == {"webmail_person"}


def test_finds_a_word_across_two_reads(practice, server, monkeypatch):
    monkeypatch.setattr(find_clear, "_CHUNK", 8)
    (server / "leak").write_bytes(b"1234" + WORD.encode())
    assert find_clear.find_clear([WORD])


def test_leaves_no_control_word_behind(practice, server):
    find_clear.find_clear([WORD])
    assert not SeenToken.objects.exists()
    assert not list(server.glob("*.planted"))


def test_a_search_that_misses_its_control_word_says_so(practice, monkeypatch):
    monkeypatch.setattr(find_clear, "_search", lambda *_: iter(()))
    with pytest.raises(find_clear.ControlWordMissed):
        find_clear.find_clear([WORD])


def test_the_command_fails_on_a_finding(practice, server, capsys):
    (server / "leak").write_bytes(WORD.encode())
    with pytest.raises(CommandError):
        call_command("find_clear", WORD)
    (server / "leak").unlink()
    call_command("find_clear", WORD)


@pytest.mark.capability("CN1")
@pytest.mark.parametrize("size", [10, 400_000])
def test_clear_mail_leaves_nothing_clear(live_practice, clear_mail, settings, size):
    alice = live_practice.open("alice")
    words = ["Zygomatique", "Quetiapine", "Garnier"]
    content = clear_mail(subject=words[0], text=f"{words[1]} " * size)
    deliver.deliver("denis@partner.example", [alice.address], content)
    deliver.deliver("denis@partner.example", [alice.address], b"\x00\xff" + content)
    database = Path(settings.DATABASES["default"]["NAME"])
    assert database.is_file()
    assert find_clear.find_clear(words, [database.parent]) == []
