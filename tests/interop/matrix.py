"""`make interop`: every way OpenSSL writes opens in Chromium, and what Pli writes opens in OpenSSL, NSS and gpgsm.

Starts a practice of its own, prints one line per cell and `N of N`; exit status 1 if a cell failed.
"""

import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "journeys"))

from desk import ENCRYPTED, Desk
from exchange import (
    ALICE,
    EMMA,
    EMMA_AT_DESK,
    OUTSIDER,
    Outgoing,
    deliver,
    denis,
    expect_content,
    expect_read,
    health_roots,
    issue_emmas_card,
    open_p384_mailbox,
)
from openssl_letters import P384_FORMS, RSA_FORMS, Form, Letter
from peers import READERS, Correspondent, PeerRefused, verify_card_part
from playwright.sync_api import Browser, sync_playwright
from playwright.sync_api import Error as PlaywrightError
from practice import Practice, open_practice

from bridge.pki.sample_health_pki import issue_sample_pki
from tests.conftest import CHROMIUM_FLAGS


@dataclass(frozen=True)
class Draft:
    """A letter that Alice writes in Chromium."""

    name: str
    to: tuple[str, ...]
    subject: str
    text: str
    attachment: str = ""
    peers: tuple[str, ...] = tuple(READERS)


DRAFTS = (
    Draft("text", (OUTSIDER,), "Avis demandé", "Bonjour Denis,\n\nÀ bientôt, l’œdème a disparu.\n"),
    Draft("attachment", (OUTSIDER,), "Bilan d’été", "Ci-joint le bilan.\n", "bilan été.txt"),
    Draft(
        "with P-384 recipient",
        (OUTSIDER, EMMA_AT_DESK.address),
        "À vous deux",
        "Même lettre, deux sortes de clés.\n",
        # NSS 3.87 (Debian 12) decodes no message that has a key agreement recipient, OpenSSL's no more than ours.
        peers=("openssl", "gpgsm"),
    ),
)


@dataclass(frozen=True)
class Cell:
    """One question of the matrix; `ask` returns what was seen, or raises."""

    direction: str
    what: str
    ask: Callable[[], str]


def main() -> int:
    begin = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="pli-interop-") as folder, sync_playwright() as playwright:
        data = Path(folder)
        issue_emmas_card(issue_sample_pki(data / "pki"))
        with open_practice(data) as practice:
            browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=CHROMIUM_FLAGS)
            open_p384_mailbox(practice)
            passed = [_answer(cell) for cell in cells(practice, browser, data)]
            browser.close()
    print(f"{sum(passed)} of {len(passed)}   ({time.monotonic() - begin:.0f} s)")
    return 0 if all(passed) else 1


def _answer(cell: Cell) -> bool:
    try:
        seen, good = cell.ask(), True
    except (AssertionError, PeerRefused, PlaywrightError, TimeoutError) as error:
        seen, good = f"{type(error).__name__}: {error}".splitlines()[0], False
    print(f"{'ok  ' if good else 'FAIL'}  {cell.direction:<20} {cell.what:<52} {seen}", flush=True)
    return good


def cells(practice: Practice, browser: Browser, data: Path) -> Iterator[Cell]:
    """Incoming to the RSA mailbox, incoming to the P-384 mailbox, outgoing."""
    for_alice, for_emma = list(_letters(RSA_FORMS)), list(_letters(P384_FORMS))
    deliver(practice, ALICE, for_alice)
    deliver(practice, EMMA_AT_DESK.address, for_emma)
    alice = _at_desk(practice, browser, "alice", "alice")
    yield from _incoming(alice, for_alice)
    emma = _at_desk(practice, browser, EMMA_AT_DESK.name, EMMA.name)
    yield from _incoming(emma, for_emma)
    yield from _outgoing(practice, alice, data)
    yield Cell("Chromium > Chromium", "ECDH P-384, card and mailbox signature", lambda: _expect_p384_reads(emma))


def _at_desk(practice: Practice, browser: Browser, place: str, card: str) -> Desk:
    context = browser.new_context(locale="fr-FR", viewport={"width": 1440, "height": 900})
    context.set_default_timeout(20_000)
    desk = Desk(context.new_page(), practice.places.origin(place))
    desk.log_in_with_card(card)
    return desk


def _letters(forms: tuple[Form, ...]) -> Iterator[Letter]:
    """Each form opaque and detached, then one form of each with its text altered."""
    for number, form in enumerate(forms):
        for detached in (False, True):
            yield Letter(form, detached, f"Essai {number}{'d' if detached else 'o'} {form.name}")
    for detached in (False, True):
        yield Letter(forms[0], detached, f"Essai x{'d' if detached else 'o'} altéré", altered=True)


def _incoming(desk: Desk, written: list[Letter]) -> Iterator[Cell]:
    for letter in written:
        yield Cell("OpenSSL > Chromium", _describe(letter), partial(expect_read, desk, letter))


def _describe(letter: Letter) -> str:
    kind = "detached" if letter.detached else "opaque"
    return f"{letter.form.name}, {kind}{', altered' if letter.altered else ''}"


def _outgoing(practice: Practice, desk: Desk, data: Path) -> Iterator[Cell]:
    outgoing, reader = Outgoing(practice), denis(practice)
    for draft in DRAFTS:
        folder = data / draft.name
        folder.mkdir()
        files = [_attachment(folder, draft.attachment)] if draft.attachment else []
        desk.write(draft.to, draft.subject, draft.text, files)
        desk.send()
        wire = outgoing.next()
        for peer in draft.peers:
            ask = partial(_expect_peer_reads, peer, wire, reader, folder, draft, files)
            yield Cell(f"Chromium > {peer}", f"{draft.name}, card and mailbox signature", ask)
        ask = partial(verify_card_part, wire, reader, health_roots(practice), folder)
        yield Cell("Chromium > openssl", f"{draft.name}, card's part, health CA alone", ask)


def _expect_peer_reads(
    peer: str, wire: bytes, reader: Correspondent, folder: Path, draft: Draft, files: list[Path]
) -> str:
    work = folder / peer
    work.mkdir()
    content = READERS[peer](wire, reader, work)
    expect_content(content, draft.subject, draft.text, files)
    return f"good signature, {len(content)} bytes"


def _expect_p384_reads(desk: Desk) -> str:
    """What Pli itself encrypts to a P-384 mailbox."""
    draft = DRAFTS[-1]
    desk.wait_for_row(ENCRYPTED)
    letter = desk.open(ENCRYPTED)
    if (letter.subject, letter.text.strip(), letter.state) != (draft.subject, draft.text.strip(), "S1"):
        raise AssertionError(f"{letter.state} {letter.subject!r} {letter.text!r}")
    return f"{letter.state} {letter.signature.splitlines()[0]}"


def _attachment(folder: Path, name: str) -> Path:
    file = folder / name
    file.write_text("Glycémie 7,4 mmol/l\n" * 50, "utf-8")
    return file


if __name__ == "__main__":
    sys.exit(main())
