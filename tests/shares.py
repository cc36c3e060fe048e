"""Which test modules are in which of the runs side by side, said before any is read: reading all of them takes ten seconds."""

import json
import re
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).parents[1]
SECONDS = ROOT / "tests" / "seconds.json"
_BROWSER_ALONE = re.compile(r"^pytestmark = \[?pytest\.mark\.browser\b", re.MULTILINE)
_BROWSER = re.compile("browser|chromium")


def may_hold(module: Path, wanted: str) -> bool:
    """Whether a module has tests of this `-m`. A browser comes by the fixture `chromium` or by its mark: the text names one."""
    text = module.read_text("utf-8")
    if wanted == "browser":
        return _BROWSER.search(text) is not None
    return wanted != "not browser" or _BROWSER_ALONE.search(text) is None


def share(
    number: int, count: int, wanted: str, ignored: Iterable[Path] = (), within: Iterable[Path] = (ROOT,)
) -> set[Path]:
    """The modules of one run, about as heavy as any other's, the same at each call."""
    left, asked = tuple(ignored), tuple(within)
    modules = [
        module
        for module in sorted((ROOT / "tests").rglob("test_*.py"))
        if _is_in(module, asked) and not _is_in(module, left) and may_hold(module, wanted)
    ]
    units: defaultdict[str, list[Path]] = defaultdict(list)
    for module in modules:
        units[_unit(module)].append(module)
    weights = _weights(units, wanted)
    shares: list[list[str]] = [[] for _ in range(count)]
    for unit in sorted(units, key=lambda unit: (-weights[unit], unit)):
        min(shares, key=lambda one: sum(weights[other] for other in one)).append(unit)
    return {module for unit in shares[number - 1] for module in units[unit]}


def _is_in(module: Path, places: Iterable[Path]) -> bool:
    return any(module.is_relative_to(place) for place in places)


def name(module: Path) -> str:
    return module.relative_to(ROOT).as_posix()


def _unit(module: Path) -> str:
    """What no two runs divide: a module; or all scenarios, which share one clinic."""
    return "tests/scenarios" if module.parent.name == "scenarios" else name(module)


def _weights(units: dict[str, list[Path]], wanted: str) -> dict[str, float]:
    """Seconds, as `tools/weigh-tests` kept them from a whole run; what is new is guessed."""
    measured = json.loads(SECONDS.read_text("utf-8")).get(wanted, {})
    return {unit: sum(measured.get(name(one), _guess(one)) for one in modules) for unit, modules in units.items()}


def _guess(module: Path) -> float:
    text = module.read_text("utf-8")
    return text.count("def test_") * (8 if "pytest.mark.slow" in text else 0.25)
