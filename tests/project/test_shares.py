"""The runs side by side: between them they read every test module, and none twice for the same tests."""

from pathlib import Path

import pytest

from tests.shares import ROOT, may_hold, share

KINDS = "browser", "not browser"
MODULES = set((ROOT / "tests").rglob("test_*.py"))


@pytest.mark.parametrize("wanted", KINDS)
@pytest.mark.parametrize("count", [1, 2, 3])
def test_the_shares_of_one_kind_divide_its_modules(wanted: str, count: int) -> None:
    shares = [share(number, count, wanted) for number in range(1, count + 1)]
    assert set.union(*shares) == {module for module in MODULES if may_hold(module, wanted)}
    assert sum(map(len, shares)) == len(set.union(*shares))


def test_every_module_is_read_by_some_run() -> None:
    assert {module for wanted in KINDS for module in MODULES if may_hold(module, wanted)} == MODULES
    assert share(1, 1, "") == MODULES


def test_what_another_run_has_is_left_to_it() -> None:
    bridge = ROOT / "tests" / "bridge"
    assert {module for module in MODULES if module.is_relative_to(bridge)} & share(
        1, 1, "not browser", [bridge]
    ) == set()


def test_a_run_of_one_folder_divides_that_folder() -> None:
    journeys = ROOT / "tests" / "journeys"
    shares = [share(number, 2, "browser", (), [journeys]) for number in (1, 2)]
    held = {module for module in MODULES if module.is_relative_to(journeys) and may_hold(module, "browser")}
    assert set.union(*shares) == held
    assert not set.intersection(*shares)


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("def test_it(page, chromium): ...", set(KINDS)),
        ("@pytest.mark.browser\ndef test_it(): ...", set(KINDS)),
        ("pytestmark = [pytest.mark.browser, pytest.mark.slow]", {"browser"}),
        ("pytestmark = pytest.mark.browser", {"browser"}),
        ("def test_it(): ...", {"not browser"}),
    ],
)
def test_a_text_says_which_tests_a_module_may_hold(tmp_path: Path, text: str, kinds: set[str]) -> None:
    module = tmp_path / "test_it.py"
    module.write_text(text)
    assert {wanted for wanted in KINDS if may_hold(module, wanted)} == kinds
