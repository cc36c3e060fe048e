"""The answers of one run: printed as they come, counted, and kept."""

import json
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from cells import Cell

ROOT = Path(__file__).resolve().parents[2]
FILE = ROOT / "build" / "interop.json"
RESULTS = ROOT / "build" / "results" / "interop.json"
PROVED = ["CO10", "CO11", "HO1"]
_SIGNS = {"ok": "ok  ", "refused": "  no", "failed": "FAIL"}


@dataclass(frozen=True)
class Answer:
    """`outcome`: ok, refused (as the peer is known to), or failed; `said`: what was seen, or why not."""

    cell: Cell
    outcome: str
    said: str


@dataclass
class Record:
    versions: dict[str, str] = field(default_factory=dict)
    answers: list[Answer] = field(default_factory=list)

    def add(self, answer: Answer) -> None:
        self.answers.append(answer)
        cell = answer.cell
        said = " ".join(answer.said.split())
        line = f"{_SIGNS[answer.outcome]}  {cell.peer} {cell.direction}, {cell.through}: {cell.what}"
        print(f"{line:<98} {said[:200]}", flush=True)

    def close(self, engine: str, seconds: float, *, whole: bool) -> int:
        """Print the table, write the files, and return the exit status. Only a whole run proves a capability."""
        failed = [answer for answer in self.answers if answer.outcome == "failed"]
        print("\n" + self._table())
        total = len(self.answers)
        print(f"{total - len(failed)} of {total}   ({seconds:.0f} s)")
        self._write(engine)
        if whole:
            RESULTS.parent.mkdir(parents=True, exist_ok=True)
            RESULTS.write_text(json.dumps(self._capabilities(), ensure_ascii=False, indent=1))
        return 1 if failed else 0

    def _table(self) -> str:
        counts: dict[tuple[str, str, str], Counter[str]] = {}
        for answer in self.answers:
            cell = answer.cell
            counts.setdefault((cell.peer, cell.direction, cell.through), Counter())[answer.outcome] += 1
        head = f"{'peer':<20}{'version':<18}{'direction':<11}{'through':<9}{'ok':>4}{'refused':>9}{'failed':>8}"
        lines = [
            f"{peer:<20}{self.versions.get(peer, ''):<18}{direction:<11}{through:<9}"
            f"{count['ok']:>4}{count['refused']:>9}{count['failed']:>8}"
            for (peer, direction, through), count in counts.items()
        ]
        return "\n".join(
            [head, *lines, "Pli writes DER: no cell asks it for BER. `refused`: the peer does not know the form."]
        )

    def _write(self, engine: str) -> None:
        kept = {
            "date": datetime.now(UTC).date().isoformat(),
            "engine": engine,
            "versions": self.versions,
            "cells": [
                [
                    cell.peer,
                    cell.direction,
                    cell.through,
                    cell.what,
                    answer.outcome,
                    *([answer.said] if answer.outcome != "ok" else []),
                ]
                for answer in self.answers
                for cell in [answer.cell]
            ],
        }
        FILE.parent.mkdir(parents=True, exist_ok=True)
        FILE.write_text(json.dumps(kept, ensure_ascii=False))

    def _capabilities(self) -> dict[str, object]:
        """As tests/conftest.py keeps them: one entry for each peer and direction."""
        passed: dict[str, bool] = {}
        for answer in self.answers:
            name = f"make interop: {answer.cell.peer} {answer.cell.direction}"
            passed[name] = passed.get(name, True) and answer.outcome != "failed"
        return {name: {"capability": PROVED, "passed": good} for name, good in passed.items()}
