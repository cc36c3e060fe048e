"""The sample practice and the outside world: a third mailbox on P-384, letters in by LMTP, letters out to Denis."""

import json
import time
from collections.abc import Sequence
from datetime import timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import people
from desk import CARD_LABELS, OPENING, Desk
from openssl_letters import Letter, write
from peer import Correspondent
from playwright.sync_api import expect
from practice import Practice

from bridge.pki import sample_health_pki
from bridge.pki.certificates import load_certificate, pem
from bridge.pki.issue import utc_now
from bridge.pki.sample_health_pki import SampleCard, SamplePki
from webmail.management.demo import letters
from webmail.management.demo.headless_page import HeadlessPage
from webmail.management.demo.practice import SamplePerson, open_account

ALICE = "alice.martin@pli.example"
OUTSIDER = letters.OUTSIDER
EMMA = SampleCard("emma", "Emma", "Roux", sample_health_pki._rpps("9990000505"), "2580", "fort", "CPS-0005")
# Emma sits at Chloé's desk: an origin is a place, and Chloé has not opened an account here.
EMMA_AT_DESK = SamplePerson("chloe", "Dr Emma Roux", "emma.roux@pli.example", EMMA.pin, EMMA.serial)


def issue_emmas_card(pki: SamplePki) -> None:
    """A fifth card on the table, before the practice opens."""
    folder = pki.directory / "cards" / EMMA.name
    sample_health_pki.write_card(folder, EMMA, pki.branches[EMMA.authority].issuing, utc_now())
    CARD_LABELS[EMMA.name] = f"CPS {EMMA.given} {EMMA.family}"


def open_p384_mailbox(practice: Practice) -> None:
    """Emma's account, whose encryption key is on P-384."""
    pins = practice.places.bridge / "pins.json"
    pins.write_text(json.dumps({**json.loads(pins.read_text()), EMMA.serial: EMMA.pin}))
    with HeadlessPage(practice.places.origin(EMMA_AT_DESK.name), practice.bridge_port) as page:
        account = open_account(page, EMMA_AT_DESK, "p-384")
    certificate = load_certificate(account.encryption_certificate)
    certificate_of(practice, EMMA_AT_DESK.address).write_bytes(pem(certificate))


def deliver(practice: Practice, address: str, written: Sequence[Letter]) -> None:
    """Let OpenSSL make these letters and hand them over by LMTP."""
    denis, certificate = practice.places.pki / "people" / "denis", certificate_of(practice, address)
    made = [letters.dated(write(letter, denis, certificate, address)) for letter in written]
    letters.deliver(practice.places.lmtp_port, OUTSIDER, address, made)


def send_in(practice: Practice, address: str, message: bytes) -> None:
    """Hand over what another program wrote."""
    letters.deliver(practice.places.lmtp_port, OUTSIDER, address, [message])


def certificate_of(practice: Practice, address: str) -> Path:
    """A mailbox's encryption certificate, PEM."""
    return practice.places.data / f"recipient-{address.partition('.')[0]}.pem"


def expect_read(desk: Desk, letter: Letter) -> str:
    """Open a letter in Chromium: its text arrives, and its signature is good exactly where nobody changed the text.

    Good is S1b: an outsider's signature proves an address and a text. Returns state and signature in words.
    """
    return expect_opened(desk, letter.subject, letter.text, "S5" if letter.altered else "S1b")


def expect_opened(desk: Desk, subject: str, text: str, state: str, signer: str = "Denis Garnier") -> str:
    """An outsider's letter has this text and this state, and bears his name unless it was altered."""
    desk.wait_for_row(subject)
    desk.page.locator(".row", has_text=subject).first.click()
    expect(desk.page.locator(".reader-subject")).to_have_text(subject, timeout=OPENING)
    opened = desk.opened()
    signature = opened.signature.splitlines()[0]
    if opened.text.strip() != text:
        raise AssertionError(f"another text: {opened.text!r}")
    if opened.state != state or (signer in signature) is (state == "S5"):
        raise AssertionError(f"{opened.state} {signature}")
    return f"{opened.state} {signature}"


def expect_content(content: bytes, subject: str, text: str, files: Sequence[Path] = ()) -> None:
    """What a peer took out of a message is the letter that was written."""
    message = message_from_bytes(content, policy=policy.default)
    assert isinstance(message, EmailMessage)
    body = message.get_body(("plain",))
    assert body is not None
    written = body.get_content()
    if body.get_param("hp-legacy-display") == "1":  # for programs without header protection (RFC 9788 §5.2.2)
        lines, _, written = written.replace("\r\n", "\n").partition("\n\n")
        assert lines.splitlines()[0] == f"Subject: {subject}"
    if (message["Subject"], written.split()) != (subject, text.split()):
        raise AssertionError(f"another letter: {message['Subject']!r} {written!r}")
    found = {part.get_filename(): part.get_content() for part in message.iter_attachments()}
    if found != {file.name: file.read_text("utf-8") for file in files}:
        raise AssertionError(f"other attachments: {found!r:.200}")


def denis(practice: Practice) -> Correspondent:
    """The outside correspondent, who trusts the operator, his own authority, and the health roots."""
    return people.denis(practice.places.pki)


def health_roots(practice: Practice) -> list[Path]:
    return [practice.places.pki / "anchors" / "health-fort.pem"]


class Outgoing:
    """The folder where the worker puts what leaves, and what has been seen there."""

    def __init__(self, practice: Practice) -> None:
        self._folder = practice.places.server / "outgoing" / "new"
        self._seen = set(self._files())

    def next(self, within: timedelta = timedelta(seconds=20)) -> bytes:
        """The next message that leaves."""
        end = time.monotonic() + within.total_seconds()
        while time.monotonic() < end:
            if fresh := [file for file in self._files() if file not in self._seen]:
                self._seen.update(fresh)
                return fresh[0].read_bytes()
            time.sleep(0.1)
        raise TimeoutError("nothing left for the outside")

    def _files(self) -> list[Path]:
        return sorted(self._folder.glob("*"))
