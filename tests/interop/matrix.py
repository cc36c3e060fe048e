"""`make interop`: what Pli writes is read by seven programs and another Pli, and what they write by Pli.

Prints a line per cell, a table of counts, and `N of N`; exit status 1 if a cell failed. `build/interop.json` keeps the
answers, of which `page.py` makes docs/PEERS.md.
"""

import argparse
import sys
import tempfile
import time
import tomllib
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "judge"))
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "journeys"))  # before the judge: both have a practice.py

import engine
from cells import ASKED, PLI, Cell, Refusal, between_operators, cells_of, known_refusal, recognise
from exchange import issue_emmas_card, open_p384_mailbox
from page_cells import Page, identities
from peer import Correspondent, Peer, PeerRefused
from peers import PEERS, missing
from people import correspondents, operator_of, other_operator, trust
from playwright.sync_api import Error as PlaywrightError
from playwright.sync_api import sync_playwright
from pli import NotWhatWasWritten, Pli
from practice import open_practice
from record import Answer, Record
from trials import FoundGood, StrayAttachment, Trials

from bridge.pki.sample_health_pki import SamplePki, issue_sample_pki
from tests.conftest import CHROMIUM_FLAGS
from tests.outside.engines import EngineFailure

_FAULTS = (
    AssertionError,
    EngineFailure,
    FoundGood,
    NotWhatWasWritten,
    PlaywrightError,
    StrayAttachment,
    TimeoutError,
)


def main() -> int:
    asked, begin, record = _arguments(), time.monotonic(), Record()
    programs = [name for name in PEERS if name in asked.peers]
    if lacking := missing(programs):
        print(f"These programs are missing: {', '.join(lacking)}. See tools/system-packages.", file=sys.stderr)
        return 1
    with tempfile.TemporaryDirectory(prefix="pli-interop-") as name:
        folder = Path(name)
        pki = issue_sample_pki(folder / "pki")
        issue_emmas_card(pki)
        people = correspondents(pki, folder / "people")
        with _at_work(programs, people, folder) as peers:
            record.versions = {name: peer.version() for name, peer in peers.items()} | {PLI: _own_version()}
            matrix = Matrix(asked.peers, pki, people, peers, folder)
            if asked.page != "only":
                for answer in matrix.through_modules(asked.engine):
                    record.add(answer)
            if asked.page != "no":
                for answer in matrix.through_page():
                    record.add(answer)
    whole = set(asked.peers) == set(ASKED) and asked.page == "yes"
    return record.close(asked.engine, time.monotonic() - begin, whole=whole)


def _own_version() -> str:
    project = tomllib.loads((Path(__file__).resolve().parents[2] / "pyproject.toml").read_text("utf-8"))
    return str(project["project"]["version"])


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("peers", nargs="*", default=list(ASKED), help=f"of {', '.join(ASKED)}; all by default")
    parser.add_argument("--engine", choices=["node", "chromium"], default="node", help="where the modules run")
    parser.add_argument("--page", choices=["yes", "no", "only"], default="yes", help="whether to ask the real page")
    asked = parser.parse_args()
    if unknown := set(asked.peers) - set(ASKED):
        parser.error(f"no peer {', '.join(sorted(unknown))}")
    return asked


@contextmanager
def _at_work(names: list[str], people: Mapping[str, Correspondent], folder: Path) -> Iterator[dict[str, Peer]]:
    """Each program started with a profile of its own, and ended."""
    with ExitStack() as stack:
        yield {
            name: stack.enter_context(PEERS[name](folder / name.replace(" ", "-"), list(people.values())))
            for name in names
        }


@dataclass(frozen=True)
class Matrix:
    """`names` are asked; `peers` are the programs among them, at work."""

    names: list[str]
    pki: SamplePki
    people: Mapping[str, Correspondent]
    peers: Mapping[str, Peer]
    folder: Path

    def through_modules(self, name: str) -> Iterator[Answer]:
        """With the modules in one engine."""
        with engine.start(name) as started:
            here, elsewhere = operator_of(self.pki), other_operator()
            trusted = trust(self.pki, elsewhere)
            trials = Trials(Pli(self.pki, here, trusted, started, self.folder / "here"), self.people)
            there = Pli(self.pki, elsewhere, trusted, started, self.folder / "elsewhere")
            for peer in self.peers.values():
                for cell, form in cells_of(peer.name):
                    refusal = known_refusal(peer.name, cell.direction, form)
                    yield _answer(cell, lambda: trials.run(peer, cell.direction, form), refusal)  # noqa: B023 - at once
            for cell, form in between_operators() if PLI in self.names else ():
                yield _answer(cell, lambda: trials.between(there, cell.direction, form))  # noqa: B023 - at once

    def through_page(self) -> Iterator[Answer]:
        """With a practice and its page. Whatever stops it on its way fails the cells that were still to be asked."""
        left, why = identities(self.names), "not asked"
        try:
            for answer in self._ask_page():
                left.remove(answer.cell)
                yield answer
        except _FAULTS as fault:
            why = f"not asked, as before it: {_in_words(fault)}"
        yield from (Answer(cell, "failed", why) for cell in left)

    def _ask_page(self) -> Iterator[Answer]:
        with sync_playwright() as playwright, open_practice(self.folder) as practice:
            browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=CHROMIUM_FLAGS)
            open_p384_mailbox(practice)
            for asking in Page(practice, browser, self.peers, self.people, self.folder).cells():
                if asking.cell.peer in self.names:
                    yield _answer(asking.cell, asking.ask, asking.refusal)
            browser.close()


def _answer(cell: Cell, ask: Callable[[], str], refusal: Refusal | None = None) -> Answer:
    """A known refusal must be the one that is known; a peer that has learnt to read is a failure of the catalogue."""
    try:
        said = ask()
    except PeerRefused as refused:
        known = recognise(refusal, str(refused))
        return Answer(cell, "refused" if known else "failed", known or str(refused))
    except _FAULTS as fault:
        return Answer(cell, "failed", _in_words(fault))
    return Answer(cell, "failed", f"no longer refused: {said}") if refusal else Answer(cell, "ok", said)


def _in_words(fault: Exception) -> str:
    return f"{type(fault).__name__}: {fault}".splitlines()[0]


if __name__ == "__main__":
    sys.exit(main())
