"""`make interop-leaving`: a mailbox goes with its card to another computer, and with its holder to Thunderbird, which knows nothing of Pli.

A practitioner writes in Chromium; at a second computer, whose bridge and browser know nobody, the card alone opens the mailbox; there it
is exported. Thunderbird has the folder's keys, its certificates and its mbox.
"""

import mailbox
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from shutil import copyfile

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "journeys"))

from cryptography import x509
from desk import ENCRYPTED, OPENING, Desk
from peer import Correspondent, Reading
from playwright.sync_api import Browser, expect, sync_playwright
from practice import Practice, open_practice, policy_of_another_computer
from test_leaving import ALICE, PASSPHRASE, export
from thunderbird_peer import Thunderbird

from bridge.pki.certificates import pem
from tests.conftest import CHROMIUM_FLAGS, PROGRAM
from tests.proofs import keep_proof
from webmail.management.demo import run

SUBJECT = "Compte rendu pour le dossier"
FOLDER = "Exported"


def main() -> int:
    done = False
    try:
        done = play()
    finally:
        keep_proof("interop-leaving", "CO18", passed=done)
    return 0 if done else 1


def play() -> bool:
    """Whether the mailbox opened at the other computer, and all of it in Thunderbird."""
    with tempfile.TemporaryDirectory(prefix="pli-leaving-") as name, open_practice(Path(name) / "practice") as practice:
        folder = Path(name) / "mine"
        with _chromium() as browser:
            _write(practice, browser)
            _leave_from_elsewhere(practice, browser, folder)
        readings = _read_in_thunderbird(folder, Path(name) / "thunderbird", practice.places.pki)
    for letter in readings:
        print(f"{letter.subject}: encrypted {letter.reading.encrypted}, signed {letter.reading.signed}")
    own = [letter.reading for letter in readings if SUBJECT in letter.reading.content.decode()]
    if not own or not all(one.encrypted and one.signed for one in own):
        print("Thunderbird shows no good signature on what was written in Pli.", file=sys.stderr)
        return False
    print(f"{len(readings)} of {len(readings)} open in Thunderbird, their signatures intact.")
    return True


@contextmanager
def _chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=PROGRAM, args=CHROMIUM_FLAGS)
        yield browser
        browser.close()


def _write(practice: Practice, browser: Browser) -> None:
    """At the computer where the practitioner always works; then it is switched off."""
    desk = _at_a_new_browser(practice, browser)
    desk.write([ALICE], SUBJECT, f"Bonjour,\n{SUBJECT}.\n")
    desk.send()
    desk.page.context.close()
    practice.processes.stop("bridge-journey")


def _leave_from_elsewhere(practice: Practice, browser: Browser, folder: Path) -> None:
    policy = policy_of_another_computer(practice.places, "journey")
    practice.bridge_port = run.start_bridge(practice.processes, practice.places, policy)["port"]
    desk = _at_a_new_browser(practice, browser)
    page = desk.page
    letter = desk.open(SUBJECT if page.locator(".row", has_text=SUBJECT).count() else ENCRYPTED)
    subject = letter.subject
    print(f"Another computer, the card alone: {subject}, signed {letter.state}")
    page.locator("[data-place=leaving]").click()
    page.locator(".leaving-command").wait_for()
    command = export(practice, folder, policy)
    expect(page.locator(".place .notice-good")).to_be_visible(timeout=2 * OPENING)
    command.communicate(timeout=60)
    if command.returncode or subject != SUBJECT:
        raise RuntimeError("the mailbox was not taken along")


def _at_a_new_browser(practice: Practice, browser: Browser) -> Desk:
    desk = Desk(browser.new_context(locale="fr-FR").new_page(), practice.places.origin("alice"))
    desk.log_in_with_card("alice")
    return desk


@dataclass(frozen=True)
class _Letter:
    subject: str
    reading: Reading


def _read_in_thunderbird(folder: Path, work: Path, pki: Path) -> list[_Letter]:
    """Each message of the exported inbox, as Thunderbird shows it to whoever has only the folder."""
    (work / "certificates").mkdir(parents=True)
    (work / "letters").mkdir()
    people = _holder(folder, work / "certificates", pki)
    with Thunderbird(work, people) as thunderbird, closing(mailbox.mbox(folder / "mail" / "Inbox.mbox")) as box:
        return [_Letter(str(one["Subject"]), thunderbird.read(one.as_bytes())) for one in box]


def _holder(folder: Path, certificates: Path, pki: Path) -> Sequence[Correspondent]:
    """One for each key file: Thunderbird imports them one by one. Trusted are the operator's root, whose chain is in the folder, and the
    authority of an outside correspondent, as everybody has it.
    """
    roots, known = [pki / "anchors" / "operator.pem", pki / "anchors" / "partner.pem"], []
    enclosed = x509.load_pem_x509_certificates((folder / "certificates" / "epoch-1.pem").read_bytes())
    for number, found in enumerate(one for one in enclosed[2:] if one.issuer != one.subject):
        known.append(certificates / f"{number}.pem")
        known[-1].write_bytes(pem(found))
    keys = []
    for use in ("encryption", "signature"):
        copied = certificates / f"{use}.p12"
        copyfile(folder / "keys" / f"epoch-1-{use}.p12", copied)
        keys.append(Correspondent(certificates, copied, PASSPHRASE, roots, known, ALICE))
    return keys


if __name__ == "__main__":
    sys.exit(main())
