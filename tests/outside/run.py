"""`make outside VECTORS=DIR`: the suites of others against our readers. Prints one count per suite, file and engine.

DIR holds `rfc4134/`, `rfc9216.json` and `wycheproof/` as CONTRIBUTING.md says; NIST PKITS comes from the package
`cryptography_vectors`. `make outside WEB_EID=DIR` puts our login tokens to the format's own library instead (web_eid.py).
Nothing is copied. Exit 0 if every count is whole, 1 if not, 2 without the data.
"""

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

from tests.outside import examples_4134, people_9216, pkits, web_eid, wycheproof  # noqa: E402
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


def wanted(arguments: list[str]) -> Iterator[Count]:
    """The counts asked for. Raises FileNotFoundError where a suite of others is not there."""
    match arguments:
        case ["--web-eid", folder]:
            _require(Path(folder), web_eid.SOURCES)
            return web_eid.run(Path(folder))
        case [folder]:
            _require(Path(folder), WANTED)
            return counts(Path(folder))
    raise FileNotFoundError("Say where the vectors are: make outside VECTORS=../shared/data, or WEB_EID=DIR")


def _require(folder: Path, names: Sequence[str]) -> None:
    missing = [name for name in names if not (folder / name).exists()]
    if missing:
        raise FileNotFoundError(f"{folder} has no {', '.join(missing)}: these suites are not part of the project.")


def main(arguments: list[str]) -> int:
    try:
        found = wanted(arguments)
    except FileNotFoundError as error:
        print(error, file=sys.stderr)
        return 2
    good = True
    for count in found:
        print(count, flush=True)
        for fault in count.faults:
            print(f"        {fault}")
        good = good and count.good
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
