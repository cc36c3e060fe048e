"""What is written, by browser and by LMTP, is found nowhere in what the server keeps or says; the search is proved first."""

import re
import secrets
import subprocess
import sys

import pytest
from desk import Desk

from webmail.management.demo import letters, run
from webmail.management.demo.practice import PEOPLE

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def word(place):
    return f"canari{place}{secrets.token_hex(8)}"


@pytest.fixture(scope="module")
def planted(practice, chromium, tmp_path_factory):
    """Write random words in every place a word can go; returns them."""
    words = {
        place: word(place)
        for place in ("subject", "body", "file", "content", "draft", "name", "mail", "mailbody", "cms")
    }
    context = chromium.new_context(locale="fr-FR")
    context.set_default_timeout(20_000)
    desk = Desk(context.new_page(), practice.places.origin("alice"))
    desk.log_in_with_card("alice")
    attachment = tmp_path_factory.mktemp("files") / f"{words['file']}.txt"
    attachment.write_text(words["content"])
    recipient = f"{words['name']} <bob.lefevre@pli.example>"
    desk.write([recipient], words["subject"], words["body"], [attachment])
    desk.send()
    desk.write(["bob.lefevre@pli.example"], "brouillon", words["draft"])
    desk.page.get_by_text("Brouillon scellé et conservé").wait_for()
    deliver(practice, words)
    desk.page.get_by_role("button", name="Fermer et garder comme brouillon").click()
    desk.wait_for_row(words["mail"])
    assert words["mailbody"] in desk.open(words["mail"]).text  # there is something that could leak
    context.close()
    return words


def deliver(practice, words):
    """One clear letter and one that OpenSSL encrypted, both by LMTP."""
    address = "alice.martin@pli.example"
    clear = f"From: {words['name']} <x@partner.example>\r\nTo: {address}\r\nSubject: {words['mail']}\r\n\r\n{words['mailbody']}\r\n"
    denis = practice.places.pki / "people" / "denis"
    hidden = letters.openssl_letter(
        denis, practice.places.data / "recipient-alice.pem", address, ["-aes256"], words["cms"]
    )
    letters.deliver(practice.places.lmtp_port, "x@partner.example", address, [clear.encode(), letters.dated(hidden)])


def find_clear(practice, *words):
    environment = practice.places.server_environment([person.name for person in PEOPLE])
    command = [sys.executable, run.MANAGE, "find_clear", *words]
    return subprocess.run(
        command, env={"PATH": "/usr/bin:/bin", **environment}, capture_output=True, text=True, check=False
    )


@pytest.mark.capability("CN1")
def test_no_word_is_found_in_what_the_server_keeps(practice, planted):
    result = find_clear(practice, *planted.values())
    assert result.returncode == 0, result.stdout + result.stderr


def test_no_word_is_found_in_what_the_server_says(practice, planted):
    said = b"".join(file.read_bytes() for file in practice.places.logs.glob("*.log"))
    assert said
    assert [place for place, canary in planted.items() if canary.encode() in said] == []


def test_the_search_finds_a_planted_word(practice, planted):
    """A word that the server does keep in clear is found: an address."""
    result = find_clear(practice, "bob.lefevre")
    assert result.returncode == 1
    assert re.search("bob.lefevre", result.stdout + result.stderr)
