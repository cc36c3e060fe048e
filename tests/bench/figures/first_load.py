"""JavaScript that a browser loads until the inbox stands: login page, mail page, crypto worker, French words; gzipped."""

import gzip
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from measuring import line

NAMES = ("first_load_js",)
ROOT = Path(__file__).parents[3]
PAGES = ("login.html", "mail.html")
LATER = ("static/js/workers/crypto.worker.js", "static/js/locale/fr.js")  # loaded without a script element
SCRIPT = re.compile(r"<script[^>]*src=\"{% static '([^']+)' %}\"")
# A whole statement at the start of a line. Words such as "import" in comments, strings and dynamic import() are none.
IMPORT = re.compile(rb"""^(?:import|export)\b(?:[\w\s{},*$]*?\bfrom)?\s*["']([^"'\n]+)["']""", re.MULTILINE)
IMPORT_MINIFIED = re.compile(rb"""(?:^|[;}])(?:import|export)(?:[\w\s{},*$]*?\bfrom)?\s*["'](\.[^"'\n]+)["']""")


def measure() -> Iterator[dict[str, object]]:
    files = reachable([*scripts(), *(ROOT / name for name in LATER)])
    size = sum(len(gzip.compress(file.read_bytes(), 9)) for file in files)
    yield line("first_load_js", size / 1000, "kB gzip", "goal", 120)


def scripts() -> set[Path]:
    """What the templates of the entrance and the mail page name."""
    inherited = (ROOT / "templates" / "base.html").read_text("utf-8")
    pages = (ROOT / "templates" / name for name in PAGES)
    texts = [inherited, *(page.read_text("utf-8") for page in pages)]
    return {ROOT / "static" / name for text in texts for name in SCRIPT.findall(text)}


def reachable(entries: Iterable[Path]) -> set[Path]:
    """Follow static imports only; `import()` loads later."""
    waiting, found = [entry.resolve() for entry in entries], set()
    while waiting:
        file = waiting.pop()
        if file in found:
            continue
        found.add(file)
        waiting += [(file.parent / specifier).resolve() for specifier in imports(file)]
    return found


def imports(file: Path) -> set[str]:
    pattern = IMPORT_MINIFIED if "vendor" in file.parts else IMPORT
    return {specifier.decode() for specifier in pattern.findall(file.read_bytes())}
