"""JavaScript that the mail page loads before anybody has clicked, gzipped: scripts, what they import, French words.

Beside it the entrance alone, and everything until the inbox stands (entrance, mail page and crypto worker).
"""

import gzip
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from measuring import line

NAMES = ("first_load_js", "first_load_js_entrance", "first_load_js_until_inbox")
ROOT = Path(__file__).parents[3]
LANGUAGE = ROOT / "static/js/i18n.js"
WORDS = re.compile(rb"import\('(\./locale/[^']+)'\)")  # those of the default language
WORKER = "static/js/workers/crypto.worker.js"
SCRIPT = re.compile(r"<script[^>]*src=\"{% static '([^']+)' %}\"")
# A whole statement at the start of a line. Words such as "import" in comments, strings and dynamic import() are none.
IMPORT = re.compile(rb"""^(?:import|export)\b(?:[\w\s{},*$]*?\bfrom)?\s*["']([^"'\n]+)["']""", re.MULTILINE)
IMPORT_MINIFIED = re.compile(rb"""(?:^|[;}])(?:import|export)(?:[\w\s{},*$]*?\bfrom)?\s*["'](\.[^"'\n]+)["']""")


def measure(_names: set[str]) -> Iterator[dict[str, object]]:
    mail, entrance, worker = scripts("mail.html"), scripts("login.html"), ROOT / WORKER
    words = {LANGUAGE.parent / name.decode() for name in WORDS.findall(LANGUAGE.read_bytes())}
    yield line("first_load_js", weight({*mail, *words}), "kB gzip", "goal", 120)
    yield line("first_load_js_entrance", weight({*entrance, *words}), "kB gzip")
    yield line("first_load_js_until_inbox", weight({*mail, *entrance, *words, worker}), "kB gzip")


def weight(entries: set[Path]) -> float:
    return sum(len(gzip.compress(file.read_bytes(), 9)) for file in reachable(entries)) / 1000


def scripts(page: str) -> set[Path]:
    """What the page's template and the one it extends name."""
    texts = [(ROOT / "templates" / name).read_text("utf-8") for name in ("base.html", page)]
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
