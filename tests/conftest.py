"""What every test may use: the sample PKI, Chromium, and the record of results that `make capabilities` reads."""

import faulthandler
import json
import os
import signal
import time
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from bridge.pki.sample_health_pki import SamplePki, issue_sample_pki
from tests.chromium import PROGRAM
from tests.shares import may_hold, name, share

ROOT = Path(__file__).parents[1]
RESULTS = ROOT / "build" / "results"
TIMES = ROOT / "build" / "seconds"  # of each module, by run
CHROMIUM_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="session")
def sample_pki(tmp_path_factory: pytest.TempPathFactory) -> SamplePki:
    """The sample health PKI, issued once per session; never write into it."""
    return issue_sample_pki(tmp_path_factory.mktemp("sample-pki"))


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """One browser for the whole session: Playwright's synchronous driver runs once in a thread."""
    with sync_playwright() as playwright:
        expect.set_options(timeout=30_000)  # five seconds are few where three runs share two cores
        browser = playwright.chromium.launch(executable_path=PROGRAM, args=CHROMIUM_FLAGS)
        yield browser
        browser.close()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--results", default="pytest", help="the name of the record of results, for runs side by side")
    parser.addoption("--share", default="1/1", help="2/3: of three runs side by side the second; each module is in one")
    parser.addoption(
        "--but-passed", action="store_true", help="only what has not passed in the run of the same --results"
    )


_MINE = pytest.StashKey[set[Path]]()
_STANDARD_ERROR = pytest.StashKey[int]()  # the real one, which pytest captures while a test runs
_PUTTING_AWAY = 120  # seconds


def pytest_configure(config: pytest.Config) -> None:
    """A run that is told to end puts away what it started, as after Ctrl-C, to which a shell makes what is beside it deaf."""
    for told in (signal.SIGTERM, signal.SIGINT):
        signal.signal(told, signal.default_int_handler)
    config.stash[_STANDARD_ERROR] = os.dup(2)


def _end_within(config: pytest.Config, seconds: float) -> None:
    """Or the process says where each of its threads stands, and exits.

    pytest-timeout ends a test once: what a test or a fixture then puts away may hang as well, and so may a thread that
    Python waits for at its own end.
    """
    faulthandler.dump_traceback_later(seconds, exit=True, file=config.stash[_STANDARD_ERROR])


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    _end_within(item.config, float(item.config.getini("timeout")) + _PUTTING_AWAY)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_teardown(item: pytest.Item) -> None:
    _end_within(item.config, _PUTTING_AWAY)


def pytest_runtest_logfinish() -> None:
    faulthandler.cancel_dump_traceback_later()


def pytest_unconfigure(config: pytest.Config) -> None:
    _end_within(config, _PUTTING_AWAY)


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """The modules of other runs are not read."""
    if not collection_path.match("test_*.py"):
        return None
    return True if collection_path not in _mine(config) else None


def _mine(config: pytest.Config) -> set[Path]:
    if _MINE not in config.stash:
        number, count = map(int, config.getoption("share").split("/"))
        ignored = [config.rootpath / folder for folder in config.getoption("ignore") or ()]
        asked = [config.invocation_params.dir / place.partition("::")[0] for place in config.args]
        config.stash[_MINE] = share(number, count, config.getoption("markexpr"), ignored, asked)
    return config.stash[_MINE]


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> Iterator[None]:
    """Browser tests last, and marked: Playwright's driver keeps an event loop running, and asyncio starts no second one beside it."""
    for item in items:
        if "chromium" in getattr(item, "fixturenames", ()) and item.get_closest_marker("browser") is None:
            item.add_marker("browser")
        if item.get_closest_marker("browser") and not may_hold(item.path, "browser"):
            raise pytest.UsageError(f"{item.nodeid}: no run with -m browser would find it")
    items.sort(key=lambda item: item.get_closest_marker("browser") is not None)
    yield
    passed = _passed_before(config)
    config.hook.pytest_deselected(items=[one for one in items if one.nodeid in passed])
    items[:] = [one for one in items if one.nodeid not in passed]


def _passed(config: pytest.Config) -> Path:
    return RESULTS / f"{config.getoption('results')}-passed.txt"


def _passed_before(config: pytest.Config) -> set[str]:
    record = _passed(config)
    return set(record.read_text().splitlines()) if config.getoption("but_passed") and record.exists() else set()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    """Written test by test: a run that is killed has told what passed."""
    failed, begin = item.session.testsfailed, time.monotonic()
    result = yield
    _seconds[name(item.path)] += time.monotonic() - begin
    if item.session.testsfailed == failed:
        RESULTS.mkdir(parents=True, exist_ok=True)
        with _passed(item.config).open("a") as record:
            record.write(f"{item.nodeid}\n")
    return result


_outcomes: dict[str, dict[str, object]] = {}
_seconds: defaultdict[str, float] = defaultdict(float)


def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> None:
    """Remember, for tests that prove a capability, whether they passed."""
    rows = [row for mark in item.iter_markers("capability") for row in mark.args]
    if not rows:
        return
    failed = call.excinfo is not None
    known = _outcomes.setdefault(item.nodeid, {"capability": rows, "passed": True})
    known["passed"] = bool(known["passed"]) and not failed


def pytest_sessionfinish(session: pytest.Session) -> None:
    record = RESULTS / f"{session.config.getoption('results')}.json"
    if _outcomes:
        before = json.loads(record.read_text()) if session.config.getoption("but_passed") and record.exists() else {}
        RESULTS.mkdir(parents=True, exist_ok=True)
        record.write_text(json.dumps(before | _outcomes, indent=1))
    if _seconds and not session.config.getoption("but_passed"):
        TIMES.mkdir(parents=True, exist_ok=True)
        kept = {session.config.getoption("markexpr"): _seconds}
        (TIMES / record.name).write_text(json.dumps(kept, indent=1))
