"""`make interop-leaving`: a mailbox taken along by `pli-bridge export` opens in Thunderbird, which knows nothing of Pli.

A practitioner reads and writes in Chromium, exports, and is gone; Thunderbird has the folder's keys, its certificates and its mbox.
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
from desk import OPENING, Desk
from peer import Correspondent, Reading
from playwright.sync_api import Browser, expect, sync_playwright
from practice import Practice, open_practice
from test_leaving import ALICE, PASSPHRASE, export
from thunderbird_peer import Thunderbird

from bridge.pki.certificates import pem
from tests.conftest import CHROMIUM_FLAGS, PROGRAM

SUBJECT = "Compte rendu pour le dossier"
FOLDER = "Exported"


def main() -> int:
    with tempfile.TemporaryDirectory(prefix="pli-leaving-") as name, open_practice(Path(name) / "practice") as practice:
        folder = Path(name) / "mine"
        with _chromium() as browser:
            _write_and_leave(practice, browser, folder)
        readings = _read_in_thunderbird(folder, Path(name) / "thunderbird", practice.places.pki)
    for letter in readings:
        print(f"{letter.subject}: encrypted {letter.reading.encrypted}, signed {letter.reading.signed}")
    own = [letter.reading for letter in readings if SUBJECT in letter.reading.content.decode()]
    if not own or not all(one.encrypted and one.signed for one in own):
        print("Thunderbird shows no good signature on what was written in Pli.", file=sys.stderr)
        return 1
    print(f"{len(readings)} of {len(readings)} open in Thunderbird, their signatures intact.")
    return 0


@contextmanager
def _chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=PROGRAM, args=CHROMIUM_FLAGS)
        yield browser
        browser.close()


def _write_and_leave(practice: Practice, browser: Browser, folder: Path) -> None:
    page = browser.new_context(locale="fr-FR").new_page()
    desk = Desk(page, practice.places.origin("alice"))
    desk.log_in_with_card("alice")
    desk.write([ALICE], SUBJECT, f"Bonjour,\n{SUBJECT}.\n")
    desk.send()
    desk.open(SUBJECT if page.locator(".row", has_text=SUBJECT).count() else "Message chiffré")
    page.locator("[data-place=leaving]").click()
    page.locator(".leaving-command").wait_for()
    command = export(practice, folder)
    expect(page.locator(".place .notice-good")).to_be_visible(timeout=2 * OPENING)
    command.communicate(timeout=60)
    if command.returncode:
        raise RuntimeError("the mailbox was not taken along")


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
