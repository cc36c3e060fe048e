"""JavaScript that the mail page loads before anybody has clicked: every module reachable by static import, gzipped."""

import gzip
import re
from collections.abc import Iterator
from pathlib import Path

from measuring import line

NAMES = ("first_load_js",)
ROOT = Path(__file__).parents[3]
ENTRIES = ("static/js/pages/mail.js", "static/js/workers/crypto.worker.js")
IMPORT = re.compile(rb"""(?:^|[;}\n])\s*(?:import|export)\b[^'"`;()]*?["']([^"'\n]+)["']""")


def measure() -> Iterator[dict[str, object]]:
    files = reachable(ROOT / entry for entry in ENTRIES)
    size = sum(len(gzip.compress(file.read_bytes(), 9)) for file in files)
    yield line("first_load_js", size / 1000, "kB gzip", "goal", 120)


def reachable(entries: Iterator[Path]) -> set[Path]:
    """Follow static imports only; `import()` loads later."""
    waiting, found = [entry.resolve() for entry in entries], set()
    while waiting:
        file = waiting.pop()
        if file in found:
            continue
        found.add(file)
        waiting += [(file.parent / specifier.decode()).resolve() for specifier in IMPORT.findall(file.read_bytes())]
    return found
