"""`make outside VECTORS=DIR`: the suites of others against our readers. Prints one count per suite, file and engine.

DIR holds `rfc4134/`, `rfc9216.json` and `wycheproof/` as CONTRIBUTING.md says; NIST PKITS comes from the package
`cryptography_vectors`. Nothing is copied. Exit 0 if every count is whole, 1 if not, 2 without the data.
"""

import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

from tests.outside import examples_4134, people_9216, pkits, wycheproof  # noqa: E402
from tests.outside.counts import Count  # noqa: E402
from tests.outside.engines import Chromium, Node  # noqa: E402

WANTED = ("rfc4134", "rfc9216.json", "wycheproof")


def counts(vectors: Path) -> Iterator[Count]:
    with Node() as node, Chromium() as chromium:
        engines = (node, chromium)
        yield from examples_4134.run(vectors / "rfc4134", engines)
        yield from people_9216.run(vectors / "rfc9216.json", engines)
        yield from wycheproof.run(vectors / "wycheproof", engines)
    yield from pkits.run()


def main(arguments: list[str]) -> int:
    if len(arguments) != 1:
        print("Say where the vectors are: make outside VECTORS=../shared/data", file=sys.stderr)
        return 2
    vectors = Path(arguments[0])
    missing = [name for name in WANTED if not (vectors / name).exists()]
    if missing:
        print(f"{vectors} has no {', '.join(missing)}: these suites are not part of the project.", file=sys.stderr)
        return 2
    good = True
    for count in counts(vectors):
        print(count, flush=True)
        for fault in count.faults:
            print(f"        {fault}")
        good = good and count.good
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
