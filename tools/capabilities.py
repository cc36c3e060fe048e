"""Print each capability row of the sources: passed (by which test), failed, not built."""

import csv
import json
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

ROOT = Path(__file__).parents[1]
RESULTS = ROOT / "build" / "results"
BESIDE = {"CO17": "make soak-recovery", "CO18": "make interop-leaving"}
"""What proves a row whole where no test of `make test` does: 10,000 messages, or a program that few computers have."""


def main() -> None:
    if not list(RESULTS.glob("*.json")):
        subprocess.run(["make", "test"], cwd=ROOT, check=False)
    proofs = collect_proofs()
    counts: dict[str, int] = defaultdict(int)
    with (ROOT / "tests/capabilities.csv").open() as file:
        for identifier, title in csv.reader(file):
            verdict, tests = judge(identifier, proofs.get(identifier, []))
            counts[verdict] += 1
            print(f"{identifier:5} {verdict:9} {title}" + (f"  <- {tests}" if tests else ""))
    print(", ".join(f"{count} {verdict}" for verdict, count in sorted(counts.items())))


def collect_proofs() -> dict[str, list[tuple[str, bool]]]:
    proofs: dict[str, list[tuple[str, bool]]] = defaultdict(list)
    for file in sorted(RESULTS.glob("*.json")):
        for test, outcome in json.loads(file.read_text()).items():
            for identifier in outcome["capability"]:
                proofs[identifier].append((test.replace(f"{ROOT}/", ""), outcome["passed"]))
    return proofs


def judge(identifier: str, tests: list[tuple[str, bool]]) -> tuple[str, str]:
    if not tests:
        return ("not run", BESIDE[identifier]) if identifier in BESIDE else ("not built", "")
    failed = [name for name, passed in tests if not passed]
    if failed:
        return "failed", failed[0]
    more = f" (+{len(tests) - 1} more)" if len(tests) > 1 else ""
    return "passed", tests[0][0] + more


if __name__ == "__main__":
    sys.exit(main())
