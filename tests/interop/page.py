"""Makes docs/PEERS.md of the answers of a run, and nothing else: `page.py` takes build/interop.json over as `last-run.json`.

A run of all peers with no failed cell is wanted. `--check` only says whether the page is that of `last-run.json`.
"""

import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "judge"))
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "journeys"))

from cells import ASKED, PEERS, PLI, Cell, between_operators, cells_of
from forms import CIPHERS, KEYS, SIGNED, WRAPPED
from page_cells import identities

ROOT = Path(__file__).resolve().parents[2]
RUN = ROOT / "build" / "interop.json"
LAST_RUN = Path(__file__).with_name("last-run.json")
PAGE = ROOT / "docs" / "PEERS.md"
ABOUT = {
    "OpenSSL": "`openssl cms` of Debian 12, and its library for messages with a ukm, for which the program has no option.",
    "NSS": "`cmsutil` of Debian 12.",
    "NSS of Thunderbird": "The same `cmsutil` with the libraries inside Thunderbird.",
    "gpgsm": "GnuPG's S/MIME, which mutt, KMail and Evolution call as well.",
    "s-nail": "A mail program for the terminal.",
    "notmuch": "A mail index that shows messages; its S/MIME is gpgsm's.",
    "Thunderbird": "The program itself, without a display: what its icons say, what it lists as attachment, what it sends.",
    PLI: "Another Pli: with another operator's authority, and a colleague's page.",
}
INTRODUCTION = """\
# What Pli exchanges with other programs

Made by `tests/interop/page.py` from a run of `make interop` on {date}; do not edit. Every cell was asked of the program
itself: {total} cells, {ok} exchanged, {refused} refused by the program in the words by which it is known to refuse, 0 failed.

Pli writes DER. In CMS for outsiders it writes AES-256-CBC and RSA PKCS#1 v1.5 unless the recipient's own signed mail
announced better; the other forms below are what it can write. It reads DER and BER.

| Program | Version | Pli's messages read | Messages read by Pli |
|---|---|---|---|
"""
NAMES = {
    "signed opaque": "Signed, opaque",
    "signed detached": "Signed, detached (also with its text altered: then bad)",
    "opaque": "Signed opaque, then encrypted",
    "detached": "Signed detached, then encrypted",
    "nested": "Signed, encrypted, and signed again",
}
SIGNS = {"ok": "yes", "refused": "no", "mixed": "partly", "": "not asked"}


class Incomplete(Exception):
    """The run has not every cell, or a failed one; the text names the first."""


@dataclass(frozen=True)
class Answered:
    """One cell of a kept run."""

    cell: Cell
    outcome: str
    why: str


def answers_of(run: dict[str, Any]) -> list[Answered]:
    """All cells of the run. Raises Incomplete."""
    kept = [
        Answered(Cell(peer, direction, what, through), outcome, "".join(why))
        for peer, direction, through, what, outcome, *why in run["cells"]
    ]
    if failed := [answer for answer in kept if answer.outcome not in {"ok", "refused"}]:
        raise Incomplete(f"failed: {failed[0].cell}")
    if differing := every_cell() ^ {answer.cell for answer in kept}:
        raise Incomplete(f"other cells than the matrix has now: {min(map(str, differing))}")
    return kept


def every_cell() -> set[Cell]:
    modules = [*between_operators(), *(asked for peer in PEERS for asked in cells_of(peer))]
    return {cell for cell, _ in modules} | set(identities(ASKED))


def render(run: dict[str, Any]) -> str:
    """The page. Raises Incomplete."""
    answers = answers_of(run)
    ok = sum(answer.outcome == "ok" for answer in answers)
    head = INTRODUCTION.format(date=run["date"], total=len(answers), ok=ok, refused=len(answers) - ok)
    rows = "\n".join(_summary(peer, run["versions"][peer], _of(answers, peer)) for peer in ASKED)
    return "\n".join([head + rows, "", *(line for peer in ASKED for line in _section(peer, _of(answers, peer)))])


def _of(answers: Sequence[Answered], peer: str) -> list[Answered]:
    return [answer for answer in answers if answer.cell.peer == peer]


def _summary(peer: str, version: str, answers: Sequence[Answered]) -> str:
    return f"| [{peer}](#{_anchor(peer)}) | {version.removeprefix('OpenSSL ')} | {_count(answers, 'reads')} | {_count(answers, 'writes')} |"


def _anchor(peer: str) -> str:
    return peer.lower().replace(" ", "-")


def _count(answers: Sequence[Answered], direction: str) -> str:
    mine = [answer for answer in answers if answer.cell.direction == direction]
    return f"{sum(answer.outcome == 'ok' for answer in mine)} of {len(mine)}"


def _section(peer: str, answers: Sequence[Answered]) -> Iterator[str]:
    yield from (f"## {peer}", ABOUT[peer], "")
    for direction, title in (("reads", "reads of Pli"), ("writes", "writes, and Pli reads")):
        mine = [answer for answer in answers if answer.cell.direction == direction]
        if all(answer.outcome == "refused" for answer in mine):
            continue
        yield from (f"**What {peer} {title}**", "", *_table(mine), "")
        yield from _through_page(mine)
    yield from _refusals(answers)


def _table(answers: Sequence[Answered]) -> Iterator[str]:
    """Key transports down, ciphers across; signatures and layers in lines below."""
    modules = [answer for answer in answers if answer.cell.through == "modules"]
    encrypted = [answer for answer in modules if _structure(answer) == "encrypted"] or modules
    yield f"| Encrypted to | {' | '.join(CIPHERS)} |"
    yield "|---" * (len(CIPHERS) + 1) + "|"
    for key in KEYS:
        cells = [[one for one in encrypted if f"{key}, {cipher}" in one.cell.what] for cipher in CIPHERS]
        if any(cells):
            yield f"| {key} | {' | '.join(map(_sign, cells))} |"
    yield ""
    for structure in (*SIGNED, *WRAPPED):
        if found := [answer for answer in modules if _structure(answer) == structure]:
            yield f"- {NAMES[structure]}: {_sign(found)}{f' ({len(found)} cells)' if len(found) > 1 else ''}"


def _structure(answer: Answered) -> str:
    return answer.cell.what.split(",")[0].removesuffix(" with a card")


def _sign(answers: Sequence[Answered]) -> str:
    outcomes = {answer.outcome for answer in answers}
    return SIGNS["mixed" if len(outcomes) > 1 else "".join(outcomes)]


def _through_page(answers: Sequence[Answered]) -> Iterator[str]:
    page = [answer for answer in answers if answer.cell.through == "page" and answer.outcome == "ok"]
    if page:
        yield f"Through the real page: {'; '.join(answer.cell.what for answer in page)}."
        yield ""


def _refusals(answers: Sequence[Answered]) -> Iterator[str]:
    refused = [answer for answer in answers if answer.outcome == "refused"]
    groups: dict[tuple[str, str], list[str]] = {}
    for answer in refused:
        groups.setdefault((answer.cell.direction, answer.why), []).append(answer.cell.what)
    if groups:
        yield from ("**Refused**", "")
        for (direction, why), forms in groups.items():
            yield f"- It {direction} no {_condensed(forms)}: {why}."
        yield ""


def _condensed(forms: Sequence[str]) -> str:
    """The forms in few words, where they are all of one cipher."""
    if len(forms) > len(KEYS):
        return "form at all"
    if len(forms) == len(KEYS):
        return f"{forms[0].rpartition(', ')[2]}, whatever the key"
    return "; ".join(form.removeprefix("encrypted, ") for form in forms)


def main() -> int:
    if "--check" in sys.argv:
        return 0 if PAGE.read_text("utf-8") == render(json.loads(LAST_RUN.read_text("utf-8"))) else 1
    run = json.loads(RUN.read_text("utf-8"))
    page = render(run)
    lines = ",\n".join(json.dumps(cell, ensure_ascii=False) for cell in run.pop("cells"))
    head = json.dumps(run, ensure_ascii=False, indent=1).removesuffix("\n}")
    LAST_RUN.write_text(f'{head},\n "cells": [\n{lines}\n]}}\n', "utf-8")
    PAGE.write_text(page, "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
