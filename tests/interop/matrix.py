"""`make interop`: what Pli writes is read by seven programs, and what they write by Pli.

Prints a line per cell, a table of counts, and `N of N`; exit status 1 if a cell failed. `build/interop.json` keeps the
answers, of which `page.py` makes docs/PEERS.md.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "judge"))
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "journeys"))  # before the judge: both have a practice.py

import engine
from cells import PEERS as NAMES
from cells import Cell, Refusal, cells_of, is_known, known_refusal
from engine import EngineFailed
from exchange import issue_emmas_card, open_p384_mailbox
from page_cells import Page, identities
from peer import Correspondent, Peer, PeerRefused
from peers import PEERS, missing
from people import correspondents
from playwright.sync_api import Error as PlaywrightError
from playwright.sync_api import sync_playwright
from pli import NotWhatWasWritten, Pli
from practice import open_practice
from record import Answer, Record
from trials import FoundGood, StrayAttachment, Trials

from bridge.pki.sample_health_pki import SamplePki, issue_sample_pki
from tests.conftest import CHROMIUM_FLAGS

_FAULTS = (
    AssertionError,
    EngineFailed,
    FoundGood,
    NotWhatWasWritten,
    PlaywrightError,
    StrayAttachment,
    TimeoutError,
)


def main() -> int:
    asked, begin = _arguments(), time.monotonic()
    if lacking := missing(asked.peers):
        print(f"These programs are missing: {', '.join(lacking)}. See tools/system-packages.", file=sys.stderr)
        return 1
    record = Record()
    with tempfile.TemporaryDirectory(prefix="pli-interop-") as folder:
        pki = issue_sample_pki(Path(folder) / "pki")
        issue_emmas_card(pki)
        people = correspondents(pki)
        with _at_work(asked.peers, people, Path(folder)) as peers:
            for name, peer in peers.items():
                record.versions[name] = peer.version()
            if asked.page != "only":
                for answer in _through_modules(pki, people, peers, asked.engine, Path(folder)):
                    record.add(answer)
            if asked.page != "no":
                _ask_page(record, people["rsa"], peers, Path(folder))
    return record.close(asked, time.monotonic() - begin)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("peers", nargs="*", default=list(NAMES), help=f"of {', '.join(NAMES)}; all by default")
    parser.add_argument("--engine", choices=["node", "chromium"], default="node", help="where the modules run")
    parser.add_argument("--page", choices=["yes", "no", "only"], default="yes", help="whether to ask the real page")
    asked = parser.parse_args()
    if unknown := set(asked.peers) - set(NAMES):
        parser.error(f"no peer {', '.join(sorted(unknown))}")
    return asked


@contextmanager
def _at_work(names: list[str], people: Mapping[str, Correspondent], folder: Path) -> Iterator[dict[str, Peer]]:
    """Each peer started with a profile of its own, and ended."""
    with ExitStack() as stack:
        yield {
            name: stack.enter_context(PEERS[name](folder / name.replace(" ", "-"), list(people.values())))
            for name in NAMES
            if name in names
        }


def _through_modules(
    pki: SamplePki, people: Mapping[str, Correspondent], peers: Mapping[str, Peer], name: str, folder: Path
) -> Iterator[Answer]:
    with engine.start(name) as started:
        trials = Trials(Pli(pki, started, folder), people)
        for peer_name, peer in peers.items():
            for cell, form in cells_of(peer_name):
                refusal = known_refusal(peer_name, cell.direction, form)
                yield _answer(cell, lambda: trials.run(peer, cell.direction, form), refusal)  # noqa: B023 - called at once


def _ask_page(record: Record, denis: Correspondent, peers: Mapping[str, Peer], data: Path) -> None:
    """Whatever stops the page on its way fails the cells that were still to be asked."""
    why = "not asked"
    try:
        for answer in _through_page(denis, peers, data):
            record.add(answer)
    except _FAULTS as fault:
        why = f"not asked, as before it: {_in_words(fault)}"
    asked = {answer.cell for answer in record.answers}
    for cell in identities(list(peers)):
        if cell not in asked:
            record.add(Answer(cell, "failed", why))


def _in_words(fault: Exception) -> str:
    return f"{type(fault).__name__}: {fault}".splitlines()[0]


def _through_page(denis: Correspondent, peers: Mapping[str, Peer], data: Path) -> Iterator[Answer]:
    with sync_playwright() as playwright, open_practice(data) as practice:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=CHROMIUM_FLAGS)
        open_p384_mailbox(practice)
        for cell in Page(practice, browser, peers, denis, data).cells():
            yield _answer(cell.cell, cell.ask, cell.refusal)
        browser.close()


def _answer(cell: Cell, ask: Callable[[], str], refusal: Refusal | None) -> Answer:
    """A known refusal must be the one that is known; a peer that has learnt to read is a failure of the catalogue."""
    try:
        said = ask()
    except PeerRefused as refused:
        if refusal and is_known(refusal, str(refused)):
            return Answer(cell, "refused", refusal.why)
        return Answer(cell, "failed", str(refused))
    except _FAULTS as fault:
        return Answer(cell, "failed", _in_words(fault))
    return Answer(cell, "failed", f"no longer refused: {said}") if refusal else Answer(cell, "ok", said)


if __name__ == "__main__":
    sys.exit(main())
